"""Messages by what they say of themselves, and the threads that they belong to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from typing import Any

from knowledge.sources.mailbox.answers import Fetched, sent_s
from knowledge.sources.mailbox.choosing import Choice

ID = re.compile(r"<([^<>]+)>")
MOST_REFERENCES = 2  # the thread's first message, and the one that is answered


@dataclass(frozen=True)
class Mail:
    """A message; ids are digests of Message-IDs, so that they are short."""

    folder: str
    uid: int
    id: str
    mark: str  # of this version: another message of the same id has another
    sent_s: float  # since 1970
    answers: tuple[str, ...] = ()  # ids of its thread's first message, and of the one it answers
    taken: bool = True  # is it one that is chosen?

    def remembered(self) -> list[object]:
        """As the state has it."""
        return [self.uid, self.id, self.mark, self.sent_s, list(self.answers), self.taken]


def remembered_mail(folder: str, told: Any) -> Mail:
    """What `Mail.remembered` wrote. Raises `ValueError` and `TypeError` for anything else."""
    uid, id, mark, sent, answers, taken = told
    return Mail(folder, int(uid), str(id), str(mark), float(sent), tuple(answers), bool(taken))


def digest(*parts: object) -> str:
    """A short mark of parts."""
    told = "\0".join(str(part) for part in parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(told).hexdigest()[:16]


def mail_of(folder: str, told: Fetched, choice: Choice) -> Mail:
    """A message by its heads."""
    heads = message_from_bytes(told.raw)
    said = [head(heads, name) for name in ("Date", "From", "Subject")]
    own = ids(head(heads, "Message-ID"))
    id = digest(own[0]) if own else digest("no id", *said, told.size, told.arrived_s)
    references = ids(head(heads, "References")) or ids(head(heads, "In-Reply-To"))[:1]
    answered = dict.fromkeys([*references[:1], *references[1 - MOST_REFERENCES :]])
    others = tuple(digest(other) for other in answered)
    mark = digest(id, *said, told.size)
    taken = choice.takes(addresses(heads, "From"), addresses(heads, "To", "Cc"))
    when = float(int(sent_s(said[0]) or told.arrived_s))
    return Mail(folder, told.uid, id, mark, when, tuple(o for o in others if o != id), taken)


def head(message: Message, name: str) -> str:
    """A head as it stands there; "" where it is not."""
    return " ".join(str(message[name] or "").split())


def ids(told: str) -> list[str]:
    """The Message-IDs in a head, without brackets."""
    return [found.strip() for found in ID.findall(told)]


def addresses(message: Message, *names: str) -> list[str]:
    """The bare addresses in some heads."""
    told = [str(value) for name in names for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(told) if address]


def once(mails: Iterable[Mail]) -> list[Mail]:
    """Each message once, however many folders have it: where it was found first."""
    found: dict[str, Mail] = {}
    for mail in mails:
        found.setdefault(mail.id, mail)
    return list(found.values())


def threads(mails: Sequence[Mail]) -> list[tuple[str, list[Mail]]]:
    """Messages that answer each other, oldest first, under the id of the thread's first message.

    The first may be one that is not here: all that name it belong together.
    """
    above: dict[str, str] = {}

    def top(id: str) -> str:
        while id in above:
            above[id] = above.get(above[id], above[id])
            id = above[id]
        return id

    for mail in mails:
        for other in mail.answers:
            one, two = top(mail.id), top(other)
            if one != two:
                above[one] = two
    found: dict[str, list[Mail]] = {}
    for mail in sorted(mails, key=lambda m: (m.sent_s, m.id)):
        found.setdefault(top(mail.id), []).append(mail)
    named = [(first_of(members), members) for members in found.values()]
    return sorted(named, key=lambda thread: (thread[1][0].sent_s, thread[0]))


def first_of(members: Sequence[Mail]) -> str:
    """The id of what a thread began with, as its oldest message tells it."""
    oldest = members[0]
    return oldest.answers[0] if oldest.answers else oldest.id
