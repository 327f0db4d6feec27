"""How long tests wait for what is to come: only a test that fails ever waits so long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 60.0  # the machine that judges may be slow, and busy with other things


async def until(true: Callable[[], object], what: str = "") -> None:
    """Wait until it is so; `what` is named where it never is."""
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, f"never: {what}"
        await asyncio.sleep(0.005)


def wait_for(true: Callable[[], object]) -> None:
    """The same where there is no loop."""
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.001)
