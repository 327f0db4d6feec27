"""Trainings that did not end: cut off, given up, or spoiled, as their words were forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.errors import TrainingBusy
from bot.learning.child import at_work, only_one
from bot.learning.tuning import LESSONS
from bot.learning.words import RunState, TrainingRun
from model.examples import What
from model.training.words import TRAIN
from model.versions import MANIFEST, version_folder

if TYPE_CHECKING:
    from bot.learning.book import Book
    from bot.learning.registry import Registry

WORDS = (TRAIN, LESSONS)  # of people, in the folder of a training
SPOILED = "words that it learned from were forgotten; train anew"


class Stores(Protocol):
    """What a training reads and writes; `bot.learning.parts.Learning` has it all."""

    @property
    def book(self) -> Book:
        """What is learned from."""

    @property
    def registry(self) -> Registry:
        """What was trained."""

    @property
    def home(self) -> Path:
        """The folder that holds `versions`."""


def folder_of(home: Path, run: TrainingRun) -> Path:
    """Where the version of a run lies, from the beginning of its training."""
    return version_folder(home, f"{run.what}-{run.id}")


def cut_off(stores: Stores, what: What | None = None) -> list[TrainingRun]:
    """The runs that were cut off and can be gone on with, newest first."""
    return stores.registry.stale(what)


def is_whole(home: Path, run: TrainingRun) -> bool:
    """Did its child reach the end?"""
    return (folder_of(home, run) / MANIFEST).is_file()


def give_up(stores: Stores, run: TrainingRun, why: str = "given up") -> None:
    """End a run that was cut off; what it kept on the disk goes. Raises `TrainingBusy`."""
    folder = folder_of(stores.home, run)
    if at_work(folder):
        raise TrainingBusy(str(stores.home))
    stores.registry.end(run.id, RunState.CANCELLED, why)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone(stores: Stores, mine: int = 0) -> Iterator[None]:
    """Nobody else trains in this home, nor does a child without its parent, but that of `mine`.

    Raises `TrainingBusy`.
    """
    with only_one(stores.home):
        others = [run for run in cut_off(stores) if run.id != mine]
        if any(at_work(folder_of(stores.home, run)) for run in others):
            raise TrainingBusy(str(stores.home))
        yield


def is_spoiled(stores: Stores, run: TrainingRun) -> bool:
    """Was something forgotten of what it learns from?

    Then it is not gone on with: neither its files nor its checkpoints could be freed of it.
    """
    return not (is_whole(stores.home, run) or stores.registry.is_whole(run.snapshot))


def give_up_spoiled(stores: Stores) -> list[TrainingRun]:
    """Give up what was cut off and is spoiled; none while anybody trains. Done twice: the same."""
    try:
        with only_one(stores.home):
            waiting = [run for run in cut_off(stores) if is_spoiled(stores, run)]
            gone = [run for run in waiting if not at_work(folder_of(stores.home, run))]
            for run in gone:
                give_up(stores, run, SPOILED)
            return gone
    except TrainingBusy:
        return []


def forget_words(folder: Path) -> int:
    """Delete the files with people's words, half-written ones too; gives how many went."""
    files = [file for name in WORDS for file in folder.glob(f"{name}*")]
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)
