"""Finds what there is: by the change logs, and by listing folders that are new or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.net.errors import Missing, NetError, Refused
from knowledge.sources.googledrive.api import whole
from knowledge.sources.googledrive.entries import FOLDER, Entry
from knowledge.sources.googledrive.lists import Changes, Lists
from knowledge.sources.googledrive.memory import Memory
from knowledge.sources.googledrive.tree import Path, Root, Shortcut, Tree
from knowledge.sources.googledrive.wanted import Wanted, id_of


@dataclass
class Finding:
    """What one pass finds. Its methods raise `NetError`."""

    lists: Lists
    wanted: Wanted
    before: Memory
    full: bool  # is everything listed?
    place_held: Callable[[str], str]  # the place of a document that is held; "": it is not
    roots: dict[str, Root] = field(default_factory=dict)
    shut: dict[str, NetError] = field(default_factory=dict)  # roots that cannot be seen
    tokens: dict[str, str] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    places: dict[str, Path] = field(default_factory=dict)  # folders that are read
    places_before: dict[str, Path] = field(default_factory=dict)
    found: dict[str, Entry] = field(default_factory=dict)  # files; not all of them are wanted
    gone: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)  # folders
    broken: set[str] = field(default_factory=set)  # targets of shortcuts that lead nowhere
    blind: bool = False  # is there something that no log tells of?

    def look(self) -> None:
        """Find everything, or what changed."""
        self.find_roots()
        told = self.read_logs()
        self.full = self.full or self.upset(told)
        if not self.full:
            before = self.before
            self.tree = Tree(dict(before.tree.folders), dict(before.tree.shortcuts))
            self.places_before = self.reach(before.tree, dict(before.roots))
        self.apply(told)
        if self.full and self.wanted.everything:
            self.listed.update(self.note(self.lists.all("")))
        self.explore()

    # -- where it begins -------------------------------------------------------------

    def find_roots(self) -> None:
        """Ask for each folder and drive that is named; for all drives where none is."""
        if self.wanted.everything:
            self.roots = self.lists.drives()
        for named, ask in self.asked():
            try:
                self.roots[named] = ask(named)
            except Refused as error:
                if whole(error):
                    raise
                self.shut[named] = error
        if self.shut and not self.roots:
            raise next(iter(self.shut.values()))

    def asked(self) -> Iterator[tuple[str, Callable[[str], Root]]]:
        """The ids that are named, and how each is asked for."""
        yield from ((id_of(told), self.lists.root) for told in self.wanted.folders)
        yield from ((id_of(told), self.lists.shared) for told in self.wanted.drives)

    # -- the logs --------------------------------------------------------------------

    def read_logs(self) -> dict[str, Changes] | None:
        """What the logs tell, by log; None where one does not go back to the last pass."""
        every = [*self.roots.values(), *self.before.roots.values()]
        logs = {root.drive for root in every} | ({""} if self.wanted.everything else set())
        told = {log: self.read_log(log) for log in sorted(logs)}
        complete = all(changes is not None for changes in told.values())
        return {log: changes or {} for log, changes in told.items()} if complete else None

    def read_log(self, log: str) -> Changes | None:
        """What one tells since the last pass; None where it can't, though it was read then."""
        since = self.before.tokens.get(log, "")
        if since:
            try:
                changes, self.tokens[log] = self.lists.changes(since, log)
            except Refused as error:
                if whole(error):
                    raise
            else:
                return changes
        self.begin_log(log)
        return None if since else {}

    def begin_log(self, log: str) -> None:
        """Read a log from now on."""
        try:
            self.tokens[log] = self.lists.start(log)
        except Refused as error:
            if whole(error) or not log:
                raise
            self.blind = True  # of a drive that we are no member of, but see a folder of

    def upset(self, told: dict[str, Changes] | None) -> bool:
        """Must all be listed, as what is told can't be followed?"""
        if told is None:
            return True
        gone = {id for changes in told.values() for id, now in changes.items() if lost(now)}
        drives = set(self.before.roots) - set(self.roots)
        return self.wanted.everything and bool(drives or gone & self.before.tree.folders.keys())

    def apply(self, told: dict[str, Changes] | None) -> None:
        """Take in what the logs tell; what is there in one is not gone."""
        every = [(log, id, now) for log, each in (told or {}).items() for id, now in each.items()]
        present = {id: now for _, id, now in every if now and not now.trashed}
        gone = {id for log, id, now in every if lost(now) and (now or self.home(id) == log)}
        self.gone = gone - present.keys()
        for id in self.gone:
            self.tree.drop(id)
        if not self.full:
            self.note(present.values())

    def home(self, id: str) -> str:
        """The drive that it was in; "": none. Its log alone knows whether it is gone."""
        tree, roots = self.before.tree, self.before.roots
        folder = tree.folders.get(id)
        top = tree.top(folder.parent if folder else self.place_held(id), roots)
        return roots[top].drive if top else ""

    # -- the lists -------------------------------------------------------------------

    def note(self, entries: Iterable[Entry]) -> list[str]:
        """Take in what was found; the folders among it."""
        folders = []
        for entry in entries:
            if not self.tree.add(entry):
                self.found[entry.id] = entry
            elif entry.mime == FOLDER:
                folders.append(entry.id)
        return folders

    def explore(self) -> None:
        """List folders that are new, or called or placed otherwise than before."""
        while True:
            self.places = self.reach(self.tree, self.roots)
            self.follow()
            self.places = self.reach(self.tree, self.roots)
            fresh = [
                id
                for id, path in self.places.items()
                if id not in self.listed and self.places_before.get(id) != path
            ]
            if not fresh:
                return
            self.read_lists(fresh)

    def read_lists(self, fresh: Sequence[str]) -> None:
        """List these folders; a shared drive as a whole."""
        drives = [id for id in fresh if id in self.roots and self.roots[id].drive == id]
        if not drives:
            self.listed.update(fresh)
            self.note(self.lists.within(fresh))
        for id in drives:
            self.listed |= {id, *self.note(self.lists.all(id))}

    def reach(self, tree: Tree, roots: dict[str, Root]) -> dict[str, Path]:
        """The folders that roots lead to."""
        return tree.places(roots, self.wanted.everything, self.wanted.bars)

    # -- shortcuts -------------------------------------------------------------------

    def followed(self, folder: bool) -> list[tuple[str, Shortcut]]:
        """Shortcuts to folders, or to files; none in a folder that a shortcut led to."""
        return [
            (id, shortcut)
            for id, shortcut in sorted(self.tree.shortcuts.items())
            if shortcut.folder == folder and shortcut.parent in self.places
            and not self.led(shortcut.parent)
        ]  # fmt: skip

    def led(self, folder: str) -> bool:
        """Did a shortcut lead there?"""
        top = self.tree.top(folder, self.roots)
        return bool(top) and self.roots[top].led

    def follow(self) -> None:
        """Read folders that shortcuts lead to, as if they lay there."""
        for _, shortcut in self.followed(folder=True):
            id = shortcut.target
            if id in self.places or id in self.roots or id in self.broken:
                continue
            try:
                target = self.target(id)
            except Refused as error:
                if whole(error):
                    raise
                self.shut[id], target = error, None
            path = (*self.places[shortcut.parent], target.name) if target else ()
            if target is None or target.mime != FOLDER or self.wanted.bars(path):
                self.broken.add(id)
                continue
            self.roots[id] = Root(path, target.drive, led=True)
            if target.drive not in self.tokens:
                self.begin_log(target.drive)

    def target(self, id: str) -> Entry | None:
        """What is there; None where there is nothing, or nothing that we may see."""
        try:
            found = self.lists.entry(id)
        except Missing:
            return None
        return None if found.trashed else found

    def path(self, place: str) -> Path | None:
        """The names that lead to a folder; None where it is not read."""
        if place in self.places:
            return self.places[place]
        outside = place not in self.tree.folders and place not in self.gone
        return () if self.wanted.everything and outside else None


def lost(now: Entry | None) -> bool:
    """Is it in the trash, or no more to be seen?"""
    return now is None or now.trashed
