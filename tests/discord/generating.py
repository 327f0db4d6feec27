"""Discords as hypothesis makes them, and what happens in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypothesis import strategies as st

from tests.discord.ids import GUILD, OTHER_GUILD
from tests.discord.leaking import (
    ACTS,
    ENTRIES,
    EVERYWHERE,
    GUILDS,
    MIMICS,
    PEOPLE,
    ROLE_IDS,
    ROOMS,
    Change,
    House,
    Role,
    Room,
    Space,
    Step,
)


def some(of: Iterable[str], most: int = 2) -> st.SearchStrategy[frozenset[str]]:
    """Some of them, often none."""
    return st.frozensets(st.sampled_from(tuple(of)), max_size=most)


def roles() -> Iterator[st.SearchStrategy[Role]]:
    """The roles of all guilds."""
    for (guild, name), id in ROLE_IDS.items():
        called = st.sampled_from(MIMICS) if name == "mimic" else st.just(name)
        yield st.builds(Role, st.just(guild), st.just(id), called, some(PEOPLE))


def room(id: str) -> st.SearchStrategy[Room]:
    """A channel."""
    of = [role for (guild, _), role in ROLE_IDS.items() if guild == ROOMS[id][0]]
    return st.builds(Room, st.just(id), st.booleans(), some(of), some(PEOPLE, 1), some(PEOPLE, 1))


def space(source: str) -> st.SearchStrategy[Space]:
    """A space; most let people in by one way alone, which so decides."""
    ways = {
        "guilds": st.frozensets(st.sampled_from(GUILDS), min_size=1, max_size=2),
        "channels": st.frozensets(st.sampled_from(tuple(ROOMS)), min_size=1, max_size=3),
        "roles": st.frozensets(st.sampled_from(ENTRIES), min_size=1, max_size=3),
        "people": st.frozensets(st.sampled_from(PEOPLE), min_size=1, max_size=2),
    }
    nobody = dict.fromkeys(ways, st.just(frozenset[str]()))
    by_one = [
        nobody | {way: ways[way]} for way in ("guilds", "channels", "roles", "roles", "people")
    ]
    return st.one_of(*(st.builds(Space, st.just(source), **by) for by in (*by_one, ways)))


MEMBERS = st.one_of(
    st.just(EVERYWHERE), st.frozensets(st.sampled_from(sorted(EVERYWHERE)), min_size=5)
)
PENDING = st.frozensets(st.sampled_from(sorted(EVERYWHERE)), max_size=2)
TWO, ONE, NONE = (GUILD, OTHER_GUILD), (GUILD,), ()
SERVED = st.sampled_from(  # the guilds that the bot is in, those that the settings name
    ((GUILDS, TWO), (GUILDS, TWO), (GUILDS, ONE), (GUILDS, ONE), (GUILDS, NONE), (ONE, NONE))
)


def house(served: tuple[tuple[str, ...], tuple[str, ...]]) -> st.SearchStrategy[House]:
    """A Discord, with these guilds that the bot is in and that the settings name."""
    present, named = served
    return st.builds(
        House,
        st.tuples(*map(room, ROOMS)),
        st.tuples(*roles()),
        MEMBERS,
        PENDING,
        st.one_of(st.just(frozenset()), some(GUILDS, 1)),
        st.just(present),
        st.just(named),
        st.tuples(space("payroll"), space("engineering")),
    )


HOUSES = SERVED.flatmap(house)
CHANGES = st.builds(
    Change,
    st.sampled_from(("role", "role", "hide", "list", "join")),
    st.sampled_from(GUILDS),
    st.sampled_from(PEOPLE),
)
STEPS = st.builds(
    Step,
    st.sampled_from((*ACTS, "change")),
    st.sampled_from(tuple(ROOMS)),
    st.integers(0, 2),
    CHANGES,
)
