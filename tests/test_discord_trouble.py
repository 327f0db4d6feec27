"""An answer into a Discord that breaks off, loses messages, and outlives its workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation import (
    Answer,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
)
from bot.platforms.discord.canvas import AnswerCanvas, Easel, Look
from bot.platforms.discord.controls import Controls
from bot.platforms.discord.drawing import whole
from bot.platforms.discord.looking import Looking
from bot.platforms.discord.reading import Me
from bot.posts import Answered, Item, Reply
from bot.stage import PlatformAway
from tests.discord.answering import (
    DELETE,
    HERE,
    PATCH,
    POST,
    QUICK,
    Asked,
    asking,
    button_ids,
    stops,
)
from tests.discord.faults import Fault
from tests.discord.ids import BOT

Act = Literal["write", "die", "die unnoted", "lose"]


class Died(Exception):
    """The worker ended at that moment."""


@dataclass
class Worked:
    """What workers do, one after the other, to one item."""

    asked: Asked
    dies: bool = False  # as soon as something is posted, before it is noted

    async def note(self, reply: Reply) -> None:
        if self.dies:
            self.dies = False
            raise Died
        await self.asked.note(reply)

    def answered(self, _: Place, message: str) -> Answered | None:
        item = self.asked.item
        noted = any(reply.message == message for reply in self.asked.noted)
        return Answered(item.id, None, item.post.author, item.post.place) if noted else None

    async def canvas(self) -> AnswerCanvas:
        """That of a new worker: it looks for what was posted and not noted."""
        asked, noted = self.asked, self.asked.replies
        looking = Looking(asked.client, Me(BOT, BOT, True), self.answered, QUICK)
        known = {reply.message for reply in noted}
        found = [r for r in await looking.posted(asked.item, [HERE]) if r.message not in known]
        for reply in found:
            await asked.note(reply)
        item: Item = replace(asked.item, replies=tuple(asked.replies))
        easel = Easel(asked.late, asked.tempo)
        return AnswerCanvas(easel, item, asked.board(), self.note, Look())

    async def finish(self, interaction: Interaction) -> None:
        """Have it stand, by as many workers as that takes."""
        for _ in range(9):
            try:
                await (await self.canvas()).finish(interaction)
            except (PlatformAway, Died):
                continue
            return
        pytest.fail("it never stood")


def lost(asked: Asked) -> None:
    """Somebody deletes the first of the bot's messages."""
    if asked.messages:
        asked.world.remove(asked.messages[0])


async def written(asked: Asked, pieces: Sequence[str], acts: Sequence[Act]) -> Worked:
    """Write these pieces, while that happens."""
    worked = Worked(asked)
    canvas = await surviving(worked)
    for piece, act in zip(pieces, acts, strict=False):
        worked.dies = act == "die unnoted"
        try:
            await canvas.piece(piece)
            if act == "die":
                raise Died
        except (PlatformAway, Died):
            worked.dies = False
            canvas = await surviving(worked)
        if act == "lose":
            lost(asked)
        asked.clock.now += 0.6
    return worked


async def surviving(worked: Worked) -> AnswerCanvas:
    """The next worker's canvas; Discord may be away at first."""
    for _ in range(5):
        try:
            return await worked.canvas()
        except PlatformAway:
            continue
    pytest.fail("Discord never came back")


def answer_of(text: str) -> Interaction:
    question = Question("?", "ben", Place("discord"))
    answer = Answer(text, Outcome.WRITTEN)
    route = Route(Mode.TUNED, "draft", "it was asked for", 1.0)
    return Interaction(41, question, route, answer, Timings(), datetime.now(UTC))


LINES = st.lists(
    st.text("abcdefghijk .", min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=90
).map(lambda lines: [f"{line.strip()}\n" for line in lines])
TROUBLES = st.builds(
    Fault,
    st.sampled_from([POST, PATCH, DELETE, "*"]),
    skip=st.integers(0, 6),
    cut=st.sampled_from(["before", "after"]),
) | st.builds(
    Fault,
    st.sampled_from([POST, PATCH]),
    skip=st.integers(0, 3),
    times=st.integers(1, 8),
    status=st.just(503),
)
ACTS = st.sampled_from(["write", "write", "write", "die", "die unnoted", "lose"])


async def stands_once(lines: list[str], troubles: list[Fault], acts: list[Act]) -> None:
    per_piece = max(1, len(lines) // max(1, len(acts)))
    groups = ["".join(lines[i : i + per_piece]) for i in range(0, len(lines), per_piece)]
    async with asking() as asked:
        asked.world.faults.coming += [Fault(**vars(fault)) for fault in troubles]
        interaction = answer_of("".join(lines))
        worked = await written(asked, groups, acts)
        await worked.finish(interaction)
        wished = whole(interaction, Controls(asked.item.id))
        assert asked.texts == [drawn.content for drawn in wished]
        assert not any(stops(message) for message in asked.messages)
        buttons = [bool(button_ids(message)) for message in asked.messages]
        assert buttons == [False] * (len(buttons) - 1) + [True]
        noted = [reply.message for reply in asked.replies][: len(wished)]
        assert noted == [message.id for message in asked.messages]


ANYTHING = given(
    LINES,
    st.lists(TROUBLES, max_size=2),
    st.lists(ACTS, min_size=1, max_size=10),
)


@settings(max_examples=25, deadline=None)
@ANYTHING
def test_whatever_happens_the_whole_answer_stands_once(
    lines: list[str], troubles: list[Fault], acts: list[Act]
) -> None:
    asyncio.run(stands_once(lines, troubles, acts))


@pytest.mark.soak
@settings(max_examples=1000, deadline=None)
@ANYTHING
def test_whatever_happens_for_long_the_whole_answer_stands_once(
    lines: list[str], troubles: list[Fault], acts: list[Act]
) -> None:
    asyncio.run(stands_once(lines, troubles, acts))
