"""The bench of a cold start in its short form; no figure is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_bench import bench, figures


@pytest.mark.real
@pytest.mark.bench
def test_a_cold_start_is_held_against_the_engine_alone(tmp_path: Path) -> None:
    table = bench("cold", tmp_path / "out.json")
    assert len(figures(table)) == 6
    ratios = [line["ratio"] for line in table["lines"] if line["ratio"] is not None]
    assert len(ratios) == 2
    assert all(ratio > 1 for ratio in ratios)
