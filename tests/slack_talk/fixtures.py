"""A Slack with a thread in a channel, as fixtures."""

from __future__ import annotations

import pytest

from tests.faults import Server, Still
from tests.slack_talk.reading import thread
from tests.slack_talk.workspace import CHANNEL, Workspace, channels


@pytest.fixture
def slack_history(server: Server, time: Still) -> Workspace:
    made = Workspace({CHANNEL: thread(time)}, channels())
    made.at(server)
    return made
