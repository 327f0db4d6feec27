"""A pass over the threads of one kind in one repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC

from knowledge.documents import Checkpoint, Document, Keyed, Unchanged, Unreadable
from knowledge.net.errors import Denied, Garbled, NetError, RateLimited, Unreached
from knowledge.reading.plain import one_line
from knowledge.sources.github.api import GitHub, Json
from knowledge.sources.github.bodies import Taste, written
from knowledge.sources.github.listing import Found, Lists, before
from knowledge.sources.github.memory import Edits, Facts, Followed
from knowledge.sources.github.queries import Kind, further, reading
from knowledge.sources.github.threads import ODD, Odd, Thread, nodes, thread

FULL_S = 24 * 3600.0  # after which all are listed again, whatever was told
TOGETHER = 10  # threads in one question
FAILING = 3  # threads one after the other that the service failed to give: it is the service
COMMENTS = {"Issue": ("issues/comments",), "PullRequest": ("issues/comments", "pulls/comments")}


@dataclass(frozen=True)
class Place:
    """What every part of a pass over a repository goes by."""

    source: str
    github: GitHub
    facts: Facts
    held: Checkpoint
    form: str  # of the documents: those of another are written anew
    taste: Taste

    def fingerprint(self, mark: str) -> str:
        """A document's."""
        return f"{self.form} {mark}"

    def held_keys(self, ending: str, within: str = "") -> list[str]:
        """The keys that the index holds of the repository, or of a part of it."""
        start = f"{self.facts.full}/{within}"
        return sorted(k for k in self.held.held if k.startswith(start) and k.endswith(ending))


@dataclass
class Threads:
    """See the module. `after` is what to remember, once `items` came to its end."""

    place: Place
    kind: Kind
    known: Followed | None
    after: Followed = field(default_factory=Followed)
    lost: set[int] = field(default_factory=set)
    failing: int = 0

    @property
    def lists(self) -> Lists:
        """What is asked for lists."""
        return Lists(self.place.github, self.place.facts, self.kind)

    def key(self, number: int) -> str:
        """A thread's document's."""
        return f"{self.place.facts.full}/{number}{self.kind.ending}"

    def numbers_held(self) -> list[int]:
        """The threads that the index holds."""
        start, end = len(self.place.facts.full) + 1, -len(self.kind.ending)
        names = (key[start:end] for key in self.held())
        return sorted(int(name) for name in names if name.isdecimal())

    def held(self) -> list[str]:
        """The keys of threads of this kind that the index holds."""
        return self.place.held_keys(self.kind.ending)

    # -- what is there ---------------------------------------------------------------

    def items(self) -> Iterator[Keyed]:
        """Every thread: unchanged, read, or unreadable. Raises `NetError`."""
        now = self.place.github.client.outside.clock()
        known = self.known if self.known and 0 <= now - self.known.full_at < FULL_S else None
        found = self.lists.changed(known.since) if known and known.since else None
        if known is None or found is None or not found.adds_up(known):
            known, found = None, self.lists.full()
        edited, edits = self.edited(known, found)
        yield from self.told(found, known, edited)
        self.after = self.reached(found, known, edits, now)

    def edited(self, known: Followed | None, found: Found) -> tuple[set[int], dict[str, Edits]]:
        """Threads whose comments were edited, and how far each list of them was followed."""
        paths = COMMENTS.get(self.kind.type, ())
        if known is None:
            return set(), {path: Edits(before(found.latest)) for path in paths}
        numbers, edits = set[int](), {}
        for path in paths:
            since = known.edits.get(path) or Edits(known.since)
            more, edits[path] = self.lists.edited(path, since)
            numbers |= more
        return numbers, edits

    def told(self, found: Found, known: Followed | None, edited: set[int]) -> Iterator[Keyed]:
        """What is yielded: first what stayed, then what is read, each by number."""
        left_out = {n for n, t in found.threads.items() if not self.likes(t.login, t.is_bot)}
        listed = found.threads.keys() - left_out
        changed = {n for n in listed if not self.has(n, found.threads[n].mark)}
        held = set(self.numbers_held()) - left_out
        if known is not None:
            changed |= (edited | set(known.lost)) - left_out
        elif len(found.threads) >= found.count:
            held &= listed  # of a list that is whole: what is not on it is gone
        yield from (Unchanged(self.key(number)) for number in sorted(held - changed))
        yield from self.read(sorted(changed))

    def likes(self, login: str, is_bot: bool) -> bool:
        """Are threads of this person read?"""
        return self.place.taste.likes(login, is_bot)

    def has(self, number: int, mark: str) -> bool:
        """Does the index hold the thread as it is?"""
        return self.place.held.has(self.key(number), self.place.fingerprint(mark))

    def reached(
        self, found: Found, known: Followed | None, edits: Mapping[str, Edits], now: float
    ) -> Followed:
        """What to remember."""
        lost = tuple(sorted(self.lost))
        if known is None:
            since = before(found.latest)
            return Followed(since, found.count, found.top, now, lost, edits)
        since, top = max(known.since, before(found.latest)), max(known.top, found.top)
        return replace(known, since=since, count=found.count, top=top, lost=lost, edits=edits)

    # -- reading them ----------------------------------------------------------------

    def read(self, numbers: Sequence[int]) -> Iterator[Keyed]:
        """Threads, several at once."""
        for at in range(0, len(numbers), TOGETHER):
            yield from self.several(numbers[at : at + TOGETHER])

    def several(self, numbers: Sequence[int]) -> Iterator[Keyed]:
        """A few threads; what they fail at together, they are asked for one by one."""
        try:
            items = self.asked(numbers)
        except (Denied, RateLimited):
            raise
        except NetError as error:
            if len(numbers) == 1:
                yield self.failed(numbers[0], error)
                return
            half = len(numbers) // 2
            yield from self.several(numbers[:half])
            yield from self.several(numbers[half:])
            return
        self.failing = 0
        yield from items

    def failed(self, number: int, error: NetError) -> Unreadable:
        """A thread that cannot be read. Raises `NetError` when it is all the service fails at."""
        self.failing += 1
        if self.failing >= FAILING and isinstance(error, Unreached):
            raise error
        self.lost.add(number)
        return Unreadable(self.key(number), error.reason)

    def asked(self, numbers: Sequence[int]) -> list[Keyed]:
        """Threads in one question; those that are gone are left out. Raises `NetError`."""
        owner, _, name = self.place.facts.full.partition("/")
        data = self.place.github.query(reading(self.kind, numbers), owner, owner=owner, name=name)
        there = data.get("repository")
        if not isinstance(there, dict) or not all(f"t{n}" in there for n in numbers):
            raise self.garbled("answered other threads than it was asked for")
        try:
            found = [self.thread(n, there[f"t{n}"]) for n in numbers if there[f"t{n}"]]
        except ODD as error:
            raise self.garbled(f"answered no thread ({error})") from error
        return [self.item(each) for each in found if self.is_read(each)]

    def is_read(self, found: Thread) -> bool:
        """Is the thread read?"""
        return self.likes(found.opening.login, found.opening.is_bot)

    def thread(self, number: int, node: Json) -> Thread:
        """A thread, with its further pages."""
        return thread(self.kind, number, node, self.further)

    def item(self, found: Thread) -> Keyed:
        """A thread as a document, unless the index has it so."""
        key = self.key(found.number)
        if self.has(found.number, found.mark):
            return Unchanged(key)
        return Document(
            self.place.source,
            key,
            title=one_line(found.title) or f"{self.kind.word} {found.number}",
            text=written(found, self.place.facts.full, self.place.taste),
            url=found.opening.url,
            fingerprint=self.place.fingerprint(found.mark),
            modified_at=found.updated_at.astimezone(UTC),
        )

    def further(self, type: str, id: str, connection: str, cursor: str) -> list[Json]:
        """The nodes of all further pages. Raises `NetError` and `Odd`."""
        text, seen, found = further(type, connection), {cursor}, list[Json]()
        while True:
            owner = self.place.facts.owner
            node = self.place.github.query(text, owner, id=id, after=cursor).get("node")
            if not isinstance(node, dict) or not isinstance(node.get("more"), dict):
                raise Odd("its further comments are not there")
            found += nodes(node, "more")
            page = node["more"].get("pageInfo") or {}
            if not page.get("hasNextPage"):
                return found
            cursor = str(page.get("endCursor"))
            if cursor in seen:
                raise self.garbled("gives a page of comments again")
            seen.add(cursor)

    def garbled(self, problem: str) -> Garbled:
        """An error about these threads."""
        return self.lists.garbled(problem)
