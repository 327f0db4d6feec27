"""What kills a bot where a test says: it stands around our own ports."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bots import Made

HELD = "held"


@dataclass(frozen=True)
class Point:
    """Where a bot dies: before or after a call of a port, or where it stands still for ever."""

    when: str = ""  # "before", "after"; "hold": it waits there; empty: nowhere
    call: str = ""  # of the inbox, "search", "piece" of a model, "rate"
    part: int | None = None  # of a reply that is noted
    revision: int = 0  # of the item; 0: any
    gone: bool = False  # only for a question that was deleted
    edited: bool = False  # only for a post that was edited
    event: str = ""  # only for an event that is told whose id matches this, as a pattern
    skip: int = 0  # calls that go well first


class Fate:
    """Lets the calls of ports through until it is time to die, or to stand still."""

    def __init__(self, point: Point, home: Path) -> None:
        """A file `held` in the home says that it stands still."""
        self.point, self.left, self.home = point, point.skip, home
        self.noted = threading.Event()  # a reply stands
        self._lock = threading.Lock()

    def meets(self, when: str, call: str, given: tuple[Any, ...]) -> bool:
        """Is it here?"""
        point = self.point
        if (when, call) != (point.when, point.call) or not fits(point, given):
            return False
        with self._lock:
            self.left -= 1
            return self.left < 0

    def before(self, call: str, *given: Any) -> None:
        """A call is about to be made."""
        if call == "piece" and self.point.call == "piece" and self.left <= 0:
            self.noted.wait(30)  # what came before it stands
        if self.meets("before", call, given):
            die()
        if self.meets("hold", call, given):
            (self.home / HELD).touch()
            threading.Event().wait()

    def after(self, call: str, *given: Any) -> None:
        """A call was made."""
        if self.meets("after", call, given):
            die()
        if call == "note":
            self.noted.set()

    def around(self, call: str, made: Callable[..., Any]) -> Callable[..., Any]:
        """The call, with death before and after it."""

        def called(*given: Any, **named: Any) -> Any:
            self.before(call, *given)
            result = made(*given, **named)
            self.after(call, result if call == "claim" else given[0] if given else None, *given[1:])
            return result

        return called


class Port:
    """A port with death around each of its calls."""

    def __init__(self, port: object, fate: Fate) -> None:
        self._port, self._fate = port, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._fate.around(name, found) if callable(found) else found


def fits(point: Point, given: tuple[Any, ...]) -> bool:
    """Is the call about what the point is about?"""
    item = given[0] if given else None
    if point.call == "claim" and point.when == "after" and item is None:
        return False
    if point.revision and getattr(item, "revision", 0) != point.revision:
        return False
    if point.gone and not getattr(item, "gone", False):
        return False
    if point.edited and not getattr(item, "edited", False):
        return False
    if point.event and not re.match(point.event, str(given[1])):
        return False
    return point.part is None or given[1].part == point.part


def die() -> None:
    """As the kernel kills."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying_model(pieces: tuple[str, ...], wait_s: float, fate: Fate) -> Any:
    """A model that may die between two pieces."""
    from model.backends import Prompt, Sampling
    from tests.bots import SlowBackend

    class Model(SlowBackend):
        def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
            for number, piece in enumerate(super().complete(prompt, sampling)):
                if number:
                    fate.before("piece")
                yield piece

    return Model(*pieces, wait_s=wait_s)


def doom(bot: Made, fate: Fate) -> None:
    """Stand around the ports."""
    inbox: Any = Port(bot.desk.inbox, fate)
    bot.desk.inbox = inbox
    bot.desk.assistant.search = fate.around("search", bot.desk.assistant.search)
    memory: Any = Port(bot.desk.assistant.memory, fate)
    bot.desk.assistant.memory = memory
