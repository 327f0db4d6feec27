"""A server to ask, and a time that passes only while somebody sleeps, as fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import Server, Still, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def time() -> Still:
    return Still()
