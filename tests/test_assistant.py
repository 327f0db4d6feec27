"""The answer service: every question ends in an answer, and is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from bot.assistant import Assistant, Manner, Search
from bot.conversation import Feedback, Mode, Outcome, Place, Question, Verdict
from knowledge.documents import Chunk, Passage
from knowledge.errors import SourceUnreadable
from knowledge.focus import Finding
from knowledge.statements import statements
from model.backends import Backend, Prompt, Sampling
from model.errors import BackendUnavailable
from model.tasks import tasks_from
from tests.fakes import FakeBackend, FakeStore

LEAVE = Chunk(
    "handbook", "leave.md", "Leave", "file:///leave.md", (), 0, "You get 27 days of leave."
)


def finding(similarity: float = 0.8) -> Search:
    return lambda text, sources: [Passage(LEAVE, 1.0, {"vector": similarity})]


def nearest(asked: str, passages: Sequence[Passage]) -> list[Finding]:
    """Every statement, as near as its passage."""
    return [
        Finding(passage, said, rank, place, passage.scores["vector"])
        for rank, passage in enumerate(passages)
        for place, said in enumerate(statements(passage.chunk.text))
    ]


def question(
    text: str = "How many days of leave do I get?",
    mode: Mode = Mode.AUTO,
    task: str | None = None,
    spaces: tuple[str, ...] | None = None,
) -> Question:
    return Question(text, "ben", Place("terminal"), mode=mode, task=task, spaces=spaces)


def assistant(
    search: Search | None = None,
    backend: Backend | None = None,
    store: FakeStore | None = None,
    readable: Callable[[Question], Sequence[str] | None] = lambda _: None,
    quotes: int = 0,
) -> Assistant:
    says = backend or FakeBackend("You get 27 days of leave [1].")
    kept, manner = store or FakeStore(), Manner(quotes=quotes)
    return Assistant(search or finding(), nearest, says, kept, tasks_from({}), readable, manner)


class Watching:
    """A watcher that keeps what it saw, and may stop after some pieces."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.seen: list[str] = []
        self.told: list[str] = []
        self.stop_after = stop_after

    def status(self, text: str) -> None:
        self.told.append(text)

    def piece(self, text: str) -> None:
        self.seen.append(text)

    @property
    def stopped(self) -> bool:
        return self.stop_after is not None and len(self.seen) >= self.stop_after


def test_an_answer_is_cited_kept_and_timed() -> None:
    store = FakeStore()
    interaction = assistant(store=store).ask(question())
    assert interaction.answer.outcome is Outcome.CITED
    assert interaction.answer.text == "You get 27 days of leave. [1]"
    assert store.interaction(interaction.id) == interaction
    assert None not in (interaction.timings.search_ms, interaction.timings.first_piece_ms)


def test_the_pieces_shown_are_the_answer() -> None:
    watching = Watching()
    answer = assistant().ask(question(), watching).answer
    assert "".join(watching.seen) == answer.text
    assert watching.told


def test_silence_in_the_sources_is_said_without_asking_the_model() -> None:
    backend = FakeBackend("I made this up.")
    nothing: Search = lambda text, sources: []  # noqa: E731
    for search in (finding(similarity=0.1), nothing):
        bot = assistant(search, backend)
        answer = bot.ask(question("Who rules Mars?")).answer
        assert (answer.outcome, backend.heard) == (Outcome.UNKNOWN, [])


def test_a_broken_index_is_apologised_for_and_kept_with_its_code() -> None:
    def broken(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        raise SourceUnreadable("handbook", "no answer from 10.0.0.7", "Start Weaviate")

    store = FakeStore()
    interaction = assistant(broken, store=store).ask(question())
    assert interaction.answer.outcome is Outcome.FAILED
    assert "10.0.0.7" not in interaction.answer.text
    assert re.fullmatch(r"T-[0-9A-F]{4}", interaction.answer.code)
    assert interaction.answer.code in interaction.answer.text
    assert "10.0.0.7" in store.error_detail(interaction.id)


class Broken(FakeBackend):
    """A backend that says something and dies."""

    def __init__(self, error: Exception) -> None:
        super().__init__("You get")
        self.error = error

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        yield "You get"
        raise self.error


def test_a_model_that_dies_half_way_is_apologised_for() -> None:
    error = BackendUnavailable("local", "out of memory", "Choose a smaller model")
    answer = assistant(backend=Broken(error)).ask(question()).answer
    assert answer.outcome is Outcome.FAILED
    assert "memory" not in answer.text


def test_a_bug_is_apologised_for_too() -> None:
    answer = assistant(backend=Broken(ZeroDivisionError("secret"))).ask(question()).answer
    assert answer.outcome is Outcome.FAILED
    assert "secret" not in answer.text


def test_the_next_question_works_after_a_failure() -> None:
    states = iter([True, False])

    def search(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        if next(states):
            raise SourceUnreadable("handbook", "away", "Wait")
        return finding()(text, sources)

    bot = assistant(search)
    assert [bot.ask(question()).answer.outcome for _ in range(2)] == [
        Outcome.FAILED,
        Outcome.CITED,
    ]


def test_only_what_may_be_read_is_searched() -> None:
    asked: list[Sequence[str] | None] = []

    def search(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        asked.append(sources)
        return []

    assistant(search, readable=lambda _: ["handbook"]).ask(question())
    assert asked == [["handbook"]]


def test_a_stylistic_task_is_written_without_a_search() -> None:
    def never(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        raise AssertionError("a stylistic task needs no sources")

    watching = Watching()
    text = "Rewrite politely: the kiln is broken, deal with it"
    answer = (
        assistant(never, FakeBackend("The kiln needs care.")).ask(question(text), watching).answer
    )
    assert (answer.outcome, answer.text) == (Outcome.WRITTEN, "The kiln needs care.")
    assert "".join(watching.seen) == "The kiln needs care."


def test_a_forced_mode_is_obeyed() -> None:
    bot = assistant(backend=FakeBackend("Hello."))
    tuned = bot.ask(question("How many days?", Mode.TUNED, "rewrite"))
    assert (tuned.route.mode, tuned.answer.outcome) == (Mode.TUNED, Outcome.WRITTEN)


def test_an_unknown_task_is_told_with_the_known_ones() -> None:
    answer = assistant().ask(question("x", Mode.TUNED, "sing")).answer
    assert answer.outcome is Outcome.FAILED
    assert "rewrite" in answer.text


def test_stop_ends_the_writing_and_keeps_what_was_said() -> None:
    backend = FakeBackend(
        "You get 27 days of leave. ", "You get 27 days of leave each year. ", "No."
    )
    answer = assistant(backend=backend).ask(question(), Watching(stop_after=1)).answer
    assert answer.text == "You get 27 days of leave. [1]"
    assert backend.closed


def test_a_verdict_reaches_the_store() -> None:
    store = FakeStore()
    bot = assistant(store=store)
    interaction = bot.ask(question())
    bot.rate(Feedback(interaction.id, "ben", Verdict.UP, datetime.now(UTC)))
    assert [vote.verdict for vote in store.verdicts(interaction.id)] == [Verdict.UP]


def test_the_documents_own_words_stand_below_the_model_s_and_alone_where_nothing_stands() -> None:
    quote = "> You get 27 days of leave. [1]"
    both = assistant(quotes=1).ask(question()).answer
    assert both.text == f"You get 27 days of leave. [1]\n{quote}"
    said = FakeBackend("The moon is made of cheese.")
    alone = assistant(backend=said, quotes=1).ask(question()).answer
    assert (alone.outcome, alone.text) == (Outcome.CITED, quote)
    assert assistant(backend=said).ask(question()).answer.outcome is Outcome.UNKNOWN


def test_what_is_found_must_be_near_enough() -> None:
    answer = assistant(finding(similarity=0.7), quotes=1).ask(question()).answer
    assert answer.outcome is Outcome.UNKNOWN


def test_a_code_that_no_passage_names_is_not_answered_for() -> None:
    backend = FakeBackend("E-19 means that you get 27 days.")
    answer = assistant(backend=backend).ask(question("What does E-19 mean?")).answer
    assert (answer.outcome, backend.heard) == (Outcome.UNKNOWN, [])
