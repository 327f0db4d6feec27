"""Locks that the system drops when their holder dies, however it dies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True)
class Lock:
    """A lock file. The file stays; only the lock on it means something."""

    path: Path

    def take(self) -> int | None:
        """The open file that holds the lock until it is closed; None: another has it."""
        import fcntl  # not there on Windows, where the rest of the package must import

        held = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            return None
        return held

    def taken(self) -> bool:
        """Does anyone hold it?"""
        if not self.path.exists():
            return False
        held = self.take()
        if held is not None:
            os.close(held)
        return held is None

    @contextmanager
    def held(self, waiting: Callable[[float], None]) -> Iterator[None]:
        """Hold the lock; until it is free, `waiting` is told the seconds so far."""
        began = time.monotonic()
        while (held := self.take()) is None:
            waiting(time.monotonic() - began)
            time.sleep(0.1)
        try:
            yield
        finally:
            os.close(held)


@dataclass(frozen=True)
class Registration:
    """A user's locked file, which tells for how many seconds the server may linger after it."""

    path: Path
    held: int

    def leave(self) -> None:
        """The user is gone."""
        self.path.unlink(missing_ok=True)
        os.close(self.held)


def register(users: Path, linger_s: float) -> Registration:
    """Note this process as a user."""
    # Locked under another name first: a file with the final name and no lock is a dead user's.
    aside = users / f".{os.getpid()}-{uuid4().hex[:8]}"
    held = Lock(aside).take()
    assert held is not None, "nobody else knows this name"
    os.write(held, str(linger_s).encode())
    path = users / f"{aside.name[1:]}.user"
    aside.rename(path)
    return Registration(path, held)


def using(users: Path) -> tuple[int, ...]:
    """The processes that are users now, each as often as it is one."""
    lingering(users)  # without those that died
    return tuple(sorted(int(path.name.partition("-")[0]) for path in users.glob("*.user")))


def lingering(users: Path) -> list[float]:
    """The seconds of each living user; files of dead ones are removed."""
    living = []
    for path in users.glob("*.user"):
        try:
            held = Lock(path).take() if path.exists() else None
            if held is None:
                living.append(float(path.read_text()))
                continue
        except (FileNotFoundError, ValueError):  # it left just now
            continue
        path.unlink(missing_ok=True)
        os.close(held)
    return living
