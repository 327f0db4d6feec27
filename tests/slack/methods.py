"""What a method of the Web API is: its work, its tier, the scopes that it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.slack.payloads import Args, Json

if TYPE_CHECKING:
    from tests.slack.workspace import Workspace

Work = Callable[["Workspace", Args], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """One method; every one of `scopes` is needed."""

    work: Work
    tier: int
    scopes: tuple[str, ...] = ()
    by_kind: tuple[str, str] = ("", "")  # ("history", "channel"): the scope for that channel's kind
    of_app: bool = False  # called with the app's token, not the bot's
