"""What a training looks at to end in time: a part of its own, not what versions are measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from model.errors import TrainingFailed
from model.examples import Example, What, group_of, held_out, validation
from model.tasks import BUILT_IN
from model.training.recipe import Recipe
from model.training.rows import FEWEST_VALIDATION, Row
from model.training.words import Plan
from model.training.work import Work, work_of
from tests.training_folders import SHOUT, folder_with, said, tiny_spelling, validating

HOW = Recipe("sft", batch=4, epochs=1.0, longest=400, plain=0.0)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_spelling(tmp_path_factory.mktemp("base"))
    (folder / "config.json").write_text("{}")
    return folder


def laid(base: Path, folder: Path, given: Sequence[Example], how: Recipe = HOW) -> Work:
    """The work that a child makes of a folder with these."""
    plan = Plan(What.STYLE, "v", 1, (SHOUT,), BUILT_IN, "tiny", str(base), "", "", {})
    return work_of(plan, how, folder_with(folder, base, given, how))


def answers(rows: Sequence[Row]) -> set[tuple[int, ...]]:
    """What is answered in rows of SFT, as tokens."""
    return {tuple(token for token in row["labels"] if token != -100) for row in rows}


def others(count: int) -> list[Example]:
    """So many that are taught whatever the recipe says."""
    found = (said(n) for n in range(9 * count))
    return [each for each in found if not (each.held_out or each.validation)][:count]


def test_a_text_is_on_one_of_three_sides_for_ever_whatever_its_case_and_spacing() -> None:
    texts = [f"item {n} of the list" for n in range(5000)]
    sides = [(held_out(group_of(t)), validation(group_of(t))) for t in texts]
    assert (True, True) not in sides
    assert sides.count((True, False)) / 5000 == pytest.approx(0.2, abs=0.02)
    assert sides.count((False, True)) / 5000 == pytest.approx(0.08, abs=0.015)
    assert sides == [(held_out(group_of(t)), validation(group_of(f" {t.upper()}!"))) for t in texts]


def test_the_first_by_their_hash_are_no_likelier_to_be_looked_at() -> None:
    groups = sorted(g for n in range(5000) if not held_out(g := group_of(f"item {n}")))
    assert sum(map(validation, groups[:1000])) / 1000 == pytest.approx(0.1, abs=0.03)


def test_what_is_looked_at_is_not_taught_and_what_is_taught_is_not_looked_at(
    base: Path, tmp_path: Path
) -> None:
    taught, aside = others(20), validating(FEWEST_VALIDATION)
    work = laid(base, tmp_path / "one", [*taught, *aside])
    [stage] = work.stages
    assert (work.examples, work.notes) == (20, ())
    assert len(answers(stage.rows)) == 20
    assert len(answers(stage.validation)) == FEWEST_VALIDATION
    assert not answers(stage.rows) & answers(stage.validation)
    assert work == laid(base, tmp_path / "two", [*aside, *taught][::-1])


def test_what_is_held_out_never_reaches_the_child(base: Path, tmp_path: Path) -> None:
    held = [each for each in map(said, range(3000)) if each.held_out][:30]
    with pytest.raises(TrainingFailed, match="no example is left"):
        laid(base, tmp_path / "none", held)
    given = [*others(20), *validating(10)]
    assert laid(base, tmp_path / "one", given) == laid(base, tmp_path / "two", [*given, *held])


def test_with_too_few_nothing_is_stopped_early_and_all_are_taught_which_is_told(
    base: Path, tmp_path: Path
) -> None:
    few = validating(FEWEST_VALIDATION - 1)
    work = laid(base, tmp_path / "few", [*others(20), *few])
    assert work.examples == 29
    assert not work.stages[0].validation
    assert work.notes == (
        "not stopped early: the validation part has 9 of the 10 examples that are needed; they "
        "are taught with the others",
    )


def test_who_does_not_stop_early_teaches_all_and_is_told_nothing(
    base: Path, tmp_path: Path
) -> None:
    how = replace(HOW, stop_early=0)
    work = laid(base, tmp_path / "all", [*others(20), *validating(20)], how)
    assert (work.examples, work.notes, work.stages[0].validation) == (40, (), [])


def test_examples_too_long_to_be_looked_at_do_not_count(base: Path, tmp_path: Path) -> None:
    *some, last = validating(FEWEST_VALIDATION)
    long = replace(last, chosen="LONG " * 1000)
    work = laid(base, tmp_path / "long", [*others(20), *some, long])
    assert work.examples == 29
    assert [note.partition(":")[0] for note in work.notes] == ["left out", "not stopped early"]


def test_a_stage_with_too_little_to_look_at_goes_to_its_end_and_teaches_none_of_it(
    base: Path, tmp_path: Path
) -> None:
    pairs = [replace(each, rejected="no") for each in others(8)]
    pair, *aside = validating(FEWEST_VALIDATION)
    how = replace(HOW, method="auto", fewest_pairs=5)
    given = [*pairs, replace(pair, rejected="no"), *aside]
    work = laid(base, tmp_path / "auto", given, how)
    sft, dpo = work.stages
    assert (sft.method, dpo.method) == ("sft", "dpo")
    assert (len(sft.validation), len(dpo.validation)) == (FEWEST_VALIDATION, 0)
    assert len({tuple(row["prompt_ids"]) for row in dpo.rows}) == len(pairs)
    assert work.notes == ("dpo is not stopped early: its validation part is too small",)


def test_what_cannot_be_taught_without_its_validation_part_is_taught_with_it(
    base: Path, tmp_path: Path
) -> None:
    work = laid(base, tmp_path / "only", validating(12))
    assert work.examples == 12
    assert work.notes == (
        "not stopped early: beside the validation part there is too little to learn from",
    )
