"""A whole bot for tests: real desk, inbox, assistant, SQL; the index and the model are fakes."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bot.assistant import Assistant
from bot.conversation import Place, Question
from bot.database import upgrade
from bot.desk import Desk
from bot.endorsed.endorsing import Endorsing
from bot.endorsed.indexing import OwnSources
from bot.endorsed.store import EndorsedStore
from bot.endorsed.words import source_of
from bot.gaps.checking import Checking as AskingAgain
from bot.gaps.digest import Digests
from bot.gaps.report import Reporting
from bot.gaps.store import GapStore
from bot.inbox import Inbox
from bot.learning.channels import Channels
from bot.learning.openness import Openness
from bot.learning.readings import Consent
from bot.learning.registry import Registry
from bot.learning.serving import Unchanging
from bot.line import Line
from bot.people import People
from bot.ports import Manner
from bot.posts import Item
from bot.sessions import Sessions
from bot.settings import Settings
from bot.spaces import readable
from bot.speaking import Speaking
from bot.stale.checking import Checking
from bot.store import Store
from knowledge.documents import Chunk, Document, Passage
from knowledge.embedding import Vectors
from knowledge.focus import focus
from model.backends import Prompt, Sampling
from model.tasks import tasks_from
from tests.fakes import FakeBackend, FakeReader

LEAVE = "You get 27 days of leave."
PAGES = {  # by source: what it says
    "handbook": {
        "leave": LEAVE,
        "lunch": "Lunch is served at noon in the canteen.",
        "parking": "The car park closes at eight in the evening.",
    },
    "payroll": {"salaries": "The salaries are paid on the 25th of the month."},
    "website": {"opening": "The office opens at nine for visitors."},
}
Pages = Mapping[str, Mapping[str, str]]  # by source and key: what they say
WORD = re.compile(r"[^\W\d_]{4,}")


def searching(
    pages: Mapping[str, Mapping[str, str]],
) -> Callable[[str, Sequence[str] | None], list[Passage]]:
    """A search that finds the pages that share a word of four letters with the question."""

    def search(text: str, sources: Sequence[str] | None) -> list[Passage]:
        asked = {word.casefold() for word in WORD.findall(text)}
        return [
            Passage(piece(source, key, said), 1.0)
            for source, texts in pages.items()
            if sources is None or source in sources
            for key, said in texts.items()
            if asked & {word.casefold() for word in WORD.findall(f"{key} {said}")}
        ]

    return search


def url(source: str, key: str) -> str:
    """Where a page of the fakes would stand."""
    return f"https://docs.example/{source}/{key}"


class SlowBackend(FakeBackend):
    """Says a word at a time, and waits after each."""

    def __init__(self, *pieces: str, wait_s: float = 0.0) -> None:
        super().__init__(*pieces)
        self.wait_s = wait_s

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """The pieces, slowly."""
        for piece in super().complete(prompt, sampling):
            time.sleep(self.wait_s)
            yield piece


@dataclass
class Made:
    """A bot, with what a test looks at."""

    desk: Desk
    inbox: Inbox
    store: Store
    settings: Settings
    backend: FakeBackend
    writer: FakeBackend
    asked: list[Question]
    pages: dict[str, dict[str, str]]  # that the search finds; a test may change them
    sessions: Sessions


def settings_for(home: Path, given: Mapping[str, object] | None = None) -> Settings:
    """The sources of `PAGES`: handbook for all, payroll for a space, website for anybody."""
    usual: dict[str, object] = {
        "home": home,
        "cache": home / "cache",
        "sources": {
            "handbook": {"use": "folder", "path": "x", "spaces": ["everyone"]},
            "payroll": {"use": "folder", "path": "y", "spaces": ["payroll"]},
            "website": {"use": "folder", "path": "z", "spaces": ["public"]},
        },
        "spaces": {
            "payroll": {
                "slack_channels": ["C0PAY"],
                "people": ["U0PAYER"],
                "discord_channels": ["600000000000000003"],
                "discord_roles": ["payroll"],
            }
        },
    }
    return Settings.model_validate(usual | dict(given or {}))


def spoken(
    assistant: Assistant,
    inbox: Inbox,
    sessions: Sessions,
    settings: Settings,
    consent: Consent,
    pages: Pages,
) -> Speaking:
    """What the bot says by itself; questions are alike that end with the same word."""
    search, may_read = searching(pages), partial(readable, settings=settings)
    reporting = Reporting(
        GapStore(sessions).unanswered,
        consent,
        lambda texts: np.asarray([[zlib.crc32(text.split()[-1].encode())] for text in texts]),
        search,
        tuple(settings.sources),
        settings.spaces,
        0.8,
        same_rows,
        AskingAgain(assistant.would_say, may_read, assistant.recorded),
    )
    digests = Digests(reporting, may_read, 5)
    muted = partial(silenced, inbox)
    return Speaking(digests, Checking(assistant, inbox.discard, pieces_of(pages), muted))


def endorsements(
    sessions: Sessions, settings: Settings, consent: Consent, pages: dict[str, dict[str, str]]
) -> Endorsing:
    """What keeps endorsed answers; they are among the pages at once."""
    store = EndorsedStore(sessions)

    def sync(place: Place | None) -> None:
        own = OwnSources(lambda: store, endorsing.allowed)
        for name in own.names(pages) if place is None else [source_of(place)]:
            source = own.source(name)
            assert source is not None
            documents = [item for item in source.documents(None) if isinstance(item, Document)]
            pages[name] = {document.key: document.text for document in documents}

    endorsing = Endorsing(store, settings.trusted, lambda: consent, sync)
    return endorsing


def silenced(inbox: Inbox, item: Item) -> bool:
    """Was the bot told to be quiet there?"""
    return inbox.known(item.post).muted


def pieces_of(pages: Pages) -> Callable[[str, str], list[Chunk]]:
    """A page as one piece; none where it is gone."""

    def pieces(source: str, key: str) -> list[Chunk]:
        said = pages.get(source, {}).get(key)
        return [] if said is None else [piece(source, key, said)]

    return pieces


def piece(source: str, key: str, said: str) -> Chunk:
    """A page as it is found."""
    return Chunk(source, key, key.title(), url(source, key), (), 0, said)


def same_rows(vectors: Vectors, _alike: float) -> list[list[int]]:
    """Clusters of equal rows."""
    found = dict[bytes, list[int]]()
    for number, row in enumerate(vectors):
        found.setdefault(row.tobytes(), []).append(number)
    return list(found.values())


@contextmanager
def made(
    home: Path,
    backend: FakeBackend | None = None,
    writer: FakeBackend | None = None,
    given: Mapping[str, object] | None = None,
    pages: Mapping[str, Mapping[str, str]] | None = None,
    database_url: str | None = None,
    reader: FakeReader | None = None,
) -> Iterator[Made]:
    """A bot over a database; the SQLite file in `home` where none is named."""
    url = database_url or f"sqlite:///{home / 'tandem.db'}"
    upgrade(url)
    settings, tasks = settings_for(home, given), dict(tasks_from({}))
    says = backend or FakeBackend(f"Answer 1: {LEAVE}")
    writes = writer or FakeBackend("Kindly ", "send ", "the numbers.")
    judge = reader or FakeReader()
    sessions = Sessions(url)
    store, inbox, people = Store(sessions), Inbox(sessions), People(sessions)
    asked: list[Question] = []
    held = {source: dict(texts) for source, texts in (pages or PAGES).items()}

    def allowed(question: Question) -> list[str]:
        asked.append(question)
        return readable(question, settings)

    assistant = Assistant(
        searching(held),
        lambda text, passages: focus(text, passages, judge),
        says,
        store,
        tasks,
        allowed,
        Manner(quotes=0, min_confidence=0.5),
        Line(4),
        serves=Unchanging(says, writes),
    )
    silent = frozenset(settings.learning.silent_channels)
    openness = Openness(Channels(sessions), silent, Registry(sessions).live)
    consent = Consent(people.may_learn, openness.learns_in)
    speaker = spoken(assistant, inbox, sessions, settings, consent, held)
    endorsing = endorsements(sessions, settings, consent, held)
    parts = (settings, tasks, openness, speaker, endorsing)
    desk = Desk(assistant, inbox, store, people, *parts)
    try:
        yield Made(desk, inbox, store, settings, says, writes, asked, held, sessions)
    finally:
        sessions.close()
