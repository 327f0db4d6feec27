"""The contract of networked sources, held by a small one, and broken by bad ones."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from knowledge.documents import Checkpoint, Document, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Credentials, Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import Missing, NetError
from knowledge.net.guard import guarding
from knowledge.sources import Source
from knowledge.states import read_state, written_state
from tests.faults import Asked, Reply, Server, as_json, serving
from tests.networked import NetworkedSourceContract, Page


@dataclass(frozen=True)
class Notes:
    """A service that lists what changed since a moment, in pages of two, and ids of all."""

    url: str
    client: Client
    name: str = "notes"

    def expected(self) -> int | None:
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        with self.client:
            yield from self.everything(since)

    def everything(self, since: Checkpoint | None) -> Iterator[Item]:
        held = since or Checkpoint({})
        state = read_state(held.state, 1)
        try:
            there = self.listed("/ids")
            changed = self.listed("/changed", since=str(state.get("since", "0")))
        except NetError as error:
            raise error.of(self.name) from error
        again = state.get("lost")
        lost = yield from self.pages(
            there, changed, held, {str(key) for key in again} if isinstance(again, list) else set()
        )
        latest = max((item["at"] for item in there), default=0)
        yield Reached(written_state(1, {"since": latest, "lost": sorted(lost)}))

    def listed(self, path: str, **params: str) -> list[dict[str, Any]]:
        """All pages of a list; one that comes twice is an error, or it would go on for ever."""
        cursor, items, seen = "", list[dict[str, Any]](), {""}
        while True:
            answer = self.client.get(self.url + path, params={**params, "cursor": cursor})
            told = answer.json_object()
            if not isinstance(told.get("items"), list) or "next" not in told:
                raise answer.garbled("answered no list")
            items += told["items"]
            cursor = str(told["next"] or "")
            if not cursor:
                return items
            if cursor in seen:
                raise answer.garbled("gives a page of its list again")
            seen.add(cursor)

    def pages(
        self, there: Sequence[Mapping[str, Any]], changed: Sequence[Mapping[str, Any]],
        held: Checkpoint, lost: set[str],
    ) -> Generator[Item, None, set[str]]:  # fmt: skip
        anew = {str(item["id"]) for item in changed} | lost
        failed = set[str]()
        for item in there:
            key = str(item["id"])
            if key in held.held and key not in anew:
                yield Unchanged(key)
                continue
            try:
                yield self.read(key)
            except Missing:
                continue
            except NetError as error:
                failed.add(key)
                yield Unreadable(key, error.reason)
        return failed

    def read(self, key: str) -> Document:
        answer = self.client.get(f"{self.url}/notes/{key}")
        told = answer.json_object()
        if str(told.get("id")) != key or not told.get("text"):
            raise answer.garbled("answered no note")
        return Document(self.name, key, f"Note {key}", told["text"], "", self.mark(told))

    def mark(self, told: Mapping[str, Any]) -> str:
        """The version as the note tells it: what the list told may be older."""
        return str(told["at"])


class Careless(Notes):
    """Takes a list that broke for its end."""

    def listed(self, path: str, **params: str) -> list[dict[str, Any]]:
        try:
            return super().listed(path, **params)
        except NetError:
            return []


class Forgetful(Notes):
    """Never asks again for what it could not read."""

    def pages(
        self, there: Sequence[Mapping[str, Any]], changed: Sequence[Mapping[str, Any]],
        held: Checkpoint, lost: set[str],
    ) -> Generator[Item, None, set[str]]:  # fmt: skip
        yield from super().pages(there, changed, held, set())
        return set()


class Silent(Notes):
    """Leaves out what it could not read."""

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        return (item for item in super().documents(since) if not isinstance(item, Unreadable))


class Round(Notes):
    """Goes round with a cursor that is repeated."""

    def listed(self, path: str, **params: str) -> list[dict[str, Any]]:
        cursor, items = "", list[dict[str, Any]]()
        while True:
            given = {**params, "cursor": cursor}
            told = self.client.get(self.url + path, params=given).json_object()
            items += told["items"]
            if len(items) > 10_000 or not (cursor := told["next"] or ""):
                return items


class Crashing(Notes):
    """Lets an error of the network through as it is."""

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        try:
            yield from super().documents(since)
        except SourceUnreadable as error:
            raise ValueError(str(error)) from error


class Telling(Notes):
    """Says its token."""

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        try:
            yield from super().documents(since)
        except SourceUnreadable as error:
            told = f"{error.problem} with hunter2"
            raise SourceUnreadable(self.name, told, error.remedy) from error


class TestNotes(NetworkedSourceContract):
    made: type[Notes] = Notes

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        def listed(among: Sequence[Page], asked: Asked) -> Reply:
            after = int(asked.query.get("cursor") or 0)
            rest = [{"id": page.id, "at": page.changed_s} for page in among if page.id > after]
            more = str(rest[1]["id"]) if len(rest) > 2 else None
            return as_json({"items": rest[:2], "next": more})

        def changed(asked: Asked) -> Reply:
            since = float(asked.query["since"])
            return listed([page for page in pages if page.changed_s > since], asked)

        def note(asked: Asked) -> Reply:
            found = [p for p in pages if str(p.id) == asked.path.rpartition("/")[2]]
            if not found:
                return as_json({}, 404)
            return as_json({"id": found[0].id, "text": found[0].text, "at": found[0].changed_s})

        server.routes["/ids"] = lambda asked: listed(pages, asked)
        server.routes["/changed"] = changed
        server.beginning["/notes/"] = note

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        own = Credentials(server.url, {"Authorization": "Bearer hunter2"})
        client = Client(guarding(True), limits, own, outside=outside)
        return self.made(server.url, client)


def held_to_the_contract(made: type[Notes], fault: str, after: int) -> None:
    """One test of the contract, on a source of this kind."""
    contract = TestNotes()
    contract.made = made
    with serving() as server:
        contract.test_a_fault_ends_in_a_named_error_without_hole_or_ghost_and_heals(
            server, fault, after
        )


@pytest.mark.endurance
@pytest.mark.parametrize(
    ("made", "fault", "after"),
    [
        (Careless, "500", 0),
        (Careless, "malformed", 2),
        (Forgetful, "403", 4),
        (Silent, "half a body", 5),
        (Round, "the answer before", 0),
        (Telling, "401", 0),
    ],
)
def test_a_bad_source_does_not_hold_the_contract(made: type[Notes], fault: str, after: int) -> None:
    with pytest.raises(AssertionError):
        held_to_the_contract(made, fault, after)
    held_to_the_contract(Notes, fault, after)


def test_an_error_that_has_no_name_does_not_hold_the_contract() -> None:
    with pytest.raises(ValueError, match="does not know us"):
        held_to_the_contract(Crashing, "401", 0)
