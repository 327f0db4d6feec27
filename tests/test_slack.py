"""Slack alone: its tabs, signs, streams, Stop, modals, commands elsewhere, sockets, posted events.

What Slack has in common with other platforms is in `test_platforms*.py`.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.slack import canvas, connecting
from bot.platforms.slack.manifest import PATH, PROMPTS
from bot.posts import Reason
from model.backends import Prompt, Sampling
from tests.bots import SlowBackend, made
from tests.conftest import free_port
from tests.fakes import FakeBackend
from tests.patience import PATIENCE_S
from tests.platforms import Knowing
from tests.slack.bots import slack_platform
from tests.slack.payloads import Json
from tests.slack.settings import Settings
from tests.slack.under_test import SlackChat, slack, texts

LEAVES = "How many days of leave do I get?"
LEAVE = "You get 27 days of leave."
STATUS = "assistant.threads.setStatus"
DRAFT = "@tandem tuned: send the numbers asap"
WORDS = [f"word{number} " for number in range(100)]

Opened = Callable[..., AbstractAsyncContextManager[SlackChat]]


class Held(Knowing):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let, self.loop = asyncio.Event(), asyncio.get_running_loop()

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Wait first."""
        asyncio.run_coroutine_threadsafe(self.let.wait(), self.loop).result(PATIENCE_S)
        return super().complete(prompt, sampling)


@pytest.fixture
def opened(tmp_path: Path, no_rows: Path) -> Opened:
    """Opens a Slack: its settings, the model, and options of the platform."""
    shutil.copy(no_rows, tmp_path / "tandem.db")

    @asynccontextmanager
    async def open_(
        settings: Settings | None = None,
        backend: FakeBackend | None = None,
        writer: FakeBackend | None = None,
        **options: Any,
    ) -> AsyncIterator[SlackChat]:
        with made(tmp_path, backend or Knowing(), writer) as bot:
            async with slack(bot, settings, **options) as chat:
                yield chat

    return open_


@pytest.fixture
async def chat(opened: Opened) -> AsyncIterator[SlackChat]:
    """The usual Slack."""
    async with opened() as chat:
        yield chat


async def answered(chat: SlackChat, text: str = f"@tandem {LEAVES}") -> str:
    """What stands in answer to Ben's question."""
    return (await chat.answer_to(await chat.say("ben", text))).text


# -- tabs --------------------------------------------------------------------------------


async def home(chat: SlackChat, person: str, words: str) -> str:
    """Somebody's home tab, once it says these words."""

    def says(seen: Any) -> bool:
        return words in "\n".join(texts(seen.homes.get(person, {})))

    return "\n".join(texts((await chat.people.wait_for(says)).homes[person]))


async def test_the_home_tab_shows_what_can_be_read(chat: SlackChat) -> None:
    await chat.people.open_home("ana")
    await chat.people.open_home("pia")
    ana = await home(chat, "U0ANA", "handbook")
    assert "website" in ana
    assert "payroll" not in ana
    assert "payroll" in await home(chat, "U0PAYER", "handbook")


async def test_the_home_tab_shows_one_s_own_recent_questions(chat: SlackChat) -> None:
    await answered(chat)
    await chat.people.open_home("ben")
    await chat.people.open_home("ana")
    assert "answered from the documents" in await home(chat, "U0BEN", LEAVES)
    assert LEAVES not in await home(chat, "U0ANA", "You have asked nothing yet")


async def test_the_privacy_switch_of_the_home_tab_is_kept(chat: SlackChat) -> None:
    await chat.people.open_home("ben")
    await home(chat, "U0BEN", "Don't learn from me")
    await chat.people.press_view("ben", "home", "Don't learn from me")
    assert "are not used to make" in await home(chat, "U0BEN", "Learn from me")
    assert "are not used to make" in await chat.order("ben", "privacy")
    assert "may be used to make" in await chat.order("ana", "privacy")


@pytest.mark.parametrize("words", ["Privacy?", "privacy off", "PRIVACY.", " privacy  settings"])
async def test_an_order_by_command_is_read_as_one_by_mention(chat: SlackChat, words: str) -> None:
    assert "may be used to make" in await chat.order("ben", words)


@pytest.mark.parametrize("words", ["auto", "mode", "privacy policy", "dance " * 20])
async def test_what_is_no_order_of_the_command_is_told(chat: SlackChat, words: str) -> None:
    assert "I don't know that order" in await chat.order("ben", words)


async def test_forget_me_on_the_home_tab_forgets(chat: SlackChat) -> None:
    await answered(chat)
    await chat.people.open_home("ben")
    await home(chat, "U0BEN", LEAVES)
    await chat.people.press_view("ben", "home", "Forget me")
    await home(chat, "U0BEN", "You have asked nothing yet")


async def test_the_messages_tab_suggests_how_to_begin(chat: SlackChat) -> None:
    direct = await chat.people.open_home("ben", "messages")
    seen = await chat.people.wait_for(lambda seen: direct in seen.prompts)
    offered = [prompt["message"] for prompt in seen.prompts[direct]["prompts"]]
    assert offered == [message for _, message in PROMPTS]


async def test_every_message_in_the_messages_tab_begins_a_thread(chat: SlackChat) -> None:
    first = await chat.say("ben", LEAVES, channel="dm")
    await chat.answer_to(first)
    second = await chat.say("ben", LEAVES, channel="dm")
    assert LEAVE in (await chat.answer_to(second)).text
    threads = [m.thread_ts for m in (await chat.people.look("dm-ben")).by_bot()]
    assert threads == [first.id, second.id]
    assert chat.bot.asked[-1].thread == ()


# -- signs while it is answered -----------------------------------------------------------


async def test_status_and_sources_are_seen_while_the_answer_is_looked_for(
    opened: Opened,
) -> None:
    model = Held()
    async with opened(backend=model) as chat:
        said = await chat.say("ben", f"@tandem {LEAVES}")
        seen = await chat.people.wait_for(lambda seen: "Found 1 page" in seen)
        statuses = await chat.people.calls("assistant.threads.setStatus")
        model.let.set()
        assert LEAVE in (await chat.answer_to(said)).text
    assert "[Leave – docs.example]" in seen.text
    assert LEAVE not in seen.text
    shown = {(call["args"]["status"], call["args"]["thread_ts"]) for call in statuses}
    both = ("Searching the documents", "Reading what was found")
    assert shown
    assert shown <= {(text, said.id) for text in both}


async def test_a_workspace_without_streams_gets_posts_and_updates(opened: Opened) -> None:
    settings = Settings(streaming_refused="unknown_method")
    async with opened(settings, writer=FakeBackend(*WORDS)) as chat:
        assert LEAVE in await answered(chat)
        assert "word0 word1" in await answered(chat, DRAFT)
        assert len(await chat.people.calls("chat.startStream")) == 1  # it is not asked again
        assert len((await chat.people.look()).by_bot()) == 2


# -- Stop --------------------------------------------------------------------------------


async def test_slack_s_own_stop_ends_the_writing_and_the_session(opened: Opened) -> None:
    writer = SlowBackend(*WORDS, wait_s=0.05)
    async with opened(writer=writer) as chat:
        said = await chat.say("ben", DRAFT)
        await chat.sees("word0")
        await chat.people.stop_stream("ben", "general", said.id)
        text = (await chat.answer_to(said)).text
        sessions = (await chat.people.look()).sessions
    assert "word0" in text
    assert "word99" not in text
    assert sessions[f"C0GENERAL {said.id}"]["status"] != "processing"


@pytest.mark.parametrize("sessions", [True, False], ids=["its own Stop", "our button"])
async def test_stop_leaves_the_next_question_of_its_thread_alone(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, sessions: bool
) -> None:
    monkeypatch.setattr(canvas, "SLOW_S", 0.1)
    writer = SlowBackend(*WORDS[:30], wait_s=0.05)
    async with opened(Settings(has_sessions=sessions), writer=writer) as chat:
        said = await chat.say("ben", DRAFT)
        await chat.people.wait_for(lambda seen: "word0" in seen and (sessions or "[Stop]" in seen))
        other = await chat.say("ana", DRAFT, said)
        await chat.heard()
        if sessions:
            await chat.stop("ben", said)
        else:
            [reply] = (await chat.people.look()).by_bot()
            await chat.people.press("ben", "general", reply.ts, "Stop")
        assert "word29" in (await chat.answer_to(other)).text
        assert (await chat.people.transcript()).count("word29") == 1


async def test_an_apology_takes_the_place_of_what_was_begun_and_ends_the_session(
    opened: Opened,
) -> None:
    async with opened(writer=SlowBackend(*WORDS[:20], wait_s=0.05)) as chat:
        for method in ("chat.stopStream", "chat.update"):
            await chat.people.fault(method, error="invalid_blocks")
        said = await chat.say("ben", DRAFT)
        answer = await chat.answer_to(said)
        sessions = (await chat.people.look()).sessions
    assert len(answer.parts) == 1
    assert "Something went wrong" in answer.text
    assert "word" not in answer.text
    assert sessions[f"C0GENERAL {said.id}"]["status"] == "active"


@pytest.mark.parametrize("act", ["edit", "delete"])
async def test_the_session_ends_where_the_question_changes_while_it_is_answered(
    opened: Opened, act: str
) -> None:
    async with opened(writer=SlowBackend(*WORDS[:20], wait_s=0.05)) as chat:
        said = await chat.say("ben", DRAFT)
        await chat.sees("word0")
        await (chat.edit(said, f"{DRAFT}!") if act == "edit" else chat.delete(said))
        await chat.settled()
        sessions = (await chat.people.look()).sessions
    assert sessions[f"C0GENERAL {said.id}"]["status"] == "active"


@pytest.mark.parametrize("refused", ["chat.stopStream", "chat.startStream"])
async def test_the_session_ends_also_where_its_answer_could_not_be_streamed_to_the_end(
    chat: SlackChat, refused: str
) -> None:
    await chat.people.fault(refused, error="stopped_by_user" if "stop" in refused else "no_stream")
    said = await chat.say("ben", DRAFT)
    assert "Kindly" in (await chat.answer_to(said)).text
    assert (await chat.people.look()).sessions[f"C0GENERAL {said.id}"]["status"] == "active"


async def test_where_there_are_no_sessions_a_button_stops(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "SLOW_S", 0.1)
    writer = SlowBackend(*WORDS, wait_s=0.05)
    async with opened(Settings(has_sessions=False), writer=writer) as chat:
        said = await chat.say("ben", DRAFT)
        seen = await chat.people.wait_for(lambda seen: "[Stop]" in seen)
        [reply] = seen.by_bot()
        told = await chat.people.press("ben", "general", reply.ts, "Stop")
        answer = await chat.answer_to(said)
    assert told.acked
    assert "word0" in answer.text
    assert "word99" not in answer.text
    assert "Stop" not in answer.last.buttons
    assert writer.closed


# -- shortcuts -----------------------------------------------------------------------------


async def test_the_result_of_a_shortcut_is_posted_to_the_thread(chat: SlackChat) -> None:
    said = await chat.say("ana", LEAVES)
    assert LEAVE in await chat.choose("ben", "ask", said)
    [view] = await chat.people.open_views("U0BEN")
    told = await chat.people.submit(view["id"], "ben", {})
    assert told.acked
    answer = await chat.answer_to(said)
    assert LEAVE in answer.text
    assert answer.last.thumbs == 1


async def test_a_shortcut_s_result_reaches_who_closed_its_modal(opened: Opened) -> None:
    model = Held()
    async with opened(backend=model) as chat:
        said = await chat.say("ana", LEAVES)
        await chat.people.shortcut("ben", "general", said.id, "ask_tandem")
        [view] = await chat.people.open_views("U0BEN")
        await chat.people.close_view(view["id"], "ben")
        model.let.set()
        alone = await chat.alone("ben")
    assert LEAVE in alone.text


async def test_a_result_is_not_said_to_be_posted_where_the_bot_may_not_post(
    chat: SlackChat,
) -> None:
    said = await chat.people.say("away", "ana", LEAVES)
    await chat.people.shortcut("ben", "away", said, "ask_tandem")
    await chat.settled()
    [view] = await chat.people.open_views("U0BEN")
    await chat.people.submit(view["id"], "ben", {})
    [view] = await chat.people.open_views("U0BEN")
    told = "\n".join(texts(view))
    assert "/invite" in told
    assert "Posted" not in told


async def test_a_shortcut_on_a_message_without_words_says_so(chat: SlackChat) -> None:
    said = await chat.say("ana", "")
    assert "no text in that message" in await chat.choose("ben", "rewrite", said)


# -- commands ------------------------------------------------------------------------------


async def test_a_command_where_the_bot_is_no_member_tells_who_gave_it(chat: SlackChat) -> None:
    told = await chat.people.command("ben", "away", "/ask", LEAVES)
    assert told.acked
    await chat.settled()
    [only] = [m for m in (await chat.people.look("away")).messages if m.only_for == "U0BEN"]
    assert "/invite" in only.text
    assert (await chat.people.look("away")).text.count(LEAVE) == 0


async def test_a_command_full_of_what_slack_escapes_is_answered(chat: SlackChat) -> None:
    said = await chat.command("ben", "ask", f"{LEAVES} {'<&> ' * 470}")
    assert LEAVE in (await chat.answer_to(said)).text


async def test_a_command_without_a_question_asks_for_one(chat: SlackChat) -> None:
    told = await chat.people.command("ben", "general", "/ask", "  ")
    assert "What would you like to know?" in told.payload["text"]


async def test_an_answer_moves_with_its_question_into_private_and_back(chat: SlackChat) -> None:
    said = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.settled()
    await chat.edit(said, f"@tandem private: {LEAVES}")
    assert (await chat.answer_to(said)).parts == ()
    assert LEAVE in (await chat.alone("ben")).text
    await chat.edit(said, "@tandem When is lunch served?")
    assert len((await chat.answer_to(said)).parts) == 1
    assert (await chat.alone("ben")).parts == ()


# -- what comes late -------------------------------------------------------------------------


def late(text: str, **more: str) -> Json:
    """A message of two hours ago, which Slack tells only now."""
    ts = f"{time.time() - 7200:.6f}"
    event = {"type": "message", "channel": "C0AUTO", "channel_type": "channel", "user": "U0BEN"}
    return {**event, "text": text, "ts": ts, "event_ts": ts, **more}


async def test_what_is_told_hours_late_is_passed_over_where_nobody_asked_the_bot(
    chat: SlackChat,
) -> None:
    await chat.people.emit(late(LEAVES))
    await chat.settled()
    assert [one.reason for one in chat.bot.inbox.silences()] == [Reason.EARLIER]
    assert await chat.signs() == []


# -- sockets and posted events ----------------------------------------------------------------


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
async def test_a_refreshed_socket_is_ridden_out(chat: SlackChat, reason: str) -> None:
    await chat.people.disconnect(reason)
    assert LEAVE in await answered(chat)


async def test_a_broken_socket_is_ridden_out(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "PING_S", 0.2)
    async with opened(Settings(retry_after_s=(0.1,) * 50)) as chat:
        await chat.people.drop()
        assert LEAVE in await answered(chat)


async def test_with_two_sockets_each_question_is_answered_once(opened: Opened) -> None:
    async with opened(sockets=2) as chat:
        said = [await chat.say("ben", f"@tandem {LEAVES}") for _ in range(6)]
        answers = [await chat.answer_to(one) for one in said]
        assert (await chat.people.look()).sockets == 2
    assert [len(answer.parts) for answer in answers] == [1] * 6


async def test_posted_events_are_answered_as_those_of_sockets(opened: Opened) -> None:
    port = free_port()
    settings = Settings(events_url=f"http://127.0.0.1:{port}{PATH}")
    async with opened(settings, mode="http", port=port, sockets=0, app_token=None) as chat:
        await listens(port)
        said = await chat.say("ben", f"@tandem {LEAVES}")
        answer = await chat.answer_to(said)
        await chat.press("ben", answer.last, "Redo as tuned")
        redone = await chat.answer_to(said)
        assert "Begin with rag:" in await chat.order("ben", "help")
    assert LEAVE in answer.text
    assert "forced: tuned" in redone.last.footer


async def listens(port: int) -> None:
    """Wait until somebody does."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def test_calls_and_sockets_go_where_base_url_says(chat: SlackChat) -> None:
    assert {call["error"] for call in await chat.people.calls("apps.connections.open")} == {""}
    assert {call["error"] for call in await chat.people.calls("auth.test")} == {""}
    assert slack_platform(chat.people.api.rstrip("/")).base_url == chat.people.api


async def test_an_answer_that_is_changed_in_place_leaves_no_status_behind(chat: SlackChat) -> None:
    asked = await chat.say("ben", f"@tandem {LEAVES}")
    await chat.settled()
    await chat.edit(asked, "@tandem When is lunch served?")
    await chat.settled()
    assert [call["args"]["status"] for call in await chat.people.calls(STATUS)][-1] == ""
    assert not (await chat.people.look()).statuses
