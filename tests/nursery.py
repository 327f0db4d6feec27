"""Bots in processes of their own, which die where a test says.

A process imports everything once and forks a bot for each line of JSON that it reads (`Life`).
The bot is the whole of `tests.bots` on a real platform; `tests.deaths` says what kills it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.deaths import Fate, Point, doom, dying_model
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from bot.platforms import Platform
    from tests.bots import Made

ROOT = Path(__file__).resolve().parents[1]
BORN_WITH = ("tests.bots", "bot.__main__", "bot.logs", "bot.running", "importlib.readers")
ANSWER = ("Answer 1: ", "You get 27 days ", "of leave.")


@dataclass(frozen=True)
class Life:
    """What a bot is, and how it ends."""

    api: str
    home: str
    database: str
    point: Point = field(default_factory=Point)
    says: tuple[str, ...] = ANSWER
    writes: tuple[str, ...] = ("Kindly ", "send ", "the numbers.")
    wait_s: float = 0.0  # of the model, after each piece
    options: Mapping[str, Any] = field(default_factory=dict)  # of the platform
    at_once: int = 4  # answers that are written at a time


# -- in the bot's process ------------------------------------------------------------------


Build = Callable[["Life"], "Platform"]
"""What makes the platform of a life, out of its settings."""


def born(life: Life, build: Build) -> None:
    """Live until killed, or told to end."""
    from bot.line import Line
    from tests.bots import made

    fate = Fate(life.point, Path(life.home))
    model = dying_model(life.says, life.wait_s, fate)
    writer = dying_model(life.writes, life.wait_s, fate)
    with made(Path(life.home), model, writer, database_url=life.database) as bot:
        bot.desk.assistant.line = Line(life.at_once)
        doom(bot, fate)
        asyncio.run(alive(bot, build(life)))


async def alive(bot: Made, platform: Platform) -> None:
    """Run as `tandem run` does."""
    from bot.running import leave, until_told

    app: Any = bot  # all that is asked of the app is its desk
    await until_told(app, [platform], leave)


def serve(build: Build, *heavy: str) -> None:
    """Fork a bot for each line; a line that is a number: say how that process ended.

    `heavy`: the modules that are imported once for all that are forked.
    """
    for module in (*BORN_WITH, *heavy):
        import_module(module)
    children = list[int]()
    for line in sys.stdin:
        told = json.loads(line)
        if isinstance(told, int):
            ended = os.waitstatus_to_exitcode(os.waitpid(told, 0)[1])
            say(ended)
            children.remove(told)
        else:
            children.append(forked(told, build))
            say(children[-1])
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def say(number: int) -> None:
    """A line for the test."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def forked(told: dict[str, Any], build: Build) -> int:
    """A bot's process; what it says goes to a file in its home."""
    child = os.fork()
    if child:
        return child
    point = Point(**told.pop("point"))
    lists = {name: tuple(told[name]) for name in ("says", "writes")}
    life, code = Life(**(told | lists), point=point), 1
    try:
        log = os.open(f"{life.home}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = ended(life, build)
    finally:
        os._exit(code)


def ended(life: Life, build: Build) -> int:
    """The exit code, as `tandem run` would give it."""
    from bot import logs
    from bot.__main__ import guarded

    logs.begin(None, "info", "text")
    return guarded(lambda: born(life, build))


# -- in the test's process -----------------------------------------------------------------


@dataclass
class Bot:
    """A bot's process, as a test holds it."""

    pid: int
    nursery: Nursery
    log: Path

    async def ended(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait until it ended; the exit code, negative where a signal ended it."""
        ending = asyncio.create_task(self.nursery.ask(self.pid))
        if not (await asyncio.wait([ending], timeout=timeout_s))[0]:
            self.kill()
            await ending
            raise AssertionError(f"it never ended:\n{self.log.read_text()}")
        return ending.result()

    def kill(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal."""
        os.kill(self.pid, sign)


class Nursery:
    """The process that forks bots."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    async def start(self, life: Life) -> Bot:
        """A new bot."""
        return Bot(await self.ask(asdict(life)), self, Path(life.home) / "log")

    async def ask(self, told: object) -> int:
        """Say a line, and give the number that is answered."""
        return await asyncio.to_thread(self._ask, json.dumps(told))

    def _ask(self, line: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def nursery(module: str) -> Iterator[Nursery]:
    """Bots of a module that serves can be started until the block ends; then all are killed."""
    command, pipe = (sys.executable, "-m", module), subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield Nursery(process)
