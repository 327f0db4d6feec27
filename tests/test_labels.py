"""What a model wrote is brought to one of the labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.labels import nearest_label

KINDS = ("question", "request", "problem", "idea", "praise", "other")
CARDS = ("card_arrival", "lost_or_stolen_card", "card_not_working", "activate_my_card")


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("question", "question"),
        ("  Question.\n", "question"),
        ("**PROBLEM**", "problem"),
        ("This is a request for access.", "request"),
        ("problems", "problem"),
        ("pra1se", "praise"),
        ("It is no idea, it is a problem", "idea"),  # the first that is named
    ],
)
def test_what_is_meant_is_found(written: str, label: str) -> None:
    assert nearest_label(written, KINDS) == label


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("lost or stolen card", "lost_or_stolen_card"),
        ("Card Arrival", "card_arrival"),
        ("card_not_workin", "card_not_working"),
        ("activate_card", "activate_my_card"),
    ],
)
def test_marks_between_words_do_not_matter(written: str, label: str) -> None:
    assert nearest_label(written, CARDS) == label


def test_a_label_is_not_found_within_a_word() -> None:
    assert nearest_label("brother", ("other", "bother")) == "bother"


def test_a_longer_label_goes_before_one_that_it_begins_with() -> None:
    assert nearest_label("I think: card not working!", ("card", "card_not_working")) == (
        "card_not_working"
    )


@pytest.mark.parametrize("written", ["", "   ", "???", "東京"])
def test_what_means_nothing_is_the_rest_or_the_first(written: str) -> None:
    assert nearest_label(written, KINDS) == "other"
    assert nearest_label(written, CARDS) == "card_arrival"


def test_a_label_in_any_case_is_kept_where_two_differ_by_case_only() -> None:
    assert nearest_label("It", ("IT", "It")) == "It"


def test_without_labels_there_is_nothing_to_choose() -> None:
    with pytest.raises(ValueError, match="no labels"):
        nearest_label("question", ())


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=9))
def test_any_text_gives_one_of_the_labels_and_always_the_same(text: str, labels: list[str]) -> None:
    assert nearest_label(text, labels) == nearest_label(text, labels)
    assert nearest_label(text, labels) in labels
    assert nearest_label(labels[-1].strip() or labels[-1], labels) in labels
