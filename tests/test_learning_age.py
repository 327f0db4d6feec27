"""Votes that are older than is learned from say nothing any more, whatever is harvested."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.conversation import Place
from bot.harvest import HarvestReport, harvest
from bot.learning.readings import OLD_VOTES
from tests.harvests import NOON, Team

pytest_plugins = ["tests.harvest_fixtures"]


def harvested(team: Team, since_s: int, anew: bool = False) -> HarvestReport:
    """A harvest that listens to votes from so many seconds after noon on."""
    since = NOON + timedelta(seconds=since_s)
    return harvest(replace(team.parts, consent=replace(team.parts.consent, since=since)), anew)


def noted_anew(team: Team) -> None:
    """What is said in the channel is to be looked at again, old or not."""
    for may_learn in (False, True):
        team.channels.choose(Place("slack", "T1", "general"), may_learn)


def test_what_expired_is_not_drawn_again_by_a_full_harvest(team: Team) -> None:
    old, new = team.wrote(), team.wrote("Rewrite: no bread left", "There is no bread left.")
    team.up(old)
    team.up(new)
    team.harvest()
    team.book.expire(NOON + timedelta(days=9999))
    assert team.examples() == []
    noted_anew(team)
    assert harvested(team, 2, anew=True).skipped == {OLD_VOTES: 1}
    assert [each.interactions for each in team.examples()] == [(new,)]


def test_of_an_old_vote_and_a_new_one_the_new_one_counts(team: Team) -> None:
    id = team.wrote()
    team.down(id, "ana", correction="I am not able to come today.")
    team.up(id, "dan")
    harvested(team, 2)
    [example] = team.examples()
    assert (example.chosen, example.rejected) == ("I can't come today.", "")


def test_a_vote_that_grows_old_takes_its_example_along_when_it_is_looked_at(team: Team) -> None:
    team.up(team.wrote())
    assert harvested(team, 1).added == 1
    noted_anew(team)
    assert harvested(team, 2).skipped == {OLD_VOTES: 1}
    assert team.examples() == []
