"""A change of what was learned that is killed anywhere is made as a whole, or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.database import upgrade
from tests.dying_lessons import ACTS

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.endurance
@pytest.mark.soak
def test_a_change_killed_between_any_two_statements_left_nothing_of_itself(
    database_url: str,
) -> None:
    upgrade(database_url)
    command = [sys.executable, "-m", "tests.dying_lessons", database_url]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert told.returncode == 0, told.stderr[-2000:]
    ends = [json.loads(line) for line in told.stdout.splitlines()]
    assert [end["act"] for end in ends] == list(ACTS)
    for end in ends:
        assert (end["ended"], end["changed"]) == (0, True), end
        assert end["deaths"] >= 3, end  # before it begins, in its midst, before it is committed
