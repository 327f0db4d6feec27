"""Stop: what was stopped is written no further, and with a real model the next one is let in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from bot.assistant import Assistant
from bot.conversation import Interaction, Mode, Place, Question
from bot.feed import Feed
from bot.hands import Hand
from bot.line import Line
from bot.posts import Item
from knowledge.documents import Passage
from knowledge.focus import Focused
from model.backends.local import LocalBackend, backend
from model.engines.apart import EngineApart
from model.tasks import tasks_from
from tests.fakes import FakeStore
from tests.inboxes import post
from tests.servers import CACHE

PATIENCE_S = 120  # only ever waited out by a test that fails
TEXT = "Rewrite: the meeting about the kilns and the new glazes was moved to Thursday at noon."


@dataclass
class Reader:
    """A watcher who presses Stop once it has read so many pieces."""

    patience: int
    pieces: list[str] = field(default_factory=list)
    reading: threading.Event = field(default_factory=threading.Event)

    def status(self, text: str) -> None: ...

    def found(self, passages: Sequence[Passage]) -> None: ...

    def piece(self, text: str) -> None:
        self.pieces.append(text)
        self.reading.set()

    @property
    def stopped(self) -> bool:
        return len(self.pieces) >= self.patience


@pytest.fixture(scope="module")
def smollm2() -> LocalBackend:
    made = backend("SmolLM2-135M-Instruct", device="cpu", engine="openvino", cache=CACHE)
    made.load()
    return made


@pytest.fixture
def assistant(smollm2: LocalBackend) -> Assistant:
    """One answer at a time."""
    tasks = dict(tasks_from({}))
    nothing = Focused()
    return Assistant(lambda *_: (), lambda *_: nothing, smollm2, FakeStore(), tasks, line=Line(1))


def asking(assistant: Assistant, asker: str, reader: Reader) -> Callable[[], Interaction]:
    question = Question(TEXT, asker, Place("terminal"), mode=Mode.TUNED)
    return lambda: assistant.ask(question, reader)


async def test_what_was_stopped_before_its_worker_died_is_not_written_on() -> None:
    item = Item(7, post(), False, "", False, 1, 2, "t", True, None)
    stopped = [Hand(one, Feed()).feed.stopped for one in (item, replace(item, stopped=True))]
    assert stopped == [False, True]


@pytest.mark.real
def test_what_is_stopped_is_written_no_further_and_the_next_in_line_is_answered(
    assistant: Assistant, smollm2: LocalBackend
) -> None:
    hasty, patient = Reader(3), Reader(10_000)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asking(assistant, "anna", hasty))
        assert hasty.reading.wait(PATIENCE_S)
        second = pool.submit(asking(assistant, "ben", patient))
        first.result(PATIENCE_S)
        assert second.result(PATIENCE_S).answer.text == "".join(patient.pieces).strip()
    # a piece is always held back to be made inert, and a word until it repeats nothing
    assert len(hasty.pieces) <= 3 + 2
    assert len(patient.pieces) > 3
    engine = smollm2.engine()
    assert isinstance(engine, EngineApart)
    while engine.under_way:
        time.sleep(0.001)
