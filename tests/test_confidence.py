"""How sure an answer is: more signs for it, more confidence; and what no model can mend."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.confidence import answers, at_most, confidence, fitted, weighed
from knowledge.focus import Signs, signs_of
from knowledge.reranker import Reading

CLEAR = signs_of([Reading(5.0, 5.0, (5.0, -5.0))])
ODDS = st.floats(-12, 12)


def sure(signs: Signs, answered: float, pointed: float | None, named: float | None = 0.9) -> float:
    return confidence(weighed(signs, answered, pointed, named))


def test_all_that_counts_is_a_sign_that_is_given() -> None:
    assert set(fitted().weights) <= set(weighed(CLEAR, 0.9, 0.0, 0.9))


def test_a_clear_case_is_answered_and_an_empty_one_is_not() -> None:
    assert sure(CLEAR, 0.95, 0.0) > 0.7
    assert sure(Signs(), 0.05, None, None) < 0.1
    assert at_most(Signs()) < 0.5


def test_a_model_that_answers_and_points_at_the_best_makes_surer() -> None:
    assert sure(CLEAR, 0.9, 0.0) > sure(CLEAR, 0.1, 0.0)
    near, far, none = (sure(CLEAR, 0.9, pointed) for pointed in (0.0, -3.0, None))
    assert near > far > none


def test_a_model_that_wavers_between_the_notes_makes_less_sure() -> None:
    assert sure(CLEAR, 0.9, 0.0, 0.95) > sure(CLEAR, 0.9, 0.0, 0.4)


def test_better_statements_make_surer() -> None:
    doubtful = signs_of([Reading(-5.0, -5.0, (-5.0, -5.5))])
    assert sure(CLEAR, 0.9, 0.0) > sure(doubtful, 0.9, 0.0)


@given(ODDS, ODDS, ODDS, st.floats(0, 1), st.floats(-24, 0), st.floats(0, 1))
def test_no_model_exceeds_what_can_be_had_at_most(
    best: float, relevance: float, holds: float, answered: float, pointed: float, named: float
) -> None:
    signs = signs_of([Reading(relevance, holds, (best,))])
    assert 0.0 <= sure(signs, answered, pointed, named) <= at_most(signs) <= 1.0


@pytest.mark.parametrize("wild", [-1e6, 1e6])
def test_wild_signs_stay_probabilities(wild: float) -> None:
    assert 0.0 <= sure(replace(CLEAR, best=wild, lead=wild), 1.0, wild) <= 1.0


def test_the_likelihoods_of_both_beginnings_are_compared() -> None:
    assert answers((0.6, 0.2), True) == pytest.approx(0.75)
    assert answers((0.0, 1.0), True) == 0.0


@pytest.mark.parametrize("likely", [None, (0.0, 0.0)])
def test_without_likelihoods_what_it_said_counts(likely: tuple[float, ...] | None) -> None:
    assert answers(likely, spoke=True) > 0.5 > answers(likely, spoke=False)
