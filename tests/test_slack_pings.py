"""What is generated, quoted or echoed pings nobody in Slack, and links show where they lead."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.bots import Made, made
from tests.fakes import FakeBackend
from tests.slack.bots import listening
from tests.slack.people import People

LIE = "[https://bank.example](https://evil.example)"
EVIL = (
    "Leave is 27 days <!channel> <!here|here> <!everyone> <@U0BEN> <@U0BEN|ben> <!subteam^S0ENG>"
    " <!subteam^S0ENG|@engineers> <#C0TEAM> @everyone @channel @here \u202eevil\u202c \u2066x\u2069"
    f" {LIE} <https://evil.example|https://bank.example> ![x](https://evil.example/x.png)"
    " &lt;!channel&gt; <!date^1392734382^{date}^https://evil.example|soon>"
    " <mailto:a@evil.example|b>"
)
PINGS = re.compile(
    r"<(?:!(?!date\^\d+\^[^^|>]+\|[^|>]*>)[a-z]|@[UW](?!0ANA>)|#C|mailto:|https://evil)|@(?:everyone|channel|here)\b"
    r"|\]\(\s*<?https://evil|[\u202a-\u202e\u2066-\u2069]"
)
READING = ("conversations.", "users.", "usergroups.", "auth.", "apps.")


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Made]:
    backend, writer = FakeBackend(f"Answer 1: {EVIL}"), FakeBackend(*re.findall(r".{1,9}", EVIL))
    pages = {"handbook": {f"leave {LIE}": EVIL}, "website": {"leave <!here>": EVIL}}
    with made(tmp_path, backend, writer, pages=pages) as built:
        yield built


@pytest.fixture
async def channel(bot: Made, people: People) -> AsyncIterator[People]:
    """People whose channels the bot is in."""
    async with listening(bot, people):
        yield people


def strings(thing: object) -> Iterator[str]:
    """All text in what JSON can tell."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict):
        for inside in thing.values():
            yield from strings(inside)
    elif isinstance(thing, list):
        for inside in thing:
            yield from strings(inside)


def powers(thing: object) -> list[str]:
    """The texts that ping, lead astray, or turn the reading around."""
    return [text for text in strings(thing) if PINGS.search(text)]


async def shown_without_powers(people: People) -> str:
    """Nothing that the bot ever said has powers; gives all of it."""
    said = [c["args"] for c in await people.calls() if not c["method"].startswith(READING)]
    for args in said:
        for name in ("blocks", "chunks", "view", "metadata"):
            if isinstance(args.get(name), str):
                args[name] = json.loads(args[name])
    seen = await people.look()
    whispers = [message.raw for message in seen.messages if message.only_for]
    shown = [said, seen.views, seen.homes, whispers, seen.titles, seen.statuses]
    assert powers(json.loads(json.dumps(shown))) == []
    return json.dumps(shown)


async def answered(people: People, count: int = 1) -> None:
    """Wait until so many answers stand."""
    await people.wait_for(lambda seen: seen.text.count("(thumbs)") >= count)


def test_what_is_looked_for_is_found() -> None:
    for text in (
        EVIL,
        "<!channel>",
        "<@U0BEN>",
        LIE,
        "@here",
        "\u202e",
        "<https://evil.example|x>",
    ):
        assert powers({"a": [text]}) == [text]
    assert powers("<@U0ANA>: what is `<\u200b!channel>` @\u200bhere?") == []


DOORS = {
    "mention": "<@U0TANDEM> How many days of leave do I get?",
    "rag": "<@U0TANDEM> rag: How many days of leave? " + EVIL.replace("<@U0TANDEM>", ""),
    "tuned": f"<@U0TANDEM> tuned: {EVIL}",
}


@pytest.mark.parametrize("streams", ["", "not_allowed"])
@pytest.mark.parametrize("text", DOORS.values(), ids=DOORS.keys())
async def test_an_answer_in_a_thread(channel: People, text: str, streams: str) -> None:
    await channel.configure(streaming_refused=streams)
    await channel.say("general", "ana", text)
    await answered(channel)
    assert "27 days" in await shown_without_powers(channel)


async def test_an_answer_that_is_changed(channel: People) -> None:
    ts = await channel.say("general", "ana", DOORS["mention"])
    await answered(channel)
    await channel.edit("general", ts, DOORS["tuned"])
    await channel.wait_for_calls("chat.update")
    await channel.wait_for(lambda seen: "Tuned" in seen or "tuned" in seen)
    await shown_without_powers(channel)


async def test_a_direct_message_and_a_private_answer(channel: People) -> None:
    await channel.say("dm", "ana", EVIL)
    await channel.say("general", "ana", f"<@U0TANDEM> private: leave? {EVIL}")
    await answered(channel, 2)
    await shown_without_powers(channel)


async def test_a_command_shows_its_question(channel: People) -> None:
    await channel.command("ana", "general", "/ask", f"leave? {EVIL}")
    await answered(channel)
    assert "<@U0ANA>" in await shown_without_powers(channel)


@pytest.mark.parametrize("callback", ["ask_tandem", "rewrite_style"])
async def test_a_modal_and_what_is_posted_from_it(channel: People, callback: str) -> None:
    ts = await channel.say("general", "ben", f"How many days of leave? {EVIL}")
    await channel.shortcut("ana", "general", ts, callback)
    seen = await channel.wait_for(
        lambda seen: any(view.get("submit") for view in seen.views.get("U0ANA", []))
    )
    await shown_without_powers(channel)
    await channel.submit(seen.views["U0ANA"][-1]["id"], "ana", {})
    await answered(channel)
    assert "27 days" in await shown_without_powers(channel)


async def test_the_home_tab_shows_questions(channel: People) -> None:
    await channel.say("dm", "ana", f"leave? {EVIL}")
    await answered(channel)
    await channel.open_home("ana")
    await channel.wait_for(lambda seen: "U0ANA" in seen.homes)
    assert "leave?" in await shown_without_powers(channel)


async def test_notices_and_orders_echo_nothing_with_powers(channel: People) -> None:
    await channel.say("general", "ana", "<@U0TANDEM> tuned everyone: <!channel>")
    await channel.say("general", "ana", f"<@U0TANDEM> {EVIL * 75}")
    await channel.command("ana", "general", "/tandem", EVIL)
    await channel.command("ana", "general", "/tuned", "@channel: <!here>")
    await channel.wait_for(lambda seen: "I read at most" in seen and "(only ana)" in seen)
    await shown_without_powers(channel)


async def test_a_lying_link_shows_where_it_leads(channel: People) -> None:
    await channel.say("general", "ana", DOORS["tuned"])
    await answered(channel)
    [answer] = (await channel.look()).by_bot()
    assert "https://bank.example" in answer.drawn
    assert "`https://evil.example`" in answer.drawn
