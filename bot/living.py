"""Which process a worker is, and whether that process lives still."""

from __future__ import annotations

import socket
from functools import cache
from os import getpid
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
NUMBERS = Path("/proc/self/ns/pid")  # who shares it knows a process by the same number
STARTED = 19  # the field of a process's start, in ticks since boot, counted from its state


def this_worker() -> str:
    """The name of a worker in this process, which no other process ever has."""
    pid = getpid()
    return f"{this_host()}/{pid}/{born(pid)}"


def is_gone(worker: str) -> bool:
    """Was it a process of this host, and is it ended? What cannot be known counts as living."""
    import psutil

    host, pid, started = (*worker.rsplit("/", 2), "", "")[:3]
    if host != this_host() or not pid.isdigit():
        return False
    return not psutil.pid_exists(int(pid)) or born(int(pid)) not in ("", started)


@cache
def this_host() -> str:
    """What tells this host, since it was started, and this container on it from others."""
    boot = BOOT.read_text().strip() if BOOT.exists() else ""
    numbers = str(NUMBERS.stat().st_ino) if NUMBERS.exists() else ""
    return "~".join((socket.gethostname(), boot[:8], numbers))


def born(pid: int) -> str:
    """When a process was started, as a clock tells it that nobody sets; empty: it is not told.

    One that has ended and that its parent has not looked after yet was never started.
    """
    import psutil

    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return "ended" if told[0] in "ZX" else told[STARTED]
    except (OSError, IndexError):  # no Linux, or not ours to see
        pass
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""
