"""From passages to an answer."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.answering import (
    Citing,
    compose,
    deciding,
    not_known,
    pointed,
    quoted,
    spoken,
    supported,
)
from bot.conversation import Outcome
from bot.support import Evidence
from knowledge.documents import Chunk, Passage
from knowledge.focus import Finding
from knowledge.statements import Statement, statements
from model.grounding import Reply


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


ASKED = "How many days of annual leave do I get?"


def answered(pieces: Iterable[str], asked: str = ASKED) -> Citing:
    citing = Citing(PASSAGES, "fake")
    for claim in supported(pieces, Evidence(findings(3.0, 3.0), asked)):
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


def test_the_prompt_holds_question_and_notes_apart_from_the_orders() -> None:
    system, user = compose(ASKED, findings(3.0, 2.0)).prompt.messages
    assert (system.role, user.role) == ("system", "user")
    assert "27 days" not in system.text
    for part in ("Leave > Days:", "27 days", ASKED):
        assert part in user.text


def test_the_best_page_stands_nearest_to_the_question() -> None:
    user = compose(ASKED, findings(3.0, 2.0)).prompt.messages[1].text
    assert user.index("The lid must be closed") < user.index("27 days") < user.index(ASKED)


def test_the_notes_are_numbered_and_a_reply_names_them_by_number() -> None:
    composed = compose(ASKED, findings(3.0, 2.0))
    for number, finding in enumerate(composed.numbered, 1):
        assert f"{number}. {finding.statement.text}" in composed.prompt.messages[1].text
    assert composed.named(Reply((2, 1), "27 days")) == list(composed.numbered)[::-1]
    assert composed.named(Reply((), "27 days")) == []


def test_a_number_without_a_note_names_nothing() -> None:
    composed = compose(ASKED, findings(3.0))
    assert composed.named(Reply((0, 2, 99), "27 days")) == []


def test_marks_of_a_chat_template_in_notes_and_question_are_broken_up() -> None:
    found = Finding(PASSAGES[0], Statement("It is <|im_end|> 27 days."), 0, 0, 3.0)
    user = compose("How <|im_start|>many?", [found]).prompt.messages[1].text
    assert "<|im_end|>" not in user
    assert "<|im_start|>" not in user


def at(key: str, text: str, score: float, place: int = 0) -> Finding:
    return Finding(passage(text, key), Statement(text), 0, place, score)


def test_an_answer_rests_on_what_the_model_named_before_what_the_reader_liked_best() -> None:
    best, named = at("leave.md", "27 days.", 3.0), at("leave.md", "20 days.", 1.0, 1)
    assert deciding(ASKED, [best, named], [named], 3) == [named, best]
    assert deciding(ASKED, [best, named], [], 3) == [best, named]
    assert deciding(ASKED, [best, named], [named, named], 1) == [named]


def test_what_the_model_named_far_from_the_best_does_not_lead() -> None:
    best, far = at("leave.md", "27 days.", 3.0), at("kiln.md", "The lid.", -9.0)
    assert deciding(ASKED, [best, far], [far], 3) == [best]


def test_what_the_model_named_far_from_the_best_comes_behind_it_if_of_the_same_page() -> None:
    best, far = at("leave.md", "27 days.", 3.0), at("leave.md", "Ask HR.", -9.0, 1)
    near = at("leave.md", "Book it early.", 1.0, 2)
    assert deciding(ASKED, [best, near, far], [far], 3) == [best, far, near]


def test_further_statements_are_of_the_page_that_leads() -> None:
    lead, more = at("leave.md", "27 days.", 3.0), at("leave.md", "Ask HR.", 0.0, 1)
    other = at("kiln.md", "The lid.", 1.0)
    assert deciding(ASKED, [lead, other, more], [lead], 3) == [lead, more]


def test_where_two_things_are_asked_further_statements_may_be_of_another_page() -> None:
    lead, other = at("leave.md", "27 days.", 3.0), at("kiln.md", "The lid.", 1.0)
    asked = "What is the difference of leave and lids?"
    assert deciding(asked, [lead, other], [lead], 3) == [lead, other]


def test_how_far_the_named_statement_is_from_the_best_is_told() -> None:
    best, named = at("leave.md", "27 days.", 3.0), at("leave.md", "20 days.", 1.0, 1)
    assert pointed([best, named], [best]) == 0.0
    assert pointed([best, named], [named, best]) == -2.0
    assert pointed([best, named], []) is None


def test_the_deciding_statements_are_quoted_as_they_stand() -> None:
    told = list(quoted(findings(3.0, 2.0)))
    assert [claim.text for claim in told] == [
        "> Full-time staff get 27 days of annual leave.",
        "> The lid must be closed before firing.",
    ]
    assert [claim.support.passage.chunk.key for claim in told] == ["leave.md", "kiln.md"]
    assert list(quoted([])) == []


LEADS = ("To request leave:", "Who gets 27 days of leave?", "Leave", "Days")


@pytest.mark.parametrize("text", LEADS)
def test_what_says_nothing_is_neither_quoted_nor_rested_on(text: str) -> None:
    bare, says = at("leave.md", text, 5.0), at("leave.md", "You get 27 days.", 1.0, 1)
    assert deciding(ASKED, [bare, says], [bare], 3) == [says]
    assert deciding(ASKED, [bare], [bare], 3) == []
    assert [claim.text for claim in quoted([bare, says])] == ["> You get 27 days."]


@pytest.mark.parametrize(
    "said", ["To get 27 days of annual leave:", "Do you get 27 days of leave?"]
)
def test_a_heading_or_a_question_of_the_model_is_no_claim(said: str) -> None:
    assert answered([said]).answer().outcome is Outcome.UNKNOWN


def test_a_quote_is_readable_where_the_page_has_tags_in_it() -> None:
    text = 'Ask <strong>early</strong> in {% slack_channel "sf" "San Francisco" %}.'
    found = Finding(passage(text, "leave.md"), next(iter(statements(text))), 0, 0, 3.0)
    assert next(quoted([found])).text == "> Ask early in sf San Francisco."


def test_what_stays_open_is_named_below_what_is_answered_and_nowhere_else() -> None:
    citing = answered(["You get 27 days of annual leave."])
    [piece] = citing.gaps(["Who feeds <!channel> the cat?"])
    assert citing.answer().text.endswith(piece)
    assert "feeds" in piece
    assert "<!channel>" not in piece
    silent = answered(["I don't know."])
    assert list(silent.gaps(["Who feeds the cat?"])) == []
    assert silent.answer().outcome is Outcome.UNKNOWN


def test_a_yes_is_shown_where_the_quote_bears_it_out_and_else_the_sentence_alone() -> None:
    said = ["Yes, full-time staff get 27 days of annual leave."]
    bare = "Full-time staff get 27 days of annual leave. [1]"
    asked = "Do full-time staff get 27 days of annual leave?"
    assert answered(said, asked).answer().text == f"{said[0]} [1]"
    for other in (ASKED, "Do full-time staff get 27 days of sick leave?"):
        assert answered(said, other).answer().text == bare
    assert answered([said[0].replace("Yes", "No")], asked).answer().text == bare


def test_a_no_that_is_part_of_its_sentence_denies() -> None:
    found = at("leave.md", "Approval of the office is needed.", 3.0)
    evidence = Evidence([found], "Is approval needed?")
    assert list(supported(["No approval of the office is needed."], evidence)) == []


def test_what_is_said_twice_is_shown_once() -> None:
    said = "You get 27 days of annual leave. You get 27 days of annual leave."
    assert answered([said]).answer().text == "You get 27 days of annual leave. [1]"


@pytest.mark.parametrize("ping", ["@everyone", "@here", "<!channel>", "<@U123>", "<#C1>", "<@&9>"])
def test_nobody_is_pinged_by_an_answer(ping: str) -> None:
    found = at("leave.md", f"Leave is 27 days, ask {ping} now.", 3.0)
    said = [f"It is 27 days, ask {ping} now."]
    claims = [*supported(said, Evidence([found], ASKED)), *quoted([found])]
    assert len(claims) == 2
    assert not any(ping in claim.text for claim in claims)
