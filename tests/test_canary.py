"""A candidate on a share of the places: what the votes say, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import build
from bot.conversation import Answer, Feedback, Mode, Outcome, Verdict
from bot.errors import PromotionRefused
from bot.learning.canary import (
    Finding,
    Trials,
    begin_trial,
    more_down,
    more_down_without_one,
    roll_back_worse,
    tend,
)
from bot.learning.trial_votes import OF_ONE, trial_votes
from bot.learning.words import State, Votes
from model.examples import What
from tests.fakes import kept
from tests.learned import Learned
from tests.served import BASE, NOON, a_base, a_version
from tests.test_promoting import Shop, settings

pytest_plugins = ["tests.learning_fixtures"]
TUNED = (Mode.TUNED, "rewrite")


class Trial(Shop):
    """Votes on answers, a minute apart."""

    at: datetime = NOON

    def answer(
        self, version: str, task: str = "rewrite", outcome: Outcome = Outcome.WRITTEN
    ) -> int:
        """An answer that a version wrote; empty: the base."""
        self.at += timedelta(minutes=1)
        told = Answer("Hello.", outcome, model=BASE, version=version)
        route = (Mode.TUNED, task) if outcome is not Outcome.CITED else (Mode.RAG, None)
        return kept(self.app.store, route=route, answer=told, asked_at=self.at).id

    def vote(self, interaction: int, up: bool, author: str = "") -> None:
        """A verdict, of somebody who gave none before where nobody is named."""
        verdict = Verdict.UP if up else Verdict.DOWN
        author = author or f"voter of {interaction}"
        self.app.store.rate(Feedback(interaction, author, verdict, self.at))

    def votes(
        self, version: str, up: int, down: int, task: str = "rewrite", author: str = ""
    ) -> None:
        """An answer for each vote, the ups first."""
        for number in range(up + down):
            self.vote(self.answer(version, task), number < up, author)

    def tried(self, name: str, against: str = "", what: What = What.STYLE) -> None:
        """A candidate that passed, on half of the places."""
        self.passed(name, against, what)
        begin_trial(self.parts, name, 0.5)

    def state(self, name: str) -> State:
        """Where it is."""
        return self.parts.registry.version(name).state


@pytest.fixture
def shop(home: Path) -> Iterator[Trial]:
    weights = a_base(home / BASE)
    mine = settings(home, {"use": "local", "name": str(weights)}, canary_votes=10)
    with build(mine) as app:
        yield Trial(app, home)


def test_one_that_is_worse_is_refused_and_why_is_kept(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=4, down=8)
    shop.votes("", up=11, down=1)
    [trial] = roll_back_worse(shop.parts, NOON)
    assert (trial.finding, trial.theirs, trial.others) == (Finding.WORSE, Votes(4, 8), Votes(11, 1))
    assert trial.p < 0.05
    version = shop.parts.registry.version("style-1")
    assert (version.state, version.canary) == (State.REFUSED, 0.0)
    assert "8 thumbs down of 12, the base model 1 of 12" in version.why
    assert roll_back_worse(shop.parts, NOON) == []


def test_few_votes_say_nothing(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=0, down=9)
    shop.votes("", up=40, down=0)
    assert [trial.finding for trial in roll_back_worse(shop.parts, NOON)] == [Finding.EARLY]
    assert shop.state("style-1") is State.CANDIDATE


def test_few_votes_on_what_is_live_say_nothing_either(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=0, down=30)
    shop.votes("", up=9, down=0)
    assert [trial.finding for trial in roll_back_worse(shop.parts, NOON)] == [Finding.EARLY]


def test_one_that_is_not_worse_stays_a_candidate_and_it_is_said(
    shop: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    shop.tried("style-1")
    shop.votes("style-1", up=9, down=3)
    shop.votes("", up=10, down=2)
    assert [trial.finding for trial in tend(shop.parts, NOON)] == [Finding.HOLDS]
    assert (shop.state("style-1"), shop.live()) == (State.CANDIDATE, "")
    assert "not worse; `tandem promote style-1` makes it live" in caplog.text


def test_with_auto_promote_it_goes_live(home: Path) -> None:
    weights = a_base(home / BASE)
    model: dict[str, object] = {"use": "local", "name": str(weights)}
    with build(settings(home, model, canary_votes=5, auto_promote=True)) as app:
        shop = Trial(app, home)
        shop.tried("style-1")
        shop.votes("style-1", up=6, down=0)
        shop.votes("", up=6, down=0)
        tend(shop.parts, NOON)
        assert shop.live() == "style-1"
        [promotion] = shop.parts.registry.promotions()
        assert promotion.by == "schedule"


def test_only_the_same_time_and_the_same_tasks_are_compared(shop: Trial) -> None:
    shop.votes("", up=50, down=0)  # before the trial
    shop.tried("style-1")
    shop.votes("style-1", up=4, down=8)
    shop.votes("", up=50, down=0, task="summarize")  # which it was not taught
    shop.votes("style-0", up=50, down=0)  # which is not live
    for _ in range(20):
        shop.vote(shop.answer("", outcome=Outcome.FAILED), up=True)
        shop.vote(shop.answer("", outcome=Outcome.CITED), up=True)
    [trial] = roll_back_worse(shop.parts, NOON)
    assert (trial.finding, trial.others) == (Finding.EARLY, Votes(0, 0))


def test_a_candidate_for_answers_is_compared_with_answers(shop: Trial) -> None:
    shop.tried("answers-1", what=What.ANSWERS)
    for _ in range(12):
        shop.vote(shop.answer("answers-1", outcome=Outcome.CITED), up=False)
        shop.vote(shop.answer("", outcome=Outcome.CITED), up=True)
        shop.vote(shop.answer(""), up=False)
    [trial] = roll_back_worse(shop.parts, NOON)
    assert (trial.finding, trial.others) == (Finding.WORSE, Votes(12, 0))


def test_one_person_s_hundred_thumbs_down_end_no_trial(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=9, down=0)
    shop.votes("style-1", up=0, down=100, author="ben")
    shop.votes("", up=40, down=0)
    [trial] = roll_back_worse(shop.parts, NOON)
    assert (trial.finding, trial.theirs) == (Finding.HOLDS, Votes(9, OF_ONE))
    assert more_down(trial.theirs, trial.others) < 0.05  # with ben's votes it would be worse
    shop.votes("style-1", up=0, down=100, author="cleo")
    assert [trial.finding for trial in roll_back_worse(shop.parts, NOON)] == [Finding.WORSE]


def test_nor_do_one_person_s_votes_on_what_is_live_hold_it_up(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=4, down=8)
    shop.votes("", up=0, down=100, author="ben")
    shop.votes("", up=40, down=0)
    [trial] = roll_back_worse(shop.parts, NOON)
    assert (trial.finding, trial.others) == (Finding.WORSE, Votes(40, OF_ONE))


def test_of_one_person_the_newest_votes_count(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=0, down=20, author="ben")
    shop.votes("style-1", up=2, down=0, author="ben")
    [trial] = roll_back_worse(shop.parts, NOON)
    assert trial.theirs == Votes(2, OF_ONE - 2)


def test_a_trial_is_ended_by_hand_and_needs_the_gate_to_begin(shop: Trial) -> None:
    shop.trained("style-1")
    with pytest.raises(PromotionRefused, match="not evaluated"):
        begin_trial(shop.parts, "style-1", 0.1)
    begin_trial(shop.parts, "style-1", 0.1, "to see", forced=True)
    assert shop.parts.registry.version("style-1").canary == 0.1
    assert begin_trial(shop.parts, "style-1", 0.0).canary == 0.0
    assert roll_back_worse(shop.parts, NOON) == []


def test_votes_are_counted_by_person_on_every_database(learned: Learned) -> None:
    written = Answer("Hello.", Outcome.WRITTEN, model=BASE, version="style-1")
    for author in ("ana", "ana", "ben"):
        learned.vote(learned.asked(route=TUNED, answer=written), author)
    for _ in range(OF_ONE + 1):
        base = replace(written, version="")
        learned.vote(learned.asked(route=TUNED, answer=base), "ana", up=True)
    found = trial_votes(learned.sessions, a_version("style-1"), "")
    assert sorted(found.theirs, key=lambda votes: votes.down) == [Votes(0, 1), Votes(0, 2)]
    assert found.others == (Votes(OF_ONE, 0),)


class Tried:
    """What is known to be on trial."""

    def __init__(self, *names: str) -> None:
        self.tried, self.looked = frozenset(names), 0

    def refresh(self) -> None:
        self.looked += 1


def test_a_vote_on_a_candidate_is_looked_at_at_once(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("style-1", up=3, down=8)
    shop.votes("", up=11, down=0)
    last, other = shop.answer("style-1"), shop.answer("")
    shop.vote(last, up=False)
    trials = Trials(shop.parts, Tried("style-1"))
    trials.voted(other)
    assert shop.state("style-1") is State.CANDIDATE
    trials.voted(last)
    assert shop.state("style-1") is State.REFUSED


def test_where_nothing_is_tried_a_vote_costs_nothing_and_an_unknown_answer_is_no_failure(
    shop: Trial,
) -> None:
    Trials(shop.parts, Tried()).voted(2**40)
    Trials(shop.parts, Tried("style-1")).voted(2**40)


def test_a_whole_bot_takes_a_bad_candidate_back_by_its_votes(shop: Trial) -> None:
    shop.tried("style-1")
    shop.votes("", up=12, down=0)
    shop.app.serves.refresh()
    for number in range(12):
        vote = Feedback(shop.answer("style-1"), f"u{number}", Verdict.DOWN, datetime.now(UTC))
        shop.app.trials.voted(vote.interaction)
        shop.app.store.rate(vote)
        shop.votes("", up=1, down=0)
        shop.app.trials.voted(vote.interaction)
    assert shop.state("style-1") is State.REFUSED


def test_the_chance_is_fisher_s() -> None:
    assert more_down(Votes(1, 9), Votes(9, 1)) == pytest.approx(0.000547, rel=0.01)
    assert more_down(Votes(9, 1), Votes(1, 9)) > 0.99
    assert more_down(Votes(10, 0), Votes(10, 0)) == 1.0


def test_nobody_makes_the_chance_small_alone() -> None:
    people, others = [Votes(1, 0)] * 9 + [Votes(0, 3)], Votes(40, 0)
    assert more_down_without_one(people, others) == 1.0
    assert more_down_without_one([*people, Votes(0, 1)], others) == more_down(Votes(9, 1), others)
    assert more_down_without_one([], others) == 1.0
