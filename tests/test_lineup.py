"""Who is served which version: what is live, and what a share of the places tries."""

from __future__ import annotations

from dataclasses import replace

from bot.learning.lineup import Lineup, lot
from tests.served import EVERYTHING, HERE, a_version, places

STYLE_1, STYLE_2 = a_version("style-1"), a_version("style-2")


def test_a_share_of_the_places_is_given_the_candidate_and_always_the_same_ones() -> None:
    tried = replace(STYLE_2, canary=0.1)
    lineup = Lineup(STYLE_1, (tried,))
    chosen = [place for place in places(2000) if lineup.chosen(place, "rewrite") is tried]
    assert 150 < len(chosen) < 250
    assert all(lineup.chosen(replace(place, thread="x"), "rewrite") is tried for place in chosen)
    more = Lineup(STYLE_1, (replace(tried, canary=0.3),))
    assert all(more.chosen(place, "rewrite") != STYLE_1 for place in chosen)
    assert Lineup(STYLE_1, (replace(tried, canary=1.0),)).chosen(HERE, "rewrite") != STYLE_1


def test_another_candidate_is_tried_in_other_places() -> None:
    lots = [(lot("style-1", place), lot("style-2", place)) for place in places(500)]
    both = [one for one, other in lots if one < 0.2 and other < 0.2]
    assert 0 < len(both) < 50


def test_a_candidate_does_only_what_it_was_taught() -> None:
    lineup = Lineup(a_version("style-1", tasks=EVERYTHING), (replace(STYLE_2, canary=1.0),))
    named = [lineup.chosen(HERE, task) for task in (*EVERYTHING, "draft")]
    assert [version and version.name for version in named] == ["style-2", "style-1", None]
