"""Which questions ask the same: a file of pairs, and what letters must tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.alike import same

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("question_pairs.jsonl").read_text().splitlines()
]
ALIKE = [(pair["one"], pair["other"]) for pair in PAIRS if pair["same"]]
OTHER = [(pair["one"], pair["other"]) for pair in PAIRS if not pair["same"]]


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_a_question_that_is_only_near_is_another(one: str, other: str) -> None:
    assert not same(one, other)
    assert not same(other, one)


def test_most_questions_in_other_words_are_the_same() -> None:
    found = [same(one, other) for one, other in ALIKE]
    assert sum(found) >= 0.6 * len(ALIKE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I book a room?", "how can I book a room"),
        ("What is the sick leave policy?", "What's the policy for sick leave?"),
        ("What does E-19 mean?", "what does e-19 mean"),
        ("How long are logs kept?", "How long do we keep logs?"),
    ],
)
def test_case_stops_and_forms_of_words_do_not_matter(one: str, other: str) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Which port does staging use?", "Which port does prod use?"),
        ("Who may deploy?", "Who may not deploy?"),
        ("How do I move it from A to B?", "How do I move it from B to A?"),
        ("Does billing call search?", "Does search call billing?"),
        ("What is in release 2.1?", "What is in release 2.2?"),
        ("What is the bonus?", "What is the bonus for managers?"),
        ("Where do we deploy?", "When do we deploy?"),
    ],
)
def test_numbers_codes_names_negations_directions_and_added_words_matter(
    one: str, other: str
) -> None:
    assert not same(one, other)
