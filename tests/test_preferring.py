"""What people said of passages moves them: near questions, the same text, and no further."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from knowledge.documents import Chunk, Passage
from knowledge.embedding import Vectors
from knowledge.focus import VOTED, focus
from knowledge.preferring import HEARD, VOTES, Preference, Preferences, Weight, preferred
from knowledge.reranker.ordering import reordered
from tests.fakes import FakeReader

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WEIGHT = Weight(most=0.05, half_life=timedelta(days=100))
LEAVE = "Leave is 25 days a year."


def unit(cosine: float) -> np.ndarray:
    """A vector with that cosine to the question's, which is (1, 0)."""
    return np.asarray([cosine, np.sqrt(1 - cosine**2)], np.float32)


ASKED = unit(1.0)


def a_passage(text: str = LEAVE, score: float = 0.5, key: str = "leave.md") -> Passage:
    return Passage(Chunk("handbook", key, "Leave", "", (), 0, text), score, {"vector": score})


def said(value: float = 1.0, text: str = LEAVE, **others: object) -> Preference:
    return replace(Preference("handbook", "leave.md", text, value, NOON), **others)  # type: ignore[arg-type]


def of(*held: Preference, near: float = 1.0) -> Preferences:
    vectors: Vectors = np.stack([unit(near) for _ in held])
    return Preferences(held, vectors)


def move(preferences: Preferences, found: Passage | None = None, at: datetime = NOON) -> float:
    return preferences.move((found or a_passage()).chunk, ASKED, WEIGHT, at)


def test_what_was_right_rises_and_what_was_wrong_falls() -> None:
    assert move(of(said(1.0))) == pytest.approx(0.05)
    assert move(of(said(-1.0))) == pytest.approx(-0.05)


def test_however_many_say_so_it_is_moved_no_further() -> None:
    assert move(of(*[said()] * 50)) == pytest.approx(0.05)
    assert move(of(*[said(-1.0)] * 50)) == pytest.approx(-0.05)


def test_of_a_passage_that_very_many_judged_the_newest_are_heard() -> None:
    old = [said(-1.0, at=NOON - timedelta(minutes=1))] * (HEARD + 5)
    assert move(of(*old, *[said(1.0)] * (HEARD - 1))) > 0
    assert move(of(*old, said(1.0))) < 0


def test_those_who_disagree_cancel_out() -> None:
    assert move(of(said(1.0), said(-1.0))) == 0.0


@pytest.mark.parametrize(("near", "share"), [(1.0, 1.0), (0.95, 0.5), (0.9, 0.0), (0.3, 0.0)])
def test_the_nearer_the_question_the_more_it_says(near: float, share: float) -> None:
    assert move(of(said(), near=near)) == pytest.approx(0.05 * share, abs=1e-6)


def test_what_was_said_long_ago_says_less() -> None:
    assert move(of(said()), at=NOON + timedelta(days=100)) == pytest.approx(0.025)
    assert move(of(said()), at=NOON - timedelta(days=100)) == pytest.approx(0.05)  # a clock is off


def test_another_text_under_the_same_key_is_not_moved() -> None:
    assert move(of(said()), a_passage("Leave is 30 days a year.")) == 0.0


def test_the_same_text_on_another_page_is_not_moved() -> None:
    assert move(of(said()), a_passage(key="other.md")) == 0.0


def test_each_piece_of_a_joined_passage_is_moved() -> None:
    joined = of(said(text=f"{LEAVE}\n\nSick leave is apart."))
    assert move(joined, a_passage(LEAVE)) == move(joined, a_passage("Sick leave is apart.")) > 0


def test_a_passage_of_which_only_the_beginning_was_kept_is_moved() -> None:
    long = "A very long page. " * 200
    assert move(of(said(text=long[:2000])), a_passage(long)) > 0


def test_a_digest_tells_the_text_where_the_words_were_masked() -> None:
    masked = said(
        text="Write to [email].", digest=a_passage("Write to a@example.org.").chunk.digest
    )
    assert move(of(masked), a_passage("Write to a@example.org.")) > 0
    assert move(of(masked), a_passage("Write to b@example.org.")) == 0.0


def test_an_empty_passage_is_nobodys_text() -> None:
    assert move(of(said()), a_passage("")) == 0.0


def test_votes_can_change_the_order_and_are_shown() -> None:
    first, second = a_passage("Lunch is at noon.", 0.53), a_passage(LEAVE, 0.5)
    ranked = preferred([first, second], ASKED, of(said()), WEIGHT, NOON)
    assert [found.chunk.text for found in ranked] == [LEAVE, "Lunch is at noon."]
    assert ranked[0].score == pytest.approx(0.55)
    assert ranked[0].scores == {"vector": 0.5, VOTES: pytest.approx(0.05)}
    assert VOTES not in ranked[1].scores


def test_votes_cannot_bring_up_what_is_much_farther() -> None:
    first, second = a_passage("Lunch is at noon.", 0.6), a_passage(LEAVE, 0.5)
    ranked = preferred([first, second], ASKED, of(said()), WEIGHT, NOON)
    assert ranked[0].chunk.text == "Lunch is at noon."


def test_without_a_say_everything_is_as_it_was() -> None:
    found = [a_passage(score=0.2), a_passage("Lunch is at noon.", 0.6)]
    assert preferred(found, ASKED, Preferences((), np.zeros((0, 2), np.float32)), WEIGHT, NOON) == (
        found
    )


def test_after_a_reader_put_them_in_order_votes_still_move_a_passage() -> None:
    found = [a_passage("Lunch is at noon.", 0.53), a_passage(LEAVE, 0.5), a_passage("Other.", 0.3)]

    def order(voted: bool, lunch: float = 0.0) -> list[str]:
        held = of(said()) if voted else Preferences((), np.zeros((0, 2), np.float32))
        ranked = preferred(found, ASKED, held, WEIGHT, NOON)
        told = {"Lunch is at noon.": lunch, LEAVE: 0.0, "Other.": 0.0}
        best = reordered("leave?", ranked, lambda _, some: [told[p.chunk.text] for p in some])
        return [passage.chunk.text for passage in best]

    assert order(voted=False)[0] == "Lunch is at noon."
    assert order(voted=True)[0] == LEAVE
    assert order(voted=True, lunch=8.0)[0] == "Lunch is at noon."  # a reader that is sure stays so


def test_votes_move_the_statements_that_an_answer_rests_on_but_not_how_sure_it_is() -> None:
    plain = a_passage("Leave is 25 days. It is paid.")
    liked = replace(plain, scores={VOTES: 0.05})
    reader = FakeReader()
    before = focus("How long is leave?", [plain], reader)
    after = focus("How long is leave?", [liked], reader)
    moved = after.findings[0].score - before.findings[0].score
    assert moved == pytest.approx(0.05 * VOTED)
    assert after.signs == before.signs
