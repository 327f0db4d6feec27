"""A follow-up takes from its thread the words that it leans on, and no others."""

from __future__ import annotations

from typing import Literal

import pytest

from bot.conversation import Place, Question, Turn
from bot.followups import MOST, TURNS, brought, chances, heard_turns, standalone, weights


def asked(text: str, *thread: str) -> Question:
    """A question after turns of a person and the bot, by turns."""
    roles: tuple[Literal["user"], Literal["assistant"]] = ("user", "assistant")
    turns = tuple(Turn(roles[number % 2], said) for number, said in enumerate(thread))
    return Question(text, "ben", Place("terminal"), turns)


def test_a_question_without_a_thread_stays_as_it_is() -> None:
    assert standalone(asked("Why?")) == "Why?"
    assert standalone(asked("")) == ""


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("and for the K40?", "warranty"),
        ("is there a way to make it longer?", "warranty"),
        ("why?", "warranty"),
        ("how long does it last?", "K95"),
    ],
)
def test_what_points_back_is_named(question: str, wanted: str) -> None:
    thread = ("What's the warranty on a K95?", "Three years on frame, bricks and lid. [1]")
    text = standalone(asked(question, *thread))
    assert wanted in text
    assert text.endswith(f": {question}")


def test_a_person_is_named_whom_the_thread_began_with() -> None:
    thread = ("Who is Ingrid Solheim?", "She leads the platform team.", "since when?", "May 2021.")
    assert "Ingrid Solheim" in standalone(asked("whom does she report to?", *thread))


def test_what_either_named_is_brought_when_the_question_points_at_it() -> None:
    thread = ("Which room fits 16 people?", "Raku, on the ground floor in Deventer. [1]")
    assert "room" in standalone(asked("for how long can I book it", *thread))
    thread = ("who can sign for the van?", "Ask Ingrid Solheim. [1]")
    assert "Ingrid Solheim" in standalone(asked("how do I reach her?", *thread))


def test_a_new_topic_in_many_words_takes_nothing_from_the_thread() -> None:
    new = "Which documents does a supplier send us with the first delivery of bricks for Lisbon?"
    thread = ("Who runs the office?", "Tomás Leitão.", "How do I reset my token?", "In the portal.")
    assert standalone(asked(new, *thread)) == new


def test_codes_and_times_are_brought_whole() -> None:
    thread = ("what does E-31 mean?", "The controller is too hot since 10:00.")
    assert "E-31" in standalone(asked("and what helps against it?", *thread))


def test_words_of_the_question_are_not_said_twice() -> None:
    thread = ("How many days of annual leave do I get?", "27 days. [1]")
    assert "leave" not in brought(asked("can I sell my annual leave?", *thread))


def test_an_apology_and_the_marks_of_sources_name_nothing() -> None:
    silent = "The sources that I may read here don't say. I looked at: Payroll."
    question = asked("and for part-timers?", "How many days of leave?", silent)
    assert "Payroll" not in standalone(question)
    marked = asked("and then?", "How do I renew my badge?", "Ask Petra. [12] https://a.example/p")
    assert not {"12", "https", "example"} & set(" ".join(brought(marked)).split())


def test_a_long_thread_brings_few_words_and_is_heard_in_part() -> None:
    thread = [f"How does the {name}kiln{number} work?" for number in range(40) for name in "AB"]
    question = asked("and what does it cost?", *thread)
    heard = heard_turns(question.thread)
    assert (heard[0], len(heard)) == (question.thread[0], TURNS)
    assert len(" ".join(brought(question)).split()) <= 2 * MOST


@pytest.mark.parametrize("text", ["???", "\u200b", "🙂", "a" * 5000, "[1] [2]", "\ud800"])
def test_odd_turns_do_no_harm(text: str) -> None:
    assert standalone(asked(text, text, text)).endswith(text)


def test_every_chance_is_a_probability() -> None:
    question = asked("and for him?", "Who is Tomás Leitão?", "The office manager in Porto.")
    found = [chance for chance, _ in chances(question).values()]
    assert found
    assert all(0 < chance <= 1 for chance in found)


def test_the_weights_are_of_marks_that_exist() -> None:
    from bot.followups import listened, question_marks

    threads = [
        ("How many days?", "27 days.", "Who is Ada?", "The lead.", "since 2021 in Berlin?", "Yes."),
        ("How many days of annual leave do I get?", "27 working days per calendar year [1]."),
        (
            "K95 kiln",
            "A kiln of Ada.",
            "the K40 kiln?",
            "A kiln of 40 litres.",
            "Ada?",
            "Who?",
            "a?",
        ),
    ]
    questions = [
        asked(text, *thread)
        for thread in threads
        for text in (
            "why?",
            "and what does he say about it in Porto, and is the other one there as well?",
            "warranty",
            "kiln warranty",
            "kiln warranty years",
            "kiln warranty years Porto",
            "kiln warranty years Porto lid",
            "kiln warranty years Porto lid frame",
        )
    ]
    words = {m for q in questions for heard in listened(q).values() for m in heard.marks}
    marks = {mark for q in questions for mark in question_marks(q)}
    assert weights().keys() <= words
    assert {mark for found in weights().values() for mark in found} <= marks
