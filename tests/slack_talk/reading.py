"""A thread of a week ago, and the source that reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from knowledge.sources.slack import source as slack
from knowledge.sources.slack.passing import SlackSource
from tests.faults import Server, Still, limits_for
from tests.slack_talk.workspace import CHANNEL, TOKEN, Said

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0


def begun(time: Still) -> float:
    """When the thread began that is there: a week ago."""
    return float(int(time.now - 7 * DAY_S))


def thread(time: Still, *more: Said) -> tuple[Said, ...]:
    """A question with an answer that was accepted."""
    at = begun(time)
    accepted = {"reactions": [{"name": "white_check_mark", "count": 1, "users": ["U0ANNA"]}]}
    return (
        Said(at, "How hot does the *kiln* get?"),
        Said(at + 60, "1,240 degrees, <@U0ANNA>.", "U0BEN", at, accepted),
        Said(at + 90, "Thanks!", "U0ANNA", at),
        *more,
    )


def reading(server: Server, time: Still, *named: str, **options: Any) -> SlackSource:
    given = {"token": TOKEN, "base_url": f"{server.url}/api/", **options}
    made = slack("talk", named or (CHANNEL,), allow_private=True, **given)
    return replace(made, limits=limits_for(tries=3), outside=time.outside)
