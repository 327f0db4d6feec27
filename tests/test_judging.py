"""What may be said to one question, heard from the reader and the model."""

from __future__ import annotations

import pytest

from bot.answering import Claim, compose
from bot.confidence import at_most
from bot.judging import HALF, Bar, Judged, Pointing, judge, pointing, together
from bot.support import Support
from knowledge.documents import Chunk, Passage
from knowledge.focus import Focused, focus
from model.backends import Prompt, Sampling
from tests.fakes import FakeBackend, FakeReader

ASKED = "How many days of leave do I get?"
PAGE = "Full-time staff get 27 days of leave. Part-time staff get 20 days of leave."
LIKELY, UNLIKELY = (0.98, 0.02), (0.02, 0.98)


def found(score: float = 5.0) -> Focused:
    page = Passage(Chunk("handbook", "leave.md", "Leave", "file:///leave.md", (), 0, PAGE), 1.0)
    return focus(ASKED, [page], FakeReader(-5.0, {"27": score, "20": score - 1}))


def heard(backend: FakeBackend, least: float = 0.0, focused: Focused | None = None) -> Judged:
    def write(prompt: Prompt) -> str:
        return "".join(backend.complete(prompt, Sampling()))

    return judge(ASKED, focused or found(), backend, write, Bar(least), None)


def note(text: str) -> int:
    """The number under which the model is shown a statement, from 1."""
    numbered = compose(ASKED, found().findings).numbered
    return 1 + next(at for at, f in enumerate(numbered) if text in f.statement.text)


def points(number: int, chance: float = 0.9) -> tuple[float, ...]:
    rest = 1 - chance
    return tuple(chance if at == number else rest for at in (1, 2))


def test_the_model_answers_from_the_note_that_it_points_at() -> None:
    wanted = note("20 days")
    backend = FakeBackend(": 20 days of leave.", likely=LIKELY, points=points(wanted))
    told = heard(backend)
    assert [prompt.begun for prompt in backend.weighed] == ["", "Answer "]
    assert [prompt.begun for prompt in backend.heard] == [f"Answer {wanted}"]
    assert told.reply == "20 days of leave."
    assert next(claim.text for claim in told.claims) == "20 days of leave."
    assert "20 days" in told.claims[1].text


def test_a_model_that_would_rather_not_answer_still_points() -> None:
    backend = FakeBackend(": 27 days of leave.", likely=UNLIKELY, points=points(note("27 days")))
    silent, sure = heard(backend), heard(FakeBackend(": 27.", likely=LIKELY, points=points(1)))
    assert silent.claims
    assert silent.confidence < sure.confidence


def test_what_follows_may_name_another_note_too() -> None:
    first, second = note("27 days"), note("20 days")
    backend = FakeBackend(f" {second}: 27 days.", likely=LIKELY, points=points(first))
    quotes = [claim.text for claim in heard(backend).claims if claim.text.startswith(">")]
    assert len(quotes) == 2


def test_a_model_that_wavers_between_notes_is_believed_less() -> None:
    clear, wavering = (
        heard(FakeBackend(": 27 days.", likely=LIKELY, points=points(note("27"), chance)))
        for chance in (0.95, 0.51)
    )
    assert clear.confidence > wavering.confidence


def test_a_server_that_goes_on_after_nothing_is_asked_for_all_at_once() -> None:
    backend = FakeBackend("Answer 1: 27 days of leave.", likely=LIKELY)
    told = heard(backend)
    assert [prompt.begun for prompt in backend.heard] == [""]
    assert told.claims
    assert pointing(backend, compose(ASKED, found().findings)) is None


def test_one_note_needs_no_pointing() -> None:
    backend = FakeBackend(": 27 days.", likely=LIKELY, points=(0.5,))
    one = Focused(found().findings[:1], found().signs)
    assert pointing(backend, compose(ASKED, one.findings)) == Pointing(1, 1.0)
    assert heard(backend, focused=one).claims


def test_the_model_is_asked_no_further_than_the_bar_can_be_reached() -> None:
    hopeless, doubted = FakeBackend("x"), FakeBackend("x", likely=UNLIKELY, points=points(1))
    assert not heard(hopeless, 0.99, found(-9.0)).claims
    assert (hopeless.weighed, hopeless.heard) == ([], [])
    assert not heard(doubted, at_most(found().signs) - 0.01).claims
    assert (len(doubted.weighed), doubted.heard) == (1, [])


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_where_nothing_was_found_nothing_is_said(least: float) -> None:
    assert heard(FakeBackend("x"), least, Focused()) == Judged()


def part(name: str, sure: float) -> tuple[str, Judged]:
    page = Passage(Chunk("handbook", name, name, "file:///x", (), 0, name), 1.0)
    return name, Judged((Claim(name, "", Support(page, name, 1.0)),), sure)


def test_of_two_things_asked_both_must_be_right() -> None:
    told = together([part("one", 0.8), part("two", 0.8)], 0.5)
    assert [claim.text for claim in told.claims] == ["one", "two"]
    assert not told.opened
    assert told.confidence == pytest.approx(0.64)
    assert told.claims[1].before == "\n"


def test_where_both_are_not_sure_enough_only_a_very_sure_part_is_said() -> None:
    told = together([part("one", HALF + 0.1), part("two", 0.4)], 0.5)
    assert [claim.text for claim in told.claims] == ["one"]
    assert told.opened == ("two",)
    assert together([part("one", HALF - 0.1), part("two", 0.4)], 0.5).claims == ()


def test_what_answers_both_is_said_once() -> None:
    told = together([part("one", 0.9), part("one", 0.9)], 0.5)
    assert [claim.text for claim in told.claims] == ["one"]


def test_one_thing_asked_is_said_as_judged() -> None:
    assert together([part("one", 0.4)], 0.3).claims
    assert together([("one", Judged((), 0.4))], 0.3).claims == ()
