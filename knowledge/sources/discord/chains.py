"""Which messages outside of threads belong together: replies, and what follows within minutes.

A reply belongs to the conversation of what it replies to, however old that is. Any other message
belongs to the conversation that goes on, if no long silence and no midnight (UTC) lies between.
An older day's conversation goes on when a reply takes it up in a silence, and only for as long
as a silence may be: or in a channel that begins each day with a reply, it would never end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from knowledge.sources._talk.grouping import follows
from knowledge.sources.discord.speaking import Said


def chained(said: Sequence[Said], known: Mapping[int, int], gap_s: float) -> dict[int, list[Said]]:
    """The conversations that messages (oldest first) belong to, by the ids of their first ones.

    `known`: the conversations of earlier messages, of other days.
    """
    chains, made = Chains(gap_s, dict(known)), dict[int, list[Said]]()
    for each in said:
        if not each.notice:
            made.setdefault(chains.taken(each), []).append(each)
    return made


@dataclass
class Chains:
    """The conversations so far, by their first messages' ids."""

    gap_s: float
    roots: dict[int, int]  # of each message
    begun: dict[int, date] = field(default_factory=dict)  # those that are not known from before
    current: int = 0  # what goes on, if it does
    at: datetime | None = None  # from when on silence is counted

    def taken(self, said: Said) -> int:
        """The conversation of the next message."""
        if said.replies_to:
            root = self.roots.setdefault(said.replies_to, said.replies_to)
        else:
            root = self.current if self.goes_on(said) else said.id
        self.roots[said.id] = root
        if root == said.id:
            self.begun[root] = said.at.date()
        today = self.begun.get(root) == said.at.date()
        if today or (said.replies_to and not self.goes_on(said)):
            self.current, self.at = root, said.at
        return root

    def goes_on(self, said: Said) -> bool:
        """Is there a conversation that the message may go on with?"""
        return self.at is not None and follows(self.at, said.at, self.gap_s)
