"""Trouble on demand: errors, 429, broken connections, slow answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Fault:
    """What goes wrong with the next calls of a route, as "POST /channels/{channel}/messages".

    `route`: method and path without /api/v10, ids written as `{…}` (any word in the braces), `*`:
    any call. One of `status` (with `code` and `message` in the body), `cut` (the connection
    ends before or after the call took effect), `instead` (what is said of a call that took
    effect, or with `status`: a proxy's page, say); or only a delay in seconds.
    """

    route: str
    times: int = 1
    skip: int = 0  # calls that still go well before it
    status: int = 0
    code: int = 0
    message: str = ""
    retry_after_s: float | None = None  # with 429
    is_global: bool = False  # with 429
    cut: Literal["", "before", "after"] = ""
    instead: str = ""
    content_type: str = "text/html"  # of `instead`
    delay_s: float = 0.0


class Faults:
    """The faults to come."""

    def __init__(self) -> None:
        self.coming: list[Fault] = []

    def take(self, route: str) -> Fault | None:
        """What goes wrong with this call; None: nothing."""
        for fault in self.coming:
            if not fits(fault.route, route):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            self.coming = [f for f in self.coming if f.times > 0]
            return fault
        return None


def fits(wanted: str, route: str) -> bool:
    """Is a route ("GET /channels/{channel}") the wanted one? Ids may be named otherwise."""
    if wanted == "*":
        return True
    ours, theirs = wanted.split("/"), route.split("/")
    return len(ours) == len(theirs) and all(
        a == b or (a.startswith("{") and b.startswith("{"))
        for a, b in zip(ours, theirs, strict=True)
    )
