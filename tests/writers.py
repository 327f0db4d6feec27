"""What writes, over a registry, a loader and a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.answer_cache import AnswerCache
from bot.assistant import Assistant
from bot.conversation import Mode, Place, Question
from bot.learning.loaded import Loaded
from bot.learning.serving import LOOK_S, Writers
from bot.ports import Manner
from knowledge.documents import Chunk, Passage
from knowledge.focus import focus
from model.examples import What
from model.tasks import Shot, tasks_from
from tests.fakes import FakeBackend, FakeReader
from tests.kept_answers import FakeShelf, all_alike
from tests.patience import wait_for
from tests.served import BASE, HERE, FakeLoader, FakeVersions

LEAVE = Chunk("handbook", "leave.md", "Leave", "file:///leave", (), 0, "You get 27 days of leave.")


class House:
    """Writers over a registry, a loader and a clock of the test's own."""

    def __init__(self, keep: int = 4) -> None:
        self.versions, self.loader, self.at = FakeVersions(), FakeLoader(), 0.0
        self.style = FakeBackend("the base ", "writes ", "this", name=BASE)
        self.answers = FakeBackend("Answer 1: 27 days of leave.", name=BASE)
        self.shots: dict[str, tuple[Shot, ...]] = {}
        self.loaded = Loaded(self.loader, keep, lambda: self.at)
        self.writers = Writers(
            lambda: self.versions,
            {What.STYLE: lambda: self.style, What.ANSWERS: lambda: self.answers},
            self.loaded,
            lambda task: self.shots.get(task, ()),
            lambda: self.at,
        )

    def later(self, seconds: float = LOOK_S) -> None:
        """Time passes, and the registry is looked at."""
        self.at += seconds
        self.writers.refresh()

    def writer(self, task: str = "rewrite", place: Place = HERE) -> str:
        """Who does a task now; empty: the base."""
        with self.writers.writer(task, place) as serving:
            return serving.version

    def until(self, *names: str) -> None:
        """Wait until these are loaded, and see what serves then."""
        wait_for(lambda: set(names) <= self.loaded.names)
        self.later()

    def assistant(self, cache: bool = False) -> Assistant:
        """A service that writes with them."""
        shelf = FakeShelf()

        def search(text: str, sources: object) -> list[Passage]:
            return [Passage(LEAVE, 1.0)]

        return Assistant(
            search,
            lambda asked, passages: focus(asked, passages, FakeReader()),
            self.answers,
            shelf,
            tasks_from({}),
            manner=Manner(quotes=0, min_confidence=0.0),
            cache=AnswerCache(shelf, all_alike, search, lambda: "1") if cache else None,
            serves=self.writers,
        )


@contextmanager
def a_house() -> Iterator[House]:
    """One that is closed afterwards, whatever still loads."""
    made = House()
    yield made
    for held_up in made.loader.held_up.values():
        held_up.set()
    made.writers.close()


def asked(text: str = "Pls fix teh build", task: str = "rewrite", place: Place = HERE) -> Question:
    """A text for a stylistic task."""
    return Question(text, "ben", place, mode=Mode.TUNED, task=task)


def fact(place: Place = HERE) -> Question:
    """A question for the documents."""
    return Question("How many days of leave do I get?", "ben", place, mode=Mode.RAG)
