"""What was said before in a place, as our own record has it."""

from __future__ import annotations

from bot.conversation import Audience, Place, Turn
from bot.desk import Desk
from bot.wanted import Wanted


def recorded(desk: Desk, place: Place, audience: Audience, most: int) -> tuple[Turn, ...]:
    """The last `most` turns of a place, oldest first, that all of the audience may read."""
    there = Wanted(
        platform=place.platform,
        workspace=place.workspace,
        channel=place.channel,
        thread=place.thread,
    )
    held = reversed(desk.store.interactions(most // 2, there))
    return tuple(
        turn
        for one in held
        if not desk.withheld(one, audience)
        for turn in (Turn("user", one.question.text), Turn("assistant", one.answer.text))
    )
