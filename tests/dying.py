"""One process that asks while Weaviate is dead, and again when it is back or on its way back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.commands import Terminal
from tests.patience import PATIENCE_S


def ask_around_a_death(person: Terminal, question: str) -> list[dict[str, Any]]:
    """The two answers: Weaviate is killed before the first one's search."""
    return told_by(person, question, "held")


def ask_after_deaths(person: Terminal, question: str) -> list[dict[str, Any]]:
    """The answers right after Weaviate, and then its supervisor with it, were killed or stopped."""
    return told_by(person, question, "gone")


def told_by(person: Terminal, question: str, how: str) -> list[dict[str, Any]]:
    """The answers of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dying", str(person.folder), question, how],
        cwd=Path(__file__).resolve().parent.parent,
        env=person.environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def gone(folder: str, text: str) -> None:
    """Ask at once after each death; each time the wording is another, so that nothing is kept."""
    from bot.app import build
    from bot.conversation import Place, Question
    from bot.rendering import interaction_json, put
    from bot.settings import load_settings
    from knowledge.server import status, stop

    settings = load_settings(folder=Path(folder))
    with build(settings) as app:
        app.set_up()

        def killed(supervisor_too: bool) -> None:
            pid = status(settings.home).pid
            if supervisor_too:
                os.kill(parent(pid), signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)

        deaths: dict[str, Callable[[], object]] = {
            text: lambda: killed(False),
            f"{text} Please tell me.": lambda: killed(True),
            f"{text} I ask again.": lambda: stop(settings.home),
        }
        for question, end in deaths.items():
            app.server.back(PATIENCE_S)
            end()
            put(interaction_json(app.assistant.ask(Question(question, "b", Place("terminal")))))


def main(folder: str, text: str, how: str = "held") -> None:
    """Ask as the test wants it."""
    gone(folder, text) if how == "gone" else held(folder, text)


def held(folder: str, text: str) -> None:
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
