"""Starting and ending the server's process, and knowing it again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from knowledge.server.folder import Folder
from knowledge.server.loopback import answer_binds
from knowledge.server.weaviate import command, environment

PATIENCE_S = 60.0  # for Weaviate to write what it holds in memory
BECOME = Path(__file__).with_name("become.py")


def spawn(binary: Path, folder: Folder, port: int) -> subprocess.Popen[bytes]:
    """Start Weaviate as a child; what it says comes from the child's `stdout`."""
    ours, given = socket.socketpair()
    with given:
        launcher = [sys.executable, "-I", "-S", str(BECOME), str(os.getpid()), str(given.fileno())]
        child = subprocess.Popen(
            [*launcher, *command(binary, folder, port)],
            env=environment(folder, folder.key(), port),
            cwd=folder.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[given.fileno()],
        )
    answer_binds(ours)
    return child


def end(process: subprocess.Popen[bytes], patience_s: float = PATIENCE_S) -> None:
    """Ask the process to end, and make it when it does not."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def sweep(folder: Folder, patience_s: float = PATIENCE_S) -> int:
    """End servers that a dead supervisor left in this folder; how many there were."""
    left = _servers(folder)
    for number, seconds in ((signal.SIGTERM, patience_s), (signal.SIGKILL, 5.0)):
        for pid in _servers(folder):
            _signal(pid, number)
        until = time.monotonic() + seconds
        while _servers(folder) and time.monotonic() < until:
            time.sleep(0.1)
    return len(left)


def _servers(folder: Folder) -> list[int]:
    """The processes that have our marker in their command line (one that ended has none)."""
    import psutil

    marker = f"--socket-path={folder.marker}"
    running = psutil.process_iter(["pid", "cmdline"])
    return [process.pid for process in running if marker in (process.info["cmdline"] or ())]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
