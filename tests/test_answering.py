"""From passages to an answer."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.answering import (
    Citing,
    compose,
    inert,
    not_known,
    quoted,
    spoken,
    supported,
)
from bot.conversation import Outcome, Place, Question, Turn
from bot.support import Evidence
from knowledge.documents import Chunk, Passage
from knowledge.focus import Finding
from knowledge.statements import statements


def passage(text: str, key: str, title: str = "Leave") -> Passage:
    return Passage(Chunk("handbook", key, title, f"file:///{key}", ("Days",), 0, text), 1.0)


PASSAGES = [
    passage("Full-time staff get 27 days of annual leave.", "leave.md"),
    passage("The lid must be closed before firing. Error E-07 is shown.", "kiln.md", "Kilns"),
]


def findings(*scores: float) -> list[Finding]:
    """The first statement of each passage, best first."""
    made = [
        Finding(passage, next(iter(statements(passage.chunk.text))), rank, 0, score)
        for rank, (passage, score) in enumerate(zip(PASSAGES, scores, strict=False))
    ]
    return sorted(made, key=lambda finding: -finding.score)


def question(text: str = "How many days of annual leave do I get?") -> Question:
    return Question(text, "ben", Place("terminal"))


def answered(
    pieces: Iterable[str], asked: str = "How many days of annual leave do I get?"
) -> Citing:
    citing = Citing(PASSAGES, "fake")
    for claim in supported(pieces, Evidence(findings(0.9, 0.9), asked)):
        citing.add(claim)
    return citing


def test_sentences_come_as_soon_as_they_are_whole() -> None:
    heard: list[str] = []

    def pieces() -> Iterable[str]:
        for piece in ("You get 27", " days", ". And", " more"):
            heard.append(piece)
            yield piece

    said = spoken(pieces())
    assert next(iter(said)) == ("", "You get 27 days.")
    assert heard == ["You get 27", " days", ". And"]


def test_a_sentence_does_not_end_at_an_abbreviation_a_number_or_an_ordinal() -> None:
    text = "Use e.g. version 3.5 of it. Then go on.\n1. First\n2. Second"
    assert [sentence for _, sentence in spoken([text])] == [
        "Use e.g. version 3.5 of it.",
        "Then go on.",
        "1. First",
        "2. Second",
    ]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_however_the_pieces_are_cut_the_sentences_are_the_same(size: int) -> None:
    text = "You get 27 days. [1] Ask e.g. the office.\n- Book it [2]\n- Wait"
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert list(spoken(pieces)) == list(spoken([text]))


def test_a_supported_sentence_is_cited_and_an_unsupported_one_dropped() -> None:
    answer = answered(["You get 27 days of annual leave [1]. You also get a free car."]).answer()
    assert answer.outcome is Outcome.CITED
    assert answer.text == "You get 27 days of annual leave. [1]"
    assert [(c.number, c.key) for c in answer.citations] == [(1, "leave.md")]
    assert answer.citations[0].quote == "Full-time staff get 27 days of annual leave."


def test_citations_are_numbered_in_the_order_of_their_use_whatever_the_model_marked() -> None:
    said = "The lid must be closed before firing [2]. You get 27 days of annual leave [1]."
    answer = answered([said]).answer()
    assert [(c.number, c.key) for c in answer.citations] == [(1, "kiln.md"), (2, "leave.md")]
    assert answer.text.index("[1]") < answer.text.index("[2]")


def test_a_wrong_mark_of_the_model_is_put_right() -> None:
    answer = answered(["You get 27 days of annual leave [2]."]).answer()
    assert answer.citations[0].key == "leave.md"


@pytest.mark.parametrize(
    "said",
    [
        "I don't know.",
        "I don’t know",
        "The excerpts do not mention this.",
        "There is no information about parking in the documents.",
        "I cannot find that.",
    ],
)
def test_a_model_that_does_not_know_is_taken_at_its_word(said: str) -> None:
    assert answered([said]).answer().outcome is Outcome.UNKNOWN


def test_nothing_that_stands_is_unknown_and_says_what_was_looked_at() -> None:
    answer = answered(["The moon is made of cheese."]).answer()
    assert answer.outcome is Outcome.UNKNOWN
    assert "Leave" in answer.text
    assert answer.citations == ()
    assert not_known(()).text.endswith("near.")


def test_the_prompt_holds_question_notes_and_thread_apart_from_the_orders() -> None:
    asked = Question(
        "and part-time?", "ben", Place("terminal"), (Turn("user", "How many days of leave?"),)
    )
    system, user = compose(asked, findings(0.9, 0.8)).messages
    assert (system.role, user.role) == ("system", "user")
    assert "27 days" not in system.text
    for part in ("Leave > Days:", "27 days", "and part-time?", "days of leave"):
        assert part in user.text


def test_the_best_page_stands_nearest_to_the_question() -> None:
    user = compose(question(), findings(0.9, 0.8)).messages[1].text
    assert user.index("The lid must be closed") < user.index("27 days")


def test_the_nearest_statements_are_quoted_and_nothing_much_further() -> None:
    assert [claim.text for claim in quoted(findings(0.97, 0.5), 3)] == [
        "> Full-time staff get 27 days of annual leave."
    ]
    assert len(list(quoted(findings(0.9, 0.85), 3))) == 2
    assert len(list(quoted(findings(0.9, 0.85), 1))) == 1
    assert list(quoted([], 3)) == []


def test_what_is_said_twice_is_shown_once() -> None:
    said = "You get 27 days of annual leave. You get 27 days of annual leave."
    assert answered([said]).answer().text == "You get 27 days of annual leave. [1]"


@pytest.mark.parametrize("ping", ["@everyone", "@here", "<!channel>", "<@U123>", "<#C1>", "<@&9>"])
def test_nobody_is_pinged_by_an_answer(ping: str) -> None:
    assert ping not in inert(f"ask {ping} now")
    assert inert("a < b and me@example.org") == "a < b and me@example.org"
