"""How long something lasts, in words."""

from __future__ import annotations

from datetime import timedelta


def lasting(time: timedelta) -> str:
    """`90 s`, `15 min`, `6 h`, `2 d`."""
    seconds = time.total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"
