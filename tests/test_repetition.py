"""A model that goes in circles is cut off; lists, tables, code and refrains are not."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Interaction, Mode, Outcome
from model.repetition import Straight, circles, loops
from tests.fakes import FakeBackend, FakeStore
from tests.test_assistant import Watching, assistant, question

NAMES = "ann bob cid dan eve fay gus hal ivy jon kim leo".split()
CLOSED = "The lift is closed. "
NOTICE = (
    "The lift in building B is out of order until Thursday. Please take the stairs by the loading "
    "dock, and tell visitors at the front desk. "
)
LEGITIMATE = {
    "a list whose items begin alike": "\n".join(
        f"- Please remember to bring your badge, {name}" for name in NAMES
    ),
    "a list whose items end alike": "\n".join(f"{name} signs before Friday noon" for name in NAMES),
    "a table with the same cells": "| who | paid | seen |\n|---|---|---|\n"
    + "\n".join(f"| {name} | yes | yes |" for name in NAMES),
    "a table with the same rows": "| yes | no | yes |\n" * 12,
    "a table of noughts": "| 0 | 0 | 0 | 0 |\n" * 8,
    "a wide table": "|" + "---|" * 40,
    "lines that are drawn": "Title\n" + "=" * 100 + "\n" + "-" * 120,
    "a table of contents": "Terms " + "." * 80 + " 3\nIndex " + "." * 80 + " 9",
    "figures": " ".join("1" if one == other else "0" for one in range(9) for other in range(9)),
    "code": "```\nrow = [" + "zero, " * 30 + "]\n" + "    print(row)\n" * 14 + "```\nThat is all.",
    "a refrain, twice": "Row, row, row your boat,\ngently down the stream.\n"
    "Merrily, merrily, merrily, merrily,\nlife is but a dream.\n" * 2,
    "a paragraph, three times": NOTICE * 3,
    "a word for stress": "That is very, very, very, very, very good. Ha ha ha ha ha ha ha!",
    "a label": "question",
    "joy": "Well done!!!!!!!!!!!!!!!!!!!!!!!!! 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
}
CIRCLES = {
    "a sentence": ("Good morning. " + CLOSED * 40, "Good morning. The lift is closed."),
    "a paragraph": (NOTICE * 9, NOTICE.strip()),
    "a word": ("Dear team, thanks " + "thanks " * 90, "Dear team, thanks"),
    "another case": ("News: " + "Lift closed, lift CLOSED, " * 30, "News: Lift closed,"),
    "items": ("To do:\n" + "- Call the office.\n" * 30, "To do:\n- Call the office."),
    "no spaces": ("電梯：" + "今天關閉請走樓梯" * 60, "電梯：今天關閉請走樓梯"),
    "a cell": ("| a | b |\n" + "| the lift is closed | yes |\n" * 60, None),
    "figures": ("Call " + "0 " * 300, None),
}


def cut(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


@pytest.mark.parametrize("size", [1, 4, 10_000])
@pytest.mark.parametrize("kind", LEGITIMATE)
def test_what_is_repeated_for_a_reason_is_left_whole(kind: str, size: int) -> None:
    straight = Straight()
    assert "".join(straight.pieces(cut(LEGITIMATE[kind], size))) == LEGITIMATE[kind]
    assert straight.circle is None
    assert not circles(LEGITIMATE[kind])


@pytest.mark.parametrize("size", [1, 4, 10_000])
@pytest.mark.parametrize("kind", CIRCLES)
def test_what_goes_in_circles_is_cut_where_it_begins_to(kind: str, size: int) -> None:
    text, wanted = CIRCLES[kind]
    straight = Straight()
    given = "".join(straight.pieces(cut(text, size)))
    assert straight.circle is not None
    assert given == straight.circle.kept
    assert text.startswith(given)
    assert given.strip() == wanted or wanted is None
    assert straight.circle.written < len(text)  # the rest need not be written


@pytest.mark.parametrize("kind", ["a sentence", "a paragraph", "a word", "items"])
def test_what_is_cut_would_have_been_measured_as_a_loop(kind: str) -> None:
    assert loops(CIRCLES[kind][0])


@pytest.mark.parametrize("flood", ["!", "\n", "ha", ". ", "🎉", "-=-"])
def test_signs_without_an_end_are_cut(flood: str) -> None:
    straight = Straight()
    given = "".join(straight.pieces(cut("Well done" + flood * 900, 3)))
    assert given.startswith("Well done")
    assert len(given) < 60
    assert straight.circle is not None


def test_words_are_shown_as_they_come_and_held_only_while_they_repeat() -> None:
    straight = Straight()
    shown = straight.pieces(cut("Take the stairs, please. " + CLOSED * 40, 1))
    begun = [next(shown) for _ in range(4)]
    assert begun == ["Take", " the", " stairs,", " please."]
    assert "".join([*begun, *shown]).strip() == "Take the stairs, please. The lift is closed."


def test_the_last_word_may_close_the_circle() -> None:
    straight = Straight()
    given = "".join(straight.pieces(["thanks " * 24 + "thanks"]))
    assert straight.circle is not None
    assert given == "thanks"


@given(st.lists(st.text(max_size=12), max_size=30))
def test_nothing_is_added_moved_or_lost(pieces: list[str]) -> None:
    straight, whole = Straight(), "".join(pieces)
    given = "".join(straight.pieces(pieces))
    assert given == (straight.circle.kept if straight.circle else whole)
    assert whole.startswith(given)


# -- in an answer ----------------------------------------------------------------------


def asked(
    backend: FakeBackend, text: str, task: str = "rewrite", store: FakeStore | None = None
) -> Interaction:
    return assistant(backend=backend, store=store).ask(question(text, Mode.TUNED, task), Watching())


def test_a_tuned_answer_ends_before_it_repeats_itself_and_the_model_is_stopped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = FakeBackend("Hello. ", *[CLOSED] * 90, name="style-7")
    with caplog.at_level(logging.WARNING):
        answer = asked(backend, "lift closed").answer
    assert (answer.text, answer.outcome) == ("Hello. The lift is closed.", Outcome.WRITTEN)
    assert backend.closed
    assert "style-7 goes in circles (rewrite)" in caplog.text


def test_where_nothing_is_left_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    answer = asked(FakeBackend(*["the "] * 300, name="style-7"), "lift closed").answer
    assert answer.outcome is Outcome.FAILED
    assert "I only repeated myself" in answer.text
    assert "style-7 only repeats itself" in caplog.text


def test_what_watches_never_sees_more_than_the_answer() -> None:
    watching = Watching()
    backend = FakeBackend(*["Take the stairs. "], *[CLOSED] * 90)
    bot = assistant(backend=backend)
    answer = bot.ask(question("lift closed", Mode.TUNED, "rewrite"), watching).answer
    assert "".join(watching.seen).strip() == answer.text == "Take the stairs. The lift is closed."


def test_a_label_is_brought_to_its_task_however_often_it_is_said() -> None:
    answer = asked(FakeBackend(*["problem "] * 12), "the lift is broken", "classify").answer
    assert (answer.text, answer.outcome) == ("problem", Outcome.WRITTEN)


def test_a_text_that_goes_in_circles_itself_may_be_answered_so() -> None:
    song = "la " * 60
    answer = asked(FakeBackend(*["la "] * 60), song).answer
    assert answer.text == song.strip()


def test_a_model_that_breaks_meanwhile_is_told_as_before() -> None:
    class Broken(FakeBackend):
        def _say(self, _sampling: object) -> Iterator[str]:
            yield "Hello "
            raise OSError

    assert asked(Broken(), "lift closed").answer.outcome is Outcome.FAILED
