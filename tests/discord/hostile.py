"""What Discord never sends, or that nobody should: valid events to be spoiled, and nasty words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.discord import acts, events
from tests.discord.callbacks import COMMAND, COMPONENT
from tests.discord.ids import BOT, CHANNELS, GUILD, OTHER_GUILD, PEOPLE
from tests.discord.server import DiscordServer
from tests.discord.things import Interaction
from tests.discord.world import World
from tests.hostile import ANYWHERE, Json, spoiled, things

ANSWER_ME = f"<@{BOT}> How many days of leave do I get?"
SECRET = "zebrafish"  # said by people, so no line of the log has it
STAMP, TOKEN = "999999999999999999", "token-of-the-interaction"  # become fresh when it is sent
OPENER = "opener"  # the token of what opened a form
NASTY = (
    *ANYWHERE,
    "@everyone @here",
    f"<@{PEOPLE['ben']}>" * 2_000,
    f"<@&{GUILD}><#{CHANNELS['general']}><@{'9' * 30}>",
    "<" * 40_000,
    "<@" * 20_000,
    "<@" + "9" * 39_000,
    "<a:" + "a" * 39_000,
    "</ask:" * 6_000,
    "<https://" * 4_000,
    "z" + "\u0300\u0334\u0489" * 900,  # zalgo
    "||" * 900 + "\n>>> # **" * 90,
    "[a](" * 9_000,
    "```py\n````\n~~~\n" * 2_000,
    "<t:1:R><id:guide><sound:1:2>",
)
SHORT = tuple(text for text in NASTY if len(text) < 100)
SMALL = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((1.5, -1, 10**40, float("inf"), SECRET, STAMP, GUILD, OTHER_GUILD, "1", "x"))
    | st.text(max_size=9)
    | st.sampled_from(SHORT)
)
ANY = things(SMALL)
Told = tuple[str, Json]  # an event's name and payload


# -- valid events --------------------------------------------------------------------------


def messages(world: World) -> Iterator[Told]:
    """A mention, an edit, a direct message, a reply, a reaction, two deletions."""
    said = stamped(world, "general", "ben", f"{ANSWER_ME} {SECRET}")
    whole = {**said, **everything_about(said)}
    yield from (("MESSAGE_CREATE", said), ("MESSAGE_CREATE", whole))
    yield "MESSAGE_CREATE", stamped(world, "dm-ben", "ben", f"How many days of leave? {SECRET}")
    yield "MESSAGE_UPDATE", {**whole, "edited_timestamp": "2026-01-01T00:00:00+00:00"}
    gone = {"id": STAMP, "channel_id": CHANNELS["general"], "guild_id": GUILD}
    yield "MESSAGE_DELETE", gone
    yield "MESSAGE_DELETE_BULK", {**gone, "ids": [STAMP]}
    message = world.find_message(acts.say(world, "general", "ben", "hello"))
    for added, name in ((True, "MESSAGE_REACTION_ADD"), (False, "MESSAGE_REACTION_REMOVE")):
        yield name, events.reaction_payload(world, message, PEOPLE["ana"], "👍", added)
    yield "MESSAGE_REACTION_REMOVE_ALL", {**gone, "message_id": STAMP}
    emoji = {"id": None, "name": "👍"}
    yield "MESSAGE_REACTION_REMOVE_EMOJI", {**gone, "message_id": STAMP, "emoji": emoji}
    vote = {**gone, "message_id": STAMP, "user_id": PEOPLE["ana"], "answer_id": 1}
    yield from (("MESSAGE_POLL_VOTE_ADD", vote), ("MESSAGE_POLL_VOTE_REMOVE", vote))


def everything_about(said: Json) -> Json:
    """What else a message can have: files, stickers, a poll, what was forwarded, and so on."""
    forwarded = {k: said[k] for k in ("content", "timestamp", "edited_timestamp", "type")}
    more = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "flags": 0}
    return {
        "attachments": [a_file()],
        "embeds": [an_embed()],
        "sticker_items": [{"id": STAMP, "name": SECRET, "format_type": 1}],
        "poll": a_poll(),
        "message_snapshots": [{"message": {**forwarded, **more}}],
        "message_reference": {"type": 0, "message_id": STAMP, "channel_id": CHANNELS["general"]},
        "referenced_message": said,
        "reactions": [{"emoji": {"id": None, "name": "👍"}, "count": 1, "me": False}],
        "activity": {"type": 3, "party_id": SECRET},
        "webhook_id": STAMP,
        "components": [{"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "x"}]}],
        "call": {"participants": [], "ended_timestamp": None},
        "position": 0,
    }


def a_file() -> Json:
    """An attachment that promises much."""
    where = "https://cdn.example/../../bomb.zip"
    told = {"id": STAMP, "filename": "../../bomb.zip", "size": 10**15, "url": where}
    return {**told, "proxy_url": where, "content_type": "image/png", "width": 1, "height": 1}


def an_embed() -> Json:
    """A card of another bot."""
    picture = {"url": "https://cdn.example/x.png", "width": 10, "height": 10}
    told: Json = {"type": "rich", "title": f"@everyone {SECRET}", "description": SECRET * 200}
    told |= {"url": "https://cdn.example/", "color": 1, "timestamp": "2026-01-01T00:00:00+00:00"}
    told |= {"image": picture, "author": {"name": SECRET}, "footer": {"text": SECRET}}
    return told | {"fields": [{"name": SECRET, "value": SECRET, "inline": True}] * 25}


def a_poll() -> Json:
    """A poll with its votes."""
    answers = [{"answer_id": 1, "poll_media": {"text": SECRET}}]
    counts = [{"id": 1, "count": 1, "me_voted": False}]
    told: Json = {"question": {"text": SECRET}, "answers": answers, "allow_multiselect": False}
    told |= {"expiry": "2027-01-01T00:00:00+00:00", "layout_type": 1}
    return told | {"results": {"is_finalized": False, "answer_counts": counts}}


def stamped(world: World, channel: str, person: str, text: str) -> Json:
    """What is told of a message that nobody finds afterwards."""
    message = world.find_message(acts.say(world, channel, person, text))
    told = events.message_payload(world, message, gateway=True)
    return {**told, "id": STAMP}


def furniture(world: World) -> Iterator[Told]:
    """Of guilds, channels, roles, members and threads, known and unknown."""
    guild = events.guild_payload(world, world.guilds[GUILD])
    channel = events.channel_payload(world, world.channels[CHANNELS["general"]])
    role = events.role_payload(world.role(GUILD, "payroll"))
    member = events.member_payload(world, world.member(GUILD, PEOPLE["ana"]))
    strange = {"id": STAMP, "guild_id": STAMP}
    for made in (channel, {**channel, **strange}, {**channel, "id": STAMP, "type": 99}):
        yield from (("CHANNEL_CREATE", made), ("CHANNEL_UPDATE", made))
    yield "CHANNEL_DELETE", {**channel, **strange}
    yield "CHANNEL_PINS_UPDATE", {"channel_id": channel["id"], "guild_id": GUILD}
    joined = {**guild, "id": STAMP, "channels": [channel], "members": [member], "threads": []}
    yield from (("GUILD_CREATE", joined), ("GUILD_UPDATE", guild), ("GUILD_DELETE", strange))
    for name in ("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"):
        yield name, {"guild_id": GUILD, "role": role}
    yield "GUILD_ROLE_DELETE", {"guild_id": GUILD, "role_id": STAMP}
    for name in ("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE"):
        yield name, {**member, "guild_id": GUILD}
    thread = {**channel, "id": STAMP, "type": 11, "parent_id": channel["id"], "owner_id": BOT}
    thread["thread_metadata"] = {"archived": False, "locked": False, "auto_archive_duration": 60}
    thread["thread_metadata"]["archive_timestamp"] = "2026-01-01T00:00:00+00:00"
    thread |= {"message_count": 1, "member_count": 1, "total_message_sent": 1}
    for name in ("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE"):
        yield name, thread
    yield "THREAD_LIST_SYNC", {"guild_id": GUILD, "threads": [thread], "members": []}


def interactions(world: World) -> Iterator[Told]:
    """Commands, a menu, an option half typed, a press, a form."""
    asked = {"type": 3, "name": "question", "value": f"How many days of leave? {SECRET}"}
    slash = {"id": "1", "name": "ask", "type": 1, "guild_id": GUILD, "options": [asked]}
    yield told_of(world, 2, slash)
    typed = {"type": 3, "name": "task", "value": SECRET, "focused": True}
    yield told_of(world, 4, {**slash, "name": "tuned", "options": [typed]})
    order = {"type": 1, "name": "status", "options": []}
    yield told_of(world, 2, {**slash, "name": "tandem", "options": [order]})
    target = stamped(world, "general", "ana", f"How many days of leave? {SECRET}")
    menu = {"id": "1", "name": "Ask Tandem about this", "type": 3, "target_id": STAMP}
    yield told_of(world, 2, {**menu, "resolved": {"messages": {STAMP: target}}})
    for custom_id in FORGED:
        yield pressed(world, custom_id)
    field = {"type": 4, "custom_id": "correction", "value": SECRET}
    label = {"type": 18, "component": field}
    yield told_of(world, 5, {"custom_id": "tandem:reason:1", "components": [label]})


FORGED = (
    "tandem:vote:up:1",
    f"tandem:vote:down:{'9' * 18}",
    "tandem:withdraw:up:1",
    "tandem:stop:1:1:0",
    "tandem:redo:rag:999999",
    "tandem:share:999999",
    "tandem:learn:no",
    "tandem:forget:no",
    "tandem:vote:up:1\n",
    "tandem:vote:sideways:1",
    "tandem:" + "x" * 93,
    f"tandem:vote:up:{'9' * 85}",
    "tandem:redo:auto:\u0661",
    "\x00\x1b[2J\u202e",
    "of nobody",
)


def pressed(world: World, custom_id: str) -> Told:
    """A button that stands under a message of ours, whatever it carries."""
    button = {"type": 2, "style": 1, "label": "x", "custom_id": custom_id, "id": 2}
    under = stamped(world, "general", "ben", SECRET)
    under["components"] = [{"type": 1, "id": 1, "components": [button]}]
    inside = {"custom_id": custom_id, "component_type": 2, "id": 2}
    name, told = told_of(world, 3, inside)
    return name, {**told, "message": under}


def told_of(world: World, kind: int, inside: Json) -> Told:
    """INTERACTION_CREATE, by Ben in "general"."""
    made = replace(interaction(kind), message="")
    return "INTERACTION_CREATE", events.interaction_payload(world, made, inside)


def interaction(kind: int, id: str = STAMP, token: str = TOKEN, at: float = 0.0) -> Interaction:
    """One of Ben's in "general"."""
    here = (PEOPLE["ben"], CHANNELS["general"], GUILD)
    made = Interaction(id, token, at, kind, *here, {}, message=id if kind == COMPONENT else "")
    made.opened_by = OPENER
    return made


# -- spoiled, and sent ---------------------------------------------------------------------


def template() -> list[Told]:
    """Valid events of all kinds that matter to us, of a world like that of every server."""
    world = World()
    return [*messages(world), *furniture(world), *interactions(world)]


VALID = template()
KEYS = "id type guild_id channel_id message_id user_id user member guild data emoji content".split()


class Batch:
    """Events that are told one after the other; no dataclass, as hypothesis prints those whole."""

    def __init__(self, events: Sequence[tuple[str, Any]]) -> None:
        self.events = events

    def __repr__(self) -> str:
        return f"Batch({repr(self.events)[:3_000]})"


@st.composite
def batches(draw: st.DrawFn, names: Sequence[str], least: int, most: int) -> Batch:
    """Events of ours, spoiled, and events of these names with whatever inside."""
    inside = st.dictionaries(st.sampled_from(KEYS), ANY, max_size=6) | ANY
    odd = st.tuples(st.sampled_from(names), inside)
    told = st.sampled_from(VALID).flatmap(
        lambda event: st.tuples(st.just(event[0]), spoiled(event[1], fill=ANY))
    )
    return Batch(draw(st.lists(told | told | odd, min_size=least, max_size=most)))


def fresh(server: DiscordServer, told: Any) -> Any:
    """The payload with an id of its own; an interaction that it tells of may be answered."""
    world = server.world
    id, token = world.clock.snowflake(), f"{TOKEN}-{len(world.interactions)}"
    kind = told.get("type") if isinstance(told, dict) else None
    if isinstance(kind, int) and TOKEN in json.dumps(told):
        world.interactions[OPENER] = interaction(COMMAND, id, OPENER)
        world.interactions[token] = interaction(kind, id, token, world.clock.now())
    return json.loads(json.dumps(told).replace(STAMP, id).replace(TOKEN, token))
