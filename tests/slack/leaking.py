"""Workspaces as hypothesis makes them, and who may read which secret there, by the plain rule.

The rule is written from the issue's words, not from `bot.spaces`: it knows people and channels,
and nothing of audiences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.leaking import SECRETS

MEMBERS, GUESTS, FOREIGN = ("U0BEN", "U0ANA", "U0PIA"), ("U0GUEST", "U0SOLO"), ("U0FAY",)
PEOPLE = (*MEMBERS, *GUESTS, *FOREIGN)
CHANNELS = ("C0ONE", "C0TWO", "C0THREE")


@dataclass(frozen=True)
class Room:
    """A channel of the workspace."""

    id: str
    kind: str
    people: frozenset[str]
    shared: str = ""  # "", or the field that says that another organisation reads it, or will


@dataclass(frozen=True)
class Space:
    """A space of the settings, with one source of its own."""

    source: str
    channels: frozenset[str]
    people: frozenset[str]
    group: bool  # does it name the user group?

    @property
    def settings(self) -> dict[str, Any]:
        """As it stands in the settings."""
        named = {"slack_channels": sorted(self.channels), "people": sorted(self.people)}
        return {**named, "groups": ["S0ENG"] if self.group else []}


@dataclass(frozen=True)
class House:
    """A workspace with its settings."""

    rooms: tuple[Room, ...]
    spaces: tuple[Space, ...]
    group: frozenset[str]  # the people in the user group

    def room(self, id: str) -> Room:
        """The channel with this id."""
        return next(room for room in self.rooms if room.id == id)

    def joined(self, id: str, person: str) -> House:
        """The same, after somebody joined a channel."""
        room = self.room(id)
        more = replace(room, people=room.people | {person})
        return replace(self, rooms=tuple(more if r.id == id else r for r in self.rooms))

    def told_in(self, id: str) -> set[str]:
        """The secrets that may be told in a channel: all who read it may read them."""
        room = self.room(id)
        if room.shared or room.people & set(FOREIGN):
            return {SECRETS["website"]}
        mine = {space.source for space in self.spaces if id in space.channels}
        all_members = {"handbook"} if room.people <= set(MEMBERS) else set()
        return {SECRETS[source] for source in {"website"} | mine | all_members}

    def told_to(self, person: str) -> set[str]:
        """The secrets that may be told to one person alone."""
        if person in FOREIGN:
            return {SECRETS["website"]}
        inside = {room.id for room in self.rooms if person in room.people}
        mine = {
            space.source
            for space in self.spaces
            if person in space.people
            or space.channels & inside
            or (space.group and person in self.group)
        }
        all_members = {"handbook"} if person in MEMBERS else set()
        return {SECRETS[source] for source in {"website"} | mine | all_members}


def some(of: tuple[str, ...], least: int = 0) -> st.SearchStrategy[frozenset[str]]:
    """Some of them."""
    return st.frozensets(st.sampled_from(of), min_size=least, max_size=3)


def rooms(id: str) -> st.SearchStrategy[Room]:
    """A channel; most have no guest and no stranger, so that there is something to leak."""
    people = st.one_of(some(MEMBERS, 1), some(MEMBERS, 1), some(PEOPLE, 1))
    shared = st.sampled_from(("", "", "", "is_ext_shared", "is_pending_ext_shared"))
    return st.builds(Room, st.just(id), st.sampled_from(("channel", "group")), people, shared)


def spaces(source: str) -> st.SearchStrategy[Space]:
    """A space."""
    channels, readers = some(CHANNELS), some(PEOPLE)
    return st.builds(Space, st.just(source), channels, readers, st.booleans())


HOUSES = st.builds(
    House,
    st.tuples(*map(rooms, CHANNELS)),
    st.tuples(spaces("payroll"), spaces("engineering")),
    some((*MEMBERS, *GUESTS)),
)


@dataclass(frozen=True)
class Step:
    """What somebody does."""

    act: str  # see `ACTS`
    channel: str
    who: int  # which of the people there


ACTS = (
    "mention",
    "follow",
    "private",
    "command",
    "dm",
    "shortcut",
    "home",
    "edit",
    "redo",
    "share",
    "joins",
)
STEPS = st.builds(Step, st.sampled_from(ACTS), st.sampled_from(CHANNELS), st.integers(0, 9))
