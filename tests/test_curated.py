"""Corrections given again: to whom, until when, and with which citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from bot import wording
from bot.assistant import Assistant
from bot.conversation import (
    Answer,
    Audience,
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
from bot.errors import UnknownInteraction
from bot.learning.binding import as_now
from bot.learning.curated import CHANGED, DISLIKED, Curating, curation, mark
from bot.learning.heeding import Heeding
from bot.learning.readings import Consent
from bot.learning.words import Curated, Judged
from bot.rendering import interaction_json
from bot.rows import EXCERPT_CHARS
from knowledge.documents import Chunk, Passage
from knowledge.focus import Focused
from model.examples import Review
from model.tasks import tasks_from
from tests.fakes import FakeBackend, FakeEmbedder, FakeStore

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACME, OTHER = Place("slack", "ACME", "C1"), Place("slack", "OTHER", "C1")
MEMBERS, STRANGERS = Audience("C1", outside=False, members=True), Audience("C1")
ASKED = "How many days of leave do I get?"
LEAVE = Chunk("handbook", "leave.md", "Leave", "u", (), 0, "Leave is 25 days a year.")
SICK = replace(LEAVE, ordinal=1, text="Sick leave is not counted.")
TEAM = Chunk("team", "team.md", "Team", "v", (), 0, "The team meets on Mondays.")
RIGHT = "Leave is 25 days a year. Ask Maria about the rest."


@dataclass
class FakeShelf:
    """Curated answers and judged passages in memory."""

    held: list[Curated] = field(default_factory=list)
    doubts: dict[int, str] = field(default_factory=dict)
    judged: dict[int, list[Judged]] = field(default_factory=dict)
    read: int = 0

    def curated(self) -> list[Curated]:
        self.read += 1
        return [c for c in self.held if c.review is Review.ACCEPTED]

    def curated_marker(self) -> str:
        return str([replace(c, vector=b"", embedder="") for c in self.held])

    def set_curated_vectors(self, vectors: Mapping[int, bytes], embedder: str) -> None:
        self.held = [
            replace(c, vector=vectors[c.id], embedder=embedder) if c.id in vectors else c
            for c in self.held
        ]

    def curated_of(self, interaction: int) -> Curated | None:
        return next((each for each in self.held if each.interaction == interaction), None)

    def doubt_curated(self, id: int, why: str) -> None:
        self.doubts[id] = why
        self.held = [replace(c, review=Review.WAITING) if c.id == id else c for c in self.held]

    def accept_anew(self, curating: Curating) -> int:
        """Accept what is doubted, as its pages are now; gives on how many passages it rests."""
        rests_on = tuple(curating.rests_on_now(self.held[0]))
        bound = replace(self.held[0], rests_on=rests_on, trace=mark(rests_on))
        self.held = [replace(bound, review=Review.ACCEPTED)]
        return len(rests_on)

    def curate(self, curated: Curated | None, interaction: int) -> None:
        self.held = [c for c in self.held if c.interaction != interaction]
        self.held += [replace(curated, id=len(self.held) + 1)] if curated else []

    def judge(self, interaction: int, judged: Sequence[Judged]) -> None:
        self.judged[interaction] = list(judged)


class Alike(FakeEmbedder):
    """All questions are near to each other."""

    def draw(self, text: str) -> Any:
        return np.eye(self.dims)[0]


@dataclass
class Staged:
    """A shelf, a store, and the pages as they are indexed now."""

    shelf: FakeShelf = field(default_factory=FakeShelf)
    store: FakeStore = field(default_factory=FakeStore)
    pages: dict[str, list[Chunk]] = field(
        default_factory=lambda: {"leave.md": [LEAVE, SICK], "team.md": [TEAM]}
    )

    embedder: FakeEmbedder = field(default_factory=Alike)

    @cached_property
    def curating(self) -> Curating:
        def pieces(_: str, key: str) -> list[Chunk]:
            return self.pages.get(key, [])

        return Curating(self.shelf, self.store.interaction, pieces, lambda: self.embedder)

    @property
    def heeding(self) -> Heeding:
        anybody = Consent(lambda _platform, _person: True, lambda _place: True)
        return Heeding(self.shelf, self.store, lambda: anybody)

    def answered(self, answer: Answer, place: Place = ACME) -> Interaction:
        question = Question(ASKED, "anna", place, audience=MEMBERS)
        return self.store.record(question, Route(Mode.RAG, None, "", 1.0), answer, Timings(), NOON)

    def corrected(self, text: str = RIGHT, review: Review = Review.ACCEPTED) -> Interaction:
        """An answer that a person corrected, and the correction that was accepted."""
        cited = Citation(1, "Leave", "u", "handbook", "leave.md", LEAVE.text)
        passages = (Passage(LEAVE, 0.9), Passage(TEAM, 0.2))
        first = self.answered(Answer("30 days. [1]", Outcome.CITED, (cited,), passages))
        given = Feedback(first.id, "ben", Verdict.DOWN, NOON, "wrong", text)
        self.store.rate(given)
        self.shelf.curate(curation(first, given, review), first.id)
        return first

    def asked(
        self,
        text: str = ASKED,
        place: Place = ACME,
        audience: Audience | None = MEMBERS,
        sources: Sequence[str] | None = ("handbook", "team"),
    ) -> Answer | None:
        return self.curating.find(Question(text, "cleo", place, audience=audience), sources)


@pytest.fixture
def staged() -> Staged:
    made = Staged()
    made.corrected()
    return made


# -- what is said ----------------------------------------------------------------------


def test_only_a_sentence_that_a_passage_supports_is_cited(staged: Staged) -> None:
    answer = staged.asked()
    assert answer is not None
    assert answer.text.splitlines() == [
        "Leave is 25 days a year. [1] Ask Maria about the rest.",
        wording.said_by_team([], cited=True),
    ]
    assert [c.quote for c in answer.citations] == [LEAVE.text]
    assert (answer.outcome, answer.curated_from, answer.model) == (Outcome.CITED, 1, "")


def test_what_no_passage_supports_is_said_to_be_the_teams_and_cites_nothing() -> None:
    staged = Staged()
    staged.corrected("Ask Maria, she keeps the list of all absences.")
    answer = staged.asked()
    assert answer is not None
    assert (answer.outcome, answer.citations) == (Outcome.WRITTEN, ())
    assert answer.text.endswith(wording.said_by_team(["Leave"], cited=False))
    assert "[1]" not in answer.text


def test_a_number_that_a_person_wrote_is_no_citation() -> None:
    staged = Staged()
    staged.corrected("Maria keeps the list of all absences. [1]")
    answer = staged.asked()
    assert answer is not None
    assert "[1]" not in answer.text


def test_mentions_in_a_correction_are_inert() -> None:
    staged = Staged()
    staged.corrected("Ask <!channel> and @everyone about the absences.")
    answer = staged.asked()
    assert answer is not None
    assert "<!channel>" not in answer.text
    assert "@everyone" not in answer.text


def test_the_author_is_not_named_and_the_footer_says_who_corrected(staged: Staged) -> None:
    answer = staged.asked()
    assert answer is not None
    shown = replace(staged.store.interaction(1), answer=answer)
    assert wording.CORRECTED_BY in wording.footer(shown)
    assert "ben" not in str(interaction_json(shown))
    assert interaction_json(shown)["curated_from"] == 1


def test_an_empty_correction_and_one_with_nothing_to_rest_on_are_not_given() -> None:
    staged = Staged()
    bare = staged.answered(Answer("?", Outcome.UNKNOWN))
    given = Feedback(bare.id, "ben", Verdict.DOWN, NOON, "", RIGHT)
    assert curation(bare, given, Review.ACCEPTED) is None
    full = staged.corrected()
    assert curation(full, replace(given, correction=" [1] "), Review.ACCEPTED) is None


# -- to whom ---------------------------------------------------------------------------


def test_the_same_question_in_other_words_gets_it_and_another_does_not(staged: Staged) -> None:
    assert staged.asked("how many days of leave do I get") is not None
    assert staged.asked("How many days of sick leave do I get?") is None


def test_who_may_not_read_all_its_sources_does_not_get_it(staged: Staged) -> None:
    assert staged.asked(sources=["handbook"]) is None
    assert staged.asked(sources=[]) is None
    assert staged.asked(sources=None) is not None


def test_another_workspace_does_not_get_it(staged: Staged) -> None:
    assert staged.asked(place=OTHER) is None
    assert staged.asked(place=Place("discord", "ACME", "C1")) is None


def test_where_outsiders_read_it_is_not_given(staged: Staged) -> None:
    assert staged.asked(audience=STRANGERS) is None
    assert staged.asked(audience=None) is None  # nobody established who reads


def test_what_waits_or_was_rejected_is_given_to_nobody() -> None:
    for review in (Review.WAITING, Review.REJECTED):
        staged = Staged()
        staged.corrected(review=review)
        assert staged.asked() is None


def test_a_share_of_it_counts_all_sources_of_the_first_answer(staged: Staged) -> None:
    answer = staged.asked()
    assert answer is not None
    assert {p.chunk.source for p in answer.passages} == {"handbook", "team"}


# -- until when ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "now",
    [
        [replace(LEAVE, text="Leave is 30 days a year."), SICK],
        [replace(LEAVE, title="Holidays"), SICK],
        [replace(LEAVE, url="elsewhere"), SICK],
        [SICK],
        [],
    ],
    ids=["edited", "renamed", "moved", "shortened", "removed"],
)
def test_when_its_source_changed_a_person_decides_anew(staged: Staged, now: list[Chunk]) -> None:
    staged.pages["leave.md"] = now
    assert staged.asked() is None
    assert staged.shelf.doubts == {1: CHANGED}
    staged.pages["leave.md"] = [LEAVE, SICK]
    assert staged.asked() is None


def test_when_its_source_was_synced_with_a_change_it_is_withdrawn(staged: Staged) -> None:
    staged.curating.withdraw_changed("handbook")
    assert staged.shelf.doubts == {}
    staged.pages["leave.md"] = [replace(LEAVE, text="Leave is 30 days a year."), SICK]
    staged.curating.withdraw_changed("wiki")
    assert staged.shelf.doubts == {}
    staged.curating.withdraw_changed("handbook")
    assert staged.shelf.doubts == {1: CHANGED}


def test_accepted_anew_it_rests_on_its_source_as_it_is_now(staged: Staged) -> None:
    staged.pages["leave.md"] = [replace(LEAVE, text="Leave is 30 days a year."), SICK]
    assert staged.asked() is None
    assert staged.shelf.accept_anew(staged.curating) == 1
    answer = staged.asked()
    assert answer is not None
    assert [p.chunk.text for p in answer.passages] == ["Leave is 30 days a year.", TEAM.text]
    assert staged.asked() is not None
    staged.pages["leave.md"] = [LEAVE, SICK]  # it is as it was at first: another change
    assert staged.asked() is None
    assert staged.shelf.held[0].review is Review.WAITING


def test_accepted_anew_while_nothing_changed_it_rests_on_the_same(staged: Staged) -> None:
    trace = staged.shelf.held[0].trace
    staged.shelf.accept_anew(staged.curating)
    assert staged.shelf.held[0].trace == trace
    assert staged.asked() is not None


def test_of_a_page_that_was_rewritten_it_rests_on_what_is_most_like_it(staged: Staged) -> None:
    more = replace(LEAVE, ordinal=2, text="Leave is now 26 days a year, for all.")
    staged.pages["leave.md"] = [replace(SICK, ordinal=0), replace(TEAM, key="leave.md"), more]
    staged.shelf.accept_anew(staged.curating)
    assert [p.chunk for p in staged.shelf.held[0].rests_on] == [more]


def test_of_a_page_that_is_gone_nothing_is_left_to_rest_on(staged: Staged) -> None:
    staged.pages["leave.md"] = []
    assert staged.curating.rests_on_now(staged.shelf.held[0]) == []


def test_what_changes_beside_its_source_spoils_nothing(staged: Staged) -> None:
    new = replace(LEAVE, text="An introduction.")
    staged.pages["leave.md"] = [new, replace(LEAVE, ordinal=1), replace(SICK, text="Other.")]
    assert staged.asked() is not None


def test_a_passage_of_several_pieces_is_found_again() -> None:
    whole = Passage(replace(LEAVE, text=f"{LEAVE.text}\n\n{SICK.text}"), 0.9)
    found = as_now(whole, [LEAVE, SICK])
    assert found is not None
    assert found.chunk.text == whole.chunk.text
    assert as_now(whole, [LEAVE, replace(SICK, text="Sick leave is counted.")]) is None


def test_a_passage_of_which_the_beginning_was_kept_is_found_again() -> None:
    long = replace(LEAVE, text="Leave is long. " * 400)
    kept = Passage(replace(long, text=long.text[:EXCERPT_CHARS]), 0.9)
    found = as_now(kept, [long])
    assert found is not None
    assert found.chunk.text == long.text
    assert mark([found]) == mark([kept])


def test_what_was_forgotten_is_not_given(staged: Staged) -> None:
    del staged.store.rows[1]
    with pytest.raises(UnknownInteraction):
        staged.store.interaction(1)
    assert staged.asked() is None


# -- at hand ---------------------------------------------------------------------------


def test_a_shelf_that_did_not_change_is_read_once_and_each_question_embedded_once(
    staged: Staged,
) -> None:
    for _ in range(3):
        assert staged.asked() is not None
    assert staged.shelf.read == 1
    assert staged.embedder.seen == [ASKED] * 4  # the kept one once, and what was asked
    held = staged.shelf.held[0]
    assert (len(held.vector), held.embedder) == (4 * staged.embedder.dims, "fake")
    del staged.curating  # another process
    assert staged.asked() is not None
    assert staged.embedder.seen == [ASKED] * 5


def test_a_vector_of_another_embedder_is_made_anew(staged: Staged) -> None:
    staged.shelf.set_curated_vectors({1: b"\0\0\0\0"}, "another")
    assert staged.asked() is not None
    assert staged.shelf.held[0].embedder == "fake"


def test_with_an_empty_shelf_no_embedder_is_loaded() -> None:
    staged = Staged()
    assert staged.asked() is None
    assert staged.embedder.seen == []


# -- votes on it -----------------------------------------------------------------------


def test_a_withdrawn_correction_is_gone_at_once(staged: Staged) -> None:
    staged.store.withdraw(1, "ben")
    staged.heeding.voted(1)
    assert staged.asked() is None
    assert staged.shelf.held == []


def test_a_correction_in_other_words_takes_the_old_one_away(staged: Staged) -> None:
    staged.store.rate(Feedback(1, "ben", Verdict.DOWN, NOON, "wrong", "It is 26 days."))
    staged.heeding.voted(1)
    assert staged.asked() is None


def test_another_persons_vote_leaves_it(staged: Staged) -> None:
    staged.store.rate(Feedback(1, "dan", Verdict.DOWN, NOON))
    staged.heeding.voted(1)
    assert staged.asked() is not None


def test_a_thumbs_down_where_it_was_given_again_sends_it_to_review(staged: Staged) -> None:
    answer = staged.asked()
    assert answer is not None
    again = staged.answered(answer)
    staged.store.rate(Feedback(again.id, "dan", Verdict.UP, NOON))
    staged.heeding.voted(again.id)
    assert staged.asked() is not None
    staged.store.rate(Feedback(again.id, "dan", Verdict.DOWN, NOON))
    staged.heeding.voted(again.id)
    assert staged.asked() is None
    assert staged.shelf.doubts == {1: DISLIKED}


def test_a_vote_moves_passages_at_once_and_its_withdrawal_moves_them_back() -> None:
    staged = Staged()
    first = staged.corrected()
    staged.store.rate(Feedback(first.id, "dan", Verdict.UP, NOON))
    staged.heeding.voted(first.id)
    assert [judged.value for judged in staged.shelf.judged[first.id]] == [1.0]
    staged.store.withdraw(first.id, "dan")
    staged.heeding.voted(first.id)
    assert staged.shelf.judged[first.id] == []


def test_votes_of_who_may_not_be_learned_from_move_nothing() -> None:
    staged = Staged()
    first = staged.corrected()
    staged.store.rate(Feedback(first.id, "dan", Verdict.UP, NOON))
    nobody = Consent(lambda _platform, person: person != "dan", lambda _place: True)
    Heeding(staged.shelf, staged.store, lambda: nobody).voted(first.id)
    assert staged.shelf.judged[first.id] == []


# -- in the answer service -------------------------------------------------------------


def assistant(staged: Staged, backend: FakeBackend) -> Assistant:
    return Assistant(
        lambda _text, _sources: [],
        lambda _question, _passages: Focused(),
        backend,
        staged.store,
        tasks_from({}),
        voted=staged.heeding.voted,
        curator=staged.curating.find,
    )


def test_it_is_given_without_a_model_and_a_redo_passes_it_by(staged: Staged) -> None:
    backend = FakeBackend("I made this up.")
    bot = assistant(staged, backend)
    question = Question(ASKED, "cleo", ACME, mode=Mode.RAG, audience=MEMBERS)
    given = bot.ask(question)
    assert (given.answer.curated_from, backend.heard) == (1, [])
    assert bot.ask(question, fresh=True).answer.curated_from is None


def test_a_stylistic_task_is_never_answered_by_a_correction(staged: Staged) -> None:
    bot = assistant(staged, FakeBackend("Rewritten."))
    question = Question(ASKED, "cleo", ACME, mode=Mode.TUNED, task="rewrite", audience=MEMBERS)
    assert bot.ask(question).answer.curated_from is None


def test_votes_by_the_answer_service_count_at_once(staged: Staged) -> None:
    bot = assistant(staged, FakeBackend("x"))
    bot.withdraw(1, "ben")
    assert staged.asked() is None


def test_a_vote_whose_consequences_fail_is_kept(staged: Staged) -> None:
    def broken(_: int) -> None:
        raise OSError("the disk is full")

    bot = assistant(staged, FakeBackend("x"))
    bot.voted = broken
    bot.rate(Feedback(1, "dan", Verdict.UP, NOON))
    assert [vote.author for vote in staged.store.verdicts(1)] == ["ben", "dan"]
