"""What every source that asks over a network must do, whatever goes wrong: tests to inherit.

    class TestWiki(NetworkedSourceContract):
        secret = "hunter2"                       # its credentials: never seen in a report

        def serve(self, server: Server, pages: Sequence[Page]) -> None:
            ...                                  # the service has just these pages now

        def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
            ...                                  # it may reach this machine

`serve` is called again when the pages change, on the same server. Let the service give its lists
in several pages (two items each), so that faults strike in the midst of one. A page's `text` must
come out in the document's text. Names of faults that the source can't tell from the truth (a
crawler believes any page of HTML) stand in `believes`, with the reason; what was believed must be
right again after the next pass.

What the contract has caught so far: a version taken from the list for a text that was read later
(the change is then never seen); lists by offset, in which a deletion moves what was not yet read
(ask for what seems gone before it is left out); a state that moves on over what was not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from knowledge.errors import KnowledgeError
from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sync import SyncReport, sync
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.faults import FAULTS, HANGING, HEALING, Server, Still, limits_for, serving

DAY_S = 24 * 3600.0
MOST = 400  # requests of a pass over six pages; a source that asks for more goes round in circles
GONE = "404"  # a page that is not there is gone, so any source may believe it


@dataclass(frozen=True)
class Page:
    """A page of the service."""

    id: int
    name: str
    text: str
    changed_s: float  # since 1970

    @property
    def word(self) -> str:
        """The word by which this version of the page is known."""
        return self.text.split()[-1]

    @property
    def changed_at(self) -> str:
        """As most services tell it: 2026-11-23T08:00:00Z."""
        return f"{datetime.fromtimestamp(self.changed_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def page(id: int, name: str, version: str, changed_s: float) -> Page:
    return Page(id, name, f"What {name} stands for is told by {name}{version}", changed_s)


THEN = Still().now - 9 * DAY_S
FIRST = tuple(
    page(n, name, "one", THEN + n)
    for n, name in enumerate(("alder", "birch", "cedar", "damson", "elder"), start=1)
)
LATER = THEN + DAY_S  # birch is changed then, cedar gone, and fir new
SECOND = (
    FIRST[0],
    page(2, "birch", "two", LATER + 1),
    *FIRST[3:],
    page(6, "fir", "one", LATER + 2),
)
STAYING = frozenset({"alderone", "damsonone", "elderone"})
WORDS = frozenset(p.word for p in (*FIRST, *SECOND))


def words_held(index: FakeIndex) -> list[str]:
    """The words of the pages that can be found, once for each document."""
    texts: dict[str, str] = {}
    for chunk in index.chunks.values():
        texts[chunk["document"]] = texts.get(chunk["document"], "") + f" {chunk['text']} "
    found = (word.strip(".,*_`") for text in texts.values() for word in set(text.split()))
    return sorted(word for word in found if word in WORDS)


def words_of(pages: Sequence[Page]) -> list[str]:
    return sorted(p.word for p in pages)


class NetworkedSourceContract:
    """See the module; give `serve` and `source`."""

    secret = "hunter2"
    believes: frozenset[str] = frozenset()

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        raise NotImplementedError

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        raise NotImplementedError

    @pytest.fixture
    def server(self) -> Iterator[Server]:
        with serving() as made:
            yield made

    # -- what is right ---------------------------------------------------------------

    def test_all_pages_are_found_and_changes_followed(self, server: Server) -> None:
        index, time = FakeIndex(), Still()
        for pages in (FIRST, FIRST, SECOND, SECOND, (), FIRST):
            self.serve(server, pages)
            told = self.passed(server, index, time)
            assert isinstance(told, SyncReport), told
            assert told.unreadable == (), told.unreadable
            time.now += DAY_S + 3600  # for sources that find deletions only now and then
            assert words_held(self.settled(server, index, time)) == words_of(pages)

    @pytest.mark.parametrize("after", [1, 2, 3, 5])
    def test_what_changes_in_mid_sync_is_right_after_the_next(
        self, server: Server, after: int
    ) -> None:
        index, time = self.synced_once(server)
        server.then(after, lambda: self.serve(server, SECOND))
        told = self.passed(server, index, time)
        assert set(words_held(index)) >= STAYING, told
        self.serve(server, SECOND)
        assert words_held(self.settled(server, index, time)) == words_of(SECOND)

    # -- what goes wrong -------------------------------------------------------------

    @pytest.mark.endurance
    @pytest.mark.parametrize("after", [0, 2])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_fault_ends_in_a_named_error_without_hole_or_ghost_and_heals(
        self, server: Server, fault: str, after: int
    ) -> None:
        index, time = self.synced_once(server)
        self.serve(server, SECOND)
        times = 2 if fault in HANGING else 10**9
        server.break_with(fault, times=times, after=after)
        told = self.passed(server, index, time, fault)
        self.check_report(told)
        if fault not in self.believes and fault != GONE:
            check_knowledge(index, told)
        server.mend()
        time.now += DAY_S + 3600
        assert words_held(self.settled(server, index, time)) == words_of(SECOND), told

    @pytest.mark.parametrize("fault", [fault for fault in HEALING if fault not in HANGING])
    def test_a_fault_that_passes_is_outlasted(self, server: Server, fault: str) -> None:
        index, time = self.synced_once(server)
        self.serve(server, SECOND)
        server.break_with(fault, times=2, after=1)
        told = self.passed(server, index, time, tries=5)
        assert isinstance(told, SyncReport), told
        assert told.unreadable == (), told.unreadable
        server.mend()  # where a pass asks only once, nothing has struck yet
        time.now += DAY_S + 3600
        assert words_held(self.settled(server, index, time)) == words_of(SECOND)

    def test_a_first_pass_that_breaks_is_finished_by_the_next(self, server: Server) -> None:
        for after in range(4):
            index, time = FakeIndex(), Still()
            self.serve(server, FIRST)
            server.break_with("500", after=after)
            self.check_report(self.passed(server, index, time))
            server.mend()
            told = self.passed(server, index, time)
            assert isinstance(told, SyncReport), told
            assert words_held(index) == words_of(FIRST)

    # -- how it is asked -------------------------------------------------------------

    def synced_once(self, server: Server) -> tuple[FakeIndex, Still]:
        """An index that holds the first pages, and the time."""
        index, time = FakeIndex(), Still()
        self.serve(server, FIRST)
        told = self.passed(server, index, time)
        assert isinstance(told, SyncReport), told
        assert words_held(index) == words_of(FIRST)
        return index, time

    def settled(self, server: Server, index: FakeIndex, time: Still) -> FakeIndex:
        """The index after one more pass in which nothing goes wrong."""
        told = self.passed(server, index, time)
        assert isinstance(told, SyncReport), told
        assert told.unreadable == (), told.unreadable
        return index

    def passed(
        self, server: Server, index: FakeIndex, time: Still, fault: str = "", tries: int = 2
    ) -> SyncReport | KnowledgeError:
        """A pass, and what it told; any other exception is an error of the source."""
        limits = limits_for(fault, tries=tries)
        if fault in HANGING:
            limits = replace(limits, read_s=0.2, total_s=0.3)
        before = len(server.asked)
        try:
            source = self.source(server, limits, time.outside)
            return sync(source, index, FakeEmbedder(), paragraphs)
        except KnowledgeError as error:
            return error
        finally:
            assert len(server.asked) - before < MOST, "it goes round in circles"

    def check_report(self, told: SyncReport | KnowledgeError) -> None:
        """What is told says what to do, and has no secrets."""
        if isinstance(told, KnowledgeError):
            assert str(told).endswith(".")
            assert getattr(told, "remedy", "")
            assert self.secret not in str(told)
        else:
            assert all(item.reason and ";" in item.reason for item in told.unreadable)
            assert self.secret not in str(told.unreadable)


def check_knowledge(index: FakeIndex, told: SyncReport | KnowledgeError) -> None:
    """Neither hole nor ghost: what was told as well done is, else what stays is there."""
    held = words_held(index)
    if isinstance(told, SyncReport) and not told.unreadable:
        assert held == words_of(SECOND), "it says that all went well"
    assert set(held) >= STAYING, f"a hole, after {told}"
    assert len(set(held) & {"birchone", "birchtwo"}) == 1, "a page in one version"
    assert len(held) == len(set(held)), "no page twice"
