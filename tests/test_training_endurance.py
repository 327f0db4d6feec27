"""The child that trains, for real on a tiny model: killed at any step, it learns the same."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.examples import Example, Origin, What
from model.training.recipe import Recipe
from model.training.words import BUSY, CUT, DONE, LOCK, STOPPED, TOLD, Method, Told
from model.versions import MANIFEST, read_manifest
from tests.patience import PATIENCE_S
from tests.training_folders import QUICK, folder_with, said, tiny_base, told_by, validating, weights
from tests.training_nursery import TrainingNursery, training_nursery

pytestmark = pytest.mark.endurance
STAGES = replace(QUICK, method="auto", fewest_pairs=5, fewest_unpaired=5, plain=0.3, epochs=1.0)
LEFT = {
    *("adapter_config.json", "adapter_model.safetensors", "child.lock", "child.log", "loss.json"),
    *("loss.png", "manifest.json", "plan.json", "progress.jsonl", "recipe.json"),
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[TrainingNursery]:
    with training_nursery() as made:
        yield made


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base"))


def mixed() -> list[Example]:
    """Corrections, pairs, good and bad answers: all three methods have enough, also to look at."""
    pairs = [said(n, rejected=f"item {n}") for n in range(14)]
    bad = [said(n, chosen="", rejected="no", origin=Origin.THUMB) for n in range(20, 30)]
    good = [said(n, origin=Origin.THUMB) for n in range(40, 48)]
    looked_at = [replace(each, rejected="no") for each in validating(10)]
    return [*pairs, *[said(n) for n in range(60, 66)], *bad, *good, *looked_at]


def lines(folder: Path) -> list[Told]:
    return told_by((folder / TOLD).read_text()) if (folder / TOLD).exists() else []


def errors(folder: Path) -> str:
    return (folder / "child.log").read_text()


def reached(folder: Path, pid: int, step: int) -> None:
    """Wait until the child tells that step, or ended."""
    limit = time.monotonic() + PATIENCE_S
    while not any(told.step >= step for told in lines(folder)):
        assert time.monotonic() < limit, errors(folder)
        time.sleep(0.005)
    assert pid


def same_weights(one: Path, other: Path) -> bool:
    mine, theirs = weights(one), weights(other)
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[n], theirs[n]) for n in mine)


METHODS: tuple[Method, ...] = ("sft", "kto", "dpo")


@pytest.mark.parametrize("method", METHODS)
def test_each_method_learns_and_leaves_a_whole_version(
    nursery: TrainingNursery, base: Path, tmp_path: Path, method: Method
) -> None:
    how = replace(STAGES, method=method, preference_rate=0.01, epochs=3.0)
    folder = folder_with(tmp_path / "style-1", base, mixed(), how)
    assert nursery.run(folder) == DONE, errors(folder)
    assert {each.name for each in folder.iterdir()} == LEFT  # nobody's words
    manifest = read_manifest(folder)
    assert (manifest.tasks, manifest.base, manifest.run) == (("shout",), "tiny", 1)
    assert manifest.libraries.keys() >= {"torch", "trl", "peft", "transformers"}
    points = json.loads((folder / "loss.json").read_text())["stages"][method]
    losses = [point["loss"] for point in points if "loss" in point]
    assert losses[-1] < losses[0]
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads((folder / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] == "tiny"
    last = lines(folder)[-1]
    assert last.step == last.steps == manifest.figures["steps"]
    assert last.left_s == 0
    assert nursery.run(folder) == DONE  # again: nothing to do
    assert read_manifest(folder) == manifest


def test_killed_at_several_steps_of_each_stage_it_ends_with_the_same_weights(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    whole = folder_with(tmp_path / "whole", base, mixed(), STAGES)
    assert nursery.run(whole) == DONE, errors(whole)
    ends = {told.stage: told.step for told in lines(whole) if told.stage}
    assert [*ends] == ["sft", "kto", "dpo"]
    assert {told.stage for told in lines(whole) if told.validation is not None} == {*ends}
    cut = folder_with(tmp_path / "cut", base, mixed(), STAGES)
    for number, step in enumerate((1, 4, ends["sft"] + 2, ends["kto"], ends["kto"] + 2)):
        child = nursery.start(cut)
        reached(cut, child, step)
        sign = signal.SIGTERM if number == 2 else signal.SIGKILL
        os.kill(child, sign)
        assert nursery.wait(child) in (-signal.SIGKILL, STOPPED)
        assert not (cut / MANIFEST).exists()
    assert nursery.run(cut) == DONE, errors(cut)
    assert same_weights(whole, cut)
    assert (whole / "loss.json").read_text() == (cut / "loss.json").read_text()


def test_a_half_written_checkpoint_is_not_gone_on_with(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    given = [said(n) for n in range(20)]
    whole = folder_with(tmp_path / "whole", base, given)
    assert nursery.run(whole) == DONE
    cut = folder_with(tmp_path / "cut", base, given)
    child = nursery.start(cut)
    reached(cut, child, 5)
    os.kill(child, signal.SIGKILL)
    nursery.wait(child)
    half = cut / "stage-1-sft" / "checkpoint-99"
    half.mkdir()
    (half / "adapter_model.safetensors").write_bytes(b"half")
    assert nursery.run(cut) == DONE, errors(cut)
    assert same_weights(whole, cut)


def test_a_disk_that_is_full_cuts_it_off_and_with_room_it_goes_on(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    given = [said(n) for n in range(20)]
    folder = folder_with(tmp_path / "style-1", base, given)
    stage = folder / "stage-1-sft"
    stage.mkdir()
    (stage / "checkpoint-4").symlink_to("/dev/full")  # nothing can be written there
    code = nursery.run(folder)
    assert code == CUT, errors(folder)
    assert lines(folder)[-1].error
    (stage / "checkpoint-4").unlink()
    assert nursery.run(folder) == DONE, errors(folder)


def test_two_children_never_learn_in_one_folder(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    from filelock import FileLock

    folder = folder_with(tmp_path / "style-1", base, [said(n) for n in range(20)])
    with FileLock(folder / LOCK):
        assert nursery.run(folder) == BUSY


def test_it_stops_early_and_goes_back_to_its_best(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    how = replace(QUICK, rate=0.1, epochs=40.0, stop_early=2)  # so fast that it soon gets worse
    given = [*[said(n) for n in range(20)], *validating(12)]
    folder = folder_with(tmp_path / "style-1", base, given, how)
    assert nursery.run(folder) == DONE, errors(folder)
    told = lines(folder)
    assert any("stopped early" in each.note for each in told)
    looks = [each.validation for each in told if each.validation is not None]
    found = read_manifest(folder).figures
    assert found["sft validation loss"] == pytest.approx(min(looks), rel=1e-4)
    assert looks[-1] > min(looks)


def test_too_long_examples_are_left_out_and_counted(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    given = [*[said(n) for n in range(20)], said(98, chosen="LONG " * 1000)]
    folder = folder_with(tmp_path / "style-1", base, given)
    assert nursery.run(folder) == DONE, errors(folder)
    notes = [each.note for each in lines(folder) if each.note]
    assert notes[0] == "left out: 1 examples with more than 400 tokens"
    assert notes[1].startswith("not stopped early: the validation part has ")
    assert json.loads((folder / "loss.json").read_text())["notes"] == notes
    assert "sft validation loss" not in read_manifest(folder).figures
    short = folder_with(tmp_path / "style-2", base, given, replace(QUICK, longest=32))
    assert nursery.run(short) == 1
    assert "no example is left to learn from" in errors(short)


def test_answers_go_on_with_an_adapter(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    from tests.test_training_rows import grounded

    first = folder_with(tmp_path / "style-1", base, [said(n) for n in range(20)])
    assert nursery.run(first) == DONE, errors(first)
    how: Recipe = replace(QUICK, rank=8, rate=1e-7, longest=4000)
    given = [replace(grounded(n), id=n + 1) for n in range(20)]
    folder = folder_with(
        tmp_path / "answers-2", base, given, how, what=What.ANSWERS, taught=(), start=str(first)
    )
    assert nursery.run(folder) == DONE, errors(folder)
    assert read_manifest(folder).tasks == ("answers",)
    before, after = weights(first), weights(folder)
    assert all(np.allclose(before[n], after[n], atol=1e-4) for n in before)
    assert before.keys() == after.keys()


def test_a_base_or_a_plan_that_is_damaged_is_told_in_a_sentence(
    nursery: TrainingNursery, base: Path, tmp_path: Path
) -> None:
    gone = folder_with(tmp_path / "gone", tmp_path / "nowhere", [said(n) for n in range(20)])
    assert nursery.run(gone) == 1
    assert f"the base is not in {tmp_path / 'nowhere'}" in errors(gone)
    odd = folder_with(tmp_path / "odd", base, [said(1)])
    (odd / "plan.json").write_text("{")
    assert nursery.run(odd) == 1
    assert "plan.json cannot be read" in errors(odd)
    assert "Traceback" not in errors(odd) + errors(gone)
