"""A task that has thumbs and no corrections is measured by who prefers what people liked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.learning import showing
from bot.learning.cases import cases
from bot.learning.comparing import comparison
from bot.learning.evaluating import Part, evaluation, freeze_all
from bot.learning.sides import Measuring, output_files
from bot.learning.words import ModelVersion
from model.errors import LikelihoodsUnknown, VersionUnusable
from model.evaluation.likelihood import Asked
from model.evaluation.shape import read_scores
from model.evaluation.trials import Set, TaskCompared
from model.examples import Example, Origin, Review, What
from model.tasks import BUILT_IN
from model.versions import version_folder
from tests.measured import Team, empty_database, house, lesson, plain, team, texts

REWRITE = BUILT_IN[0]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_database(tmp_path_factory.mktemp("database"))


@pytest.fixture
def ours(tmp_path: Path, database: Path) -> Iterator[Team]:
    with team(tmp_path, database) as made:
        yield made


def thumb(text: str, good: str = "", bad: str = "") -> Example:
    """An answer that somebody liked, or did not like."""
    kept = {"origin": Origin.THUMB, "review": Review.ACCEPTED}
    return Example(What.STYLE, "rewrite", text, good, bad, **kept)  # type: ignore[arg-type]


def judge(ours: Team, liked: int = 10, disliked: int = 10) -> None:
    """Held-out texts to which people liked short answers, and disliked long ones."""
    some = texts(held_out=True)
    good = [thumb(text, good=f"{text}!") for text in some[:liked]]
    bad = [thumb(text, bad=f"Dear all, {text}.") for text in some[liked : liked + disliked]]
    ours.book.keep([*good, *bad])


@dataclass
class Scale:
    """Tells how likely answers are: a version finds liked ones, short here, likelier."""

    taste: float = 1.0
    breaks_at: int = -1
    asked: list[tuple[str, str]] = field(default_factory=list)  # by whom, which answer

    def weighs(
        self, _what: What, version: ModelVersion | None, asked: Sequence[Asked]
    ) -> Iterator[tuple[int, float | None]]:
        for number, each in enumerate(asked):
            if len(self.asked) == self.breaks_at:
                raise KeyboardInterrupt
            self.asked.append((version.name if version else "", each.answer))
            short = each.answer.endswith("!")
            likes = self.taste * (0.5 if short else -0.5) if version else 0.0
            yield number, -1.0 - len(each.answer) % 7 / 20 + likes

    def on(self, ours: Team) -> Measuring:
        return replace(ours.parts, weighs=self.weighs)


def held(found: TaskCompared | tuple[TaskCompared, ...]) -> TaskCompared:
    tasks = found if isinstance(found, tuple) else (found,)
    (mine,) = [each for each in tasks if (each.task, each.set) == ("rewrite", Set.HELD_OUT)]
    return mine


def test_a_version_that_prefers_what_people_liked_passes_with_no_correction(ours: Team) -> None:
    judge(ours)
    name = ours.version()
    found = evaluation(Scale().on(ours), name)
    assert found.passed, found.reasons
    assert "is better on 10 liked and 10 disliked held-out answers" in found.reasons[0]
    told = held(read_scores(found.scores).tasks)
    assert (told.main, told.examples, told.liked, told.disliked) == ("preference", 20, 10, 10)
    kept = json.loads((version_folder(ours.home, name) / "scores.json").read_text())
    assert kept["tasks"][0]["liked"] == 10
    assert kept["gate"]["passed"]


def test_one_that_prefers_what_people_disliked_does_not(ours: Team) -> None:
    judge(ours)
    found = evaluation(Scale(taste=-1).on(ours), ours.version())
    assert not found.passed
    assert "is significantly worse (held-out)" in found.reasons[-1]


def test_each_side_is_asked_as_it_is_when_it_serves(ours: Team) -> None:
    judge(ours)
    scale, prompts = Scale(), dict[str, set[str]]()

    def weighs(
        what: What, version: ModelVersion | None, asked: Sequence[Asked]
    ) -> Iterator[tuple[int, float | None]]:
        name = version.name if version else ""
        prompts[name] = {each.prompt.messages[0].text.split(".")[0] for each in asked}
        return scale.weighs(what, version, asked)

    name = ours.version()
    evaluation(replace(ours.parts, weighs=weighs), name)
    assert prompts[name] == {"Task: rewrite"}
    assert prompts[""] == {REWRITE.instruction.split(".")[0]}


def test_what_is_written_anew_refuses_where_it_is_empty(ours: Team) -> None:
    judge(ours)
    bad = texts(held_out=True)[0]
    name = ours.version(lambda text: "" if text == bad else house(text))
    found = evaluation(Scale().on(ours), name)
    assert not found.passed
    assert found.reasons[-1] == "rewrite: 1 of 20 answers (held-out) are empty, against 0."


def test_with_too_few_thumbs_it_is_said_how_many_are_missing(ours: Team) -> None:
    judge(ours, liked=12, disliked=3)
    found = evaluation(Scale().on(ours), ours.version())
    assert not found.passed
    assert found.reasons[0].startswith("rewrite: 12 liked and 3 disliked held-out answers are too")
    assert "about 35 more thumbs-down" in found.reasons[0]


def test_where_no_weights_are_it_is_said_and_nothing_else_is_lost(ours: Team) -> None:
    def elsewhere(
        _what: What, _version: ModelVersion | None, _asked: Sequence[Asked]
    ) -> Iterator[tuple[int, float | None]]:
        raise LikelihoodsUnknown("qwen", "as it is served elsewhere", "Measure it there")

    judge(ours)
    found = evaluation(replace(ours.parts, weighs=elsewhere), ours.version())
    assert not found.passed
    assert found.reasons[0] == (
        "rewrite: preference was not measured: how likely 'qwen' finds an answer is not known, "
        "as it is served elsewhere. Measure it there."
    )
    told = held(read_scores(found.scores).tasks)
    assert (told.liked, told.disliked) == (10, 10)
    assert told.measure("empty") is not None


def test_where_people_wrote_enough_these_answers_are_the_measure(ours: Team) -> None:
    judge(ours)
    ours.book.keep([lesson(text, chosen=house(text)) for text in texts(held_out=True)[:10]])
    scale = Scale()
    found = evaluation(scale.on(ours), ours.version())
    assert held(read_scores(found.scores).tasks).main == "chrf"
    assert scale.asked == []


@pytest.mark.parametrize(("written", "judged", "by"), [(3, 10, True), (3, 4, False), (0, 1, True)])
def test_few_written_answers_give_way_to_enough_thumbs(
    ours: Team, written: int, judged: int, by: bool
) -> None:
    judge(ours, judged, judged)
    ours.book.keep([lesson(text) for text in texts(held_out=True)[-written:] if written])
    (found,) = [
        some
        for some in cases(ours.book, ours.home, What.STYLE, [REWRITE])
        if some.set is Set.HELD_OUT
    ]
    assert bool(found.judged) is by


def test_a_text_with_several_judged_answers_is_written_to_once(ours: Team) -> None:
    some = texts(held_out=True)[:12]
    ours.book.keep([thumb(text, good=f"{text}!") for text in some])
    ours.book.keep([thumb(text, bad=f"Dear all, {text}.") for text in some])
    found = evaluation(Scale().on(ours), ours.version())
    told = held(read_scores(found.scores).tasks)
    assert (told.examples, told.liked, told.disliked, found.passed) == (12, 12, 12, True)


def test_what_was_read_is_not_read_again_and_an_interruption_costs_nothing(ours: Team) -> None:
    judge(ours)
    name, scale = ours.version(), Scale(breaks_at=25)
    with pytest.raises(KeyboardInterrupt):
        evaluation(scale.on(ours), name)
    first, again = [*scale.asked], Scale()
    assert evaluation(again.on(ours), name).passed
    assert sorted({*first, *again.asked}) == sorted([*first, *again.asked])
    assert len(first) + len(again.asked) == 40
    more = Scale()
    evaluation(more.on(ours), name)
    assert more.asked == []


def test_an_answer_that_is_too_long_to_be_read_is_left_out(ours: Team) -> None:
    judge(ours)
    long, scale = f"{texts(held_out=True)[0]}!", Scale()

    def weighs(
        what: What, version: ModelVersion | None, asked: Sequence[Asked]
    ) -> Iterator[tuple[int, float | None]]:
        for number, value in scale.weighs(what, version, asked):
            yield number, None if asked[number].answer == long else value

    found = evaluation(replace(ours.parts, weighs=weighs), ours.version())
    assert held(read_scores(found.scores).tasks).liked == 9


def test_words_that_are_forgotten_leave_the_likelihoods_too(ours: Team) -> None:
    judge(ours)
    name = ours.version()
    evaluation(Scale().on(ours), name)
    gone = next(e for e in ours.book.examples() if e.held_out)
    assert sum(gone.digest in file.read_text() for file in output_files(ours.home)) >= 2
    ours.book.remove([gone.id])
    evaluation(Scale().on(ours), name)
    assert not any(gone.digest in file.read_text() for file in output_files(ours.home))


def test_a_damaged_likelihood_is_named(ours: Team) -> None:
    judge(ours)
    name = ours.version()
    evaluation(Scale().on(ours), name)
    file = version_folder(ours.home, name) / "likelihoods.jsonl"
    first, *rest = file.read_text().splitlines(keepends=True)
    broken = json.loads(first) | {"written": "[1, 2, 3]"}
    file.write_text("".join([json.dumps(broken) + "\n", *rest]))
    with pytest.raises(VersionUnusable, match=r"likelihoods.jsonl is damaged"):
        evaluation(Scale().on(ours), name)


def test_a_frozen_thumb_stays_a_thumb(ours: Team) -> None:
    judge(ours)
    freeze_all(ours.parts)
    ours.book.remove([e.id for e in ours.book.examples()])
    found = evaluation(Scale().on(ours), ours.version())
    told = read_scores(found.scores).tasks
    assert {each.set: each.main for each in told if each.set is not Set.SHIPPED} == {
        Set.HELD_OUT: "preference",
        Set.GOLDEN: "preference",
    }


def test_two_versions_are_compared_by_what_was_read_before(ours: Team) -> None:
    judge(ours)
    one, other, scale = ours.version(), ours.version(plain), Scale()
    evaluation(scale.on(ours), one)
    weighed = evaluation(Scale(taste=0).on(ours), other)
    assert not weighed.passed
    found = comparison(ours.parts, one, other)
    told = held(found.compared).measure("preference")
    assert told is not None
    assert told.interval.low > 0


def test_a_version_that_was_not_read_yet_is_compared_by_what_it_wrote(ours: Team) -> None:
    judge(ours)
    one, other = ours.version(), ours.version(plain)
    evaluation(Scale().on(ours), one)
    evaluation(ours.parts, other)
    told = held(comparison(ours.parts, one, other).compared)
    assert told.measure("preference") is None
    assert told.measure("words") is not None
    assert "tandem evaluate" in told.note


def test_people_read_of_how_many_thumbs_it_is(
    ours: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    judge(ours)
    found = evaluation(Scale().on(ours), ours.version())
    scores = read_scores(found.scores)
    showing.draw_scores(scores.tasks, scores.version, "base")
    showing.draw_word(found, scores)
    said = capsys.readouterr().out
    assert "rewrite: 20 held-out texts, 10 liked and 10 disliked answers" in said
    assert "preference (main)" in said
    assert "The gate is open" in said


def test_a_mere_part_of_the_thumbs_opens_no_gate(ours: Team) -> None:
    judge(ours)
    found = evaluation(Scale().on(ours), ours.version(), part=Part(limit=10))
    told = held(read_scores(found.scores).tasks)
    assert told.liked + told.disliked == 10
    assert not found.passed
