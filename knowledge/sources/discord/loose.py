"""A pass over what is said in a channel outside of its threads: replies and conversations.

See `chains`, which tells what belongs together. None of it depends on what comes later, and
who reads from a midnight on sees the same conversations as who reads from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.documents import Keyed, Unreadable
from knowledge.net.errors import NetError
from knowledge.sources._talk import words
from knowledge.sources.discord.api import ends
from knowledge.sources.discord.chains import chained
from knowledge.sources.discord.memory import Heard, digest, due, packed, unpacked
from knowledge.sources.discord.places import Place
from knowledge.sources.discord.speaking import Said, is_bare
from knowledge.sources.discord.threads import within


@dataclass
class Loose:
    """See the module. `after` is what to remember, once `items` came to its end."""

    place: Place
    known: Heard | None
    kind: str = "talk"
    after: Heard | None = None
    late: dict[int, str] = field(default_factory=dict)

    def items(self) -> Iterator[Keyed]:
        """Every conversation: unchanged, read, or unreadable. Raises `NetError`."""
        known, place = self.known, self.place
        full = known is None or due(known.full_at, place.now)
        start = place.since if full else place.window
        old = {} if full or known is None else before(known, start)
        roots = {id: root for root, ids in old.items() for id in ids}
        said = [place.hearing.said(m) for m in within(place, place.channel.id, start)]
        new = chained(said, roots, place.wanted.gap_s)
        for root in sorted(old.keys() | new.keys()):
            yield from self.conversation(root, old.get(root, []), new.get(root, []))
        every = {
            root: [*old.get(root, []), *(each.id for each in new.get(root, []))]
            for root in {*old, *new}
        }
        full_at = place.now if full or known is None else known.full_at
        self.after = Heard(full_at, {r: packed(ids) for r, ids in every.items()}, self.late)

    def conversation(self, root: int, old: Sequence[int], new: Sequence[Said]) -> list[Keyed]:
        """A conversation of old messages, of which only the ids are known, and of new ones.

        Where nothing came to the old ones since the last pass, they are not read again.
        """
        if not old:
            return self.made(root, new)
        came = digest(new) if new else ""
        if came:
            self.late[root] = came
        if self.known is not None and came == self.known.late.get(root, ""):
            return self.place.unchanged(self.kind, [root])
        try:
            return self.made(root, [*self.again(old), *new])
        except NetError as error:
            if ends(error):
                raise
            self.late[root] = "?"
            key = self.place.key(self.kind, root)
            return [Unreadable(key, f"({self.place.name}) {error.reason}")]

    def again(self, ids: Sequence[int]) -> list[Said]:
        """Those of the messages that are still there. Raises `NetError`."""
        wanted, left, found = set(ids), list(ids), list[Said]()
        while left:
            page = self.place.discord.some(self.place.channel.id, left[0] - 1)
            found += [self.place.hearing.said(m) for m in page if m.id in wanted]
            full = len(page) >= self.place.discord.page
            left = [id for id in left if full and id > page[-1].id]
        return found

    def made(self, root: int, said: Sequence[Said]) -> list[Keyed]:
        """A conversation as a document; what has a thread of its own is told there."""
        answered = {each.replies_to for each in said}
        here = [each for each in said if not each.threaded or each.id in answered]
        spoken = [each.words for each in here if each.words is not None]
        if is_bare(here) or not spoken:
            return []
        headless = root in answered and all(each.id != root or not each.words for each in here)
        key, name = self.place.key(self.kind, root), self.place.name
        thread = words.Thread(key, name, tuple(spoken), loose=True, headless=headless)
        return self.place.made(thread)


def before(known: Heard, start: int) -> dict[int, list[int]]:
    """The ids of the messages of each conversation that come before one."""
    every = {root: unpacked(members) for root, members in known.members.items()}
    some = {root: [id for id in ids if id < start] for root, ids in every.items()}
    return {root: ids for root, ids in some.items() if ids}
