"""Answers are kept to be given again: to whom, how long, and how many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bot.answer_cache import Kept
from bot.conversation import Earlier, Feedback, Verdict
from bot.database import upgrade
from bot.errors import UnknownInteraction
from bot.store import Store
from tests.fakes import an_answer, kept
from tests.kept_answers import FakeShelf

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEAVE = "How many days of leave do I get?"
VECTOR = np.asarray([1, 0], np.float32).tobytes()


def a_kept(interaction: int, question: str = LEAVE, audience: str = "a") -> Kept:
    return Kept(interaction, question, audience, "e", "t", VECTOR, NOON)


class ShelfContract:
    """Give a `shelf` fixture: a store that keeps answers."""

    def test_what_is_kept_comes_back(self, shelf: Store) -> None:
        one = a_kept(kept(shelf).id)
        shelf.keep(one, 10)
        assert shelf.kept("a", "e", NOON) == [one]

    def test_other_readers_other_editions_and_old_answers_do_not(self, shelf: Store) -> None:
        shelf.keep(a_kept(kept(shelf).id), 10)
        assert shelf.kept("b", "e", NOON) == []
        assert shelf.kept("a", "f", NOON) == []
        assert shelf.kept("a", "e", NOON + timedelta(seconds=1)) == []

    def test_an_answer_replaces_the_one_to_the_very_question(self, shelf: Store) -> None:
        old, new = a_kept(kept(shelf).id), a_kept(kept(shelf).id)
        for each in (old, new):
            shelf.keep(each, 10)
        assert shelf.kept("a", "e", NOON) == [new]

    def test_the_oldest_go_where_there_are_too_many(self, shelf: Store) -> None:
        made = [a_kept(kept(shelf).id, f"question {n}") for n in range(5)]
        for each in made:
            shelf.keep(each, 3)
        assert shelf.kept("a", "e", NOON) == made[2:]

    def test_what_is_unkept_is_gone(self, shelf: Store) -> None:
        one = a_kept(kept(shelf).id)
        shelf.keep(one, 10)
        shelf.unkeep(one.interaction)
        assert shelf.kept("a", "e", NOON) == []

    def test_an_answer_with_a_thumbs_down_is_held_back(self, shelf: Store) -> None:
        one = kept(shelf)
        shelf.keep(a_kept(one.id), 10)
        shelf.rate(Feedback(one.id, "anna", Verdict.UP, NOON))
        assert shelf.kept("a", "e", NOON)
        shelf.rate(Feedback(one.id, "ben", Verdict.DOWN, NOON))
        assert shelf.kept("a", "e", NOON) == []
        shelf.withdraw(one.id, "ben")
        assert shelf.kept("a", "e", NOON)

    def test_a_thumbs_down_where_it_was_given_again_counts_too(self, shelf: Store) -> None:
        one, other = kept(shelf), kept(shelf)
        for each in (one, other):
            shelf.keep(a_kept(each.id, f"question {each.id}"), 10)
        again = replace(an_answer(), cached_from=Earlier(one.id, NOON))
        shelf.rate(Feedback(kept(shelf, answer=again).id, "ben", Verdict.DOWN, NOON))
        assert [k.interaction for k in shelf.kept("a", "e", NOON)] == [other.id]

    def test_an_answer_to_a_forgotten_question_cannot_be_kept(self, shelf: Store) -> None:
        with pytest.raises(UnknownInteraction):
            shelf.keep(a_kept(4711), 10)

    def test_that_it_was_given_before_is_recorded(self, shelf: Store) -> None:
        again = replace(an_answer(), cached_from=Earlier(kept(shelf).id, NOON))
        recorded = kept(shelf, answer=again)
        assert shelf.interaction(recorded.id).answer == again


class TestStoreAsShelf(ShelfContract):
    @pytest.fixture
    def shelf(self, database_url: str) -> Iterator[Store]:
        upgrade(database_url)
        with closing(Store(database_url)) as made:
            yield made


class TestFakeShelf(ShelfContract):
    @pytest.fixture
    def shelf(self) -> FakeShelf:
        return FakeShelf()
