"""Texts that are nearly the same are found among very many."""

from __future__ import annotations

import random

import pytest

from bot.learning.merging import Texts, nearly_same

TEXT = "please tell the whole team that the office in Berlin will be closed on 3 May for repairs"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (TEXT.upper().replace("BERLIN", "Berlin").replace("MAY", "May"), True),
        (f"{TEXT}!", True),
        (f"{TEXT} then", True),
        (TEXT.replace("Berlin", "Munich"), False),
        (TEXT.replace("3 May", "4 May"), False),
        (TEXT.replace("will be", "will not be"), False),
        ("quite another text of about as many words as the first one has, on other things", False),
    ],
)
def test_a_small_word_makes_no_other_text_and_a_name_a_figure_or_a_not_does(
    other: str, same: bool
) -> None:
    assert nearly_same(TEXT, other) is same


@pytest.mark.parametrize(("one", "other"), [("It broke", "it broke!"), ("see  you", "See you.")])
def test_of_short_texts_all_words_must_agree(one: str, other: str) -> None:
    texts = Texts()
    assert texts.add(one) == texts.add(other) == one
    assert texts.add(f"{one} now") == f"{one} now"


def test_signs_alone_are_never_the_same() -> None:
    texts = Texts()
    assert [texts.add("?!"), texts.add("..."), texts.add("👍")] == ["?!", "...", "👍"]


def test_the_first_stands_for_all_that_come_later() -> None:
    texts = Texts()
    assert texts.find(TEXT) is None
    assert texts.add(TEXT) == TEXT
    assert texts.find(f"{TEXT} then") == texts.add(f"{TEXT} then") == TEXT


def test_among_many_texts_with_much_in_common_each_is_compared_with_few() -> None:
    """All with all would be 12 million comparisons."""
    chance = random.Random(5)
    words = [f"w{chance.randrange(3000)}" for _ in range(100_000)]
    texts, head = Texts(), "dear team as you all know we have decided together that from now on "
    many = [head + " ".join(words[n : n + 20]) for n in range(0, 100_000, 20)]
    assert [texts.add(text) for text in many] == many
    assert all(texts.add(f"{text} so") == text for text in many[:500])
