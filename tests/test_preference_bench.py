"""The bench of preferences: its texts, its team's thumbs, and its short form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.lively import Lively
from bench.preference import interval, taken, unsound
from bench.prose import cut, is_prose, prose
from bench.thumbs import (
    SHORT,
    SLIPS,
    Bench,
    Sizes,
    answers,
    parted,
    question,
    shown,
    thumb,
    written_by,
)
from bot.assistant import Assistant
from bot.conversation import Answer, Interaction, Mode, Outcome, Place, Route, Timings, Verdict
from bot.database import upgrade
from bot.learning.serving import Unchanging
from bot.store import Store
from knowledge.documents import Passage
from knowledge.focus import Focused
from model.backends import Message, Prompt, Sampling
from model.examples import group_of, held_out
from model.tasks import Task
from model.training.recipe import Recipe
from tests.fakes import FakeBackend
from tests.test_bench import bench, figures

TEXTS = [f"Kiln {number} is hot." for number in range(400)]


def test_no_text_is_both_voted_on_and_measured_on() -> None:
    parts = parted(TEXTS, Sizes(100, 40, 30))
    every = [*parts.rounds[0], *parts.rounds[1], *parts.dev, *parts.held]
    assert len(every) == len({*every}) == 270
    assert all(held_out(group_of(text)) for text in parts.held)
    assert not any(held_out(group_of(text)) for text in (*parts.rounds[0], *parts.dev))


def taste(_text: str, answer: str) -> bool:
    return answer == "good"


def test_the_team_votes_by_its_taste_but_for_a_few_slips() -> None:
    made = Bench(Path(), "tiny", Recipe(), parted(TEXTS, SHORT), SHORT, taste)
    good = [thumb(made, text, "good") for text in TEXTS]
    bad = [thumb(made, text, "bad") for text in TEXTS]
    assert all(one is not other for one, other in zip(good, bad, strict=True))
    assert SLIPS / 2 < good.count(Verdict.DOWN) / len(TEXTS) < 2 * SLIPS


def test_an_answer_of_another_version_ends_the_bench() -> None:
    answer = Answer("Hot.", Outcome.WRITTEN, version="style-1")
    given = interaction(answer)
    assert written_by("style-1", given) is given
    with pytest.raises(SystemExit, match="style-1 answered, not the base"):
        written_by("", given)


def interaction(answer: Answer) -> Interaction:
    route = Route(Mode.TUNED, "brief", "forced", 1.0)
    return Interaction(1, question("x", "round 1"), route, answer, Timings(), datetime.now(UTC))


def test_what_was_answered_is_not_asked_again_unless_by_another_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bench.db'}"
    upgrade(url)
    store, backend = Store(url), FakeBackend("words")
    task = Task("brief", "Be brief.")
    bot = Assistant(lambda *_: [], unread, backend, store, {"brief": task})
    for texts in (["one"], ["one", "two"]):
        given = answers(store, bot, texts, "round 1", "")
        assert [each.question.text for each in given] == texts
    assert len(backend.heard) == 2
    with pytest.raises(SystemExit, match="the base answered, not style-1"):
        answers(store, bot, ["one"], "round 1", "style-1")
    store.close()


def test_a_model_that_only_repeats_itself_has_shown_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bench.db'}"
    upgrade(url)
    store, backend = Store(url), FakeBackend("no " * 50)
    bot = Assistant(lambda *_: [], unread, backend, store, {"brief": Task("brief", "Be brief.")})
    for _ in range(2):
        [given] = answers(store, bot, ["one"], "round 1", "")
        assert shown(given) == ""
    assert len(backend.heard) == 1
    store.close()


def unread(_question: str, _passages: Sequence[Passage]) -> Focused:
    raise AssertionError("nothing is searched")


class Heard(FakeBackend):
    """Remembers how it was to write."""

    def __init__(self) -> None:
        super().__init__("words")
        self.samplings = list[Sampling]()

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        self.samplings.append(sampling)
        return super().complete(prompt, sampling)


def test_what_serves_is_asked_to_sample_the_same_for_the_same_prompt() -> None:
    heard = Heard()
    serves = Lively(Unchanging(heard))
    for text in ("one", "one", "two"):
        with serves.writer("brief", Place("terminal")) as serving:
            told = Prompt((Message("user", text),))
            assert list(serving.backend.complete(told, Sampling(7))) == ["words"]
    one, again, two = heard.samplings
    assert (one.max_tokens, one.temperature > 0) == (7, True)
    assert one == again
    assert one.seed != two.seed


def test_pieces_are_whole_sentences() -> None:
    page = "Kilns\n\nA kiln is hot. " + "It burns. " * 60 + "\n\nand more:\n\n- a list"
    text = cut(prose(page))
    assert text.startswith("A kiln is hot. It burns.")
    assert text.endswith("burns.")
    assert 60 <= len(text.split()) <= 90
    assert cut("Too short.") == ""
    assert is_prose(text)
    assert not is_prose("See [the page](x.md).")


def test_what_is_told_of_an_answer() -> None:
    assert taken("The kilns are hot.", "A kiln is cold.") == 0.5
    assert unsound("", "go on and on " * 5) == 1.0
    assert unsound("", "Hot.") == 0.0
    assert interval(30, 100) == "21.9 to 39.6; 30 of 100"


@pytest.mark.bench
def test_two_rounds_of_thumbs_are_learned_from_and_measured(tmp_path: Path) -> None:
    told = figures(bench("preference", tmp_path / "out.json", str(tmp_path / "work")))
    ways = ("before", "shown liked answers", "after round 1", "after round 2")
    assert all(0 <= told[f"liked: {way}"] <= 100 for way in ways)
    one, two = (told[f"training: round {number}"] for number in (1, 2))
    assert one > 0 < two
