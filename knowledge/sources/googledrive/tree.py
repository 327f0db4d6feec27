"""Folders, and the shortcuts in them: what lies where, by the names that lead there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from knowledge.sources.googledrive.entries import FOLDER, SHORTCUT, Entry

Path = tuple[str, ...]


@dataclass(frozen=True)
class Root:
    """Where reading begins: a folder, or a shared drive (whose id is `drive`)."""

    path: Path
    drive: str = ""  # the shared drive that it is or lies in; "": none
    led: bool = False  # a shortcut led there


class Folder(NamedTuple):
    """A folder below a root; there may be many, and all are remembered."""

    name: str
    parent: str


@dataclass(frozen=True)
class Shortcut:
    """A shortcut to a file or a folder."""

    parent: str
    target: str
    folder: bool


@dataclass
class Tree:
    """What is known of folders, by id."""

    folders: dict[str, Folder] = field(default_factory=dict)
    shortcuts: dict[str, Shortcut] = field(default_factory=dict)

    def add(self, entry: Entry) -> bool:
        """Note what is told; False for what is neither folder nor shortcut."""
        if entry.mime == FOLDER:
            self.folders[entry.id] = Folder(entry.name, entry.parent)
        elif entry.mime == SHORTCUT and entry.target:
            led = entry.target_mime == FOLDER
            self.shortcuts[entry.id] = Shortcut(entry.parent, entry.target, led)
        return entry.mime in (FOLDER, SHORTCUT)

    def drop(self, id: str) -> None:
        """It is no more."""
        self.folders.pop(id, None)
        self.shortcuts.pop(id, None)

    def places(
        self, roots: Mapping[str, Root], everything: bool, bars: Callable[[Sequence[str]], bool]
    ) -> dict[str, Path]:
        """All folders that roots lead to, with the names on the way.

        `everything`: also those that lie in none that is known.
        """
        below: dict[str, list[str]] = {}
        for id, folder in self.folders.items():
            below.setdefault(folder.parent, []).append(id)
        made = {id: root.path for id, root in roots.items()}
        if everything:
            known = self.folders.keys() | roots.keys()
            tops = [id for id, folder in self.folders.items() if folder.parent not in known]
            names = {id: (self.folders[id].name,) for id in tops}
            made |= {id: path for id, path in names.items() if not bars(path)}
        waiting = deque(made)
        while waiting:
            at = waiting.popleft()
            for id in below.get(at, ()):
                path = (*made[at], self.folders[id].name)
                if id not in made and not bars(path):
                    made[id] = path
                    waiting.append(id)
        return made

    def top(self, id: str, roots: Mapping[str, Root]) -> str:
        """The root that a folder lies below, or is; "": none."""
        seen: set[str] = set()
        while id not in roots:
            if id in seen or id not in self.folders:
                return ""
            seen.add(id)
            id = self.folders[id].parent
        return id

    def only(self, places: Mapping[str, Path]) -> Tree:
        """What lies in these folders."""
        folders = {id: each for id, each in self.folders.items() if id in places}
        shortcuts = {id: each for id, each in self.shortcuts.items() if each.parent in places}
        return Tree(folders, shortcuts)
