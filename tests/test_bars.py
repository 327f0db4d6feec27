"""How progress reads."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bot.bars import Bars, of


@pytest.mark.parametrize(
    ("done", "total", "told"),
    [
        (3, 40, "3 of 40"),
        (1200, 5183, "1,200 of 5,183"),
        (8_192, 81_969_749, "0.0 of 82.0 MB"),
        (12, None, "12"),
        (0, None, ""),
    ],
)
def test_amounts_read_well(done: int, total: int | None, told: str) -> None:
    assert of(done, total) == told


def test_without_a_terminal_each_step_is_a_line_at_its_start_and_end() -> None:
    out = io.StringIO()
    with Bars(Console(file=out)) as bars:
        for done in range(1, 101):
            bars("Syncing docs", done, 100)
    assert out.getvalue().splitlines() == ["Syncing docs 1 of 100", "Syncing docs 100 of 100"]


def test_a_service_shows_its_log_and_no_progress() -> None:
    out = io.StringIO()
    with Bars(Console(file=out)) as bars:
        bars("Syncing docs", 1, 1)
        bars.hush()
        bars("Syncing docs", 1, 1)
        bars("Syncing wiki", 1, 1)
        bars.note("said")
    assert out.getvalue().splitlines() == ["Syncing docs 1 of 1", "said"]


def test_on_a_terminal_a_bar_is_drawn_and_taken_away() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120)
    with Bars(console) as bars:
        bars("Downloading weights", 50_000_000, 100_000_000)
        bars.note("a note that stays")
    assert "Downloading weights" in out.getvalue()
    assert "50.0 of 100.0 MB" in out.getvalue()
    assert "a note that stays" in out.getvalue()
