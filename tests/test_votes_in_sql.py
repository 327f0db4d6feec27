"""Votes that count at once, in SQL: the mark of what was judged, and doubts of corrections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation import Answer, Citation, Feedback, Outcome, Verdict
from bot.learning.curated import CHANGED, curation, mark
from bot.learning.heeding import Heeding
from bot.learning.inclination import Inclination
from bot.learning.readings import Consent
from bot.learning.whereabouts import asked_in
from knowledge.documents import Chunk, Passage
from knowledge.preferring import VOTES, Weight
from model.examples import Review
from tests.fakes import FakeEmbedder, kept
from tests.learned import NOON, Learned

pytest_plugins = ["tests.learning_fixtures"]

LEAVE = Passage(Chunk("handbook", "leave.md", "Leave", "u", (), 0, "Leave is 25 days."), 0.5)
LUNCH = Passage(Chunk("handbook", "lunch.md", "Lunch", "u", (), 0, "Lunch is at noon."), 0.52)
CITED = Citation(1, "Leave", "u", "handbook", "leave.md", "Leave is 25 days.")
ANSWER = Answer("25 days. [1]", Outcome.CITED, (CITED,), (LUNCH, LEAVE))


def heeding(learned: Learned) -> Heeding:
    anybody = Consent(lambda _platform, _person: True, lambda _place: True)
    return Heeding(learned.book, learned.store, lambda: anybody)


def test_a_vote_moves_a_passage_at_once_and_a_withdrawn_one_moves_it_back(learned: Learned) -> None:
    asked, votes = kept(learned.store, answer=ANSWER), heeding(learned)
    inclination = Inclination(learned.book, FakeEmbedder, Weight(0.05), lambda: NOON)

    def best() -> Passage:
        with asked_in(asked.question.place):
            return inclination(asked.question.text, [LUNCH, LEAVE])[0]

    assert best() == LUNCH
    learned.store.rate(Feedback(asked.id, "ben", Verdict.UP, NOON))
    votes.voted(asked.id)
    assert best().scores[VOTES] == pytest.approx(0.05)
    assert best().chunk == LEAVE.chunk
    learned.store.withdraw(asked.id, "ben")
    votes.voted(asked.id)
    assert best() == LUNCH


def test_the_mark_is_another_whenever_something_was_judged_anew(learned: Learned) -> None:
    asked, votes = kept(learned.store, answer=ANSWER), heeding(learned)
    marks = [learned.book.judged_marker()]
    for author, verdict in (("ben", Verdict.UP), ("cleo", Verdict.UP), ("cleo", Verdict.DOWN)):
        learned.store.rate(Feedback(asked.id, author, verdict, NOON, "wrong_source"))
        votes.voted(asked.id)
        marks.append(learned.book.judged_marker())
    assert len(set(marks)) == 4
    votes.voted(asked.id)
    assert learned.book.judged_marker() == marks[-1]  # nothing changed
    learned.book.set_vectors({learned.book.judged()[0].id: b"\0"}, "fake")
    assert learned.book.judged_marker() == marks[-1]
    learned.store.withdraw(asked.id, "cleo")
    votes.voted(asked.id)
    assert learned.book.judged_marker() not in marks


def test_a_vote_on_an_unknown_interaction_changes_nothing(learned: Learned) -> None:
    before = learned.book.judged_marker()
    heeding(learned).voted(4711)
    assert learned.book.judged_marker() == before


def test_a_doubted_correction_waits_with_the_reason_and_no_harvest_brings_it_back(
    learned: Learned,
) -> None:
    asked = kept(learned.store, answer=ANSWER)
    given = Feedback(asked.id, "ben", Verdict.DOWN, NOON, "wrong", "It is 26 days.")
    curated = curation(asked, given, Review.ACCEPTED)
    learned.book.curate(curated, asked.id)
    (held,) = learned.book.curated()
    learned.book.doubt_curated(held.id, CHANGED)
    assert learned.book.curated() == []
    learned.book.curate(curated, asked.id)  # the harvest draws it anew
    (waiting,) = learned.book.curated_waiting()
    assert (waiting.doubt, waiting.review) == (CHANGED, Review.WAITING)
    accepted = learned.book.review_curated(waiting.id, Review.ACCEPTED)
    assert (accepted.doubt, accepted.review) == ("", Review.ACCEPTED)


def test_what_was_rejected_is_not_doubted_back_into_the_queue(learned: Learned) -> None:
    asked = kept(learned.store, answer=ANSWER)
    given = Feedback(asked.id, "ben", Verdict.DOWN, NOON, "wrong", "It is 26 days.")
    learned.book.curate(curation(asked, given, Review.WAITING), asked.id)
    (waiting,) = learned.book.curated_waiting()
    learned.book.review_curated(waiting.id, Review.REJECTED)
    learned.book.doubt_curated(waiting.id, CHANGED)
    assert learned.book.curated_waiting() == []


def test_that_a_correction_was_given_again_is_recorded(learned: Learned) -> None:
    again = replace(ANSWER, curated_from=kept(learned.store).id)
    recorded = kept(learned.store, answer=again)
    assert learned.store.interaction(recorded.id).answer.curated_from == again.curated_from


def test_whatever_changes_what_is_given_again_has_another_marker(learned: Learned) -> None:
    book, asked = learned.book, kept(learned.store, answer=ANSWER)
    given = Feedback(asked.id, "ben", Verdict.DOWN, NOON, "wrong", "It is 26 days.")
    curated = curation(asked, given, Review.WAITING)
    markers = [book.curated_marker()]

    def changed() -> bool:
        markers.append(book.curated_marker())
        return markers.count(markers[-1]) == 1

    book.curate(None, asked.id)
    assert not changed()
    book.curate(curated, asked.id)
    assert changed()
    book.curate(curated, asked.id)
    assert not changed()
    [waiting] = book.curated_waiting()
    book.review_curated(waiting.id, Review.ACCEPTED)
    assert changed()
    book.set_curated_vectors({waiting.id: b"\0"}, "fake")
    assert not changed()
    book.doubt_curated(waiting.id, CHANGED)
    assert changed()
    learned.store.forget_interactions([asked.id])
    assert changed()


def test_what_an_answer_rests_on_since_a_review_is_kept_while_its_words_are(
    learned: Learned,
) -> None:
    book, asked = learned.book, kept(learned.store, answer=ANSWER)
    given = Feedback(asked.id, "ben", Verdict.DOWN, NOON, "wrong", "It is 26 days.")
    curated = curation(asked, given, Review.ACCEPTED)
    assert curated is not None
    book.curate(curated, asked.id)
    [held] = book.curated()
    book.doubt_curated(held.id, CHANGED)
    now = replace(ANSWER.passages[0], score=0.0)
    now = replace(now, chunk=replace(now.chunk, text="30 days.", modified_at=None))
    bound = book.review_curated(held.id, Review.ACCEPTED, [now])
    assert (bound.rests_on, bound.trace) == ((now,), mark([now]))
    book.curate(curated, asked.id)  # the harvest draws it anew
    assert book.curated() == [bound]
    book.curate(replace(curated, answer="It is 27 days."), asked.id)
    [other] = book.curated()
    assert (other.rests_on, other.trace) == ((), curated.trace)
