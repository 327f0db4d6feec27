"""The source of a channel's endorsed answers: a document each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.endorsed.words import Endorsed, Reply
from knowledge.documents import Checkpoint, Document, Item, Unchanged

TITLE = 120  # characters of a question


@dataclass(frozen=True)
class AnswersSource:
    """Those that were accepted, of people who may be learned from."""

    name: str
    accepted: Callable[[], list[Endorsed]]
    allowed: Callable[[Reply], bool]

    def expected(self) -> int | None:
        """How many there are."""
        return len(self.accepted())

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """All that may be read now, oldest first."""
        for one in self.accepted():
            if self.allowed(one.reply):
                document = document_of(self.name, one.reply)
                held = since is not None and since.has(document.key, document.fingerprint)
                yield Unchanged(document.key) if held else document


def document_of(source: str, reply: Reply) -> Document:
    """A question with its answer; cited, it leads to the thread."""
    question = " ".join(reply.question.split())
    title = question if len(question) <= TITLE else f"{question[: TITLE - 1]}…"
    text = f"# {title}\n\n{reply.answer}\n"
    told = f"{text}\n{reply.link}"
    fingerprint = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
    return Document(source, reply.message, title, text, reply.link, fingerprint, reply.written_at)
