"""A team whose models are measured: real books of examples and versions, scripted models."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from bot.database import upgrade
from bot.learning.book import Book
from bot.learning.registry import Registry
from bot.learning.sides import Measuring, Searched, searched_nothing
from bot.learning.words import ModelVersion, RunState, State
from bot.sessions import Sessions
from model.backends import Backend, Prompt, Sampling
from model.examples import Example, Origin, Review, What
from model.tasks import BUILT_IN, Task
from model.versions import Manifest, version_folder, write_manifest
from tests.fakes import FakeBackend

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASE = "tiny"
Says = Callable[[str], str]  # what is written to a text
THINGS = "printer lift server kitchen canteen website door lamp desk plant".split()
STATES = ["is closed", "works again", "will be moved", "opens late", "needs a new key", "is lost"]


def plain(text: str) -> str:
    """A model that has no style."""
    return f"The {text}."


def house(text: str) -> str:
    """What the team would write."""
    return f"Team! News: the {text} :wave: Onwards and upwards!"


def texts(held_out: bool) -> list[str]:
    """Texts on one side of the split."""
    every = [
        f"{thing} {state} on floor {n}" for thing in THINGS for state in STATES for n in (1, 2)
    ]
    return [t for t in every if Example(What.STYLE, "rewrite", t).held_out is held_out]


def lesson(text: str, task: str = "rewrite", chosen: str = "") -> Example:
    """An accepted example in house style."""
    kept = {"origin": Origin.CORRECTION, "review": Review.ACCEPTED}
    return Example(What.STYLE, task, text, chosen or house(text), **kept)  # type: ignore[arg-type]


class Scripted(FakeBackend):
    """Writes to the text between the fences as its script says; breaks at one text, if told."""

    def __init__(self, says: Says, name: str, breaks_at: int = -1) -> None:
        super().__init__(name=name)
        self.says, self.breaks_at = says, breaks_at

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        self.heard.append(prompt)
        if 0 <= self.breaks_at <= len(self.heard):
            raise KeyboardInterrupt
        found = re.search(r"<text>\n(.*)\n</text>", prompt.messages[-1].text, re.DOTALL)
        return iter([self.says(found[1] if found else prompt.messages[-1].text)])


@dataclass
class Team:
    """What is measured, and with what."""

    root: Path
    sessions: Sessions
    says: dict[str, Says] = field(default_factory=lambda: {"": plain})
    tasks: Sequence[Task] = BUILT_IN[:3]
    opened: list[str] = field(default_factory=list)  # writers that were loaded
    heard: list[Prompt] = field(default_factory=list)
    breaks_at: int = -1
    found: Callable[[ModelVersion | None], Searched] = searched_nothing

    @property
    def home(self) -> Path:
        return self.root / "home"

    @cached_property
    def book(self) -> Book:
        return Book(self.sessions, lambda: NOON)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.sessions, self.home, lambda: NOON)

    @property
    def parts(self) -> Measuring:
        return Measuring(
            self.home,
            {task.name: task for task in self.tasks},
            self.book,
            self.registry,
            self.opens,
            lambda _: BASE,
            search=self.found,
            now=lambda: NOON,
        )

    @contextmanager
    def opens(self, what: What, version: ModelVersion | None) -> Iterator[Backend]:
        name = version.name if version else ""
        self.opened.append(name)
        backend = Scripted(self.says[name], name or BASE, self.breaks_at)
        try:
            yield backend
        finally:
            self.heard += backend.heard

    def learn(self, taught: int = 5, held_out: int = 20, task: str = "rewrite") -> None:
        """People wrote what they wanted to so many texts."""
        some = [*texts(False)[:taught], *texts(True)[:held_out]]
        self.book.keep([lesson(text, task) for text in some])

    def version(
        self,
        says: Says = house,
        tasks: Sequence[str] = ("rewrite",),
        what: What = What.STYLE,
        live: bool = False,
    ) -> str:
        """A trained version that writes like this."""
        learned = [e.id for e in self.book.examples() if e.what is what] if tasks else []
        snapshot = self.registry.snapshot(what, tasks, learned)
        run = self.registry.begin(what, tasks, snapshot.id, {}, "")
        name = f"{what}-{run.id}"
        self._folder(name, what, tuple(tasks), run.id)
        self.registry.end(run.id, RunState.DONE)
        made = NOON + timedelta(minutes=run.id)
        self.registry.add_version(
            ModelVersion(name, what, tuple(tasks), BASE, run.id, State.CANDIDATE, made, made)
        )
        self.says[name] = says
        if live:
            self.registry.promote(name, "ops", "for the test", forced=True)
        return name

    def _folder(self, name: str, what: What, tasks: tuple[str, ...], run: int) -> None:
        folder = version_folder(self.home, name)
        folder.mkdir(parents=True)
        told = Manifest(name, what, tasks, BASE, "b" * 64, "d" * 64, 60, {}, {}, "", run)
        write_manifest(folder, replace(told, made_at=NOON.isoformat()))


def empty_database(folder: Path) -> Path:
    """A database with its tables, to be copied."""
    file = folder / "empty.db"
    upgrade(f"sqlite:///{file}")
    return file


@contextmanager
def team(root: Path, database: Path) -> Iterator[Team]:
    """A team with nothing learned yet."""
    file = root / "tandem.db"
    shutil.copy(database, file)
    sessions = Sessions(f"sqlite:///{file}")
    try:
        yield Team(root, sessions)
    finally:
        sessions.close()
