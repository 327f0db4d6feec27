"""Real Weaviate servers for the tests: used, asked, and looked for among the processes."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from platformdirs import user_cache_path

from knowledge.server import Endpoint, Running, serve, stop
from knowledge.server.folder import folder
from tests.patience import PATIENCE_S

CACHE = Path(os.environ.get("TANDEM_CACHE") or user_cache_path("tandem"))


def use(home: Path, linger_s: float = 0, port: int | None = None) -> Running:
    return serve(home, CACHE, linger_s, port=port)


def until(true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, f"never: {what}"
        time.sleep(0.05)


def answer(endpoint: Endpoint, key: str) -> int:
    """The status that the server gives to a call with `key`; 0: no answer."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.http_port, timeout=10)
    try:
        connection.request("GET", "/v1/schema", headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def works(endpoint: Endpoint) -> bool:
    return answer(endpoint, endpoint.api_key) == 200


def ours(home: Path) -> list[psutil.Process]:
    """Every process, supervisor or server, that was started for `home`."""
    path = str(folder(home).root)
    return [
        process
        for process in psutil.process_iter(["cmdline", "pid"])
        if process.pid != os.getpid()
        and any(path in word for word in process.info["cmdline"] or ())
        and process.status() != psutil.STATUS_ZOMBIE
    ]


@contextmanager
def another_command(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server until it is told to end."""
    script = (
        "import sys; from pathlib import Path; from knowledge.server import serve, status\n"
        f"with serve(Path({str(home)!r}), Path({str(CACHE)!r}), 0) as endpoint:\n"
        f"    print(status(Path({str(home)!r})).pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def stranger(port: int) -> Iterator[socket.socket]:
    """A program that has nothing to do with us, on a port that we would like."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        yield listening


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """A data folder that no process outlives."""
    yield folder
    stop(folder)
    until(lambda: not ours(folder), "the processes of the test end")
