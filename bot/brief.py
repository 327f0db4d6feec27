"""Short calls to the desk, made out of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def brief(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A call to the desk, in a thread."""
    return await asyncio.to_thread(call, *args, **kwargs)
