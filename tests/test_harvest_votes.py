"""From thumbs at the desk to examples: whose vote counts, and what takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.conversation import Mode, Place, Question, Verdict
from bot.desk import Ballot, Desk
from bot.errors import UnknownInteraction
from bot.sessions import Sessions
from model.examples import Example
from tests.bots import Made, made
from tests.harvests import Team

HERE = Place("slack", "T1", "general", "1")
ELSEWHERE = Place("slack", "T2", "general", "1")
UP, DOWN = Verdict.UP, Verdict.DOWN


@dataclass
class Voting:
    """A bot, its desk, and a harvest over the same database."""

    bot: Made
    team: Team
    events: Iterator[int]

    @property
    def desk(self) -> Desk:
        """Where votes are handed in."""
        return self.bot.desk

    def ask(self) -> int:
        """Ben has a text rewritten."""
        asked = Question("rewrite: send numbers", "ben", HERE, mode=Mode.TUNED, task="rewrite")
        return self.desk.assistant.ask(asked).id

    def ballot(self, id: int, who: str, verdict: Verdict, event: str = "") -> Ballot:
        """A vote of now; each is another event."""
        number = next(self.events)
        at = datetime.now(UTC) + timedelta(seconds=number)
        return Ballot(event or f"e{number}", id, who, verdict, at)

    def vote(self, id: int, who: str = "ana", verdict: Verdict = UP, place: Place = HERE) -> bool:
        """Vote."""
        return self.desk.vote(self.ballot(id, who, verdict), place)

    def examples(self) -> list[Example]:
        """What a harvest leaves."""
        self.team.harvest()
        return self.team.examples()


@pytest.fixture
def voting(tmp_path: Path) -> Iterator[Voting]:
    url = f"sqlite:///{tmp_path / 'tandem.db'}"
    with made(tmp_path, database_url=url) as bot, closing(Sessions(url)) as sessions:
        yield Voting(bot, Team(sessions), count(1))


def test_a_vote_becomes_an_example(voting: Voting) -> None:
    voting.vote(voting.ask())
    [example] = voting.examples()
    assert (example.task, example.chosen) == ("rewrite", "Kindly send the numbers.")


def test_a_correction_after_a_vote_becomes_a_pair(voting: Voting) -> None:
    id = voting.ask()
    voting.vote(id, verdict=DOWN)
    voting.desk.correct(id, "ana", "wrong", "Please send me the numbers today.", HERE)
    [example] = voting.examples()
    assert example.chosen == "Please send me the numbers today."
    assert example.rejected == "Kindly send the numbers."


def test_a_vote_on_an_unknown_answer_teaches_nothing(voting: Voting) -> None:
    with pytest.raises(UnknownInteraction):
        voting.vote(999)
    assert voting.examples() == []


def test_the_vote_of_a_stranger_teaches_nothing(voting: Voting) -> None:
    id = voting.ask()
    with pytest.raises(UnknownInteraction):
        voting.vote(id, "eve", place=ELSEWHERE)
    assert voting.examples() == []


def test_the_same_vote_twice_counts_once(voting: Voting) -> None:
    id = voting.ask()
    told = voting.ballot(id, "ana", UP, "the very event")
    assert [voting.desk.vote(told, HERE), voting.desk.vote(told, HERE)] == [True, False]
    voting.vote(id)
    [example] = voting.examples()
    assert example.weight == 1


def test_a_withdrawn_vote_teaches_nothing_any_more(voting: Voting) -> None:
    id = voting.ask()
    voting.vote(id)
    assert len(voting.examples()) == 1
    voting.desk.withdraw(voting.ballot(id, "ana", UP), HERE)
    assert voting.examples() == []


def test_after_a_deletion_a_vote_is_refused_and_the_earlier_one_teaches_nothing(
    voting: Voting,
) -> None:
    id = voting.ask()
    voting.vote(id)
    assert len(voting.examples()) == 1
    voting.bot.store.forget_interactions([id])
    with pytest.raises(UnknownInteraction):
        voting.vote(id, "dan")
    assert voting.examples() == []


def test_who_wants_to_be_forgotten_is_forgotten_in_the_examples_too(voting: Voting) -> None:
    mine, theirs = voting.ask(), voting.ask()
    voting.vote(mine, "ana")
    voting.vote(theirs, "dan")
    assert len(voting.examples()) == 1
    voting.desk.forget("ana", HERE)
    [example] = voting.examples()
    assert (example.interactions, example.weight) == ((theirs,), 1)
    voting.desk.forget("ben", HERE)
    assert voting.examples() == []


def test_who_objects_later_is_learned_from_no_more(voting: Voting) -> None:
    voting.vote(voting.ask())
    assert len(voting.examples()) == 1
    voting.desk.choose("ben", HERE, may_learn=False)
    assert voting.examples() == []
