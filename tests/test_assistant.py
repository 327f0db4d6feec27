"""The answer service: every question ends in an answer, and is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.assistant import Assistant
from bot.conversation import Feedback, Mode, Outcome, Place, Question, Verdict
from bot.learning.serving import Unchanging
from bot.ports import Focus, Manner, Search
from bot.support import Proof
from knowledge.documents import Chunk, Passage
from knowledge.errors import IndexUnavailable, SourceUnreadable
from knowledge.focus import focus
from knowledge.reranker import Reader
from model.backends import Backend, Prompt, Sampling
from model.errors import BackendUnavailable
from model.tasks import tasks_from
from tests.fakes import FakeBackend, FakeReader, FakeStore

LEAVE = Chunk(
    "handbook", "leave.md", "Leave", "file:///leave.md", (), 0, "You get 27 days of leave."
)


def finding() -> Search:
    return lambda text, sources: [Passage(LEAVE, 1.0)]


def focused(reader: Reader | None = None) -> Focus:
    """The real choice of statements, by what a reader says of them."""
    return lambda asked, passages: focus(asked, passages, reader or FakeReader())


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
    reader: Reader | None = None,
    min_confidence: float = 0.5,
    writer: Backend | None = None,
    proof: Proof | None = None,
) -> Assistant:
    says, kept = backend or FakeBackend("Answer 1: 27 days of leave."), store or FakeStore()
    return Assistant(
        search or finding(),
        focused(reader),
        says,
        kept,
        tasks_from({}),
        readable,
        Manner(quotes=quotes, min_confidence=min_confidence),
        serves=Unchanging(says, writer),
        proof=proof,
    )


class Watching:
    """A watcher that keeps what it saw, and may stop after some pieces."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.seen: list[str] = []
        self.told: list[str] = []
        self.stop_after = stop_after

    def status(self, text: str) -> None:
        self.told.append(text)

    def found(self, passages: Sequence[Passage]) -> None: ...

    def piece(self, text: str) -> None:
        self.seen.append(text)

    @property
    def stopped(self) -> bool:
        return self.stop_after is not None and len(self.seen) >= self.stop_after


def test_an_answer_is_cited_kept_and_timed() -> None:
    store = FakeStore()
    interaction = assistant(store=store).ask(question())
    assert interaction.answer.outcome is Outcome.CITED
    assert interaction.answer.text == "27 days of leave. [1]"
    assert store.interaction(interaction.id) == interaction
    assert None not in (interaction.timings.search_ms, interaction.timings.first_piece_ms)


def test_the_pieces_shown_are_the_answer() -> None:
    watching = Watching()
    answer = assistant().ask(question(), watching).answer
    assert "".join(watching.seen) == answer.text
    assert watching.told


def test_silence_in_the_sources_is_said_without_asking_the_model() -> None:
    nothing: Search = lambda text, sources: []  # noqa: E731
    unread, silent = FakeReader(), FakeReader(sure=-12.0)
    for search, reader in ((nothing, unread), (finding(), silent)):
        backend = FakeBackend("I made this up.", likely=(0.98, 0.02))
        bot = assistant(search, backend, reader=reader, min_confidence=0.7)
        answer = bot.ask(question("Who rules Mars?")).answer
        assert answer.outcome is Outcome.UNKNOWN
        assert (backend.heard, backend.weighed) == ([], [])
    assert (len(unread.asked), len(silent.asked)) == (0, 1)


def test_a_model_that_leans_to_silence_need_not_write() -> None:
    backend = FakeBackend("Answer 1: 27 days of leave.", likely=(0.02, 0.98))
    answer = assistant(backend=backend).ask(question()).answer
    assert (answer.outcome, backend.heard) == (Outcome.UNKNOWN, [])
    assert "Leave" in answer.text  # what was looked at
    sure = FakeBackend("Answer 1: 27 days of leave.", likely=(0.98, 0.02))
    assert assistant(backend=sure).ask(question()).answer.outcome is Outcome.CITED


def test_a_model_that_says_that_it_does_not_know_is_believed() -> None:
    backend = FakeBackend("Unknown")
    answer = assistant(backend=backend, quotes=3).ask(question()).answer
    assert (answer.outcome, len(backend.heard)) == (Outcome.UNKNOWN, 1)


def test_how_sure_an_answer_is_is_told_with_it_and_with_silence() -> None:
    sure, silent = (
        assistant(backend=FakeBackend("Answer 1: 27 days of leave.", likely=likely))
        .ask(question())
        .answer.confidence
        for likely in ((0.98, 0.02), (0.02, 0.98))
    )
    assert sure is not None
    assert silent is not None
    assert sure > 0.5 > silent
    assert assistant().ask(question("x", Mode.TUNED, "rewrite")).answer.confidence is None


def test_how_sure_an_answer_must_be_is_set() -> None:
    outcomes = [
        assistant(min_confidence=least).ask(question()).answer.outcome for least in (0.0, 0.5, 1.0)
    ]
    assert outcomes == [Outcome.CITED, Outcome.CITED, Outcome.UNKNOWN]


def test_what_the_reader_believes_in_is_answered_and_what_it_doubts_is_not() -> None:
    def outcome(sure: float) -> Outcome:
        bot = assistant(reader=FakeReader(sure), min_confidence=0.7)
        return bot.ask(question()).answer.outcome

    assert [outcome(sure) for sure in (5.0, -10.0)] == [Outcome.CITED, Outcome.UNKNOWN]


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


def test_a_task_is_written_by_the_model_for_tasks_and_a_question_is_not() -> None:
    answers, writes = FakeBackend("Answer 1: 27 days of leave."), FakeBackend("Dear all.")
    bot = assistant(backend=answers, writer=writes)
    task = bot.ask(question("x", Mode.TUNED, "rewrite")).answer
    assert (task.text, answers.heard, len(writes.heard)) == ("Dear all.", [], 1)
    assert bot.ask(question()).answer.outcome is Outcome.CITED
    assert (len(answers.heard), len(writes.heard)) == (1, 1)


def test_a_forced_mode_is_obeyed() -> None:
    bot = assistant(backend=FakeBackend("Hello."))
    tuned = bot.ask(question("How many days?", Mode.TUNED, "rewrite"))
    assert (tuned.route.mode, tuned.answer.outcome) == (Mode.TUNED, Outcome.WRITTEN)


def test_an_unknown_task_is_told_with_the_known_ones() -> None:
    answer = assistant().ask(question("x", Mode.TUNED, "sing")).answer
    assert answer.outcome is Outcome.FAILED
    assert "rewrite" in answer.text


class Stopped(Watching):
    """A watcher who presses Stop when told."""

    stop = False

    @property
    def stopped(self) -> bool:
        return self.stop


class StopsItself(FakeBackend):
    """Its listener presses Stop after the first piece."""

    def __init__(self, watching: Stopped, *pieces: str) -> None:
        super().__init__(*pieces)
        self.watching = watching

    def _say(self, sampling: Sampling) -> Iterator[str]:
        for piece in super()._say(sampling):
            yield piece
            self.watching.stop = True


class StopsAtTheEnd(StopsItself):
    """Its listener presses Stop when all was said."""

    def _say(self, sampling: Sampling) -> Iterator[str]:
        yield from super(StopsItself, self)._say(sampling)
        self.watching.stop = True


def test_stop_ends_the_writing_and_nothing_half_written_is_shown() -> None:
    watching = Stopped()
    backend = StopsItself(watching, "Answer 1: 27 days of leave. ", "You get ", "nothing.")
    answer = assistant(backend=backend, quotes=1).ask(question(), watching).answer
    assert (answer.outcome, watching.seen) == (Outcome.STOPPED, [])


def test_stop_before_the_model_is_asked_spares_it() -> None:
    watching, backend = Stopped(), FakeBackend("Answer 1: 27 days of leave.")

    def search(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        watching.stop = True
        return finding()(text, sources)

    answer = assistant(search, backend).ask(question(), watching).answer
    assert (answer.outcome, backend.heard) == (Outcome.STOPPED, [])


def test_stop_ends_a_task_and_keeps_what_was_said() -> None:
    backend = FakeBackend("The kiln ", "needs ", "care.")
    answer = (
        assistant(backend=backend)
        .ask(question("x", Mode.TUNED, "rewrite"), Watching(stop_after=1))
        .answer
    )
    assert (answer.text, answer.outcome) == ("The kiln", Outcome.STOPPED)
    assert backend.closed


def test_stop_behind_the_last_word_has_cut_nothing() -> None:
    pieces = ("The kiln ", "needs ", "care.")
    tuned = question("x", Mode.TUNED, "rewrite")
    watching = Stopped()
    answer = assistant(backend=StopsAtTheEnd(watching, *pieces)).ask(tuned, watching).answer
    assert (answer.text, answer.outcome) == ("The kiln needs care.", Outcome.WRITTEN)


def test_stop_before_the_first_word_of_a_task_is_told() -> None:
    watching, backend = Stopped(), FakeBackend("The kiln ", "needs ", "care.")
    watching.stop = True
    answer = assistant(backend=backend).ask(question("x", Mode.TUNED, "rewrite"), watching).answer
    assert (answer.text, answer.outcome) == ("Stopped before it was answered.", Outcome.STOPPED)


def test_a_verdict_reaches_the_store() -> None:
    store = FakeStore()
    bot = assistant(store=store)
    interaction = bot.ask(question())
    bot.rate(Feedback(interaction.id, "ben", Verdict.UP, datetime.now(UTC)))
    assert [vote.verdict for vote in store.verdicts(interaction.id)] == [Verdict.UP]


def test_a_verdict_that_is_taken_back_leaves_the_store() -> None:
    store = FakeStore()
    bot = assistant(store=store)
    interaction = bot.ask(question()).id
    for author in ("ben", "anna"):
        bot.rate(Feedback(interaction, author, Verdict.UP, datetime.now(UTC)))
    assert [bot.withdraw(interaction, "ben"), bot.withdraw(interaction, "ben")] == [True, False]
    assert [vote.author for vote in store.verdicts(interaction)] == ["anna"]


def test_the_documents_own_words_stand_below_the_model_s_and_alone_where_nothing_stands() -> None:
    quote = "> You get 27 days of leave. [1]"
    both = assistant(quotes=1).ask(question()).answer
    assert both.text == f"27 days of leave. [1]\n{quote}"
    said = FakeBackend("Answer 1: The moon is made of cheese.")
    alone = assistant(backend=said, quotes=1).ask(question()).answer
    assert (alone.outcome, alone.text) == (Outcome.CITED, quote)
    assert assistant(backend=said).ask(question()).answer.outcome is Outcome.UNKNOWN


def test_a_yes_needs_no_words_of_its_own_in_the_documents() -> None:
    said = FakeBackend("Answer 1: Yes, you get 27 days of leave.")
    answer = assistant(backend=said).ask(question("Do I get 27 days of leave?")).answer
    assert answer.text == "Yes, you get 27 days of leave. [1]"


@pytest.mark.parametrize(("share", "outcome"), [(0.6, Outcome.CITED), (0.4, Outcome.UNKNOWN)])
def test_where_a_model_judges_entailment_a_claim_needs_its_word_too(
    share: float, outcome: Outcome
) -> None:
    judged = assistant(proof=Proof(lambda says, claim: share, 0.5))
    assert judged.ask(question()).answer.outcome is outcome


def test_a_code_that_no_passage_names_is_not_answered_for() -> None:
    backend = FakeBackend("Answer 1: E-19 means that you get 27 days.")
    answer = assistant(backend=backend).ask(question("What does E-19 mean?")).answer
    assert (answer.outcome, backend.heard) == (Outcome.UNKNOWN, [])


PAGES = {
    "leave": Chunk(
        "handbook", "leave.md", "Leave", "file:///leave.md", (), 0, "You get 27 days of leave."
    ),
    "lunch": Chunk(
        "handbook", "lunch.md", "Lunch", "file:///lunch.md", (), 0, "Lunch is served at noon."
    ),
}


class Reads(FakeBackend):
    """Copies the first note, and knows nothing of the moon."""

    def _say(self, sampling: Sampling) -> Iterator[str]:
        notes = self.heard[-1].messages[-1].text
        told, _, asked = notes.partition("Question:")
        known = f"Answer 1: {told.partition('1. ')[2].splitlines()[0]}"
        yield "Unknown" if "moon" in asked else known


def about(text: str, sources: Sequence[str] | None) -> list[Passage]:
    """The page whose name the question has."""
    return [Passage(chunk, 1.0) for name, chunk in PAGES.items() if name in text.lower()]


TWO = "How many days of leave do I get and when is lunch served here?"


def test_two_things_asked_are_both_answered_each_from_its_page() -> None:
    watching = Watching()
    answer = assistant(about, Reads()).ask(question(TWO), watching).answer
    assert [citation.key for citation in answer.citations] == ["leave.md", "lunch.md"]
    assert "27 days of leave. [1]" in answer.text
    assert "noon. [2]" in answer.text
    assert "".join(watching.seen) == answer.text


def test_of_two_things_asked_the_one_that_stays_open_is_named() -> None:
    asked = "How many days of leave do I get and when is the moon made of cheese?"
    watching = Watching()
    answer = assistant(about, Reads()).ask(question(asked), watching).answer
    assert answer.outcome is Outcome.CITED
    assert "27 days of leave. [1]" in answer.text
    assert "don't say" in answer.text
    assert "moon" in answer.text
    assert "".join(watching.seen) == answer.text


def test_what_it_would_say_now_is_an_answer_to_all_that_is_asked_and_is_not_kept() -> None:
    store, searched = FakeStore(), list[Sequence[str] | None]()

    def search(text: str, sources: Sequence[str] | None) -> list[Passage]:
        searched.append(sources)
        return about(text, sources)

    bot = assistant(search, Reads(), store)
    found = bot.would_say(question(), ("handbook",))
    assert found is not None
    assert found.text == "You get 27 days of leave. [1]"
    assert (searched, store.rows) == ([("handbook",)], {})
    open_ = "How many days of leave do I get and when is the moon made of cheese?"
    assert bot.would_say(question(open_), ("handbook",)) is None


def test_what_it_would_say_now_fails_loudly() -> None:
    def broken(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        raise IndexUnavailable("no answer", "Start Weaviate")

    with pytest.raises(IndexUnavailable):
        assistant(broken).would_say(question(), ())


def test_where_nothing_of_two_things_is_known_the_answer_is_that() -> None:
    nothing: Search = lambda text, sources: []  # noqa: E731
    answer = assistant(nothing).ask(question(TWO)).answer
    assert (answer.outcome, answer.citations) == (Outcome.UNKNOWN, ())


def test_a_code_in_one_of_two_things_asked_need_not_be_on_the_page_of_the_other() -> None:
    known = replace(PAGES["leave"], text="E-19 means that you get 27 days of leave.")

    def search(text: str, sources: Sequence[str] | None) -> list[Passage]:
        return about(text, sources) if "lunch" in text else [Passage(known, 1.0)]

    asked = "What does E-19 mean for days off and when is lunch served here?"
    answer = assistant(search, Reads()).ask(question(asked)).answer
    assert "noon" in answer.text
