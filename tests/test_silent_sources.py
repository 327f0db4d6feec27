"""A channel from which nothing is learned is not read by a source either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.app import App, build
from bot.conversation import Place
from bot.learning.channels import Channels
from tests.bots import settings_for
from tests.faults import Server, Still
from tests.passes import Passes, keys
from tests.slack_talk.reading import thread
from tests.slack_talk.workspace import CHANNEL, OTHER, TEAM, TOKEN, Workspace, channels

pytest_plugins = ["tests.slack_talk.fixtures"]
KILNS = Place("slack", TEAM, CHANNEL)


def given(server: Server, **learning: Any) -> dict[str, Any]:
    """Settings with a source that reads two channels."""
    talk = {"use": "slack", "channels": [CHANNEL, OTHER], "token": TOKEN, "allow_private": True}
    talk["base_url"] = f"{server.url}/api/"
    return {"sources": {"talk": talk}, "spaces": {}, "learning": learning}


def places(app: App, passes: Passes) -> list[str]:
    """The channels of which anything is held after a pass over the source."""
    passes.source = app.syncing.source("talk")
    return sorted({key.partition("/")[0] for key in keys(passes.next())})


@pytest.fixture
def both(server: Server, time: Still) -> Workspace:
    made = Workspace({CHANNEL: thread(time), OTHER: thread(time)}, channels())
    made.at(server)
    return made


def test_a_channel_switched_off_in_chat_is_forgotten_and_read_again_when_it_is_on(
    home: Path, server: Server, both: Workspace
) -> None:
    with build(settings_for(home, given(server))) as app:
        passes, choices = Passes(app.syncing.source("talk")), Channels(app.sessions)
        assert places(app, passes) == [CHANNEL, OTHER]
        choices.choose(KILNS, may_learn=False)
        before = len(server.asked)
        assert places(app, passes) == [OTHER]
        assert all(asked.query.get("channel") != CHANNEL for asked in server.asked[before:])
        choices.choose(KILNS, may_learn=True)
        assert places(app, passes) == [CHANNEL, OTHER]


def test_a_channel_that_the_settings_keep_silent_is_not_read(
    home: Path, server: Server, both: Workspace
) -> None:
    with build(settings_for(home, given(server, silent_channels=[CHANNEL]))) as app:
        assert places(app, Passes(app.syncing.source("talk"))) == [OTHER]
