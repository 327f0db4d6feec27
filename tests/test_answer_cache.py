"""Answers that are given again: when they stand, when they do not, and to whom."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.answer_cache import AnswerCache, Asked, Room, Shelf, code_files, trace, weights_mark
from bot.assistant import Assistant
from bot.conversation import Earlier, Feedback, Mode, Outcome, Place, Question, Turn, Verdict
from bot.line import Line
from bot.platforms.terminal import footer
from bot.ports import Manner
from bot.rendering import interaction_json
from knowledge.documents import Chunk, Passage
from knowledge.errors import SourceUnreadable
from knowledge.focus import Focused, focus
from model.backends import Sampling
from model.tasks import tasks_from
from tests.fakes import FakeBackend, FakeReader
from tests.kept_answers import FakeShelf, all_alike
from tests.patience import PATIENCE_S

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEAVE = "How many days of leave do I get?"
VECTOR = np.asarray([1, 0], np.float32).tobytes()


@dataclass
class Library:
    """Sources with one page each; `found` counts the searches."""

    pages: dict[str, str] = field(
        default_factory=lambda: {"handbook": "You get 27 days of leave.", "board": "The CEO goes."}
    )
    found: int = 0
    away: bool = False

    def search(self, text: str, sources: Sequence[str] | None) -> list[Passage]:
        self.found += 1
        if self.away:
            raise SourceUnreadable("handbook", "no answer", "Start Weaviate")
        names = [name for name in self.pages if sources is None or name in sources]
        chunks = [Chunk(n, "p.md", n, f"file:///{n}", (), 0, self.pages[n]) for n in names]
        return [Passage(chunk, 1.0, {"vector": 0.9}) for chunk in chunks]


def focused(asked: str, passages: Sequence[Passage]) -> Focused:
    return focus(asked, passages, FakeReader())


class Team:
    """An assistant with a cache, and all that it stands on."""

    def __init__(self, shelf: Shelf | None = None, says: FakeBackend | None = None) -> None:
        self.shelf = shelf if isinstance(shelf, FakeShelf) else FakeShelf()
        self.library, self.edition = Library(), "1"
        self.backend = says or FakeBackend("Answer 1: 27 days of leave")
        cache = AnswerCache(
            self.shelf, all_alike, self.library.search, lambda: self.edition, Room()
        )
        self.bot = Assistant(
            self.library.search,
            focused,
            self.backend,
            self.shelf,
            tasks_from({}),
            lambda asked: asked.spaces,
            Manner(quotes=0),
            Line(1),
            cache,
        )

    @property
    def written(self) -> int:
        """How often the model was asked."""
        return len(self.backend.heard)


def question(text: str = LEAVE, *sources: str, **given: object) -> Question:
    made = Question(text, "ben", Place("terminal"), spaces=sources or ("handbook",))
    return replace(made, **given)  # type: ignore[arg-type]  # of the tests' own making


def test_the_same_question_again_costs_no_model_and_is_marked() -> None:
    team = Team()
    one, again = team.bot.ask(question()), team.bot.ask(question("How many leave days do I get?"))
    assert team.written == 1
    assert again.id != one.id
    assert again.answer.cached_from == Earlier(one.id, one.asked_at)
    assert replace(again.answer, cached_from=None) == one.answer
    assert "answered before, " in footer(again)
    assert "sources unchanged" in footer(again)
    assert interaction_json(again)["cached_from"]["interaction"] == one.id
    assert interaction_json(one)["cached_from"] is None


def test_an_answer_given_again_is_never_kept_as_if_it_were_new() -> None:
    team = Team()
    ids = [team.bot.ask(question()).answer.cached_from for _ in range(3)]
    assert [earlier and earlier.interaction for earlier in ids] == [None, 1, 1]
    assert [k.interaction for k in team.shelf.answers] == [1]


def test_another_question_is_answered_by_the_model() -> None:
    team = Team()
    team.bot.ask(question())
    team.bot.ask(question("How many days of leave do I not get?"))
    assert team.written == 2


def test_a_page_that_changed_is_read_anew() -> None:
    team = Team()
    team.bot.ask(question())
    team.library.pages["handbook"] = "You get 27 days of leave, and 2 for moving house."
    assert team.bot.ask(question()).answer.cached_from is None
    assert team.written == 2


def test_a_page_that_goes_or_comes_is_noticed() -> None:
    team = Team()
    both = question(LEAVE, "handbook", "board")
    team.bot.ask(both)
    removed = team.library.pages.pop("board")
    assert team.bot.ask(both).answer.cached_from is None
    team.library.pages["board"] = removed
    assert team.bot.ask(both).answer.cached_from is None


def test_who_may_read_other_sources_never_meets_the_answer() -> None:
    team, asked = Team(), LEAVE
    team.library.pages["board"] = team.library.pages["handbook"]
    secret = team.bot.ask(question(asked, "handbook", "board")).answer
    assert secret.outcome is Outcome.CITED
    for sources in (("handbook",), ("board",)):
        answer = team.bot.ask(question(asked, *sources)).answer
        assert answer.cached_from is None
        assert {passage.chunk.source for passage in answer.passages} == set(sources)
    nobody = replace(question(asked), spaces=())
    assert team.bot.ask(nobody).answer.outcome is Outcome.UNKNOWN
    anything = replace(question(asked), spaces=None)
    assert team.bot.ask(anything).answer.cached_from is None
    turned = team.bot.ask(question(asked, "board", "handbook")).answer
    assert turned.cached_from is not None


def test_what_is_compared_is_searched_with_the_askers_own_sources() -> None:
    team = Team()
    seen: list[Sequence[str] | None] = []

    def search(text: str, sources: Sequence[str] | None) -> list[Passage]:
        seen.append(sources)
        return team.library.search(text, sources)

    assert team.bot.cache is not None
    team.bot.cache.search = team.bot.search = search
    team.bot.ask(question())
    team.bot.ask(question())
    assert {tuple(sources or ()) for sources in seen} == {("handbook",)}


def test_another_model_or_other_settings_answer_for_themselves() -> None:
    team = Team()
    team.bot.ask(question())
    team.edition = "2"
    assert team.bot.ask(question()).answer.cached_from is None
    team.edition = "1"
    assert team.bot.ask(question()).answer.cached_from is not None


def test_a_thumbs_down_makes_the_model_answer_again() -> None:
    team = Team()
    team.bot.ask(question())
    again = team.bot.ask(question())
    team.bot.rate(Feedback(again.id, "ben", Verdict.DOWN, NOON))
    assert team.bot.ask(question()).answer.cached_from is None


def test_fresh_writes_anew_and_takes_the_place_of_the_old() -> None:
    team = Team()
    team.bot.ask(question())
    fresh = team.bot.ask(question(), fresh=True)
    assert (fresh.answer.cached_from, team.written) == (None, 2)
    again = team.bot.ask(question()).answer.cached_from
    assert again is not None
    assert again.interaction == fresh.id


def test_only_whole_answers_from_the_documents_are_kept() -> None:
    silent = Team(says=FakeBackend("The moon is made of cheese."))
    assert silent.bot.ask(question()).answer.outcome is Outcome.UNKNOWN
    broken = Team()
    broken.library.away = True
    assert broken.bot.ask(question()).answer.outcome is Outcome.FAILED
    tuned = Team()
    tuned.bot.ask(question(mode=Mode.TUNED, task="rewrite"))
    cut = Team()
    cut.bot.ask(question(), Watching(stop_after=1))
    assert [team.shelf.answers for team in (silent, broken, tuned, cut)] == [[], [], [], []]


def test_a_forced_mode_is_respected() -> None:
    team = Team()
    team.bot.ask(question(mode=Mode.RAG))
    tuned = team.bot.ask(question(mode=Mode.TUNED, task="rewrite")).answer
    assert (tuned.outcome, tuned.cached_from) == (Outcome.WRITTEN, None)
    assert team.bot.ask(question()).answer.cached_from is not None


def test_a_follow_up_is_compared_with_what_it_takes_from_its_thread() -> None:
    team = Team()
    about = [(Turn("user", f"How long may {who} be away?"),) for who in ("staff", "interns")]
    for thread in about:
        assert team.bot.ask(question("And when ill?", thread=thread)).answer.cached_from is None
    assert team.bot.ask(question("And when ill?", thread=about[0])).answer.cached_from is not None


def test_an_answer_given_again_is_shown_whole() -> None:
    team, watching = Team(), Watching()
    team.bot.ask(question())
    again = team.bot.ask(question(), watching)
    assert "".join(watching.seen) == again.answer.text
    assert again.timings.first_piece_ms is not None


def test_an_answer_that_cannot_be_kept_is_an_answer_all_the_same() -> None:
    team = Team()
    team.shelf.broken = True
    assert team.bot.ask(question()).answer.outcome is Outcome.CITED


def test_an_interaction_that_was_forgotten_is_answered_anew() -> None:
    team = Team()
    one = team.bot.ask(question())
    team.shelf.rows[99] = team.shelf.rows.pop(one.id)
    assert team.bot.ask(question()).answer.cached_from is None


def test_the_trace_tells_texts_addresses_and_order() -> None:
    passages = Library().search("x", None)
    chunk = passages[0].chunk
    moved = [replace(passages[0], chunk=replace(chunk, url="file:///new")), *passages[1:]]
    told = [replace(passages[0], chunk=replace(chunk, text="28 days")), *passages[1:]]
    marks = {trace(each) for each in (passages, passages[::-1], passages[:1], moved, told)}
    assert len(marks) == 5
    assert trace([replace(passage, score=0.1) for passage in passages]) == trace(passages)


def test_the_order_and_repetition_of_sources_do_not_tell_audiences_apart() -> None:
    def audience(*sources: str) -> str:
        return Asked("x", sources, "e", VECTOR).audience

    assert audience("a", "b") == audience("b", "a", "a")
    assert audience("a", "b") != audience("a,b")
    assert Asked("x", None, "e", VECTOR).audience != audience()


def test_the_code_that_answers_is_part_of_the_edition() -> None:
    names = {file.name for file in code_files()}
    assert {"answering.py", "search.py", "assistant.py"} <= names


def test_what_was_learned_is_part_of_the_edition() -> None:
    files = [file.as_posix() for file in code_files()]
    learned = ["knowledge/reranker/reader.onnx", "bot/confidence.json", "bot/followups.json"]
    for path in [*learned, "/adapter_model.safetensors", "bot/routing_examples.jsonl"]:
        assert any(file.endswith(path) for file in files), path
    assert not any(file.endswith((".pyc", ".md")) for file in files)


def test_weights_of_ones_own_that_were_retrained_are_another_edition(tmp_path: Path) -> None:
    file = tmp_path / "reranker" / "model.safetensors"
    file.parent.mkdir()
    file.write_bytes(b"before")
    names = (str(file.parent), "none", "")
    before = weights_mark(names)
    file.write_bytes(b"retrained")
    assert weights_mark(names) == before  # this process has loaded the former ones
    weights_mark.cache_clear()
    assert weights_mark(names) != before


def test_names_that_are_no_paths_mark_nothing() -> None:
    assert weights_mark(("some/model", "none", "")) == weights_mark(())


# -- the line ------------------------------------------------------------------------------


class Watching:
    """A watcher that keeps what it saw, and may stop after some pieces or when told to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.seen: list[str] = []
        self.stop_after, self.waits, self.stop = stop_after, threading.Event(), threading.Event()

    def status(self, text: str) -> None:
        if text.startswith("Waiting"):
            self.waits.set()

    def found(self, passages: Sequence[Passage]) -> None: ...

    def piece(self, text: str) -> None:
        self.seen.append(text)

    @property
    def stopped(self) -> bool:
        enough = self.stop_after is not None and len(self.seen) >= self.stop_after
        return enough or self.stop.is_set()


class SlowBackend(FakeBackend):
    """Says nothing until it may go on."""

    def __init__(self, *pieces: str) -> None:
        super().__init__(*pieces)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def _say(self, sampling: Sampling) -> Iterator[str]:
        self.begun.set()
        self.go_on.wait(PATIENCE_S)
        yield from super()._say(sampling)


def test_while_one_is_answered_others_wait_may_stop_and_known_answers_come_at_once() -> None:
    slow = SlowBackend("Answer 1: 27 days of leave")
    slow.go_on.set()
    team = Team(says=slow)
    team.bot.ask(question())
    slow.begun.clear()
    slow.go_on.clear()
    waiting = Watching()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(team.bot.ask, question("Is leave paid for 27 days?"))
        assert slow.begun.wait(PATIENCE_S)
        second = pool.submit(team.bot.ask, question("Do I get 27 days of leave?"), waiting)
        assert waiting.waits.wait(PATIENCE_S)
        assert team.bot.ask(question()).answer.cached_from is not None
        waiting.stop.set()
        stopped = second.result(PATIENCE_S)
        assert not first.done()
        slow.go_on.set()
        assert first.result(PATIENCE_S).answer.outcome is Outcome.CITED
    assert stopped.answer.outcome is Outcome.STOPPED
    assert stopped.timings.wait_ms is not None
    assert stopped.timings.search_ms is None
    assert [k.interaction for k in team.shelf.answers] == [1, first.result().id]
