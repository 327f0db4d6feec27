"""A local Slack, written from the documented behaviour, over real sockets on loopback.

In a test's event loop: `async with serving(Settings(...)) as server`, or the fixtures `slack` and
`people` of `tests.slack.fixtures`. As a process of its own: `python -m tests.slack PORT`.
"""

from tests.slack.people import People, people_at
from tests.slack.seen import Answered, Seen, Shown
from tests.slack.server import SlackServer, serving
from tests.slack.settings import Settings
from tests.slack.world import (
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    BOT_USER,
    OTHER_TEAM,
    SIGNING_SECRET,
    TEAM,
)

__all__ = [
    "APP_TOKEN",
    "BOT",
    "BOT_TOKEN",
    "BOT_USER",
    "OTHER_TEAM",
    "SIGNING_SECRET",
    "TEAM",
    "Answered",
    "People",
    "Seen",
    "Settings",
    "Shown",
    "SlackServer",
    "people_at",
    "serving",
]
