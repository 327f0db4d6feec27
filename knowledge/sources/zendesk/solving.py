"""A pass over solved tickets: what their export tells since the last one, or from its beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item, Unchanged
from knowledge.net.answers import Answer
from knowledge.net.errors import Denied, NetError, Refused
from knowledge.reading.plain import NotReadable
from knowledge.sources._services.memory import digest
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.zendesk import tickets
from knowledge.sources.zendesk.articles import Comment, comment, spoken
from knowledge.sources.zendesk.center import made
from knowledge.sources.zendesk.memory import Memory
from knowledge.sources.zendesk.people import People
from knowledge.sources.zendesk.service import Service, entries, following
from knowledge.sources.zendesk.tickets import Ticket, Wanted
from knowledge.sources.zendesk.trouble import Trouble

VERSION = 1  # raise it when tickets are written otherwise than before
EXPORT = "/incremental/tickets/cursor.json"
ANEW_S = 7 * 24 * 3600.0  # after which the export is begun anew; it tells deletions by itself
ASKED, AT_ONCE = 100, 20  # tickets in one question; those whose people are asked for together
ADMIN = "Let the login be an administrator's: Zendesk exports tickets to no other"


@dataclass
class Desk:
    """One pass over the tickets. `after` is what to remember. Its methods raise `NetError`."""

    source: str
    wanted: Wanted
    service: Service
    people: People
    held: Checkpoint
    before: Memory
    now: float
    cursor: str = ""
    exported_at: float = 0.0
    trouble: Trouble = field(default_factory=Trouble)

    @property
    def shape(self) -> str:
        """What documents depend on besides their versions."""
        return digest(VERSION, reading.VERSION, self.wanted.internal)

    def after(self, memory: Memory) -> Memory:
        """What to remember besides, once the pass came to its end."""
        lost = (*memory.lost, *sorted(self.trouble.lost))
        return replace(memory, cursor=self.cursor, exported_at=self.exported_at, lost=lost)

    def items(self) -> Iterator[Item]:
        """All tickets: those that are held as they are, then those that are read."""
        old = not 0 <= self.now - self.before.exported_at < ANEW_S
        told = None if old or not self.before.cursor else self.since()
        found = self.everything() if told is None else told
        if told is not None:
            held = sorted(key for key in self.held.held if key.startswith("ticket/"))
            yield from (Unchanged(key) for key in held if key.partition("/")[2] not in found)
        shown = [found[id] for id in sorted(found, key=int) if self.wanted.takes(found[id])]
        rest: list[Ticket] = []
        for one in shown:
            if self.held.has(one.key, self.mark(one)):
                yield Unchanged(one.key)
            else:
                rest.append(one)
        for at in range(0, len(rest), AT_ONCE):
            yield from self.read(rest[at : at + AT_ONCE])

    def mark(self, one: Ticket) -> str:
        """The fingerprint of a ticket."""
        return f"{one.changed}-{self.shape}"

    # -- which tickets there are -----------------------------------------------------

    def everything(self) -> dict[str, Ticket]:
        """All tickets that the settings do not put before their time."""
        first = self.wanted.first
        self.exported_at = self.now
        return self.exported({"start_time": int(first.timestamp()) if first else 1})

    def since(self) -> dict[str, Ticket] | None:
        """The tickets that changed; None where Zendesk does not know its cursor any more."""
        self.exported_at = self.before.exported_at
        try:
            found = self.exported({"cursor": self.before.cursor})
        except Refused as error:
            if isinstance(error, Denied):
                raise
            return None
        lost = {key.partition("/")[2] for key in self.before.lost if key.startswith("ticket/")}
        return {**self.named(sorted(lost - found.keys(), key=int)), **found}

    def exported(self, asked: dict[str, str | int]) -> dict[str, Ticket]:
        """Tickets as the export tells them last, deleted ones too; keeps where it ended."""
        found: dict[str, Ticket] = {}
        seen = {""}
        self.cursor = str(asked.get("cursor", ""))
        while True:
            answer = self.export(asked)
            found |= {one.id: one for one in self.listed(answer)}
            told = answer.json_object()
            end = told.get("end_of_stream")
            if not isinstance(end, bool):
                raise answer.garbled("does not tell whether its export goes on")
            self.cursor = str(told.get("after_cursor") or self.cursor)
            if end:
                return found
            asked = {"cursor": following(answer, told.get("after_cursor"), seen)}

    def export(self, asked: dict[str, str | int]) -> Answer:
        """A page of the export; it is answered ten times a minute."""
        try:
            return self.service.get(EXPORT, asked)
        except Denied as error:
            if whole(error):
                raise
            raise Denied(error.where, error.problem, ADMIN) from error

    def listed(self, answer: Answer) -> Sequence[Ticket]:
        """The tickets of an answer."""
        return [made((answer, one), tickets.ticket) for one in entries(answer, "tickets")]

    def named(self, ids: Sequence[str]) -> dict[str, Ticket]:
        """Those of some tickets that are still there."""
        found: dict[str, Ticket] = {}
        for at in range(0, len(ids), ASKED):
            asked = {"ids": ",".join(ids[at : at + ASKED])}
            some = self.listed(self.service.get("/tickets/show_many.json", asked))
            found |= {one.id: one for one in some if one.id in ids}
        return found

    # -- reading ---------------------------------------------------------------------

    def read(self, some: Sequence[Ticket]) -> Iterator[Item]:
        """Tickets with what was said on them; who said it is asked for of all together."""
        talks: list[tuple[Ticket, Sequence[Comment]]] = []
        for one in some:
            try:
                talks.append((one, self.said(one)))
                self.trouble.passed()
            except NetError as error:
                yield self.trouble.met(one.key, error)
        self.people.learn(each.author for _, said in talks for each in said)
        for one, said in talks:
            yield from self.document(one, said)

    def said(self, one: Ticket) -> Sequence[Comment]:
        """What was said on a ticket, as far as its readers may know it."""
        told = self.service.listed(f"/tickets/{one.id}/comments.json", "comments")
        every = [made((answer, entry), public) for answer, entry in told]
        return [each for each in every if each.public or self.wanted.internal]

    def document(self, one: Ticket, said: Sequence[Comment]) -> Iterator[Item]:
        """A ticket as a document, unless nothing was said."""
        try:
            talk = [spoken(each, self.people.called(each.author)) for each in said]
        except NotReadable as error:
            yield self.trouble.unread(one.key, error.reason)
            return
        if words := [part for part in talk if part]:
            text, mark, at = tickets.written(one, words), self.mark(one), one.updated_at
            url = f"{self.service.site.url}/agent/tickets/{one.id}"
            yield Document(self.source, one.key, one.title, text, url, mark, at)


def public(told: Json) -> Comment:
    """A comment on a ticket; one that does not tell who may read it is taken for a note."""
    return replace(comment(told), public=told.get("public") is True)
