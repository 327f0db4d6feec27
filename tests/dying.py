"""One process that asks while Weaviate is dead, and again when it is back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.commands import Terminal
from tests.patience import PATIENCE_S


def ask_around_a_death(person: Terminal, question: str) -> list[dict[str, Any]]:
    """The two answers: Weaviate is killed before the first one's search."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dying", str(person.folder), question],
        cwd=Path(__file__).resolve().parent.parent,
        env=person.environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def main(folder: str, text: str) -> None:
    """Ask, with the server killed and its supervisor held, so that nobody revives it meanwhile."""
    from bot.app import build
    from bot.conversation import Place, Question
    from bot.rendering import interaction_json, put
    from bot.settings import load_settings
    from knowledge.server import status

    settings = load_settings(folder=Path(folder))
    with build(settings) as app:
        app.set_up()
        question = Question(text, "ben", Place("terminal"))
        pid = status(settings.home).pid
        supervisor = parent(pid)
        os.kill(supervisor, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        try:
            put(interaction_json(app.assistant.ask(question)))
        finally:
            os.kill(supervisor, signal.SIGCONT)
        limit = time.monotonic() + PATIENCE_S
        while not status(settings.home).running and time.monotonic() < limit:
            time.sleep(0.2)
        put(interaction_json(app.assistant.ask(question)))


def parent(pid: int) -> int:
    """The process that started this one."""
    import psutil

    return int(psutil.Process(pid).ppid())


if __name__ == "__main__":
    main(*sys.argv[1:])
