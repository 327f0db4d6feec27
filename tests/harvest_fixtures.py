"""A team to harvest from; it is emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harvests import Team, empty_database, team_at, wipe


@pytest.fixture(scope="session")
def lasting_team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team for every test of a session in turn."""
    with team_at(empty_database(tmp_path_factory.mktemp("harvest"))) as made:
        yield made


@pytest.fixture
def team(lasting_team: Team) -> Team:
    """A team of which nothing is known yet."""
    wipe(lasting_team.sessions)
    return Team(lasting_team.sessions)
