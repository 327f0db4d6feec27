"""Channels that the settings keep out of learning: no choice brings them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App, build
from bot.commands.channels import chosen
from bot.conversation import Place
from bot.errors import WrongUse
from tests.test_promoting import settings

SET, FREE = Place("slack", "T1", "SET"), Place("slack", "T1", "FREE")


@pytest.fixture
def app(home: Path) -> Iterator[App]:
    with build(settings(home, {"use": "local"}, silent_channels=["SET"])) as app:
        yield app


def test_learning_there_is_refused_and_what_to_do_is_said(app: App) -> None:
    with pytest.raises(
        WrongUse, match=r"Channel SET: nothing .* `silent_channels` of \[learning\]"
    ):
        chosen(app.learning, SET, may_learn=True)
    assert not app.learning.openness.learns_in(SET)


def test_it_can_be_switched_off_besides_and_then_what_was_learned_there_goes(app: App) -> None:
    chosen(app.learning, SET, may_learn=False)
    assert app.learning.channels.silent() == [SET]


def test_another_channel_is_learned_from_again(app: App) -> None:
    chosen(app.learning, FREE, may_learn=False)
    assert not app.learning.openness.learns_in(FREE)
    chosen(app.learning, FREE, may_learn=True)
    assert app.learning.openness.learns_in(FREE)
