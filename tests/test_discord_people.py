"""A person is one in all of Discord's servers: what they choose in one holds in the others."""

from __future__ import annotations

from bot.conversation import Place
from tests.discord.ids import GUILD, OTHER_GUILD, PEOPLE
from tests.discord.leaking import DIRECT, ROOMS, Change, House, Room, Step
from tests.discord.visiting import Visit, visiting

NORTH, SOUTH = "600000000000000101", "600000000000000201"
HOUSE = House(tuple(Room(id) for id in ROOMS), roles=())
BEN, ANA = PEOPLE["ben"], PEOPLE["ana"]


async def ask(visit: Visit, act: str, room: str, who: int = 0) -> None:
    """Ben, or who comes after him, asks."""
    await visit.take(Step(act, room, who, Change("role", GUILD, BEN)))


async def order(visit: Visit, room: str, text: str, button: str) -> None:
    """Ben gives an order, and presses a button under what is said to it."""
    told = await visit.people.command("ben", room, text)
    await visit.people.press("ben", told.message, button)


async def test_who_is_forgotten_in_one_server_is_forgotten_in_all() -> None:
    async with visiting(HOUSE) as visit:
        for act, room in (("mention", NORTH), ("mention", SOUTH), ("dm", NORTH)):
            await ask(visit, act, room)
        await ask(visit, "mention", SOUTH, who=1)
        await order(visit, SOUTH, "tandem forget-me", "Forget me")
        left = visit.bot.store.interactions()
        assert {one.question.asker for one in left} == {ANA}
        assert len(left) == 1


async def test_who_is_not_learned_from_in_one_server_is_not_in_any() -> None:
    async with visiting(HOUSE) as visit:
        await order(visit, NORTH, "tandem privacy", "Don't learn from me")
        desk = visit.bot.desk
        places = [Place("discord", guild) for guild in (GUILD, OTHER_GUILD, DIRECT)]
        assert [desk.may_learn(BEN, place) for place in places] == [False] * 3
        assert desk.may_learn(ANA, places[0])
