"""A Zendesk with articles and tickets, as a fixture beside those of `tests.still_fixtures`."""

from __future__ import annotations

import pytest

from tests.faults import Server, Still
from tests.zendesk_reading import cases, guides
from tests.zendesk_server import Zendesk


@pytest.fixture
def desk(server: Server, time: Still) -> Zendesk:
    made = Zendesk(lambda: time.now, guides(time), cases(time))
    made.at(server)
    return made
