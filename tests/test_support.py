"""Which sentences a passage supports."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.support import TRIED, Evidence, Proof
from knowledge.documents import Chunk, Passage
from knowledge.entailment import entailment
from knowledge.focus import Finding
from knowledge.statements import statements
from tests import tiny_judges

LEAVE = """Full-time staff get 27 working days of paid annual leave a year.
Up to 5 unused days may be carried over until 31 March.

| Region | Meal limit |
|---|---|
| Norway | €45 |
| Spain | €30 |"""


def passage(text: str, title: str = "Annual leave", key: str = "leave.md") -> Passage:
    chunk = Chunk("handbook", key, title, f"file:///{key}", (), 0, text)
    return Passage(chunk, 1.0, {"vector": 0.8})


def evidence(
    question: str = "How many days of annual leave do I get?", proof: Proof | None = None
) -> Evidence:
    other = passage("Error E-07 means that the lid is open.", "Error codes", "errors.md")
    passages = [passage(LEAVE), other]
    findings = [
        Finding(found, said, rank, place, 3.0)
        for rank, found in enumerate(passages)
        for place, said in enumerate(statements(found.chunk.text))
    ]
    return Evidence(findings, question, proof)


@pytest.mark.parametrize(
    "claim",
    [
        "You get 27 days of annual leave.",
        "Staff get twenty-seven working days of paid leave a year.",
        "Up to 5 unused days can be carried over until 31 March.",
        "1. You get 27 working days.",
    ],
)
def test_what_the_passage_says_is_supported(claim: str) -> None:
    found = evidence().support(claim)
    assert found is not None
    assert found.passage.chunk.key == "leave.md"


@pytest.mark.parametrize(
    "claim",
    [
        "You get 28 days of annual leave.",
        "You get 27 days of annual leave and a bonus of 500 euros.",
        "Error E-08 means that the lid is open.",
        "Leave must be approved by the regional director in writing beforehand.",
        "Annual leave.",
        "",
    ],
)
def test_what_no_passage_says_is_not(claim: str) -> None:
    assert evidence().support(claim) is None


def test_the_quote_is_the_sentence_relied_on() -> None:
    found = evidence().support("Unused days, up to 5, may be carried over until 31 March.")
    assert found is not None
    assert found.quote == "Up to 5 unused days may be carried over until 31 March."


def test_a_code_is_found_in_the_passage_that_has_it() -> None:
    found = evidence("what is E-07?").support("E-07 means the lid is open.")
    assert found is not None
    assert found.passage.chunk.key == "errors.md"
    assert evidence("what is E-07?").support("E-07 means the door is locked.") is None


def test_a_heading_or_a_question_supports_nothing_but_with_what_follows_it() -> None:
    text = "Who approves annual leave of directors? The board approves it."
    page = passage(text, key="board.md")
    findings = [Finding(page, said, 0, place, 3.0) for place, said in enumerate(statements(text))]
    claim = "Directors: the board approves annual leave."
    found = Evidence(findings, "Who approves?").support(claim)
    assert found is not None
    assert found.quote == text
    assert Evidence(findings[:1], "Who approves?").support("Annual leave of directors.") is None


def test_a_row_of_a_table_supports_what_it_says() -> None:
    asked = evidence("What is the meal limit in Norway?")
    found = asked.support("The meal limit in Norway is €45.")
    assert found is not None
    assert "Norway" in found.quote
    assert "45" in found.quote
    assert asked.support("The meal limit in Norway is €40.") is None


# -- where a model judges entailment too -------------------------------------------------


class FakeJudge:
    """Says how surely a quote that holds some words entails a claim; remembers what it judged."""

    def __init__(self, **shares: float) -> None:
        self.shares, self.asked = shares, list[tuple[str, str]]()

    def __call__(self, says: str, claim: str) -> float:
        self.asked.append((says, claim))
        return next((share for word, share in self.shares.items() if word in says), 0.0)


CARRIED = "Up to 5 unused days can be carried over until 31 March."


@pytest.mark.parametrize(("share", "stands"), [(0.9, True), (0.7, True), (0.69, False)])
def test_a_claim_stands_only_where_its_quote_entails_it_surely_enough(
    share: float, stands: bool
) -> None:
    judge = FakeJudge(carried=share)
    found = evidence(proof=Proof(judge, 0.7)).support(f"1. {CARRIED}")
    assert (found is not None) == stands
    assert judge.asked[0] == ("Up to 5 unused days may be carried over until 31 March.", CARRIED)


def test_a_model_is_asked_only_about_claims_whose_words_stand() -> None:
    judge = FakeJudge(days=1.0)
    assert evidence(proof=Proof(judge)).support("You get 28 days of annual leave.") is None
    assert judge.asked == []


def test_another_statement_that_holds_the_words_may_entail_the_claim() -> None:
    judge = FakeJudge(Full=1.0)  # the two statements together, but not the second one alone
    found = evidence(proof=Proof(judge)).support(CARRIED)
    assert found is not None
    assert found.quote.startswith("Full-time staff")
    assert 1 < len(judge.asked) <= TRIED


def test_a_tiny_model_of_three_labels_judges_claims(tmp_path: Path) -> None:
    folder = tiny_judges.judge(tmp_path / "judge", ("contradiction", "entailment", "neutral"))
    judge = entailment(folder, "cpu")
    for least, stands in [(0.0, True), (1.0, False)]:
        assert (evidence(proof=Proof(judge, least)).support(CARRIED) is not None) == stands
