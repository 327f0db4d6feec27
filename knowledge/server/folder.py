"""The server's folder: where its data, key, ports, users, state and logs lie."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.errors import ServerUnavailable
from knowledge.server.locks import Lock

ROOM = 64 * 1024 * 1024  # bytes without which a server is not started: it would fail half-way


@dataclass(frozen=True)
class State:
    """What the supervisor last said of its server."""

    phase: str  # "starting", "ready", "restarting", "stopping", "stopped" or "failed"
    version: str
    supervisor: int  # process ids; 0: none
    server: int
    port: int  # the first of the block
    notes: tuple[str, ...] = ()  # for the operator
    problem: str = ""  # with "failed"
    remedy: str = ""


@dataclass(frozen=True)
class Folder:
    """The paths under `root`, which is `<data folder>/weaviate`."""

    root: Path

    @property
    def data(self) -> Path:
        """What Weaviate keeps."""
        return self.root / "data"

    @property
    def users(self) -> Path:
        """A locked file for each process that uses the server."""
        return self.root / "users"

    @property
    def log(self) -> Path:
        """What Weaviate says."""
        return self.root / "log" / "weaviate.log"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor says."""
        return self.root / "log" / "supervisor.log"

    @property
    def marker(self) -> Path:
        """A path in the server's command line by which its process is known to be ours."""
        return self.root / "weaviate.sock"

    @property
    def starting(self) -> Lock:
        """Held while a server is being started, or is chosen to be stopped."""
        return Lock(self.root / "start.lock")

    @property
    def supervising(self) -> Lock:
        """Held by the supervisor for as long as it lives."""
        return Lock(self.root / "supervisor.lock")

    def prepare(self) -> None:
        """Make the folders, readable by the owner only. Raises `ServerUnavailable`."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            for path in (self.data, self.users, self.log.parent):
                path.mkdir(exist_ok=True)
            _require_writable(self.root)
        except OSError as error:
            raise _unusable(self.root, error) from error

    def require_room(self) -> None:
        """Raise `ServerUnavailable` when the disk is too full for a server to start."""
        if shutil.disk_usage(self.root).free < ROOM:
            raise _unusable(self.root, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def key(self) -> str:
        """The API key, made at the first call."""
        path = self.root / "key"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(32))
        return path.read_text(encoding="ascii").strip()

    def state(self) -> State | None:
        """What the supervisor last wrote; None: nothing that can be read."""
        try:
            raw = json.loads((self.root / "state.json").read_text(encoding="utf-8"))
            return State(**{**raw, "notes": tuple(raw["notes"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write_state(self, state: State) -> None:
        """Replace what was said before."""
        replace(self.root / "state.json", json.dumps(asdict(state)))

    def forget_state(self) -> None:
        """Drop what an earlier supervisor said."""
        (self.root / "state.json").unlink(missing_ok=True)

    def remembered(self, name: str) -> str:
        """A small fact kept between starts: "port", "version"; empty: none."""
        try:
            return (self.root / name).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact for the next start."""
        if self.remembered(name) != value:
            replace(self.root / name, value)

    def size(self) -> int:
        """Bytes that the data takes."""
        return sum(_size(path) for path in self.data.rglob("*"))


def folder(home: Path) -> Folder:
    """The server's folder in the data folder `home`."""
    return Folder(home.resolve() / "weaviate")


def replace(path: Path, text: str) -> None:
    """Write a file that is never seen half-written."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _write_private(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # Weaviate drops files while we count
        return 0


def _require_writable(root: Path) -> None:
    with tempfile.NamedTemporaryFile(prefix=".probe.", dir=root) as probe:
        probe.write(b"\0" * 4096)


def _unusable(root: Path, error: OSError) -> ServerUnavailable:
    if error.errno == errno.ENOSPC:
        remedy = f"Free at least {ROOM >> 20} MiB there, or set TANDEM_HOME to a folder with room"
        return ServerUnavailable(f"no space left on the disk of {root}", remedy)
    remedy = "Make it writable for this user, or set TANDEM_HOME to another folder"
    return ServerUnavailable(f"cannot write in {root} ({error.strerror})", remedy)
