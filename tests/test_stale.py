"""Stale answers: what still stands of what they relied on, and which are put in line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversation import Answer, Citation, Interaction, Mode, Outcome, Place
from bot.errors import DatabaseUnavailable
from bot.posts import Heard, Post, Reason
from bot.settings import Settings
from bot.stale.comparing import Words, holds, lost
from bot.stale.finding import Finding
from bot.stale.parts import notes_in
from bot.stale.store import Relied, Seen, StaleStore, marked
from knowledge.documents import Chunk, Passage
from tests.bots import settings_for
from tests.fakes import FakeStore, kept
from tests.inboxes import Desk, opened

LUNCH = "Lunch is served at noon in the canteen."
LEAVE = "Employees get 27 days of paid leave a year, as Ana decided."


def piece(text: str, key: str = "leave.md") -> Chunk:
    return Chunk("handbook", key, "Leave", "https://docs.example/leave", (), 0, text)


def cited(quote: str, key: str = "leave.md") -> Citation:
    return Citation(1, "Leave", "https://docs.example/leave", "handbook", key, quote)


def answered(text: str, *found: str, question: str = "When is lunch?") -> Interaction:
    outcome = Outcome.CITED if found else Outcome.UNKNOWN
    passages = tuple(Passage(piece(said), 1.0) for said in found)
    return kept(FakeStore(), question, answer=Answer(text, outcome, passages=passages))


# -- what still stands -----------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        "The canteen.\n\nLunch is served at noon in the canteen. Come early.",
        "* Lunch is served\n  at *noon* in the canteen.",
        "# Food\n\nLUNCH is served at noon, in the canteen!",
    ],
)
def test_words_that_stand_in_their_order_still_stand(page: str) -> None:
    assert Words([Passage(piece(page), 0.0)]).hold(LUNCH)


def test_a_statement_over_two_pieces_still_stands() -> None:
    pieces = [
        Passage(piece("Lunch is served"), 0.0),
        Passage(piece("at noon in the canteen."), 0.0),
    ]
    assert Words(pieces).hold(LUNCH)


@pytest.mark.parametrize("page", ["Lunch is served at one in the canteen.", "", "Noon."])
def test_other_words_are_lost(page: str) -> None:
    pages = {"leave.md": [piece(page)], "other.md": [piece(LUNCH)]}
    both = [cited(LUNCH), cited(LUNCH, "other.md")]
    assert lost(both, lambda _, key: pages[key]) == both[:1]


# -- does the answer hold --------------------------------------------------------------


def test_what_moved_to_another_page_holds() -> None:
    now = answered("It is at noon [1].", f"Food. {LUNCH}")
    assert holds(answered("At noon [1]."), [cited(LUNCH)], now)


def test_what_is_answered_in_the_same_words_holds() -> None:
    now = answered("At noon [1].", "We eat when the clock strikes twelve.")
    assert holds(answered("At noon [2].", "x"), [cited(LUNCH)], now) is False
    assert holds(answered("At noon [1].", "x"), [cited(LUNCH)], now)


@pytest.mark.parametrize(
    "reworded",
    [
        "As Ana decided, employees get 27 days of paid leave a year.",
        "Employees get 27 days of paid leave every year, as Ana has decided.",
    ],
)
def test_the_same_in_other_words_holds(reworded: str) -> None:
    question = "How many days of leave do I get?"
    now = answered("It is 27 days [1].", reworded, question=question)
    assert holds(answered("27 days [1].", LEAVE, question=question), [cited(LEAVE)], now)


@pytest.mark.parametrize(
    "other",
    [
        "Employees get 30 days of paid leave a year, as Ana decided.",
        "Employees get 27 days of paid leave a year, as Pia decided.",
        "Employees do not get 27 days of paid leave a year, as Ana decided.",
        "Managers get 27 days of unpaid holidays.",
    ],
)
def test_other_facts_do_not_hold(other: str) -> None:
    question = "How many days of leave do I get?"
    now = answered("It is so [1].", other, question=question)
    assert not holds(answered("27 days [1].", LEAVE, question=question), [cited(LEAVE)], now)


def test_what_the_sources_do_not_say_any_more_does_not_hold() -> None:
    assert not holds(answered("At noon [1].", LUNCH), [cited(LUNCH)], answered("They don't say."))


# -- which answers are put in line ------------------------------------------------------


@dataclass
class Line(Desk):
    """An inbox and a store, and what finds stale answers in them."""

    stale: StaleStore = field(kw_only=True)
    pages: dict[str, str] = field(default_factory=lambda: {"leave.md": "You get 27 days of leave."})
    notes: bool = True

    def sync(self, inbox: object = None) -> int:
        """A sync ended; how many answers wait to be checked?"""
        return Finding(
            self.stale,
            inbox or self.inbox,  # type: ignore[arg-type]
            lambda _, key: [piece(self.pages[key])] if key in self.pages else [],
            lambda _: self.notes,
            timedelta(days=14),
            lambda _: None,
            self.clock,
        ).after_sync("handbook", lambda: dict(self.pages))

    def answered(self, id: str = "100.1") -> int:
        """A question and its answer, which relies on the words "27 days"."""
        self.asked(id)
        return self.answer(self.take(), f"R{id}")

    def checked(self) -> str:
        """The next note, which finds that its answer holds; the id of the note."""
        self.clock.pass_by(3600)
        item = self.take()
        assert (item.quiet, item.interaction) == (True, None)
        self.inbox.fell_silent(item, Reason.NOTHING_NEW)
        return item.post.id


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    with opened(database_url) as made, closing(StaleStore(database_url)) as stale:
        yield Line(made.inbox, made.store, made.clock, stale=stale)


def test_an_answer_waits_when_its_words_are_gone(line: Line) -> None:
    first = line.answered()
    assert line.sync() == 0
    line.pages["leave.md"] = "You get 30 days of leave."
    assert [line.sync(), line.sync()] == [1, 0]
    assert line.checked() == f"stale-{first}"


def test_a_page_that_is_gone_counts_as_changed(line: Line) -> None:
    line.answered()
    line.pages.clear()
    assert [line.sync(), line.sync()] == [1, 0]


def test_a_change_elsewhere_on_the_page_makes_nothing_wait(line: Line) -> None:
    line.answered()
    line.pages["leave.md"] += " Ask Pia."
    assert line.sync() == 0
    assert line.idle()


def test_what_was_found_to_hold_is_checked_at_the_next_change(line: Line) -> None:
    first = line.answered()
    for days in (30, 31):
        line.pages["leave.md"] = f"You get {days} days of leave."
        assert [line.sync(), line.sync()] == [1, 0]
        assert line.checked() == f"stale-{first}"


def test_an_answer_from_before_the_change_that_came_after_the_look_waits(line: Line) -> None:
    line.answered()
    line.pages["leave.md"] = "You get 30 days of leave."
    line.sync()
    line.answered("200.2")
    assert line.sync() == 1


def test_an_old_answer_and_one_that_was_replaced_do_not_wait(line: Line) -> None:
    line.answered()
    line.inbox.redo("slack", "T1", "C1", "R100.1", Mode.AUTO)
    second = line.answer(line.take(), "R100.1")
    line.pages.clear()
    assert line.sync() == 1
    assert line.checked() == f"stale-{second}"
    line.pages["leave.md"] = "You get 30 days of leave."
    line.clock.pass_by(15 * 86400)
    assert line.sync() == 0


def test_where_no_notes_are_wanted_none_waits(line: Line) -> None:
    line.answered()
    line.notes, line.pages = False, {}
    assert line.sync() == 0


def test_peoples_questions_go_before_many_checks(line: Line) -> None:
    for number in range(3):
        line.answered(f"10{number}.1")
    line.pages.clear()
    assert line.sync() == 3
    line.take()
    line.asked("500.5")
    line.clock.pass_by(1)
    assert line.take().post.id == "500.5"


def test_a_look_that_breaks_off_is_made_up_for(line: Line) -> None:
    class Broken:
        def follow_up(self, post: Post, interaction: int, after: timedelta) -> Heard:
            raise DatabaseUnavailable("sqlite", "gone", "Look")

    line.answered()
    line.pages.clear()
    assert line.sync(Broken()) == 0
    assert line.sync() == 1


def test_a_very_long_key_is_known_again(line: Line) -> None:
    key = "folder/" * 60 + "leave.md"
    line.stale.see("handbook", key, Seen("v1", 7))
    assert line.stale.seen("handbook") == {marked(key): Seen("v1", 7)}


# -- where notes are posted -------------------------------------------------------------


@pytest.mark.parametrize(
    ("speaks", "stale", "wanted"),
    [
        ("thread", {}, True),
        ("auto", {}, True),
        ("mention", {}, False),
        ("off", {}, False),
        ("thread", {"notes": False}, False),
        ("thread", {"channels": {"C1": False}}, False),
        ("mention", {"channels": {"C1": True}}, True),
        ("thread", {"notes": False, "channels": {"C1": True}}, True),
        ("off", {"channels": {"C1": True}}, False),
    ],
)
def test_notes_are_posted_where_that_is_wanted(
    tmp_path: Path, speaks: str, stale: dict[str, object], wanted: bool
) -> None:
    platforms = {"slack": {"bot_token": "x", "channels": {"C1": speaks}, "speaks": "thread"}}
    settings: Settings = settings_for(tmp_path, {"platforms": platforms, "stale": stale})
    place = Place("slack", "T1", "C1", "100.1")
    one = Relied(1, "When?", "ben", place, Mode.AUTO, False, False, "", ("noon",))
    assert notes_in(one, settings) is wanted
    assert notes_in(replace(one, place=replace(place, channel="C2")), settings) is (
        stale.get("notes", True) is True
    )
