"""Processes that a bench of a chat platform starts: the local platform, and the bot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.common import ROOT


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process of ours, ended with the block."""
    started = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30)


def first_line(started: subprocess.Popen[str]) -> str:
    """What it printed."""
    assert started.stdout is not None
    return started.stdout.readline().strip()
