"""A harvest: whose votes count, done again, after another vote, killed, and two at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation import Outcome, Place
from bot.database import upgrade
from bot.harvest import HarvestReport, harvest
from bot.learning.book import Book
from bot.learning.book_words import Kept
from bot.sessions import Sessions
from model.examples import Origin, Review
from tests.harvests import TRAVEL, Team, bare, empty_database, only, passage, team_at

pytest_plugins = ["tests.harvest_fixtures"]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def any_team(database_url: str) -> Iterator[Team]:
    """On SQLite, and on a real PostgreSQL."""
    upgrade(database_url)
    with closing(Sessions(database_url)) as sessions:
        yield Team(sessions)


# -- who and where -----------------------------------------------------------------------


def test_nothing_is_learned_from_an_asker_who_objects(team: Team) -> None:
    team.people.choose("slack", "ben", may_learn=False)
    team.up(team.wrote())
    team.up(team.answered())
    report = team.harvest()
    assert not team.examples()
    assert not team.book.judged()
    assert report.skipped == {"the asker objects to learning": 2}


def test_the_vote_of_who_objects_counts_for_nothing(team: Team) -> None:
    id = team.wrote()
    team.people.choose("slack", "dan", may_learn=False)
    team.up(id)
    team.down(id, "dan", "Words of Dan.")
    example = only(team)
    assert (example.chosen, example.doubt) == ("I can't come today.", "")


def test_nothing_is_learned_in_a_silent_channel(team: Team) -> None:
    team.channels.choose(Place("slack", "T1", "general"), may_learn=False)
    team.up(team.wrote())
    assert team.harvest().skipped == {"nothing is learned in its channel": 1}
    assert team.examples() == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.STOPPED])
def test_what_failed_or_was_stopped_teaches_nothing(team: Team, outcome: Outcome) -> None:
    team.up(team.wrote(outcome=outcome))
    assert team.harvest().skipped == {"failed or stopped": 1}


# -- again, changed, withdrawn -------------------------------------------------------------


def test_a_second_harvest_changes_nothing(team: Team) -> None:
    team.up(team.wrote())
    team.down(team.answered(), correction="Part-time staff get 20 days.")
    team.harvest()
    before = team.examples()
    assert team.harvest() == HarvestReport()
    again = team.harvest(anew=True)
    assert (again.added, again.changed, again.withdrawn) == (0, 0, 0)
    assert team.examples() == before


def test_a_withdrawn_vote_withdraws_its_example(team: Team) -> None:
    id = team.answered()
    team.up(id)
    team.harvest()
    team.store.withdraw(id, "ana")
    team.harvest()
    assert not team.examples()
    assert not team.book.judged()


def test_a_changed_mind_changes_what_is_learned(team: Team) -> None:
    id = team.wrote(answer="Fine.")
    team.up(id)
    team.harvest()
    team.down(id)
    assert (only(team).chosen, only(team).rejected) == ("", "Fine.")


def test_a_vote_twice_counts_once(team: Team) -> None:
    id = team.wrote()
    team.up(id)
    team.harvest()
    team.up(id)
    assert only(team).weight == 1


def test_what_was_deleted_teaches_nothing_any_more(team: Team) -> None:
    id = team.wrote()
    team.up(id)
    team.store.forget_interactions([id])
    team.harvest()
    assert team.examples() == []


def test_a_decision_of_an_operator_outlives_later_votes(team: Team) -> None:
    id = team.wrote()
    team.up(id)
    team.book.review(only(team).id, Review.REJECTED, "olga", "tone")
    team.up(id, "cleo")
    example = only(team)
    assert (example.review, example.weight) == (Review.REJECTED, 2)


def test_an_edit_of_an_operator_outlives_later_votes(team: Team) -> None:
    id = team.wrote()
    team.down(id, correction="I can not come today.")
    team.book.edit(only(team).id, "I can't come today, sorry.", None, "olga")
    team.down(id, "cleo")
    assert only(team).chosen == "I can't come today, sorry."


@pytest.mark.parametrize("review", [Review.REJECTED, Review.ACCEPTED])
@pytest.mark.parametrize("who", ["ana", "cleo"])
def test_a_decision_outlives_a_vote_that_is_taken_back(
    team: Team, review: Review, who: str
) -> None:
    team.policy = "auto" if review is Review.REJECTED else "review"
    id = team.wrote()
    team.up(id)
    team.up(id, "cleo")
    team.book.review(only(team).id, review, "olga", "it names ana")
    team.store.withdraw(id, who)
    again = only(team)
    assert (again.review, again.weight) == (review, 1)
    assert "ana" not in again.doubt
    team.up(id, who)
    team.harvest(anew=True)
    assert only(team).review is review


def test_a_rejected_example_stays_so_when_its_only_voter_thinks_twice(team: Team) -> None:
    id = team.wrote()
    team.up(id)
    team.book.review(only(team).id, Review.REJECTED, "olga")
    team.store.withdraw(id, "ana")
    team.harvest()
    assert team.examples() == []
    team.up(id)
    assert only(team).review is Review.REJECTED
    team.book.review(only(team).id, Review.ACCEPTED, "olga")
    team.store.withdraw(id, "ana")
    team.up(id)
    assert only(team).review is Review.ACCEPTED


def test_words_that_were_edited_do_not_come_back_as_they_were(team: Team) -> None:
    id = team.wrote()
    team.down(id, correction="I can not come today.")
    team.up(id, "cleo")
    team.book.edit(only(team).id, "I can't come today, sorry.", None, "olga")
    team.store.withdraw(id, "cleo")
    again = only(team)
    assert (again.chosen, again.review) == ("I can not come today.", Review.WAITING)
    team.harvest(anew=True)
    assert only(team).review is Review.WAITING


def test_what_a_thumb_says_too_is_as_clear_as_the_thumb(team: Team) -> None:
    """A liked silence and a correction to silence teach the same."""
    id = team.answered(answer="no", outcome=Outcome.UNKNOWN)
    team.up(id, "cleo")
    team.down(id, correction="The sources don't say.")
    assert "people disagree" in only(team).doubt
    team.up(id)
    example = only(team)
    assert (example.origin, example.review) == (Origin.THUMB, Review.ACCEPTED)


# -- killed, and two at once ---------------------------------------------------------------


class Dying(Book):
    """A book whose writer dies after so many writes."""

    def __init__(self, sessions: Sessions, after: int) -> None:
        super().__init__(sessions)
        self.left = after

    def replace_of(self, *given: object, **named: object) -> Kept:
        """Write, while it lives."""
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().replace_of(*given, **named)  # type: ignore[arg-type]  # passed on


def busy(team: Team) -> None:
    """Votes of all kinds."""
    for number in range(4):
        id = team.wrote(f"Rewrite: text of number {number}", f"Text {number}.")
        team.up(id)
        team.down(id, "dan", f"The text number {number}.")
    team.up(team.answered())
    team.down(team.answered("Who books trips?", passages=[passage(TRAVEL, "t")]), reason="wrong")


@pytest.mark.parametrize("after", range(6))
def test_killed_anywhere_it_is_done_again_to_the_same_end(team: Team, after: int) -> None:
    busy(team)
    with pytest.raises(KeyboardInterrupt):
        harvest(replace(team.parts, lessons=Dying(team.sessions, after)))
    team.harvest()
    made = {bare(example) for example in team.examples()}
    assert len(team.examples()) == len(made) == 6
    assert {id for example in made for id in example.interactions} == {1, 2, 3, 4, 5, 6}


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from bot.harvest import harvest
from bot.learning.book import Book
from tests.harvests import team_at

class Dying(Book):
    left = int(sys.argv[2])
    def _count(self):
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def replace_of(self, *given, **named):
        self._count()
        return super().replace_of(*given, **named)
    def set_mark(self, *given):
        self._count()
        return super().set_mark(*given)

with team_at(sys.argv[1]) as team:
    harvest(replace(team.parts, lessons=Dying(team.sessions)))
"""


@pytest.mark.endurance
@pytest.mark.parametrize("after", [0, 3, 6])
def test_sigkill_leaves_nothing_lost_and_nothing_doubled(tmp_path: Path, after: int) -> None:
    file = empty_database(tmp_path)
    with team_at(file) as team:
        busy(team)
        told = subprocess.run(
            [sys.executable, "-c", KILLED, str(file), str(after)], cwd=ROOT, capture_output=True
        )
        assert told.returncode == -signal.SIGKILL, told.stderr
        team.harvest()
        made = team.examples()
        assert sorted(id for example in made for id in example.interactions) == [1, 2, 3, 4, 5, 6]
        assert team.harvest().seen == 0


def test_two_at_once_do_what_one_does(any_team: Team) -> None:
    team = any_team
    busy(team)
    both = [threading.Thread(target=team.harvest) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    made = team.examples()
    team.harvest(anew=True)
    assert team.examples() == made
    assert len(made) == 6
