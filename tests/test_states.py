"""What sources remember between passes."""

from __future__ import annotations

import pytest

from knowledge.states import read_state, written_state


def test_what_is_remembered_comes_back() -> None:
    remembered = {"since": "2026-11-22T12:00:00Z", "failed": ["a", "ключ 😀"], "passes": 3}
    assert read_state(written_state(1, remembered), 1) == remembered


@pytest.mark.parametrize(
    "state",
    ["", "{", "[1]", "null", '"x"', "7", "{}", '{"since": 1}', '{"version": 2}', "[" * 100_000],
)
def test_what_is_no_state_of_this_version_remembers_nothing(state: str) -> None:
    assert read_state(state, 1) == {}
