"""What Discord tells, as the source understands it: markup, grouping, limits, odd answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from knowledge.sources.discord.chains import chained
from knowledge.sources.discord.markup import Names, markdown
from knowledge.sources.discord.memory import packed, unpacked
from knowledge.sources.discord.speaking import Said
from tests.discords import BEN, FORUM, Discord, Post, Talk, flake, reply
from tests.faults import Server, Still
from tests.passes import Passes, read
from tests.test_discord_source import reading

NAMES = Names({1: "Ana *the* Potter"}, {2: "crew"}, {3: "kilns"})
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
MESSAGES = "/api/v10/channels/600/messages"


# -- markup --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("<@1> and <@!1>", "@Ana *the* Potter and @Ana *the* Potter"),
        ("<@&2>, see <#3>", "@crew, see #kilns"),
        ("<@9>, <@&9>, <#9>", "@somebody, @a role, #a channel"),
        ("hot <:kiln:77> <a:fire:78>", "hot :kiln: :fire:"),
        ("at <t:1795003200> or <t:1795003200:D>", "at 2026-11-18 12:00 UTC or 2026-11-18"),
        ("<t:1795003200:t>, <t:9999999999999>", "12:00 UTC, <t:9999999999999>"),
        ("</leave days:55> in <id:guide>", "/leave days in Server Guide"),
        ("it is ||the butler||", "it is the butler"),
        ("-# small\nlarge", "small\nlarge"),
        ("so:\n>>> one\n\ntwo", "so:\n> one\n>\n> two"),
        ("`<@1>` <@1>", "`<@1>` @Ana *the* Potter"),
        ("see ```py\n>>> x <@1>\n``` there", "see \n```py\n>>> x <@1>\n```\n there"),
        ("```just code```", "```\njust code\n```"),
        ("a ` lone tick <@1>", "a ` lone tick @Ana *the* Potter"),
    ],
)
def test_markup_becomes_markdown_with_names(told: str, shown: str) -> None:
    assert markdown(told, NAMES) == shown


def test_all_that_a_message_has_beside_its_text_is_told(server: Server, time: Still) -> None:
    id = flake(time.now)
    more: dict[str, Any] = {
        "attachments": [{"id": "1", "filename": "plan.pdf"}],
        "poll": {"question": {"text": "Blue?"}, "answers": [{"poll_media": {"text": "Yes"}}]},
        "embeds": [{"type": "link", "title": "Not ours"}],
        "message_reference": {"type": 1, "message_id": "5", "channel_id": "6"},
        "message_snapshots": [{"message": {"content": "Fire at 1,240 C."}}],
    }
    Discord([Post(id, "", more=more)]).at(server)
    [text] = read(Passes(reading(server, time)).next()).values()
    assert text.split("\n\n", 1)[1] == (
        "Poll: Blue?\n- Yes\n\nFiles: plan.pdf\n\n> Forwarded:\n>\n> Fire at 1,240 C."
    )


def test_what_bots_say_in_boxes_is_read_where_bots_are(server: Server, time: Still) -> None:
    box = {"type": "rich", "title": "Build", "fields": [{"name": "State", "value": "green"}]}
    more = {"embeds": [box], "webhook_id": "5"}
    Discord([Post(flake(time.now), "", more=more)]).at(server)
    assert read(Passes(reading(server, time)).next()) == {}
    [text] = read(Passes(reading(server, time, bots=True)).next()).values()
    assert text.endswith("**Build**\n\nState: green")


def test_a_post_whose_tag_says_so_is_solved(server: Server, time: Still) -> None:
    id = flake(time.now)
    posts = [Post(id, "Why does it crack?"), Post(id + 1, "It cools too fast.", BEN)]
    tags = [{"id": "7", "name": "✅ Solved"}, {"id": "8", "name": "glaze"}]
    forum = Discord(talks=[Talk(id, "Cracks", posts, tags=(7, 8))], type=FORUM, tags=tags)
    forum.at(server)
    [text] = read(Passes(reading(server, time)).next()).values()
    assert "; tagged ✅ Solved, glaze; solved." in text
    forum.talks = [Talk(id, "Cracks", posts, tags=(8,))]
    [text] = read(Passes(reading(server, time)).next()).values()
    assert "olved" not in text


def test_our_own_reaction_does_not_count(server: Server, time: Still) -> None:
    told = [
        {"emoji": {"id": None, "name": "✅"}, "count": 1, "me": True},
        {"emoji": {"id": "5", "name": "kiln"}, "count": 3, "me": True},
    ]
    Discord([Post(flake(time.now), "Hot.", more={"reactions": told})]).at(server)
    [text] = read(Passes(reading(server, time)).next()).values()
    assert text.endswith("Reactions: :kiln: 2.")


# -- what belongs together -----------------------------------------------------------


def said(id: int, minutes: float, to: int = 0, notice: bool = False) -> Said:
    at = datetime.fromtimestamp(NOON.timestamp() + minutes * 60, UTC)
    return Said(id, 1, at, notice, replies_to=to)


@pytest.mark.parametrize(
    ("messages", "groups"),
    [
        ([said(1, 0), said(2, 9), said(3, 18)], {1: [1, 2, 3]}),
        ([said(1, 0), said(2, 11)], {1: [1], 2: [2]}),
        ([said(1, 715), said(2, 725)], {1: [1], 2: [2]}),  # midnight
        ([said(1, 0), said(2, 60), said(3, 90, to=1), said(4, 91)], {1: [1, 3, 4], 2: [2]}),
        ([said(7, 0, to=90), said(8, 9), said(10, 11), said(11, 12)], {9: [7, 8], 10: [10, 11]}),
        ([said(1, 0), said(7, 5, to=90), said(8, 9)], {1: [1, 8], 9: [7]}),
        ([said(1, 0), said(2, 60, to=1), said(3, 120, to=2)], {1: [1, 2, 3]}),
        ([said(5, 0, to=4), said(6, 60, to=4)], {4: [5, 6]}),  # 4 is deleted
        ([said(7, 0, to=90)], {9: [7]}),  # 90 was said before, in the conversation 9
        ([said(1, 0), said(2, 5, notice=True), said(3, 11)], {1: [1], 3: [3]}),
    ],
)
def test_replies_and_messages_within_minutes_belong_together(
    messages: list[Said], groups: dict[int, list[int]]
) -> None:
    made = chained(messages, {90: 9}, 600.0)
    assert {root: [each.id for each in some] for root, some in made.items()} == groups


def test_no_conversation_depends_on_what_comes_later() -> None:
    messages = [said(n, n * 3.7, to=n - 5 if n % 4 == 0 else 0) for n in range(1, 60)]
    last: dict[int, int] = {}
    for count in range(len(messages)):
        made = chained(messages[: count + 1], {}, 300.0)
        now = {each.id: root for root, some in made.items() for each in some}
        assert last.items() <= now.items()
        last = now


def test_who_begins_at_a_midnight_sees_the_same_conversations() -> None:
    replying = {30: 22, 41: 2, 60: 11, 61: 60, 75: 74}
    messages = [
        said(n, n * 53.0, to=replying.get(n, n - 3 if n % 7 == 0 else 0)) for n in range(1, 90)
    ]
    whole = chained(messages, {}, 3600.0)
    roots = {each.id: root for root, some in whole.items() for each in some}
    for day in {each.at.date() for each in messages}:
        window = [each for each in messages if each.at.date() >= day]
        before = {id: root for id, root in roots.items() if id < window[0].id}
        seen = chained(window, before, 3600.0)
        assert {each.id: root for root, some in seen.items() for each in some} == {
            each.id: roots[each.id] for each in window
        }


@pytest.mark.parametrize("ids", [[], [0], [7], [1574390385034133504, 1574390385034133505, 2**63]])
def test_ids_are_packed_and_unpacked(ids: list[int]) -> None:
    assert unpacked(packed(ids)) == ids


def test_a_reply_to_what_is_gone_says_so(server: Server, time: Still) -> None:
    id = flake(time.now)
    Discord([reply(id, "On the shelf.", id - 99)]).at(server)
    [text] = read(Passes(reading(server, time)).next()).values()
    assert "without its first message" in text
