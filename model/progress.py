"""How long work says where it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Told as work goes on: what is being done, units done so far, units in all (None: unknown)."""


def quiet(step: str, done: int, total: int | None) -> None:
    """A `Progress` that says nothing."""
