"""The commands that ask: one question, many from a file, a conversation."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.app import App
from bot.assistant import Assistant
from bot.bars import Bars
from bot.conversation import Mode, Outcome, Question, Turn
from bot.errors import BatchWrong, QuestionRefused
from bot.platforms.terminal import TerminalPlatform, TerminalWatcher, draw, read_question
from bot.rendering import interaction_json, put
from model.tasks import task_named


@dataclass(frozen=True)
class Given:
    """What the command's options force."""

    mode: str
    task: str | None
    spaces: tuple[str, ...] | None
    fresh: bool = False  # no answer that was given before


def listed(names: str | None) -> tuple[str, ...] | None:
    """The names between commas."""
    if names is None:
        return None
    return tuple(name.strip() for name in names.split(",") if name.strip())


def one(app: App, bars: Bars, text: str, given: Given, as_json: bool) -> int:
    """Ask one question; the exit code tells a failure."""
    question = read(app, text, given)
    ready(app, bars)
    out, aside = Console(), Console(stderr=True)
    watcher = None if as_json else TerminalWatcher(out, aside)
    interaction = app.assistant.ask(question, watcher, given.fresh)
    if as_json:
        put(interaction_json(interaction))
    else:
        draw(interaction, out, watcher)
    return 1 if interaction.answer.outcome is Outcome.FAILED else 0


def read(
    app: App, text: str, given: Given, mode: str | None = None, thread: tuple[Turn, ...] = ()
) -> Question:
    """A question that can be asked; wrong names are told before anything is set up."""
    if given.task is not None:
        task_named(app.tasks, given.task)
    for space in given.spaces or ():
        app.settings.sources_of(space)
    limit = app.settings.answers.max_question_chars
    forced = Mode(mode or given.mode)
    return read_question(text, limit, forced, given.task, thread, given.spaces)


def ready(app: App, bars: Bars) -> None:
    """Everything that answering needs, with the sources synced at least once."""
    app.set_up()
    app.syncing.first_sync()
    bars.close()


def many(app: App, bars: Bars, path: Path, given: Given, at_once: int = 1) -> int:
    """Ask the lines of a file, some at once; a result on a line, in their order, with its id."""
    rows = list(batch(path))
    ready(app, bars)
    assistant = app.assistant  # made before several threads want it

    def work(row: Mapping[str, Any]) -> dict[str, Any]:
        return answered(app, assistant, row, given)

    pool = ThreadPoolExecutor(at_once, thread_name_prefix="ask")
    try:
        for done, result in enumerate(pool.map(work, rows), start=1):
            put(result)
            bars("Answering", done, len(rows))
    finally:
        pool.shutdown(cancel_futures=True)
    return 0


def answered(
    app: App, assistant: Assistant, row: Mapping[str, Any], given: Given
) -> dict[str, Any]:
    """The result of one line; a question that is refused has one too."""
    thread = tuple(Turn(turn["role"], turn["text"]) for turn in row.get("thread", ()))
    try:
        question = read(app, row["question"], given, row.get("mode"), thread)
    except QuestionRefused as error:
        refused = {"id": row["id"], "question": row["question"][:200], "mode": given.mode}
        return refused | {"outcome": str(Outcome.FAILED), "answer": error.why, "citations": []}
    return interaction_json(assistant.ask(question, fresh=given.fresh), row["id"])


def batch(path: Path) -> Iterator[Mapping[str, Any]]:
    """The lines of a batch file. Raises `BatchWrong` with every line that cannot be used."""
    try:
        lines = sys.stdin.readlines() if str(path) == "-" else path.open("rb").readlines()
    except OSError as error:
        raise BatchWrong(str(path), [error.strerror or str(error)]) from error
    rows, wrong = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(checked(json.loads(line)))
            except (ValueError, UnicodeDecodeError) as error:
                wrong.append(f"line {number}: {error}")
    if wrong or not rows:
        raise BatchWrong(str(path), wrong or ["it has no questions"])
    yield from rows


def checked(row: Any) -> Mapping[str, Any]:
    """A line as it must be. Raises `ValueError`."""
    if not isinstance(row, dict) or not isinstance(row.get("question"), str) or "id" not in row:
        raise ValueError('it must be an object with "id" and a "question" in words')
    if row.get("mode") not in (None, *map(str, Mode)):
        raise ValueError(f"no mode called {row['mode']!r}; there are: auto, rag, tuned")
    thread = row.get("thread", [])
    turns = thread if isinstance(thread, list) else [None]
    for turn in turns:
        if (
            not isinstance(turn, dict)
            or not isinstance(turn.get("text"), str)
            or turn.get("role") not in ("user", "assistant")
        ):
            raise ValueError('"thread" must be a list of {"role": "user"|"assistant", "text"}')
    return row


def converse(app: App, bars: Bars, spaces: tuple[str, ...] | None) -> None:
    """A conversation in the terminal."""
    for space in spaces or ():
        app.settings.sources_of(space)
    ready(app, bars)
    limit = app.settings.answers.max_question_chars
    asyncio.run(TerminalPlatform("terminal", limit, spaces=spaces).converse(app.assistant))
