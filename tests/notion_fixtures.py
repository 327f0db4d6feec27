"""A Notion with three pages, as fixtures."""

from __future__ import annotations

import pytest

from tests.faults import Server, Still
from tests.notion_reading import sheets
from tests.notion_server import Notion


@pytest.fixture
def wiki(server: Server, time: Still) -> Notion:
    made = Notion(sheets(time))
    made.at(server)
    return made
