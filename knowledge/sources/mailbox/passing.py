"""One reading of a mailbox: which messages there are, and the threads of which some are new."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item, Keyed, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.errors import Denied, Garbled, NetError, Refused, Unreached
from knowledge.reading.plain import NotReadable
from knowledge.sources.mailbox.answers import Fetched
from knowledge.sources.mailbox.bodies import Letter, letter_of
from knowledge.sources.mailbox.choosing import Choice, ChoiceWrong
from knowledge.sources.mailbox.mails import (
    Mail,
    digest,
    mail_of,
    once,
    remembered_mail,
    threads,
)
from knowledge.sources.mailbox.session import Session
from knowledge.states import State, read_state, written_state

VERSION = 2  # of the state, and of how mail is read
MOST_OF_A_THREAD = 100  # messages; the next ones are a document of their own
EMPTY = (
    "has no text that can be read; leave it out by `folders` or `senders`, read `attachments`, "
    "or raise `max_bytes` where its text comes after a large file"
)


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shape:
    """How messages become documents; see `source`."""

    documents: str = "threads"
    attachments: bool = False
    link: str = ""


@dataclass(frozen=True)
class MailboxSource:
    """The mail in some folders."""

    name: str
    session: Session
    choice: Choice
    shape: Shape

    def expected(self) -> int | None:
        """Unknown: threads are counted when all heads are read."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every thread, oldest first; see `Source.documents`."""
        try:
            with self.session:
                yield from Pass(self, since or Checkpoint({})).items()
        except NetError as error:
            raise error.of(self.name) from error
        except ChoiceWrong as error:
            raise SourceUnreadable(self.name, str(error), "Correct the setting") from error


@dataclass(frozen=True)
class Seen:
    """What is known of a folder; `mark` tells whether it is still so, "" where none can."""

    validity: int
    mark: str
    mails: tuple[Mail, ...]

    def remembered(self) -> dict[str, object]:
        """As the state has it."""
        mails = [mail.remembered() for mail in self.mails]
        return {"validity": self.validity, "mark": self.mark, "mails": mails}


def remembered_folder(name: str, told: Any) -> Seen | None:
    """What `Seen.remembered` wrote; None of anything else."""
    try:
        mails = tuple(remembered_mail(name, mail) for mail in told["mails"])
        return Seen(int(told["validity"]), str(told["mark"]), mails)
    except (KeyError, TypeError, ValueError):
        return None


@dataclass
class Pass:
    """One reading."""

    source: MailboxSource
    since: Checkpoint
    empty: dict[str, str] = field(default_factory=dict)  # fingerprints of what has no text
    stumbled: bool = False  # did the server fail over the document before?

    @property
    def session(self) -> Session:
        """Whom to ask."""
        return self.source.session

    @property
    def settings(self) -> str:
        """Marks what the state is about: with other settings it is another."""
        account, choice = self.session.account, self.source.choice
        return digest(account.host, account.user, choice.senders, choice.recipients, VERSION)

    def items(self) -> Iterator[Item]:
        """All items."""
        state = read_state(self.since.state, VERSION)
        state = state if state.get("of") == self.settings else {}
        folders = self.folders(state)
        known_empty = state.get("empty")
        yield from self.documents(folders, known_empty if isinstance(known_empty, dict) else {})
        told = {name: seen.remembered() for name, seen in folders.items()}
        yield Reached(
            written_state(VERSION, {"of": self.settings, "folders": told, "empty": self.empty})
        )

    # -- which messages there are ----------------------------------------------------

    def folders(self, state: State) -> dict[str, Seen]:
        """What is in each folder that is meant."""
        kept = state.get("folders")
        before = kept if isinstance(kept, Mapping) else {}
        criteria = self.source.choice.criteria(self.session.outside.clock())
        found: dict[str, Seen] = {}
        for name in self.source.choice.among(self.session.folders()):
            found[name] = self.folder(name, remembered_folder(name, before.get(name)), criteria)
            self.check_number(found)
        return found

    def check_number(self, found: Mapping[str, Seen]) -> None:
        """Raise `Refused` where there are too many messages."""
        most = self.source.choice.max_messages
        if sum(len(seen.mails) for seen in found.values()) > most:
            problem = f"has over {most} messages"
            remedy = "Narrow it by `since` or `folders`, or raise `max_messages`"
            raise Refused(self.session.account.where, problem, remedy)

    def folder(self, name: str, before: Seen | None, criteria: str) -> Seen:
        """What is in a folder; only heads of messages that are new to us are asked for."""
        status = self.session.status(name)
        validity, mark = status["UIDVALIDITY"], mark_of(status, criteria)
        if self.session.validities.setdefault(name, validity) != validity:
            raise self.session.garbled(f"made {name} anew while it was read")
        if before is not None and before.validity != validity:
            before = None
        if before is not None and mark and before.mark == mark:
            return before
        uids = self.session.search(name, criteria) if status["MESSAGES"] else []
        if len(uids) > self.source.choice.max_messages:
            self.check_number({name: Seen(0, "", (Mail(name, 0, "", "", 0),) * len(uids))})
        known = {mail.uid: mail for mail in before.mails} if before else {}
        fresh = self.session.heads(name, [uid for uid in uids if uid not in known])
        known |= {told.uid: mail_of(name, told, self.source.choice) for told in fresh}
        return Seen(validity, mark, tuple(known[uid] for uid in uids if uid in known))

    # -- what they say ---------------------------------------------------------------

    def documents(self, folders: Mapping[str, Seen], empty: Mapping[str, str]) -> Iterator[Keyed]:
        """A document of each thread, or of each message."""
        mails = once(mail for seen in folders.values() for mail in seen.mails if mail.taken)
        for key, members in self.keyed(mails):
            fingerprint = self.fingerprint(members)
            if self.since.has(key, fingerprint):
                yield Unchanged(key)
            elif empty.get(key) == fingerprint:
                self.empty[key] = fingerprint
                yield Unreadable(key, self.where(members) + EMPTY)
            else:
                yield from self.read(key, members)

    def keyed(self, mails: Sequence[Mail]) -> Iterator[tuple[str, Sequence[Mail]]]:
        """The messages of each document, under its key."""
        if self.source.shape.documents == "messages":
            for mail in sorted(mails, key=lambda m: (m.sent_s, m.id)):
                yield f"message:{mail.id}", [mail]
            return
        for id, members in threads(mails):
            for at in range(0, len(members), MOST_OF_A_THREAD):
                part = f"~{at // MOST_OF_A_THREAD + 1}" if at else ""
                yield f"thread:{id}{part}", members[at : at + MOST_OF_A_THREAD]

    def fingerprint(self, members: Sequence[Mail]) -> str:
        """Marks these very messages, read in this very way."""
        shape = self.source.shape
        how = (VERSION, shape.attachments, shape.link, self.session.limits.max_bytes)
        return f"{reading.VERSION}:{digest(*how, *(mail.mark for mail in members))}"

    def read(self, key: str, members: Sequence[Mail]) -> Iterator[Keyed]:
        """A document of messages; of those that are gone by now, none."""
        there: list[Mail] = []
        letters: list[Letter] = []
        try:
            for mail in members:  # one after the other: they may be large
                found = self.session.message(mail.folder, mail.uid)
                if found is not None:
                    there.append(mail)
                    letters += self.letter(mail, found)
        except (Refused, Unreached, Garbled) as error:  # a server may fail over one message alone
            if self.stumbled or isinstance(error, Denied):
                raise
            self.stumbled = not isinstance(error, Refused)
            yield Unreadable(key, self.where(members) + error.reason)
            return
        self.stumbled = False
        if there:
            yield self.document(key, there, letters)

    def letter(self, mail: Mail, found: Fetched) -> list[Letter]:
        """It, where it can be read; one that can't be leaves the others of its thread."""
        try:
            return [letter_of(found, self.source.shape.attachments)]
        except NotReadable as error:
            log.warning("%s: %s%s", self.source.name, self.where([mail]), error.reason)
            return []

    def document(self, key: str, members: Sequence[Mail], letters: list[Letter]) -> Keyed:
        """A document of letters."""
        told = [letter for letter in letters if letter.text or letter.attachments]
        told = told or [whole(letter) for letter in letters if letter.whole.strip()]
        if not told:
            self.empty[key] = self.fingerprint(members)
            return Unreadable(key, self.where(members) + EMPTY)
        first = letters[0]
        subjects = (letter.subject for letter in letters if letter.subject)
        title = next(subjects, "") or f"Mail of {first.sender or 'somebody'}"
        dates = [letter.sent_at for letter in letters if letter.sent_at]
        text = "\n\n".join(letter.written for letter in told)
        return Document(
            self.source.name, key, title, text, self.link(first),
            self.fingerprint(members), max(dates, default=None),
        )  # fmt: skip

    def link(self, letter: Letter) -> str:
        """Where the message is seen; "" where no setting tells."""
        if not letter.message_id:
            return ""
        return self.source.shape.link.replace(
            "{id}", quote(letter.message_id, safe="@", errors="replace")
        )

    def where(self, members: Sequence[Mail]) -> str:
        """Which messages an error is about; its key does not say that."""
        return f"({members[0].folder}, UID {members[0].uid}) "


def whole(letter: Letter) -> Letter:
    """A letter that is nothing but quotes, with these."""
    return replace(letter, text=letter.whole)


def mark_of(status: Mapping[str, int], criteria: str) -> str:
    """Marks the state of a folder, where the server counts its changes (CONDSTORE)."""
    if not status.get("HIGHESTMODSEQ"):
        return ""
    return digest(criteria, *(f"{name}={status[name]}" for name in sorted(status)))
