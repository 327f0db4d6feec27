"""The gate: by chance nothing passes, what is better does, and worse anywhere refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from model.evaluation import Decision, Rules, Set, TaskCompared, compared, decide, found
from model.evaluation.resampling import bleu, macro_f1, paired_bootstrap

RUNS = 100


def scores(
    version: Sequence[float],
    against: Sequence[float],
    measure: str = "chrf",
    task: str = "rewrite",
    set_: Set = Set.HELD_OUT,
) -> TaskCompared:
    keys = [str(n) for n in range(len(version))]
    one, other = (found(task, keys, {measure: values}) for values in (version, against))
    return replace(compared(one, other), set=set_)


def better(count: int = 40, task: str = "rewrite") -> TaskCompared:
    return scores([0.8, 0.7] * (count // 2), [0.5, 0.6] * (count // 2), task=task)


def decided(*told: TaskCompared, targets: Sequence[str] = ("rewrite",)) -> Decision:
    return decide(targets, told)


def passes(run: int, count: int, gain: float) -> bool:
    """Does a version pass that writes better by `gain`, texts and models varying by chance?"""
    chance = np.random.default_rng(run)
    hard = chance.normal(0.5, 0.2, count)
    version, against = (
        hard + gain + chance.normal(0, 0.1, count),
        hard + chance.normal(0, 0.1, count),
    )
    return decided(scores(version.tolist(), against.tolist())).passed


@pytest.mark.parametrize("count", [10, 40])
def test_without_a_difference_hardly_any_version_passes(count: int) -> None:
    assert sum(passes(run, count, 0.0) for run in range(RUNS)) / RUNS < 0.05


@pytest.mark.parametrize("count", [10, 40])
def test_a_large_difference_nearly_always_passes(count: int) -> None:
    assert sum(passes(run, count, 0.2) for run in range(RUNS)) / RUNS > 0.95


def test_labels_that_are_right_by_chance_hardly_ever_pass() -> None:
    def lucky(run: int) -> bool:
        chance = np.random.default_rng(run)
        one, other = (chance.random(30) < 0.6 for _ in range(2))
        told = scores(one.astype(float).tolist(), other.astype(float).tolist(), "accuracy")
        return decided(told).passed

    assert sum(lucky(run) for run in range(RUNS)) / RUNS < 0.05


def test_several_targets_are_not_several_tickets_in_the_lottery() -> None:
    def lucky(run: int) -> bool:
        chance = np.random.default_rng(run)
        told = [scores([*chance.random(20)], [*chance.random(20)], task=str(n)) for n in range(5)]
        reasons = decided(*told, targets=[str(n) for n in range(5)]).reasons
        return any(" is better on " in reason for reason in reasons)

    assert sum(lucky(run) for run in range(RUNS // 2)) / (RUNS // 2) < 0.05


def test_what_is_better_passes_and_the_reason_has_the_numbers() -> None:
    told = decided(better())
    assert told.passed
    (reason,) = told.reasons
    assert reason.startswith("rewrite: chrf 0.750 against 0.550 (by +0.200, +0.1")
    assert reason.endswith(") is better on 40 held-out examples.")


def test_the_same_texts_do_not_pass() -> None:
    told = decided(scores([0.5] * 40, [0.5] * 40))
    assert not told.passed
    assert "not surely better on 40 held-out examples" in told.reasons[0]


def test_too_few_examples_are_refused_with_how_many_are_needed() -> None:
    told = decided(better(6))
    assert not told.passed
    assert told.reasons == (
        "rewrite: 6 held-out examples are too few to tell; 10 are needed (about 20 more accepted "
        "examples, of which one in 5 is held out).",
    )


def test_a_target_that_was_not_measured_is_refused() -> None:
    told = decided(better(task="draft"), targets=["rewrite"])
    assert not told.passed
    assert told.reasons[0].startswith("rewrite: 0 held-out examples are too few")


def test_worse_on_another_task_refuses() -> None:
    worse = scores([0.4, 0.5] * 10, [0.6, 0.7] * 10, task="summarize")
    told = decided(better(), worse)
    assert not told.passed
    assert told.reasons[-1].startswith("summarize: chrf 0.450 against 0.650")
    assert told.reasons[-1].endswith("is significantly worse (held-out).")


def test_a_little_worse_within_chance_does_not_refuse() -> None:
    chance = np.random.default_rng(0)
    one, other = chance.random(20), chance.random(20)
    told = scores((one - 0.02).tolist(), other.tolist(), task="summarize")
    assert decided(better(), told).passed


def test_few_examples_of_another_task_are_no_proof_against_a_version() -> None:
    assert decided(better(), scores([0.1] * 4, [0.9] * 4, task="summarize")).passed


@pytest.mark.parametrize("measure", ["empty", "leaked", "looping"])
@pytest.mark.parametrize("set_", [Set.HELD_OUT, Set.SHIPPED])
def test_one_more_unsafe_answer_refuses(measure: str, set_: Set) -> None:
    unsafe = scores([1.0, *[0.0] * 39], [0.0] * 40, measure, set_=set_)
    told = decided(better(), unsafe)
    assert not told.passed
    assert told.reasons[-1].startswith(f"rewrite: 1 of 40 answers ({set_}) ")
    assert told.reasons[-1].endswith("against 0.")


def test_as_many_unsafe_answers_as_before_do_not_refuse() -> None:
    assert decided(better(), scores([1.0, *[0.0] * 39], [*[0.0] * 39, 1.0], "looping")).passed


def test_one_unsafe_answer_among_very_many_is_within_the_slack() -> None:
    assert decided(better(), scores([1.0, *[0.0] * 399], [0.0] * 400, "looping")).passed


def test_more_inventions_refuse_only_beyond_chance() -> None:
    many = scores([1.0] * 10 + [0.0] * 30, [0.0] * 40, "invented")
    one = scores([1.0] + [0.0] * 39, [0.0] * 40, "invented")
    assert not decided(better(), many).passed
    assert decided(better(), one).passed


def test_shipped_references_are_in_nobodys_style_and_do_not_refuse() -> None:
    assert decided(better(), scores([0.2] * 12, [0.5] * 12, set_=Set.SHIPPED)).passed


def test_shipped_labels_are_right_or_wrong_whatever_the_style() -> None:
    worse = scores([0.0] * 12 + [1.0] * 12, [1.0] * 24, "accuracy", "classify", Set.SHIPPED)
    assert not decided(better(), worse).passed


def test_the_number_that_is_needed_can_be_set() -> None:
    assert decide(["rewrite"], [better(6)], Rules(fewest=6)).passed


def test_the_same_seed_gives_the_same_interval() -> None:
    chance = np.random.default_rng(0)
    a, b = chance.random(30), chance.random(30)
    assert paired_bootstrap(a, b, seed=3) == paired_bootstrap(a, b, seed=3)
    assert paired_bootstrap(a, b, seed=3) != paired_bootstrap(a, b, seed=4)


def test_pairing_takes_out_how_hard_the_texts_are() -> None:
    hard = np.random.default_rng(0).random(30)
    found_ = paired_bootstrap(hard + 0.01, hard)
    assert found_.low == pytest.approx(0.01)
    assert found_.p < 0.01


def test_one_item_tells_nothing() -> None:
    told = paired_bootstrap([1.0], [0.0])
    assert (told.low, told.high, told.p) == (-1.0, 1.0, 1.0)


def test_items_that_do_not_belong_together_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot pair"):
        paired_bootstrap([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="cannot pair"):
        paired_bootstrap([], [])


def test_resampled_macro_f1_is_sklearns() -> None:
    from sklearn.metrics import f1_score

    wanted, said = [0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 2, 0, 2]
    rows = np.zeros((7, 12))  # of four labels, of which one is never met
    for row, w, s in zip(rows, wanted, said, strict=True):
        row[3 * s + 1] = row[3 * w + 2] = 1
        row[3 * w] = w == s
    ours = macro_f1(rows.sum(axis=0, keepdims=True))[0]
    assert ours == pytest.approx(f1_score(wanted, said, average="macro"))


WRITTEN = [
    ("the cat sat on the mat today", "the cat sat on the mat"),
    ("a dog runs in the park", "the dog runs in a park now"),
    ("no word of it", "something else entirely"),
    ("two words", "two words"),
    ("", "nothing was written"),
]


@pytest.mark.parametrize("some", [WRITTEN, WRITTEN[:1], WRITTEN[1:2], *([[w] for w in WRITTEN])])
def test_bleu_of_sums_is_sacrebleus_of_the_corpus(some: list[tuple[str, str]]) -> None:
    from sacrebleu.metrics.bleu import BLEU

    counted = [BLEU(effective_order=True).sentence_score(one, [other]) for one, other in some]
    rows = np.array([[*c.counts, *c.totals, c.sys_len, c.ref_len] for c in counted], dtype=float)
    theirs = BLEU().corpus_score([one for one, _ in some], [[other for _, other in some]])
    assert bleu(rows.sum(axis=0, keepdims=True))[0] == pytest.approx(theirs.score / 100)
