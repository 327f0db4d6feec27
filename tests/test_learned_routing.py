"""Routing by what a message reads like: what it learns from, what it decides, what it survives."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from bot.classifying import (
    EXAMPLES,
    QUESTION,
    Fitted,
    Labelled,
    classifier,
    digest,
    fit,
    lessons,
    read_examples,
    read_fitted,
)
from bot.conversation import Mode, Place, Question, Turn
from bot.form import HEAD, TAIL, brings_text, excerpt, features, parted
from bot.learned_routing import LearnedRouter, work
from knowledge.errors import EmbeddingFailed
from model.tasks import BUILT_IN, Shot, Task, tasks_from
from tests.fakes import FakeEmbedder

ROOT = Path(__file__).parents[1]
WRITTEN = ROOT / "tests" / "routing_messages.jsonl"
TASKS = tasks_from({})
HERE = Place("terminal")


class FakeSorter:
    """Says the same of every message."""

    def __init__(self, **shares: float) -> None:
        self.told, self.heard = shares, list[str]()

    def shares(self, text: str) -> Mapping[str, float]:
        self.heard.append(text)
        return self.told


def question(text: str, *thread: str, mode: Mode = Mode.AUTO, task: str | None = None) -> Question:
    turns = tuple(Turn("user", said) for said in thread)
    return Question(text, "ben", HERE, turns, mode=mode, task=task)


def router(sorter: FakeSorter, min_confidence: float = 0.5) -> LearnedRouter:
    return LearnedRouter(lambda: sorter, TASKS, min_confidence)


SURE = {"rewrite": 0.95, QUESTION: 0.05}


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def rows(path: Path) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# -- what it learns from -------------------------------------------------------------


def test_the_written_examples_are_many_and_of_every_task() -> None:
    examples = read_examples()
    assert len(examples) >= 900
    for task in BUILT_IN:
        assert sum(each.label == task.name for each in examples) >= 90
    assert sum(each.label == QUESTION for each in examples) >= 450


def test_mode_and_task_of_an_example_agree() -> None:
    for row in rows(EXAMPLES) + rows(WRITTEN):
        assert (row["mode"] == "tuned") == (row["task"] in TASKS), row
        assert row["mode"] in ("rag", "tuned")


def test_no_example_is_there_twice() -> None:
    for one, other in combinations([words(each.text) for each in read_examples()], 2):
        assert alike(one, other) < 0.85, (one, other)


def test_what_is_measured_on_was_not_learned_from() -> None:
    learned = [words(each.text) for each in read_examples()]
    for row in rows(WRITTEN):
        measured = words(str(row["text"]))
        assert not row.get("thread") or row["thread"]
        if len(measured) > 3:
            assert all(alike(measured, known) < 0.8 for known in learned), row["text"]


def test_the_examples_travel_in_the_wheel() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert EXAMPLES.parent.name in told["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


# -- the form of a message -----------------------------------------------------------


def test_a_long_paste_does_not_drown_the_request() -> None:
    pasted = " ".join(["clay"] * 500)
    for text in (f"shorten this: {pasted}", f"{pasted} - shorten this"):
        seen = excerpt(text)
        assert "shorten this" in seen
        assert len(seen.split()) == HEAD + TAIL + 1


@pytest.mark.parametrize(
    ("text", "request_", "brought"),
    [
        ("soften: you are late", "soften", "you are late"),
        ("tldr\nthe kiln broke", "tldr", "the kiln broke"),
        ("is “go away” too rude?", "is too rude?", "go away"),
        ('sum up: he said "hello" and left', "sum up", 'he said "hello" and left'),
        ("we open at 10:30 on Sundays", "we open at 10:30 on Sundays", ""),
    ],
)
def test_a_message_is_its_request_and_the_text_it_brings(
    text: str, request_: str, brought: str
) -> None:
    assert parted(text) == (request_, brought)


@pytest.mark.parametrize("text", ["shorter pls", "translate that into French", "tl;dr?", "", "?"])
def test_a_bare_request_brings_no_text(text: str) -> None:
    assert not brings_text(text)


def test_the_form_of_odd_messages_is_finite() -> None:
    for text in ("", " ", "\n\n", "?", "“", "🙂" * 400, "x" * 30_000, "a:b:c", ":" * 999):
        told = features(text)
        assert np.isfinite(told).all()
        assert told.shape == features("hello").shape


# -- what it decides -----------------------------------------------------------------


def test_what_reads_like_a_task_goes_to_the_tuned_model_with_its_reason() -> None:
    route = router(FakeSorter(**SURE))(question("less harsh: go away"))
    assert (route.mode, route.task, route.confidence) == (Mode.TUNED, "rewrite", 0.95)
    assert route.reason == "reads like a request to rewrite the text that it brings (0.95)"


def test_below_the_threshold_it_is_a_question() -> None:
    unsure = FakeSorter(rewrite=0.55, question=0.45)
    assert router(unsure, 0.5)(question("less harsh: go away")).mode is Mode.TUNED
    assert router(unsure, 0.6)(question("less harsh: go away")).mode is Mode.RAG


def test_a_request_with_nothing_to_work_on_is_a_question() -> None:
    route = router(FakeSorter(**SURE))(question("shorter pls"))
    assert route.mode is Mode.RAG
    assert "no text" in route.reason


def test_a_request_in_a_thread_works_on_the_turn_before() -> None:
    asked = question("shorter pls", "A long story.")
    assert router(FakeSorter(**SURE))(asked).mode is Mode.TUNED
    assert work(asked, "rewrite") == ("shorter pls", "A long story.")


def test_a_draft_needs_no_text() -> None:
    route = router(FakeSorter(draft=1.0))(question("draft an email"))
    assert (route.mode, route.task) == (Mode.TUNED, "draft")


def test_the_wish_stands_beside_the_text_but_for_drafts() -> None:
    assert work(question("soften: go away"), "rewrite") == ("soften", "go away")
    whole = 'reply to "any rooms?", we have two'
    assert work(question(whole), "draft") == ("", whole)


def test_a_forced_mode_and_task_ask_nobody() -> None:
    sorter = FakeSorter(**SURE)
    assert router(sorter)(question("soften: a b", mode=Mode.RAG)).mode is Mode.RAG
    forced = router(sorter)(question("how many days?", mode=Mode.TUNED, task="draft"))
    assert (forced.mode, forced.task, sorter.heard) == (Mode.TUNED, "draft", [])


def test_a_forced_tuned_mode_takes_the_likeliest_task() -> None:
    sorter = FakeSorter(question=0.8, translate=0.15, draft=0.05)
    route = router(sorter)(question("the door is open", mode=Mode.TUNED))
    assert (route.task, route.reason) == ("translate", "forced: tuned")


def test_without_an_embedder_the_patterns_route_and_say_so() -> None:
    def none() -> Fitted:
        raise EmbeddingFailed("bge", "gone", "Fetch it")

    learned = LearnedRouter(none, TASKS)
    learned.prepare()
    route = learned(question("Rewrite: the kiln is broken again"))
    assert (route.mode, route.task) == (Mode.TUNED, "rewrite")
    assert "by patterns" in route.reason


# -- how it learns -------------------------------------------------------------------

FEW = [
    *(Labelled(f"soften this: {word} again", "rewrite") for word in "mud ash wax tin".split()),
    *(Labelled(f"where do we keep {word}", QUESTION) for word in "mud ash wax tin".split()),
]


def test_it_learns_from_messages() -> None:
    fitted = fit(FEW, FakeEmbedder())
    assert fitted.shares("soften this: the oven")["rewrite"] > 0.5
    assert fitted.shares("where do we keep oven")[QUESTION] > 0.5
    assert sum(fitted.shares("?").values()) == pytest.approx(1)


def test_it_is_fitted_once_and_made_anew_when_broken(tmp_path: Path) -> None:
    first = classifier(TASKS, FakeEmbedder(), tmp_path)
    (path,) = (tmp_path / "routing").iterdir()
    kept = read_fitted(path, FakeEmbedder())
    assert kept is not None
    np.testing.assert_array_equal(kept.weights, first.weights)
    path.write_bytes(path.read_bytes()[:99])
    assert read_fitted(path, FakeEmbedder()) is None
    assert classifier(TASKS, FakeEmbedder(), tmp_path).labels == first.labels
    assert read_fitted(path, FakeEmbedder()) is not None


def test_other_messages_or_another_embedder_make_another_digest() -> None:
    told = {digest(FEW, "bge"), digest(FEW, "minilm"), digest(FEW[1:], "bge")}
    assert len(told) == 3


ANNOUNCE = Task("announce", "Write it as we write announcements.", (Shot("we moved", "We moved!"),))


def test_a_task_of_the_settings_is_learned_by_its_name_and_examples() -> None:
    learned = lessons(TASKS | {"announce": ANNOUNCE})
    told = [each.text for each in learned if each.label == "announce"]
    assert "announce: we moved" in told
    assert any("as we write announcements" in text for text in told)


@pytest.mark.endurance
@pytest.mark.real
def test_real_messages_are_routed_right(tmp_path: Path) -> None:
    from bench import parts
    from bench.routing import right, written
    from bot.routing import choose_route

    tasks = TASKS | {"announce": ANNOUNCE}
    learned = LearnedRouter(lambda: classifier(tasks, parts.embedder(), tmp_path), tasks)
    assert right(learned, written()) >= 0.95 > right(choose_route, written())
    route = learned(question("announce: the canteen opens at seven from Monday on"))
    assert (route.mode, route.task) == (Mode.TUNED, "announce")
    assert learned(question("Summarize our leave policy", "earlier")).mode is Mode.RAG
