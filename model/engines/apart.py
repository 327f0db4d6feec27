"""OpenVINO's engine in a process of its own.

Its steps hold Python's lock while they compute, up to 0.2 s each. In one process a search, a
heartbeat to a platform and everybody else's pieces would wait for that (measured: a sleep of 1 ms
took 36 ms in the median while four answers were written, 1.1 ms beside this process). The process
also stands back behind the bot on the same cores. One that dies takes the answers under way with
it, which fail and say so; the next question starts another.
"""

from __future__ import annotations

import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from model.backends import Sampling
from model.engines.yielding import stand_back

STARTING_S, ENDING_S = 60.0, 5.0  # to call back; to be gone after its connection is closed


@dataclass(frozen=True)
class Plan:
    """What the process loads."""

    folder: Path  # the exported model
    threads: int | None
    room: int  # tokens


@dataclass
class _Process:
    """The process, the line to it, and who waits for what it says."""

    popen: subprocess.Popen[bytes]
    line: Connection
    sending: threading.Lock = field(default_factory=threading.Lock)
    waiting: dict[int, queue.SimpleQueue[Any]] = field(default_factory=dict)
    listening: threading.Thread | None = None
    ended: bool = False

    def listen(self) -> None:
        """Hand on what comes until the line is cut; then tell everybody who still waits."""
        with suppress(EOFError, OSError):
            while True:
                number, told = self.line.recv()
                if (heard := self.waiting.get(number)) is not None:
                    heard.put(told)
        with self.sending:
            self.ended = True
            left = list(self.waiting.values())
        for heard in left:
            heard.put(RuntimeError("the process that writes has ended (out of memory?)"))

    def send(self, *message: Any) -> None:
        """Raises `RuntimeError` when the process is gone."""
        with self.sending:
            try:
                self.line.send(message)
            except OSError as error:
                raise RuntimeError("the process that writes has ended") from error

    def end(self) -> None:
        """Have it end, and wait for that."""
        with suppress(RuntimeError):
            self.send("end", 0)
        try:
            self.popen.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        if self.listening is not None:
            self.listening.join()  # a line that is listened to must not be closed
        self.line.close()


class EngineApart:
    """Hands questions to the process, which is started when it is needed."""

    def __init__(self, plan: Callable[[], Plan], ends: Callable[[], Iterable[int]]) -> None:
        self._plan, self._ends = plan, ends
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._number = 0
        self._ending: Any = None

    def load(self) -> None:
        """Have the process ready, its model warm. Raises `RuntimeError` and `OSError`."""
        self._ready()

    def write(
        self, ids: Sequence[int], sampling: Sampling, _beginning: Sequence[int] = ()
    ) -> Generator[int, None, None]:
        """The tokens as they are written, beside those of others."""
        process, number, heard = self._asked("write", list(ids), sampling)
        try:
            while (told := heard.get()) is not None:
                if isinstance(told, Exception):
                    raise told
                yield told
        finally:
            del process.waiting[number]
            with suppress(RuntimeError):
                process.send("stop", number)

    def chances(self, ids: Sequence[int], tokens: Sequence[int]) -> tuple[float, ...] | None:
        """As `OpenvinoEngine.chances`."""
        chances: tuple[float, ...] | None = self._answer("chances", list(ids), list(tokens))
        return chances

    @property
    def under_way(self) -> int:
        """Answers that hold a slot now."""
        return int(self._answer("under_way")) if self._process is not None else 0

    @property
    def process_id(self) -> int | None:
        """Of the process that runs now."""
        return self._process.popen.pid if self._process and not self._process.ended else None

    def close(self) -> None:
        """End the process; the next question would start another."""
        with self._lock:
            if self._ending is not None:
                self._ending()
            self._process = self._ending = None

    def _answer(self, name: str, *given: Any) -> Any:
        process, number, heard = self._asked(name, *given)
        told = heard.get()
        del process.waiting[number]
        if isinstance(told, Exception):
            raise told
        return told

    def _asked(self, name: str, *given: Any) -> tuple[_Process, int, queue.SimpleQueue[Any]]:
        process, heard = self._ready(), queue.SimpleQueue[Any]()
        with self._lock:
            self._number = number = self._number + 1
        process.waiting[number] = heard
        try:
            process.send(name, number, *given)
        except RuntimeError:
            del process.waiting[number]
            raise
        return process, number, heard

    def _ready(self) -> _Process:
        with self._lock:
            if self._process is None or self._process.ended:
                if self._ending is not None:
                    self._ending()
                self._process = _started(self._plan(), self._ends)
                self._ending = weakref.finalize(self, self._process.end)
            return self._process


def _started(plan: Plan, ends: Callable[[], Iterable[int]]) -> _Process:
    """Start the process, read the ends while it loads, and wait until it is warm."""
    key = secrets.token_bytes(32)
    with Listener(authkey=key) as listener:
        address = listener.address
        popen = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert popen.stdin is not None
        with popen.stdin as told:
            told.write(f"{key.hex()}\n{address}\n".encode())
        line = _called_back(listener, popen)
    process = _Process(popen, line)
    try:
        line.send((str(plan.folder), plan.threads, plan.room))
        line.send(frozenset(ends()))
        failed = line.recv()
    except (EOFError, OSError) as error:
        process.end()
        raise RuntimeError("the process that writes ended while it loaded the model") from error
    except BaseException:
        process.end()
        raise
    if failed is not None:
        process.end()
        raise RuntimeError(failed)
    process.listening = threading.Thread(target=process.listen, name="written", daemon=True)
    process.listening.start()
    return process


def _called_back(listener: Listener, popen: subprocess.Popen[bytes]) -> Connection:
    """The line to the process, once it calls. Raises `RuntimeError` when it does not."""
    called: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def answer() -> None:
        try:
            called.put(listener.accept())
        except (OSError, EOFError, AuthenticationError) as error:
            called.put(error)

    threading.Thread(target=answer, name="calling", daemon=True).start()
    try:
        line = called.get(timeout=STARTING_S)
    except queue.Empty:
        line = None
    if not isinstance(line, Connection):
        popen.kill()
        popen.wait()
        raise RuntimeError("the process that writes could not be started")
    return line


# -- within the process ------------------------------------------------------------------


def main() -> None:
    """Call back, load, and answer until the line is cut."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bot, which cuts the line
    stand_back()
    key, address = (sys.stdin.readline().strip() for _ in range(2))
    line = Client(address, authkey=bytes.fromhex(key))
    with suppress(EOFError, OSError):
        _Service(line).run()
    os._exit(0)  # at once: answers nobody waits for are still being written


class _Service:
    """The engine, and an answer's thread for each question."""

    def __init__(self, line: Connection) -> None:
        self.line, self.sending = line, threading.Lock()
        self.stopped: set[int] = set()

    def run(self) -> None:
        """Load, say whether that went well, and answer."""
        from model.engines.openvino import OpenvinoEngine, pipeline

        folder, threads, room = self.line.recv()
        self.engine = OpenvinoEngine(lambda: pipeline(Path(folder), threads, room), self.line.recv)
        try:
            self.engine.load()
        except Exception as error:  # told to the bot
            self.line.send(str(error) or type(error).__name__)
            return
        self.line.send(None)
        while True:
            name, number, *given = self.line.recv()
            if name == "end":
                return
            if name == "stop":
                self.stopped.add(number)
            else:
                work = threading.Thread(target=self.answer, args=(name, number, given), daemon=True)
                work.start()

    def answer(self, name: str, number: int, given: Sequence[Any]) -> None:
        """One question, whatever comes of it."""
        try:
            if name == "write":
                self.write(number, *given)
            else:
                told = getattr(self.engine, name)
                self.say(number, told(*given) if callable(told) else told)
        except Exception as error:  # told to who waits
            self.say(number, RuntimeError(str(error)))

    def write(self, number: int, ids: Sequence[int], sampling: Sampling) -> None:
        """Token by token until its end, or until nobody wants more."""
        tokens = self.engine.write(ids, sampling)
        for token in tokens:
            if number in self.stopped:
                break
            self.say(number, token)
        tokens.close()
        self.stopped.discard(number)
        self.say(number, None)

    def say(self, number: int, told: Any) -> None:
        """Tell the bot; where that is gone, this process is about to end."""
        with self.sending, suppress(OSError):
            self.line.send((number, told))


if __name__ == "__main__":
    main()
