"""Slack's channels as a source, over a socket, against the documented Web API: what is read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from knowledge.documents import Document
from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.slack import source as slack_source
from tests.contracts import SourceContract
from tests.faults import Server, Still
from tests.networked import NetworkedSourceContract, Page
from tests.passes import Passes, keys, read
from tests.slack import BOT_TOKEN, People, SlackServer
from tests.slack_talk.reading import HOUR_S, begun, reading, thread
from tests.slack_talk.workspace import BOT, BOT_USER, CHANNEL, TOKEN, Said, Workspace, channels, ts

pytest_plugins = ["tests.slack_talk.fixtures"]


class TestSlack(SourceContract):
    @pytest.fixture
    def source(self, server: Server, slack_history: Workspace, time: Still) -> Source:
        slack_history.said[CHANNEL] = thread(time, Said(begun(time) + HOUR_S, "The lid is new."))
        return reading(server, time)


class TestSlackOverTheNetwork(NetworkedSourceContract):
    """A page of the contract is a question with its answers."""

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        said = [one for page in pages for one in self.said(page)]
        Workspace({CHANNEL: said}, channels()).at(server)

    def said(self, page: Page) -> Iterator[Said]:
        at = 1_794_000_000.0 + page.id * HOUR_S
        yield Said(at, f"{page.name}?")
        yield Said(at + 60, "Let me see.", "U0BEN", at)
        yield Said(page.changed_s, page.text, "U0CLEO", at)
        yield Said(page.changed_s + 60, "I see.", "U0BEN", at)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        made = slack_source(
            "talk", (CHANNEL,), TOKEN, base_url=f"{server.url}/api/", allow_private=True
        )
        return replace(made, limits=limits, outside=outside)


# -- what a thread is ----------------------------------------------------------------


def test_a_question_with_its_answers_is_a_document(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    document = next(iter(reading(server, time).documents(None)))
    assert isinstance(document, Document)
    assert document.title == "How hot does the kiln get?"
    assert document.url == f"https://acme.slack.example/archives/{CHANNEL}/p{begun(time):.0f}000000"
    assert document.modified_at == datetime.fromtimestamp(begun(time) + 90, UTC)
    assert document.key == f"{CHANNEL}/{ts(begun(time))}"
    assert document.text.split("\n\n") == [
        "Thread in #kilns by Anna on 2026-11-11; answered by Ben; solved.",
        "How hot does the **kiln** get?",
        "## Accepted answer by Ben on 2026-11-11",
        "1,240 degrees, @Anna.",
        "Reactions: ✅ 1.",
        "## Reply by Anna on 2026-11-11",
        "Thanks!",
    ]


def test_what_is_said_outside_of_threads_is_a_document_for_each_conversation(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    at = begun(time)
    slack_history.said[CHANNEL] = (
        Said(at, "Is the kiln free?"),
        Said(at + 60, "What about lunch?", "U0CLEO"),  # gets an answer of its own
        Said(at + 90, "Soup.", "U0ANNA", at + 60),
        Said(at + 120, "From noon on.", "U0BEN"),
        Said(at + 2 * HOUR_S, "The glaze has come."),
    )
    items = read(list(reading(server, time).documents(None)))
    assert sorted(items) == sorted(f"{CHANNEL}/{ts(at + s)}" for s in (0, 60, 2 * HOUR_S))
    assert "Is the kiln free?\n\n## Message by Ben" in items[f"{CHANNEL}/{ts(at)}"]
    assert "; with Ben." in items[f"{CHANNEL}/{ts(at)}"]
    few = read(list(reading(server, time, loose=False).documents(None)))
    assert sorted(few) == [f"{CHANNEL}/{ts(at + 60)}"]


def test_neither_the_bots_own_words_nor_what_nobody_said_is_read(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    own, robo = {"bot_id": BOT}, {"bot_id": "B0ROBO", "subtype": "bot_message", "username": "CI"}
    at = begun(time)
    slack_history.said[CHANNEL] = thread(
        time,
        Said(at + 70, "I think 900 degrees.", BOT_USER, at, own),
        Said(at + 80, "Build passed.", "", at, robo),
        Said(at - HOUR_S, "<@U0BEN> has joined", "U0BEN", 0.0, {"subtype": "channel_join"}),
        Said(at - 2 * HOUR_S, "set the topic", "U0BEN", 0.0, {"subtype": "channel_topic"}),
    )
    [text] = read(list(reading(server, time).documents(None))).values()
    assert "900" not in text
    assert "Build" not in text
    [text] = read(list(reading(server, time, bots=True).documents(None))).values()
    assert "## Reply by CI (bot) on" in text
    assert "900" not in text


def test_a_question_that_only_the_bot_answered_is_left_out_until_somebody_else_does(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    at = begun(time)
    asked = Said(at, f"<@{BOT_USER}> how hot?")
    told = Said(at + 60, "900", BOT_USER, at, {"bot_id": BOT})
    slack_history.said[CHANNEL] = (asked, told)
    passes = Passes(reading(server, time))
    assert keys(passes.next()) == []
    before = server.paths.count("/api/conversations.replies")
    assert keys(passes.next()) == []
    assert server.paths.count("/api/conversations.replies") == before
    slack_history.said[CHANNEL] = (asked, told, Said(at + 90, "No, 1,240.", "U0BEN", at))
    [text] = read(passes.next()).values()
    assert "\n\nhow hot?\n\n## Reply by Ben" in text
    assert "900" not in text


def test_a_question_to_the_bot_outside_of_threads_is_no_document(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    slack_history.said[CHANNEL] = (Said(begun(time), f"Tell me, <@{BOT_USER}>, how hot?"),)
    assert keys(list(reading(server, time).documents(None))) == []


def test_names_are_asked_for_once(server: Server, slack_history: Workspace, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    slack_history.said[CHANNEL] = thread(
        time, Said(begun(time) + 99, "<@U0CLEO>, <@U0NOBODY>?", "U0BEN")
    )
    assert "@Cleo, @U0NOBODY?" in " ".join(read(passes.next()).values())
    asked = [one.query["user"] for one in server.asked if one.path == "/api/users.info"]
    assert sorted(asked) == ["U0ANNA", "U0BEN", "U0CLEO", "U0NOBODY"]


def test_files_are_named_and_a_snippet_shows_its_beginning(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    files = [
        {"id": "F1", "title": "Plan [v2]", "permalink": "https://acme.slack.example/F1"},
        {"id": "F2", "name": "run.py", "mode": "snippet", "preview": "print(1)\n",
         "permalink": "https://acme.slack.example/F2"},
        {"id": "F3", "mode": "tombstone"},
    ]  # fmt: skip
    slack_history.said[CHANNEL] = (Said(begun(time), "", "U0BEN", 0.0, {"files": files}),)
    [text] = read(list(reading(server, time).documents(None))).values()
    assert "File: [Plan (v2)](https://acme.slack.example/F1)" in text
    assert "F2)\n\n```\nprint(1)\n```" in text
    assert "F3" not in text


async def test_the_local_slack_in_which_the_bot_itself_is_tested_is_read(
    slack: SlackServer, people: People
) -> None:
    asked = await people.say("C0GENERAL", "U0BEN", "How hot does kiln B get?")
    told = await people.say("C0GENERAL", "U0ANA", "1,240. Ask <@U0BEN>.", asked)
    await people.react("U0BEN", "C0GENERAL", told, "white_check_mark")
    own = AsyncWebClient(BOT_TOKEN, base_url=slack.api)
    await own.chat_postMessage(channel="C0GENERAL", thread_ts=asked, text="I think 900.")
    source = slack_source("talk", ("#general",), BOT_TOKEN, base_url=slack.api, allow_private=True)
    [text] = read(await asyncio.to_thread(lambda: list(source.documents(None)))).values()
    assert "How hot does kiln B get?\n\n## Accepted answer by ana" in text
    assert "1,240. Ask @ben." in text
    assert "900" not in text
