"""From thumbs to moved passages: what a vote says, whose votes count, where, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bot.conversation import (
    Answer,
    Citation,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Verdict,
)
from bot.learning.inclination import FEW, IN_ALL, ON_ONE, Inclination, by_place, fair
from bot.learning.preferences import judgements, relied_on
from bot.learning.whereabouts import asked_in
from bot.learning.words import Judged
from knowledge.documents import Chunk, Passage
from knowledge.preferring import VOTES, Weight, holds
from tests.fakes import FakeEmbedder
from tests.patience import PATIENCE_S

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACME, OTHER, HERE = Place("slack", "ACME"), Place("slack", "OTHER"), Place("terminal")
LEAVE = Passage(Chunk("handbook", "leave.md", "Leave", "", (), 0, "Leave is 25 days a year."), 0.5)
LUNCH = Passage(Chunk("handbook", "lunch.md", "Lunch", "", (), 0, "Lunch is at noon."), 0.52)
ASKED = "How long is leave?"


def an_interaction(id: int = 1, place: Place = ACME, text: str = ASKED) -> Interaction:
    cited = Citation(1, "Leave", "", "handbook", "leave.md", "Leave is 25 days a year.")
    answer = Answer("25 days. [1]", Outcome.CITED, (cited,), (LUNCH, LEAVE))
    question = Question(text, "anna", place)
    return Interaction(id, question, Route(Mode.RAG, None, "", 1.0), answer, Timings(), NOON)


def vote(author: str, up: bool = True, reason: str = "", at: datetime = NOON) -> Feedback:
    return Feedback(1, author, Verdict.UP if up else Verdict.DOWN, at, reason)


# -- what a vote says ------------------------------------------------------------------


def test_a_thumbs_up_says_that_the_cited_passage_was_right() -> None:
    (judged,) = judgements(an_interaction(), [vote("ben")])
    assert (judged.key, judged.value, judged.question) == ("leave.md", 1.0, ASKED)
    assert (judged.platform, judged.workspace, judged.voters) == ("slack", "ACME", ("slack:ben",))


@pytest.mark.parametrize(("reason", "says"), [("off_topic", True), ("wrong", False), ("", False)])
def test_a_thumbs_down_blames_the_passage_only_for_the_wrong_source(
    reason: str, says: bool
) -> None:
    found = judgements(an_interaction(), [vote("ben", up=False, reason=reason)])
    assert [judged.value for judged in found] == ([-1.0] if says else [])


def test_voters_who_disagree_are_weighed() -> None:
    verdicts = [vote("ben"), vote("cleo"), vote("dan", up=False, reason="off_topic")]
    (judged,) = judgements(an_interaction(), verdicts)
    assert judged.value == pytest.approx(1 / 3)
    assert len(judged.voters) == 3


def test_an_answer_that_cites_nothing_says_nothing_of_passages() -> None:
    made = an_interaction()
    silent = replace(made, answer=replace(made.answer, outcome=Outcome.UNKNOWN, citations=()))
    assert judgements(silent, [vote("ben")]) == []


def test_of_a_page_with_several_passages_the_one_that_was_quoted_counts() -> None:
    made = an_interaction()
    other = replace(LEAVE, chunk=replace(LEAVE.chunk, ordinal=1, text="Sick leave is apart."))
    both = replace(made, answer=replace(made.answer, passages=(other, LEAVE)))
    assert relied_on(both) == [LEAVE]


def test_secrets_in_a_question_are_masked() -> None:
    (judged,) = judgements(an_interaction(text="Is anna@example.org on leave?"), [vote("ben")])
    assert "anna@example.org" not in judged.question


# -- whose votes count, and how often --------------------------------------------------


def test_a_passage_is_kept_as_it_is_or_votes_would_know_no_piece_of_it_again() -> None:
    text = "Write to jo@acme.com for leave. It is 25 days a year."
    passage = replace(LEAVE, chunk=replace(LEAVE.chunk, text=text))
    asked = replace(an_interaction(), answer=replace(an_interaction().answer, passages=(passage,)))
    (judged,) = judgements(asked, [vote("ben")])
    cut_anew = replace(passage.chunk, text=text.split(". ")[0])
    assert judged.chunk != cut_anew.digest
    assert holds(judged.text, judged.chunk, cut_anew)


def a_judged(
    id: int = 1, question: str = ASKED, voter: str = "slack:ben", **more: object
) -> Judged:
    chunk = LEAVE.chunk
    made = Judged(
        question, chunk.source, chunk.key, 0, chunk.digest, chunk.text, 1.0, id, NOON,
        "slack", "ACME", (voter,), id=id,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_nobody_counts_twice_for_one_question_and_passage() -> None:
    same = [a_judged(n, ASKED.upper() if n % 2 else ASKED) for n in range(1, 6)]
    assert len(list(fair(same))) == 1


def test_the_newest_opinion_of_a_person_is_the_one_that_counts() -> None:
    old, new = a_judged(1), a_judged(2, value=-1.0, judged_at=NOON + timedelta(days=1))
    assert [one.value for one in fair([old, new])] == [-1.0]


def test_others_count_for_the_same_question() -> None:
    assert len(list(fair([a_judged(1), a_judged(2, voter="slack:cleo")]))) == 2


def test_of_several_voters_those_who_were_heard_before_do_not_count_again() -> None:
    both = a_judged(1, voters=("slack:ben", "slack:cleo"), judged_at=NOON - timedelta(days=1))
    assert [one.value for one in fair([both, a_judged(2)])] == [1.0, 0.5]


def test_a_person_cannot_fill_a_passage_with_votes_under_many_questions() -> None:
    many = [a_judged(n, f"question {n}") for n in range(1, 40)]
    assert len(list(fair(many))) == ON_ONE


def test_a_person_is_heard_only_so_often_in_all() -> None:
    many = [a_judged(n, f"question {n}", key=f"{n}.md") for n in range(IN_ALL + 50)]
    assert len(list(fair(many))) == IN_ALL


# -- where they count ------------------------------------------------------------------


@dataclass
class FakeBook:
    """Judged passages in memory."""

    rows: list[Judged] = field(default_factory=list)
    marker: int = 0
    kept: dict[int, bytes] = field(default_factory=dict)

    def judged(self, embedder: str | None = None) -> Sequence[Judged]:
        return list(self.rows)

    def judged_marker(self) -> str:
        return str(self.marker)

    def set_vectors(self, vectors: Mapping[int, bytes], embedder: str) -> None:
        self.kept |= vectors
        self.rows = [
            replace(row, vector=vectors[row.id], embedder=embedder) if row.id in vectors else row
            for row in self.rows
        ]

    def put(self, *rows: Judged) -> None:
        self.rows, self.marker = [*self.rows, *rows], self.marker + 1


class Counting(FakeEmbedder):
    """Counts the texts that it embeds."""

    embedded = 0

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded += len(texts)
        return super().embed_queries(texts)


def inclined(
    book: FakeBook, embedder: FakeEmbedder | None = None, now: Callable[[], datetime] = lambda: NOON
) -> Inclination:
    made = embedder or FakeEmbedder()
    return Inclination(book, lambda: made, Weight(0.05), now)


def best(inclination: Inclination, place: Place | None, asked: str = ASKED) -> Passage:
    if place is None:
        return inclination(asked, [LUNCH, LEAVE])[0]
    with asked_in(place):
        return inclination(asked, [LUNCH, LEAVE])[0]


def test_a_vote_counts_in_the_next_search_of_its_workspace() -> None:
    book = FakeBook()
    inclination = inclined(book)
    assert best(inclination, ACME) == LUNCH
    book.put(a_judged())
    found = best(inclination, ACME)
    assert found.chunk == LEAVE.chunk
    assert found.scores[VOTES] == pytest.approx(0.05)


def test_a_vote_counts_in_no_other_workspace_and_does_not_show_there() -> None:
    book = FakeBook([a_judged()])
    assert best(inclined(book), OTHER) == LUNCH
    assert best(inclined(book), Place("discord", "ACME")) == LUNCH


def test_who_runs_the_bot_sees_all_votes_and_is_heard_everywhere() -> None:
    book = FakeBook([a_judged()])
    assert best(inclined(book), HERE).chunk == best(inclined(book), None).chunk == LEAVE.chunk
    own = FakeBook([a_judged(platform="terminal", workspace="default")])
    assert best(inclined(own), ACME).chunk == best(inclined(own), OTHER).chunk == LEAVE.chunk


def test_a_passage_that_was_not_found_is_not_brought_in_by_votes() -> None:
    with asked_in(ACME):  # what a reader may not read is not found
        assert inclined(FakeBook([a_judged()]))(ASKED, [LUNCH]) == [LUNCH]


def test_another_question_is_not_touched() -> None:
    assert best(inclined(FakeBook([a_judged()])), ACME, "Where do I park my car?") == LUNCH


def test_switched_off_nothing_is_asked_of_the_book() -> None:
    class Broken(FakeBook):
        def judged_marker(self) -> str:
            raise AssertionError("the book was asked")

    off = Inclination(Broken(), FakeEmbedder, Weight(0.0))
    assert off(ASKED, [LUNCH, LEAVE]) == [LUNCH, LEAVE]


def test_a_question_is_embedded_once_and_its_vector_kept() -> None:
    book, embedder = FakeBook([a_judged(1), a_judged(2, voter="slack:cleo")]), Counting()
    best(inclined(book, embedder), ACME)
    assert embedder.embedded == 2  # the judged one, and what is asked
    assert book.kept.keys() == {1, 2}
    best(inclined(book, embedder), ACME)
    assert embedder.embedded == 3


def test_a_vector_of_another_embedder_is_made_anew() -> None:
    book = FakeBook([a_judged(vector=b"\0\0\0\0", embedder="another")])
    assert best(inclined(book), ACME).chunk == LEAVE.chunk
    assert book.rows[0].embedder == FakeEmbedder().name


def test_a_withdrawn_vote_is_forgotten_at_the_next_search() -> None:
    book = FakeBook([a_judged()])
    inclination = inclined(book)
    assert best(inclination, ACME).chunk == LEAVE.chunk
    book.rows, book.marker = [], book.marker + 1
    assert best(inclination, ACME) == LUNCH


def test_many_are_brought_in_step_beside_the_searches() -> None:
    vector = FakeEmbedder().embed_queries([ASKED])[0].astype(np.float32).tobytes()
    ready = {"vector": vector, "embedder": FakeEmbedder().name}
    other = [a_judged(n, f"q {n}", f"slack:{n}", key="x.md", **ready) for n in range(1, FEW + 10)]
    book = FakeBook(other)
    inclination = inclined(book)
    assert best(inclination, ACME) == LUNCH
    book.put(a_judged(FEW + 100, **ready))
    until = time.monotonic() + PATIENCE_S
    while best(inclination, ACME).chunk != LEAVE.chunk:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_of_one_workspace_alone_there_is_one_copy() -> None:
    held = by_place(list(fair([a_judged()])), {1: np.ones(2, np.float32)})
    assert held[None] is held["slack", "ACME"]
