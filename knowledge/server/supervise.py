"""The supervisor: keeps one server alive for its users, and ends it after the last one."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from logging.handlers import RotatingFileHandler
from pathlib import Path

from knowledge.errors import ServerUnavailable
from knowledge.server.folder import Folder, State
from knowledge.server.launch import end, spawn, sweep
from knowledge.server.locks import lingering
from knowledge.server.loopback import exposed
from knowledge.server.ports import choose
from knowledge.server.version import WEAVIATE_VERSION
from knowledge.server.weaviate import Endpoint, complaint, ready

log = logging.getLogger(__name__)

TURN_S = 0.2  # between two looks at child and users
START_LIMIT_S = 600.0  # a big index loads for minutes
RAPID_S = 120.0  # deaths within it count together
DEATHS = 5  # as many make it give up
STILLBIRTHS = 2  # the same, for a server that was never ready
LOG_BYTES, LOG_FILES = 2_000_000, 3
KEPT_LINES = 60


@dataclass
class Supervisor:
    """What one supervising process knows."""

    folder: Folder
    binary: Path
    wanted: int | None  # the configured port
    asked: threading.Event = field(default_factory=threading.Event)  # to stop
    deaths: list[float] = field(default_factory=list)
    was_ready: bool = False
    linger_until: float = 0.0
    state: State = field(
        default_factory=lambda: State("starting", WEAVIATE_VERSION, os.getpid(), 0, 0)
    )

    def keep(self) -> None:
        """Have a server running until nobody wants it. Raises `ServerUnavailable`."""
        self.say(phase="starting")
        if count := sweep(self.folder):
            log.warning("ended %d server(s) that a dead supervisor left", count)
        while (reason := self._one_life()) is not None:
            self._mourn(reason)
            self.say(phase="restarting" if self.was_ready else "starting", server=0)

    def say(self, **parts: object) -> None:
        """Write down what has changed, for the commands to read."""
        self.state = replace(self.state, **parts)  # type: ignore[arg-type]
        log.info("%s", self.state)
        try:
            self.folder.write_state(self.state)
        except OSError:  # a full disk is no reason to end a server that still answers
            log.exception("what was said could not be written down")

    def _one_life(self) -> str | None:
        """Run the server once; None: it was ended on purpose, else why it died."""
        port = self._port()
        child = spawn(self.binary, self.folder, port)
        tail = keep_log(child, self.folder.log)
        try:
            self.say(server=child.pid, port=port)
            self._watch(child, Endpoint(port, self.folder.key()))
            return None if child.poll() is None else complaint(tail())
        finally:
            end(child)

    def _port(self) -> int:
        remembered = self.folder.remembered("port")
        before = int(remembered) if remembered.isdecimal() else None
        port = choose(before, self.wanted)
        if before not in (None, port) and self.wanted is None:
            self._note(f"port {before} is taken by another program; using {port} from now on")
        self.folder.remember("port", str(port))
        return port

    def _watch(self, child: subprocess.Popen[bytes], endpoint: Endpoint) -> None:
        """Return when the child has died or is no longer wanted."""
        began, is_ready = time.monotonic(), False
        while child.poll() is None and not self.asked.is_set() and not self._deserted():
            if not is_ready and (is_ready := ready(endpoint)):
                self._welcome(child.pid)
            if not is_ready and time.monotonic() - began > START_LIMIT_S:
                raise ServerUnavailable(f"not ready after {START_LIMIT_S:.0f} s", self._look())
            self.asked.wait(TURN_S)
        if child.poll() is None and self.state.phase != "stopping":
            self.say(phase="stopping")

    def _welcome(self, pid: int) -> None:
        self.was_ready = True
        self.folder.remember("version", WEAVIATE_VERSION)
        if far := exposed(pid):
            ports = ", ".join(map(str, far))
            note = f"ports {ports} can be reached from other machines; only keys guard them"
            self._note(note)
        self.say(phase="ready")

    def _note(self, note: str) -> None:
        self.state = replace(self.state, notes=tuple({*self.state.notes, note}))

    def _deserted(self) -> bool:
        """Is the last user gone, and its time to linger over?"""
        now = time.monotonic()
        if users := lingering(self.folder.users):
            self.linger_until = max(self.linger_until, now + max(users))
        if users or now < self.linger_until:
            return False
        held = self.folder.starting.take()
        if held is None:  # someone comes just now
            return False
        try:
            if lingering(self.folder.users):
                return False
            self.say(phase="stopping")  # under the lock: who comes from here on waits for our end
            return True
        finally:
            os.close(held)

    def _mourn(self, reason: str) -> None:
        """Wait before another try. Raises `ServerUnavailable` when there were too many."""
        now = time.monotonic()
        self.deaths = [*(at for at in self.deaths if now - at < RAPID_S), now]
        log.warning("Weaviate died: %s", reason)
        if len(self.deaths) >= (DEATHS if self.was_ready else STILLBIRTHS):
            times = f"ended {len(self.deaths)} times within {RAPID_S:.0f} s"
            raise ServerUnavailable(f"the server {times}, last with: {reason}", self._look())
        self.asked.wait(0.25 * 2 ** len(self.deaths))

    def _look(self) -> str:
        return (
            f"See {self.folder.log}; free disk or memory if that is what it lacks; if its data are "
            f"damaged, move {self.folder.data} away and run `tandem sync` to index anew"
        )


def supervise(folder: Folder, binary: Path, wanted: int | None) -> None:
    """Be the supervisor of this folder, unless there is one; return at its end."""
    held = _take(folder)
    if held is None:
        return
    supervisor = Supervisor(folder, binary, wanted)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.asked.set())
    try:
        supervisor.keep()
        supervisor.say(phase="stopped", server=0)
    except ServerUnavailable as error:
        supervisor.say(phase="failed", server=0, problem=error.problem, remedy=error.remedy)
    except Exception as error:  # a bug, or a full disk; the commands that wait must hear of it
        log.exception("the supervisor failed")
        supervisor.say(phase="failed", server=0, problem=f"{error}", remedy=supervisor._look())
    finally:
        os.close(held)


def _take(folder: Folder) -> int | None:
    """The supervisor's lock. Commands that look whether it is taken hold it for an instant."""
    for _ in range(20):
        if (held := folder.supervising.take()) is not None:
            return held
        time.sleep(0.05)
    return None


def keep_log(child: subprocess.Popen[bytes], path: Path) -> Callable[[], list[str]]:
    """Write what the child says into `path`, rotated; a call gives the last lines at its end."""
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    file = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, delay=True)

    def read() -> None:
        for raw in child.stdout or ():
            line = raw.decode(errors="replace").rstrip()
            lines.append(line)
            file.emit(logging.makeLogRecord({"msg": line}))
        file.close()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()

    def tail() -> list[str]:
        reader.join(5)
        return list(lines)

    return tail
