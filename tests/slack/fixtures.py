"""Fixtures: a Slack in the test's own event loop, and the people in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.bots import Made, made
from tests.slack.people import People, people_at
from tests.slack.server import SlackServer, serving


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    """A server of this test's own."""
    async with serving() as server:
        yield server


@pytest.fixture
async def people(slack: SlackServer) -> AsyncIterator[People]:
    """Those who use it."""
    async with people_at(slack.base) as client:
        yield client


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Made]:
    """A bot with a database of its own, that listens nowhere yet."""
    with made(tmp_path) as built:
        yield built
