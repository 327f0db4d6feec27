"""What is generated, quoted or echoed pings nobody in Discord, and shows and fetches no more."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bots import Made, made
from tests.discord.bots import listening, quiet
from tests.discord.ids import CHANNELS, GUILD, PEOPLE, ROLES
from tests.discord.people import People
from tests.fakes import FakeBackend

LIE = "[https://bank.example](https://evil.example)"
BEN, ROLE, PLACE = PEOPLE["ben"], ROLES["payroll"], CHANNELS["team"]
EVIL = (
    f"Leave is 27 days @everyone @here <@{BEN}> <@!{BEN}> <@&{ROLE}> <@&{GUILD}> <#{PLACE}>"
    f" \u202eevil\u202c \u2066x\u2069 {LIE} [x](<https://evil.example> 'y') ||hidden||"
    " https://evil.example/a <https://evil.example/b> www.evil.example evil.example"
    " ![x](https://evil.example/x.png) discord.gg/evil <t:1392734382:R> </ask:1> <id:guide>"
    " <a:party:1234567890123456> <mailto:a@evil.example> `@everyone` a\u200b\u2060\u3164b"
)
MENTION = r"<(?:@[!&]?\d|#\d|/[^:<>]+:\d|t:-?\d|a?:\w+:\d|id:)|@(?:everyone|here)\b"
LINK = r"(?:https?://|discord\.gg/)[^\s`]*evil[^\s]*"  # "www." alone it leaves as it is
TURNED = "[\u202a-\u202e\u2066-\u2069\u3164]"
CODE = re.compile(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)  # in there nothing is a link
OURS = re.compile(rf"<@{PEOPLE['ana']}>")
PLAIN = ("name", "label", "footer", "custom_id", "placeholder")  # there Discord reads no markup
SHOWS = ("content", "embeds", "components", "data", "name", "title", "description", "value")


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Made]:
    backend, writer = FakeBackend(f"Answer 1: {EVIL}"), FakeBackend(*re.findall(r".{1,9}", EVIL))
    pages = {"handbook": {f"leave {LIE}": EVIL}, "website": {"leave @everyone": EVIL}}
    with made(tmp_path, backend, writer, pages=pages) as built:
        yield built


@pytest.fixture
async def people(bot: Made, discord_people: People) -> AsyncIterator[People]:
    """People whose channels the bot is in."""
    async with listening(bot, discord_people):
        yield discord_people


# -- what is looked for --------------------------------------------------------------------


def strings(thing: object, name: str = "") -> Iterator[tuple[str, str]]:
    """All text in what JSON can tell, each with the name that it stands under."""
    if isinstance(thing, str):
        yield name, thing
    for key, inside in thing.items() if isinstance(thing, dict) else ():
        yield from strings(inside, "footer" if name == "footer" else key)
    for inside in thing if isinstance(thing, list) else ():
        yield from strings(inside, name)


def powers(thing: object) -> list[str]:
    """What in these texts pings, hides, leads astray, or turns the reading around."""
    return [power for name, text in strings(thing) for power in powers_in(name, text)]


def powers_in(name: str, text: str) -> list[str]:
    """Discord reads no markup in some texts; in code, mentions alone are feared."""
    found = re.findall(TURNED, text)
    if name in PLAIN:
        return found
    told = OURS.sub("", text)
    outside = CODE.sub("", told)
    found += re.findall(MENTION, told) + re.findall(rf"\]\(\s*<?{LINK}", outside)
    return found + re.findall(rf"(?<!\\)\|\||{LINK}", outside)


def test_what_is_looked_for_is_found() -> None:
    for text in (
        *("@everyone", f"<@{BEN}>", f"<@&{ROLE}>", "\u202e", "||x||", LIE, "`@here`", "<id:guide>"),
        *("https://evil.example", "<https://evil.example>", "</ask:1>", "<t:1:R>", EVIL),
    ):
        assert powers({"content": [text]}), text
    assert powers({"name": "@everyone ||x||", "footer": {"text": "<@1>"}}) == []
    assert powers({"name": "\u202e", "footer": {"text": "\u202e"}}) == ["\u202e"] * 2
    harmless = f"<@{PEOPLE['ana']}> `https://evil.example` @\u200beveryone \\||x\\|| <\u200b@1>"
    assert powers(harmless) == []


async def shown_without_powers(people: People) -> str:
    """Nothing that the bot ever said has powers; gives all of it."""
    await quiet(people)
    said = [c for c in await people.calls() if shows(c)]
    for call in said:
        assert quiets(call), f"pings are not switched off: {call['route']} {call['args']}"
    told = [shown(call["args"]) for call in said]
    for one in told:
        assert powers(one) == [], one
    assert await people.pings() == []
    return json.dumps(told, ensure_ascii=False)


def shows(call: dict[str, Any]) -> bool:
    """Is something shown by that call? What commands there are is fixed."""
    return call["route"].split()[0] in ("POST", "PATCH", "PUT") and "/commands" not in call["route"]


def quiets(call: dict[str, Any]) -> bool:
    """Does the call say that nobody is to be pinged, wherever it says anything?"""
    told = call["args"].get("data") or call["args"]
    speaks = "content" in told or "embeds" in told
    return not speaks or told.get("allowed_mentions") == {"parse": []}


def shown(args: dict[str, Any]) -> dict[str, Any]:
    """What people may see of it."""
    return {name: args[name] for name in SHOWS if name in args}


async def answered(people: People, count: int = 1) -> None:
    """Wait until so many answers stand."""
    await people.wait_for(lambda seen: seen.text.count("[👍]") >= count)


# -- through every door --------------------------------------------------------------------

MENTIONED = "<@800000000000000001>"
DOORS = {
    "mention": f"{MENTIONED} How many days of leave do I get?",
    "rag": f"{MENTIONED} rag: How many days of leave? {EVIL}",
    "tuned": f"{MENTIONED} tuned: {EVIL}",
}


@pytest.mark.parametrize("text", DOORS.values(), ids=DOORS.keys())
async def test_an_answer_in_a_thread(people: People, text: str) -> None:
    await people.say("general", "ana", text)
    await answered(people)
    assert "27 days" in await shown_without_powers(people)


async def test_an_answer_that_is_changed(people: People) -> None:
    id = await people.say("general", "ana", DOORS["mention"])
    await answered(people)
    await people.edit(id, DOORS["tuned"])
    await people.wait_for(lambda seen: "tuned:" in seen)
    await shown_without_powers(people)


async def test_a_direct_message_and_a_private_answer(people: People) -> None:
    await people.say("dm-ana", "ana", EVIL)
    await people.say("general", "ana", f"{MENTIONED} private: leave? {EVIL}")
    await answered(people, 2)
    await shown_without_powers(people)


@pytest.mark.parametrize("private", [False, True])
async def test_a_command_shows_its_question(people: People, private: bool) -> None:
    given = {"question": f"leave? {EVIL}", "private": private}
    await people.command("ana", "general", "ask", given)
    await answered(people)
    assert "leave?" in await shown_without_powers(people)


@pytest.mark.parametrize("menu", ["Ask Tandem about this", "Rewrite in our style"])
async def test_a_menu_and_what_is_shared_from_it(people: People, menu: str) -> None:
    id = await people.say("general", "ben", f"How many days of leave? {EVIL}")
    await people.menu("ana", "general", id, menu)
    seen = await people.wait_for(lambda seen: "[👍]" in seen)
    [alone] = [m for m in seen.messages if m.only_for and m.buttons]
    await people.press("ana", alone.id, alone.button("tandem:share").custom_id)
    await answered(people, 2)
    assert "27 days" in await shown_without_powers(people)


async def test_a_thread_and_a_forum_post_with_such_a_title(people: People) -> None:
    id = await people.say("general", "ana", f"hello {EVIL}")
    thread = await people.begin_thread("ana", id, EVIL[:100])
    await people.say("general", "ana", DOORS["rag"], thread=thread)
    await people.post_in_forum("forum", "ana", EVIL[:100], DOORS["mention"])
    await answered(people, 2)
    await shown_without_powers(people)


async def test_notices_and_orders_echo_nothing_with_powers(people: People) -> None:
    await people.say("general", "ana", f"{MENTIONED} tuned everyone: @everyone")
    await people.say("general", "ana", f"{MENTIONED} {EVIL * 75}")
    await people.command("ana", "general", "tuned", {"text": "@here", "task": "@everyone ||x||"})
    await people.command("ana", "general", "ask", {"question": f"tuned {EVIL}: <@{BEN}>"})
    await people.wait_for(lambda seen: "I read at most" in seen and "[👍]" in seen)
    await shown_without_powers(people)


async def test_a_correction_is_not_shown_again(people: People) -> None:
    await people.say("general", "ana", DOORS["mention"])
    await answered(people)
    [answer] = [m for m in (await people.look()).by_bot() if m.buttons]
    await people.press("ana", answer.id, "👎")
    await people.submit("ana", {"correction": EVIL})
    await shown_without_powers(people)


async def test_names_and_tasks_that_are_offered_have_no_powers(people: People) -> None:
    offered = await people.autocomplete("ana", "general", "tuned", "task", "@everyone")
    assert offered.choices == []


async def test_a_lying_link_shows_where_it_leads(people: People) -> None:
    await people.say("general", "ana", DOORS["tuned"])
    await answered(people)
    [answer] = [m for m in (await people.look()).by_bot() if m.buttons]
    assert "bank.example" in answer.content
    assert "`https://evil.example`" in answer.content
