"""One server for all commands of a data folder: joining, leaving, asking how it is, stopping."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from knowledge.documents import Progress, quiet
from knowledge.errors import ServerUnavailable
from knowledge.server.find import find
from knowledge.server.folder import Folder, State, folder
from knowledge.server.keeper import Keeper
from knowledge.server.launch import sweep
from knowledge.server.locks import register, using
from knowledge.server.version import WEAVIATE_VERSION, release
from knowledge.server.weaviate import Endpoint, ready

LINGER_S = 120.0  # so that the next command need not start it again
SUPERVISOR_S = 30.0  # for a supervisor to say its first word, or its last
LIMIT_S = 660.0  # for a server to be ready, beyond what its supervisor allows it
SAID_BYTES = 1 << 18  # of a supervisor's log, before it is begun anew


class Lost(Exception):
    """The supervisor died while we waited for it."""


class Running:
    """The use that a process makes of the server: `with serve(...) as endpoint`."""

    def __init__(self, kept: Folder, linger_s: float, start: Callable[[Folder], Endpoint]) -> None:
        self._kept, self._start = kept, start
        self._keeper: Keeper | None = None
        kept.prepare()
        self._registration = register(kept.users, linger_s)
        try:
            self.endpoint = start(kept)
        except BaseException:
            self._registration.leave()
            raise

    def ensure(self) -> Endpoint:
        """The server, started again if it is gone (someone stopped it, or the supervisor died)."""
        self.endpoint = self._start(self._kept)
        return self.endpoint

    def keep(self, moved: Callable[[Endpoint], None] = lambda _: None) -> None:
        """Until `close`, start it again whenever it is gone; `moved` hears of other ports."""

        def found(endpoint: Endpoint) -> None:
            self.endpoint = endpoint
            moved(endpoint)

        self._keeper = Keeper(self._kept, self.ensure, self.endpoint, found)
        self._keeper.begin()

    def back(self, within_s: float) -> bool:
        """Wait until it is ready; False: it was not within that time."""
        until = time.monotonic() + within_s
        while not (there := ready(self.endpoint)) and time.monotonic() < until:
            time.sleep(0.2)
        return there

    def close(self) -> None:
        """Use it no more. The last one to leave has the server end once it has lingered."""
        if self._keeper is not None:
            self._keeper.end()
        self._registration.leave()

    def __enter__(self) -> Endpoint:
        return self.endpoint

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Status:
    """How the server of a data folder is."""

    running: bool  # it is ready and takes our key
    phase: str  # as the supervisor said last; "stopped": nobody supervises
    pid: int  # of Weaviate; 0: none
    version: str
    endpoint: Endpoint | None
    processes: tuple[int, ...]  # that use it
    data_bytes: int
    log: Path
    notes: tuple[str, ...] = ()
    problem: str = ""  # why it failed, with the remedy

    @property
    def users(self) -> int:
        """How many use it."""
        return len(self.processes)


def serve(
    home: Path,
    cache: Path,
    linger_s: float = LINGER_S,
    progress: Progress = quiet,
    port: int | None = None,
    find: Callable[[Path, Progress], Path] = find,
) -> Running:
    """Use the Weaviate of the data folder `home`; it is had and started if it must be.

    It stays for `linger_s` seconds after its last user. `port` is the first of six in a row
    on loopback; None: free ones, the same at each start if they are still free.
    Raises `ServerUnavailable`.
    """

    def start(kept: Folder) -> Endpoint:
        for last_try in (False, True):
            _join(kept, lambda: find(cache, progress), port, progress)
            try:
                return _await(kept, progress)
            except Lost as lost:
                if last_try:
                    raise _silent(kept) from lost
        raise AssertionError("the last try returns or raises")

    return Running(folder(home), linger_s, start)


def stop(home: Path) -> bool:
    """End the server of `home`, whoever uses it; False: there was none."""
    kept = folder(home)
    if not kept.root.is_dir():
        return False
    if not kept.supervising.taken():
        return sweep(kept) > 0
    with suppress(ProcessLookupError):  # who holds the lock wrote the state; it ends just now
        os.kill(_first_word(kept).supervisor, signal.SIGTERM)
    _await_end(kept)
    return True


def status(home: Path) -> Status:
    """How the server of `home` is; nothing is started."""
    kept = folder(home)
    state = kept.state() or State("stopped", kept.remembered("version"), 0, 0, 0)
    supervised = kept.root.is_dir() and kept.supervising.taken()
    phase = state.phase if supervised or state.phase == "failed" else "stopped"
    endpoint = Endpoint(state.port, kept.key()) if supervised and state.port else None
    return Status(
        running=phase == "ready" and endpoint is not None and ready(endpoint),
        phase=phase,
        pid=state.server if supervised else 0,
        version=state.version,
        endpoint=endpoint,
        processes=using(kept.users),
        data_bytes=kept.size(),
        log=kept.log,
        notes=state.notes,
        problem=f"{state.problem}. {state.remedy}." if phase == "failed" else "",
    )


def _join(kept: Folder, binary: Callable[[], Path], port: int | None, progress: Progress) -> None:
    """Have a supervisor at work."""
    with kept.starting.held(_waiting(progress)):
        if kept.supervising.taken() and _first_word(kept).phase == "stopping":
            progress("Waiting for Weaviate to end, to start it again", 0, None)
            _await_end(kept)
        if not kept.supervising.taken():
            _require_not_newer(kept)
            kept.require_room()
            _start_supervisor(kept, binary(), port)
        elif (version := _first_word(kept).version) != WEAVIATE_VERSION:
            problem = f"version {version} runs in this data folder, {WEAVIATE_VERSION} is wanted"
            raise ServerUnavailable(problem, "Run `tandem stop`, then try again")


def _start_supervisor(kept: Folder, binary: Path, port: int | None) -> None:
    kept.forget_state()
    arguments = [str(kept.root), str(binary), *([str(port)] if port else [])]
    mode = "ab" if _bytes(kept.supervisor_log) < SAID_BYTES else "wb"
    with kept.supervisor_log.open(mode) as said:
        subprocess.run(
            [sys.executable, "-P", "-m", "knowledge.server", *arguments],
            env={**os.environ, "PYTHONPATH": _python_path()},
            cwd=kept.root,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            check=False,
        )
    _first_word(kept)


def _await(kept: Folder, progress: Progress) -> Endpoint:
    """The endpoint, once it is ready. Raises `ServerUnavailable` and `Lost`."""
    began = time.monotonic()
    while (seconds := time.monotonic() - began) < LIMIT_S:
        alive, state = kept.supervising.taken(), kept.state()  # in this order: see `_judge`
        endpoint = _judge(kept, alive, state)
        if endpoint is not None and ready(endpoint):
            return endpoint
        progress("Starting Weaviate", int(seconds), None)
        time.sleep(0.1)
    raise ServerUnavailable(f"not ready after {LIMIT_S:.0f} s", f"See {kept.log}")


def _judge(kept: Folder, alive: bool, state: State | None) -> Endpoint | None:
    """What a supervisor's word means; its last word is read after it was seen to be gone."""
    if state is not None and state.phase == "failed":
        raise ServerUnavailable(state.problem, state.remedy)
    if not alive:
        raise Lost
    if state is None or state.phase != "ready":
        return None
    return Endpoint(state.port, kept.key())


def _first_word(kept: Folder) -> State:
    """What the supervisor says, once it has said anything. Raises `ServerUnavailable`."""
    until = time.monotonic() + SUPERVISOR_S
    while time.monotonic() < until:
        if (state := kept.state()) is not None:
            return state
        time.sleep(0.05)
    raise _silent(kept)


def _await_end(kept: Folder) -> None:
    """Return when there is no supervisor any more. Raises `ServerUnavailable`."""
    until = time.monotonic() + SUPERVISOR_S + 60
    while kept.supervising.taken():
        if time.monotonic() > until:
            problem = f"its supervisor (process {_first_word(kept).supervisor}) does not end"
            raise ServerUnavailable(problem, "End that process, then try again")
        time.sleep(0.05)


def _require_not_newer(kept: Folder) -> None:
    wrote = kept.remembered("version")
    if release(wrote) > release(WEAVIATE_VERSION):
        problem = f"{kept.data} was written by version {wrote}, newer than {WEAVIATE_VERSION}"
        remedy = "Update Tandem, or move that folder away and run `tandem sync` to index anew"
        raise ServerUnavailable(problem, remedy)


def _silent(kept: Folder) -> ServerUnavailable:
    problem = "its supervisor ended without a word"
    with suppress(OSError):
        lines = kept.supervisor_log.read_text(errors="replace").splitlines()
        problem += f" ({lines[-1]})" if lines else ""
    return ServerUnavailable(problem, f"See {kept.supervisor_log}, then try again")


def _waiting(progress: Progress) -> Callable[[float], None]:
    step = "Waiting for another command that starts Weaviate"
    return lambda seconds: progress(step, int(seconds), None)


def _python_path() -> str:
    """What has the supervisor find this very package, whatever folder we are in."""
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
