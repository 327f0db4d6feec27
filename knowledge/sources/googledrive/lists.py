"""What Drive lists: files of folders and drives, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.net.answers import Answer
from knowledge.net.errors import Missing, Refused
from knowledge.reading.plain import one_line
from knowledge.sources.googledrive.api import Drive, Json, Params
from knowledge.sources.googledrive.entries import FIELDS, FOLDER, Entry, Odd, entry
from knowledge.sources.googledrive.tree import Root

SEES = {"supportsAllDrives": "true"}
LISTED: Params = {**SEES, "includeItemsFromAllDrives": "true", "pageSize": 1000}
LIST_FIELDS = f"nextPageToken,incompleteSearch,files({FIELDS})"
CHANGE_FIELDS = f"nextPageToken,newStartPageToken,changes(changeType,fileId,removed,file({FIELDS}))"
TOGETHER = 40  # folders in one question
Changes = dict[str, Entry | None]
"""By id: what it is now; None: it is no more to be seen."""


@dataclass(frozen=True)
class Lists:
    """The lists of a Drive. All methods raise `NetError`."""

    drive: Drive

    def entry(self, id: str) -> Entry:
        """One file or folder."""
        answer = self.drive.get(f"/files/{id}", {**SEES, "fields": FIELDS})
        made = taken(answer, answer.json())
        if made.id != id:
            raise answer.garbled("answered what was not asked for")
        return made

    def root(self, id: str) -> Root:
        """A folder that was named, or a shared drive by its address."""
        found = self.entry(id)
        if found.drive == id:
            return self.shared(id)
        if found.trashed:
            raise Missing(found.name, "is in the trash", "Restore it, or take it out of `folders`")
        if found.mime != FOLDER:
            raise Refused(found.name, "is no folder", "Name the folder that it lies in")
        return Root((found.name,), found.drive)

    def shared(self, id: str) -> Root:
        """A shared drive."""
        told = self.drive.get(f"/drives/{id}", {"fields": "id,name"}).json_object()
        return Root((one_line(str(told.get("name") or id)),), id)

    def drives(self) -> dict[str, Root]:
        """All shared drives that the account is a member of, by id."""
        made: dict[str, Root] = {}
        asked: Params = {"pageSize": 100, "fields": "nextPageToken,drives(id,name)"}
        for answer, told in self.drive.pages("/drives", asked):
            for each in many(answer, told, "drives"):
                if not isinstance(each, dict) or not isinstance(each.get("id"), str):
                    raise answer.garbled("answered a drive without an id")
                made[each["id"]] = Root(
                    (one_line(str(each.get("name") or each["id"])),), each["id"]
                )
        return made

    def all(self, drive: str) -> Iterator[Entry]:
        """All that is in a shared drive; "": all else that the account may see."""
        where = {"corpora": "drive", "driveId": drive} if drive else {"corpora": "user"}
        for answer, found in self.files("trashed = false", where):
            if drive and found.drive != drive:
                raise answer.garbled("answered what was not asked for")
            yield found

    def within(self, folders: Sequence[str]) -> Iterator[Entry]:
        """What lies in folders, not deeper."""
        for at in range(0, len(folders), TOGETHER):
            some = folders[at : at + TOGETHER]
            parents = " or ".join(f"'{id}' in parents" for id in some)
            for answer, found in self.files(f"({parents}) and trashed = false", {}):
                if found.parent not in some:
                    raise answer.garbled("answered what was not asked for")
                yield found

    def files(self, query: str, where: dict[str, str]) -> Iterator[tuple[Answer, Entry]]:
        """What a query finds."""
        asked = {**LISTED, **where, "q": query, "fields": LIST_FIELDS}
        for answer, told in self.drive.pages("/files", asked):
            if told.get("incompleteSearch") is True:
                raise answer.garbled("did not search everything")
            for each in many(answer, told, "files"):
                found = taken(answer, each)
                if not found.trashed:
                    yield answer, found

    def start(self, drive: str) -> str:
        """Where the change log stands now; "": the account's own."""
        asked = {**SEES, **({"driveId": drive} if drive else {})}
        answer = self.drive.get("/changes/startPageToken", asked)
        return token(answer, answer.json_object(), "startPageToken")

    def changes(self, since: str, drive: str) -> tuple[Changes, str]:
        """What changed since then, and where the log stands now."""
        asked: dict[str, str | int] = {**LISTED, "includeRemoved": "true", "pageToken": since}
        asked |= {"fields": CHANGE_FIELDS, **({"driveId": drive} if drive else {})}
        made: Changes = {}
        for answer, told in self.drive.pages("/changes", asked):
            for each in many(answer, told, "changes"):
                made |= change(answer, each)
            if not told.get("nextPageToken"):
                since = token(answer, told, "newStartPageToken")
        return made, since


def change(answer: Answer, told: object) -> Changes:
    """A change of one file; nothing of one of a shared drive, whose name is asked for anyway."""
    if not isinstance(told, dict):
        raise answer.garbled("answered a change that is no object")
    if told.get("changeType", "file") != "file":
        return {}
    id = told.get("fileId")
    if not isinstance(id, str) or not id:
        raise answer.garbled("answered a change of nothing")
    if told.get("removed") is True:
        return {id: None}
    return {id: taken(answer, told.get("file"))}


def many(answer: Answer, told: Json, name: str) -> Sequence[object]:
    """The entries of a page."""
    found = told.get(name)
    if not isinstance(found, list):
        raise answer.garbled(f"answered no list of {name}")
    return found


def taken(answer: Answer, told: object) -> Entry:
    """An entry of an answer."""
    try:
        return entry(told)
    except Odd as error:
        raise answer.garbled(f"answered {error}") from error


def token(answer: Answer, told: Json, name: str) -> str:
    """A place in a log."""
    found = told.get(name)
    if not isinstance(found, str) or not found:
        raise answer.garbled(f"answered without `{name}`")
    return found
