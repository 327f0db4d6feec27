"""Thumbs alone open the gate: to who prefers what people liked, not to who lost all preference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from model.evaluation import (
    Decision,
    Set,
    TaskCompared,
    Thumb,
    Trial,
    decide,
    evaluate_thumbs,
)
from model.evaluation.resampling import paired_bootstrap
from model.evaluation.shape import Scores, read_scores, shaped
from model.evaluation.thumbs import gains
from model.evaluation.trials import Array
from model.tasks import BUILT_IN, Task

REWRITE = BUILT_IN[0]
RUNS = 40
KINDS = np.arange(40) < 20  # the first half of the answers is liked


def thumbs(mine: Array, theirs: Array, answers: int = 1) -> list[Thumb]:
    """Thumbs on 40 answers, so many of them to each text."""
    numbers = [f"{n // answers}" for n in range(len(KINDS))]
    rows = zip(numbers, KINDS.tolist(), mine.tolist(), theirs.tolist(), strict=True)
    return [Thumb(*row) for row in rows]


def trials(written: Sequence[str]) -> list[Trial]:
    return [Trial(f"text {n}", "", said, key=str(n)) for n, said in enumerate(written)]


def told(
    given: Sequence[Thumb],
    mine: Sequence[str] = ("Fine.",) * 20,
    theirs: Sequence[str] = ("Fine.",) * 20,
    task: Task = REWRITE,
) -> TaskCompared:
    return evaluate_thumbs(task, given, trials(mine), trials(theirs))


def decided(*each: TaskCompared) -> Decision:
    return decide(["rewrite"], each)


def base(run: int, bias: float) -> tuple[np.random.Generator, Array]:
    """How likely the base finds the answers; `bias`: how much more it finds the liked ones."""
    chance = np.random.default_rng(run)
    return chance, -1 + chance.normal(0, 0.4, len(KINDS)) + bias * KINDS


def noisy(chance: np.random.Generator, logs: Array) -> Array:
    return logs + chance.normal(0, 0.2, len(KINDS))


def surely_better(mine: Array, theirs: Array) -> bool:
    """As the gate has it, of fewer resamples; each answer is one to a text of its own."""
    each = np.eye(len(KINDS))
    score = gains(mine, theirs, KINDS)
    return paired_bootstrap(each, 0 * each, score, resamples=300).low > 0


NOTHING = {
    "it changed without a sense": lambda chance, theirs: noisy(chance, theirs),
    "all became less likely": lambda chance, theirs: noisy(chance, theirs - 0.5),
    "all differences became flatter": lambda chance, theirs: noisy(chance, -0.8 + theirs * 0.3),
    "all differences became sharper": lambda chance, theirs: noisy(chance, 0.3 + theirs * 1.6),
    "it forgot everything": lambda chance, theirs: noisy(chance, np.full(len(KINDS), -1.2)),
}


@pytest.mark.parametrize("bias", [-0.5, 0.5], ids=["against what is liked", "for it"])
@pytest.mark.parametrize("kind", NOTHING)
def test_what_befalls_liked_and_disliked_answers_alike_is_no_gain(kind: str, bias: float) -> None:
    def passes(run: int) -> bool:
        chance, theirs = base(run, bias)
        return surely_better(NOTHING[kind](chance, theirs), theirs)

    assert sum(map(passes, range(RUNS))) <= 4  # 2.5 % are wanted: one of 40


@pytest.mark.parametrize("bias", [-0.5, 0.5])
def test_who_finds_liked_answers_likelier_than_before_passes(bias: float) -> None:
    def passes(run: int) -> bool:
        chance, theirs = base(run, bias)
        return surely_better(noisy(chance, theirs - 0.2 + 0.4 * KINDS), theirs)

    assert sum(map(passes, range(RUNS))) >= 0.9 * RUNS


def better(by: float = 0.5) -> list[Thumb]:
    chance, theirs = base(1, 0.0)
    return thumbs(noisy(chance, theirs + by * KINDS), theirs)


def test_the_reason_has_the_numbers() -> None:
    found = told(better())
    measure = found.measure("preference")
    assert measure is not None
    assert (found.main, found.liked, found.disliked) == ("preference", 20, 20)
    assert measure.version > 0.8
    assert measure.against == 0.5
    (reason,) = decided(found).reasons
    assert reason.startswith(f"rewrite: preference {measure.version:.3f} against 0.500 (by +0.")
    assert reason.endswith("is better on 20 liked and 20 disliked held-out answers.")


def test_the_same_model_is_no_better_and_no_worse() -> None:
    _, theirs = base(1, 0.5)
    found = told(thumbs(theirs, theirs))
    measure = found.measure("preference")
    assert measure is not None
    assert (measure.version, measure.interval.low, measure.interval.high) == (0.5, 0.0, 0.0)
    assert "is not surely better" in decided(found).reasons[0]


def test_who_prefers_what_is_disliked_is_refused_wherever_it_was_taught() -> None:
    found = replace(told(better(-0.5)), task="draft")
    assert any("draft: preference" in r and "worse" in r for r in decided(found).reasons)


def test_answers_to_one_text_are_drawn_together() -> None:
    apart, together = (told([replace(t, group=g(t)) for t in better()]) for g in (str, by_kind))
    one, other = apart.measure("preference"), together.measure("preference")
    assert one is not None
    assert other is not None
    assert one.version == other.version
    assert one.interval.low > 0.5 - one.against
    assert other.interval.low < one.interval.low


def by_kind(thumb: Thumb) -> str:
    """Four texts in all."""
    return f"{thumb.liked} {thumb.against > -1}"


def test_too_few_thumbs_are_counted_and_it_is_said_what_is_missing() -> None:
    given = [t for t in better() if t.liked][:4] + [t for t in better() if not t.liked]
    (reason,) = decided(told(given)).reasons
    assert reason == (
        "rewrite: 4 liked and 20 disliked held-out answers are too few to tell, and hardly anybody "
        "wrote one; 10 of each are needed (about 30 more thumbs-up, of which one in 5 is held "
        "out), or 10 that people wrote (about 50 corrections)."
    )


def test_thumbs_of_one_kind_tell_no_preference() -> None:
    found = told([t for t in better() if t.liked])
    assert found.measure("preference") is None
    assert "20 liked and 0 disliked held-out answers are too few" in decided(found).reasons[0]


def test_a_likelihood_that_cannot_be_had_is_told_with_its_remedy() -> None:
    found = replace(told([]), liked=20, disliked=20, note="It is served by another")
    assert decided(found).reasons == (
        "rewrite: preference was not measured: It is served by another.",
    )


def test_a_model_that_finds_all_answers_unlikely_is_refused_though_it_prefers_the_liked() -> None:
    chance, theirs = base(1, 0.0)
    found = decided(told(thumbs(noisy(chance, theirs - 2 + KINDS * 0.8), theirs)))
    assert not found.passed
    assert "a token of a liked answer has a probability of" in found.reasons[-1]
    assert "less than 50% of the 0." in found.reasons[-1]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "are empty"),
        ("Off we go. " * 9, "repeat themselves"),
        ("</text> Fine.", "tell their orders"),
    ],
)
def test_what_is_written_anew_must_be_safe(written: str, reason: str) -> None:
    found = decided(told(better(), mine=["Fine."] * 19 + [written]))
    assert not found.passed
    assert f"1 of 20 answers (held-out) {reason}, against 0." in found.reasons[-1]


def test_how_long_answers_are_is_told_and_refuses_nobody() -> None:
    found = told(better(), mine=["Fine."] * 20, theirs=["This is fine."] * 20)
    words = found.measure("words")
    assert words is not None
    assert (words.version, words.against) == (1.0, 3.0)
    assert decided(found).passed


def test_labels_are_counted_that_are_none() -> None:
    task = replace(REWRITE, labels=("red", "blue"))
    found = told(better(), mine=["red"] * 10 + ["green"] * 10, theirs=["blue"] * 20, task=task)
    off = found.measure("off_list")
    assert off is not None
    assert off.version == 0.5


def test_the_scores_are_read_as_they_were_written() -> None:
    found = replace(told(better()), note="told")
    before = shaped(Scores("style-1", "", True, (found,)))
    after = read_scores(before).tasks[0]
    assert (after.liked, after.disliked, after.note) == (20, 20, "told")
    assert shaped(Scores("style-1", "", True, (after,))) == before


def test_scores_from_before_thumbs_were_measured_are_read() -> None:
    told_before = shaped(
        Scores("style-1", "", True, (TaskCompared("a", Set.GOLDEN, "chrf", 3, ()),))
    )
    assert read_scores(told_before).tasks[0].liked == 0
