"""A training as its parent sees it: refused, killed, stopped, taken over, one at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.database import upgrade
from bot.errors import RunUnusable, TooFewExamples, TooLittleRoom, TrainingBusy, TrainingCut
from bot.learning import training, unfinished
from bot.learning.asking_training import Asked, need_the_same
from bot.learning.book import Book
from bot.learning.child import Child, at_work, only_one
from bot.learning.curriculum import LONGEST, Curriculum, curriculum
from bot.learning.planning import Base, base_of, job_for, need_room, plan_for
from bot.learning.registry import Registry
from bot.learning.training import Job
from bot.learning.words import RunState, State, TrainingRun
from model.errors import RecipeWrong, TrainingFailed, UnknownTask
from model.examples import Example, Origin, What
from model.training.recipe import Recipe, as_told
from model.training.room import Lengths, Shape, needed
from model.training.words import (
    PLAN,
    SAID,
    STOPPED,
    TRAIN,
    Plan,
    Told,
    example_from,
)
from model.training.work import longest
from model.weights import Weights
from tests.patience import PATIENCE_S
from tests.training_folders import ROOT, SHOUT, said, tiny_spelling

CHILD = Child("tests.training_child")
TASKS = {"shout": SHOUT, "whisper": replace(SHOUT, name="whisper")}


@dataclass
class Here:
    """The stores of one home."""

    home: Path
    book: Book
    registry: Registry
    told: list[Told] = field(default_factory=list)

    def tell(self, told: Told) -> None:
        self.told.append(told)

    def job(self, **orders: int) -> Job:
        text = json.dumps({"steps": 5} | orders)
        ids = tuple(each.id for each in self.book.examples())
        return Job(
            What.STYLE, ("shout",), ids, {"rank": 4}, lambda *_: {"orders.json": text}, CHILD
        )

    def steps(self, run: int) -> list[str]:
        return (self.home / "versions" / f"style-{run}" / "steps").read_text().split()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it is made, which takes a while."""
    file = tmp_path_factory.mktemp("empty") / "tandem.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def here(tmp_path: Path, empty: Path) -> Iterator[Here]:
    url = f"sqlite:///{shutil.copy(empty, tmp_path)}"
    made = Here(tmp_path, Book(url), Registry(url, tmp_path))
    made.book.keep([replace(said(n), id=0) for n in range(30)])
    yield made
    made.book.close()
    made.registry.close()


def wait_until(true: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_what_a_child_made_is_a_candidate_and_its_progress_is_told(here: Here) -> None:
    version = training.carry_out(here, here.job(), here.tell)
    assert (version.name, version.state, version.tasks) == ("style-1", State.CANDIDATE, ("shout",))
    run = here.registry.run(1)
    assert run.state is RunState.DONE
    assert run.figures["steps"] == 5.0
    assert [told.step for told in here.told] == [1, 2, 3, 4, 5]
    assert here.registry.candidates(What.STYLE) == [version]
    assert here.registry.examples_of(run.snapshot)


def test_a_child_that_was_killed_is_gone_on_with_where_it_was(here: Here) -> None:
    with pytest.raises(TrainingCut, match="--resume 1"):
        training.carry_out(here, here.job(dies_at=3), here.tell)
    assert [run.id for run in unfinished.cut_off(here)] == [1]
    assert here.registry.candidates(What.STYLE) == []
    version = training.resume(here, 1, here.tell)
    assert version.name == "style-1"
    assert here.steps(1) == ["begins", "1", "2", "begins", "3", "4", "5"]
    with pytest.raises(RunUnusable, match="is done"):
        training.resume(here, 1, here.tell)


def test_a_full_disk_cuts_a_training_off_and_a_fault_ends_it(here: Here) -> None:
    with pytest.raises(TrainingCut, match="the disk is full"):
        training.carry_out(here, here.job(cut_at=2), here.tell)
    with pytest.raises(TrainingFailed, match="run 2: it is no good"):
        training.carry_out(here, here.job(fails_at=2), here.tell)
    assert here.registry.run(2).error == "it is no good"
    assert here.registry.run(2).state is RunState.FAILED
    assert not (here.home / "versions" / "style-2").exists()
    assert training.resume(here, 1, here.tell).name == "style-1"


def test_whoever_interrupts_stops_the_child_and_it_keeps_what_it_has(here: Here) -> None:
    def interrupt(told: Told) -> None:
        if told.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(TrainingCut, match="was stopped"):
        training.carry_out(here, here.job(waits_at=3), interrupt)
    assert not at_work(here.home / "versions" / "style-1")
    training.resume(here, 1, here.tell)
    assert here.steps(1) == ["begins", "1", "2", "begins", "3", "4", "5"]


def test_one_training_at_a_time(here: Here) -> None:
    with only_one(here.home), pytest.raises(TrainingBusy, match="tandem runs"):
        training.carry_out(here, here.job(), here.tell)
    assert here.registry.runs() == []


def left_alone(here: Here, **orders: int) -> tuple[TrainingRun, subprocess.Popen[bytes]]:
    """A child at work whose parent was killed."""
    try:
        training.carry_out(here, here.job(cut_at=1, **orders), here.tell)
    except TrainingCut as cut:
        run = here.registry.run(cut.run)
    folder = unfinished.folder_of(here.home, run)
    command = CHILD.command(folder)
    with (folder / "progress.jsonl").open("ab") as out:
        return run, subprocess.Popen(command, cwd=ROOT, stdout=out, start_new_session=True)


def test_a_child_that_outlives_its_parent_is_followed_and_taken_in_once(here: Here) -> None:
    run, child = left_alone(here, waits_at=3)
    folder = unfinished.folder_of(here.home, run)
    wait_until(lambda: (folder / "met-3").exists())
    with pytest.raises(TrainingBusy):
        training.carry_out(here, here.job(), here.tell)
    with pytest.raises(TrainingBusy):
        unfinished.give_up(here, run)

    (folder / "go").touch()
    version = training.resume(here, run.id, here.tell)
    assert child.wait() == 0
    assert version.name == "style-1"
    assert here.steps(1).count("3") == 1
    assert len(here.registry.versions()) == 1


def test_whoever_interrupts_following_stops_the_child_that_another_had_started(here: Here) -> None:
    run, child = left_alone(here, waits_at=3, rests_at=4)
    folder = unfinished.folder_of(here.home, run)
    wait_until(lambda: (folder / "met-3").exists())
    (folder / SAID).unlink()  # it is there again when somebody follows

    def interrupt(told: Told) -> None:
        if told.step == 3:
            raise KeyboardInterrupt

    def go_on() -> None:
        wait_until((folder / SAID).exists)
        (folder / "go").touch()

    going = threading.Thread(target=go_on)
    going.start()
    with pytest.raises(TrainingCut, match="was stopped"):
        training.resume(here, run.id, interrupt)
    going.join()
    assert child.wait() == STOPPED
    assert training.resume(here, run.id, here.tell).name == "style-1"
    assert here.steps(1)[-3:] == ["begins", "4", "5"]


def test_a_child_that_ended_after_its_parent_had_is_adopted_and_twice_is_once(here: Here) -> None:
    run, child = left_alone(here)
    assert child.wait() == 0
    assert [each.name for each in training.adopt(here)] == ["style-1"]
    assert training.adopt(here) == []
    assert here.registry.run(run.id).state is RunState.DONE
    assert training.taken_in(here, run).name == "style-1"
    assert len(here.registry.versions()) == 1


def test_a_training_that_never_got_its_files_is_given_up(here: Here) -> None:
    snapshot = here.registry.snapshot(What.STYLE, ["shout"], [1])
    run = here.registry.begin(What.STYLE, ["shout"], snapshot.id, {}, "x")
    here.registry.let_go(run.id)
    with pytest.raises(RunUnusable, match="before it began"):
        training.resume(here, run.id, here.tell)
    assert here.registry.run(run.id).state is RunState.CANCELLED


def test_files_that_cannot_be_written_leave_nothing_behind(here: Here) -> None:
    job = replace(here.job(), files=lambda *_: {"no/such/folder": "x"})
    with pytest.raises(TrainingFailed, match="cannot be written"):
        training.carry_out(here, job, here.tell)
    assert unfinished.cut_off(here) == []
    assert not (here.home / "versions" / "style-1").exists()


def test_a_run_that_waits_is_not_taken_for_another(here: Here, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("rank = 4\n")
    with pytest.raises(TrainingCut):
        training.carry_out(
            here, replace(here.job(dies_at=1), recipe=as_told(Recipe(rank=4))), here.tell
        )
    run = here.registry.run(1)
    need_the_same(Asked("style"), run)
    need_the_same(Asked("style", ("shout",), file), run)
    file.write_text("rank = 8\n")
    for asked in (Asked("style", ("whisper",)), Asked("style", (), file)):
        with pytest.raises(RunUnusable, match="something else"):
            need_the_same(asked, run)
    unfinished.give_up(here, run)
    assert unfinished.cut_off(here) == []


# -- what is learned from ------------------------------------------------------------------


@dataclass
class Few:
    """Examples that are not in SQL."""

    given: list[Example]

    def examples(self, wanted: object = None) -> list[Example]:
        return self.given


def learned(given: list[Example], *tasks: str, fewest: int = 3, **recipe: object) -> object:
    how = replace(Recipe(), **recipe)  # type: ignore[arg-type]
    return curriculum(Few(given), What.STYLE, tasks, TASKS, how, fewest)


def some(count: int, task: str = "shout", first: int = 0) -> list[Example]:
    """Examples that may train."""
    found = (replace(said(n), task=task) for n in range(first, first + 9 * count))
    return [each for each in found if not each.held_out][:count]


def test_too_few_examples_are_told_with_the_number_of_each_task() -> None:
    with pytest.raises(TooFewExamples) as told:
        learned([*some(2), *some(1, "whisper", 50)])
    assert told.value.counts == {"shout": 2, "whisper": 1}
    assert "shout has 2, whisper has 1" in str(told.value)
    with pytest.raises(TooFewExamples, match="there are none"):
        learned([])
    with pytest.raises(TooFewExamples, match="whisper has 0"):
        learned(some(5), "shout", "whisper")


def test_a_task_that_is_not_known_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownTask, match=r"'sing'.*shout, whisper"):
        learned(some(5), "sing")


def test_held_out_examples_never_train_and_tasks_with_too_few_are_mixed_in() -> None:
    given = [said(n) for n in range(60)]
    few = some(2, "whisper", 100)
    found = curriculum(Few([*given, *few]), What.STYLE, (), TASKS, Recipe(), 3)
    assert found.tasks == ("shout",)
    assert {*found.train} == {each for each in given if not each.held_out} < {*given}
    assert found.others == tuple(few)


def test_the_dataset_has_what_is_only_looked_at_too() -> None:
    given = [said(n) for n in range(60)]
    found = curriculum(Few(given), What.STYLE, (), TASKS, Recipe(), 3)
    aside = {each.id for each in given if each.validation}
    assert aside
    assert aside < {*found.ids} == {each.id for each in given if not each.held_out}


def test_poisoned_examples_are_left_out_and_counted() -> None:
    poison = [
        said(90, chosen=" "),
        replace(some(1, first=91)[0], text=""),
        replace(some(1, first=92)[0], chosen="x" * 1_000_000),
    ]
    found = curriculum(Few([*some(5), *poison]), What.STYLE, (), TASKS, Recipe(), 3)
    assert len(found.train) == 5
    assert found.notes == (
        "left out: 2 empty examples",
        f"left out: 1 examples with more than {LONGEST:,} characters",
    )


def test_each_method_counts_what_it_can_learn_from() -> None:
    thumbs = [replace(each, origin=Origin.THUMB) for each in some(4)]
    bad = [replace(each, chosen="", rejected="no") for each in some(4, first=100)]
    assert learned([*thumbs, *bad], method="kto", fewest=8)
    assert learned(thumbs, method="sft", fewest=4)
    for wrong in ({"method": "dpo"}, {"method": "sft", "thumbs": False}):
        with pytest.raises(TooFewExamples):
            learned([*thumbs, *bad], **wrong)


# -- room and base -------------------------------------------------------------------------

SMOLLM2 = Shape(576, 1536, 30, 192, 49152, True)
QWEN = Shape(896, 4864, 24, 128, 151936, True)


def test_the_sizes_of_known_bases_are_right() -> None:
    assert SMOLLM2.parameters == pytest.approx(134.5e6, rel=0.01)
    assert QWEN.parameters == pytest.approx(494e6, rel=0.01)
    assert SMOLLM2.adapter(16) == pytest.approx(4.9e6, rel=0.01)


def test_more_memory_is_needed_for_more_and_longer_examples_and_pairs() -> None:
    long, how = Lengths(256, 64), Recipe(batch=4)
    four = needed(SMOLLM2, how, long).memory
    assert 2e9 < four < 7e9
    assert needed(SMOLLM2, replace(how, batch=8), long).memory > four
    assert needed(SMOLLM2, replace(how, method="dpo"), long).memory > four
    assert needed(SMOLLM2, how, Lengths(512, 64)).memory > four
    assert needed(SMOLLM2, replace(how, longest=64), long).memory < four
    assert needed(QWEN, how, long).memory > four
    assert needed(SMOLLM2, how, long, gpu=True).memory < four


@pytest.mark.parametrize(
    ("how", "lengths", "peak"),
    [  # as measured with SmolLM2 (model/LOG.md)
        (Recipe(batch=4, dropout=0.05), Lengths(256, 64), 5.94e9),
        (Recipe(batch=2, dropout=0.05), Lengths(512, 256), 5.0e9),
        (Recipe(batch=4), Lengths(256, 64), 5.14e9),
        (Recipe(batch=16), Lengths(128, 16), 5.85e9),
        (Recipe("kto", batch=3), Lengths(280, 80), 3.5e9),
    ],
)
def test_what_was_measured_is_within_the_estimate_and_not_far_below(
    how: Recipe, lengths: Lengths, peak: float
) -> None:
    assert peak <= needed(SMOLLM2, how, lengths).memory <= 1.6 * peak


def test_dropout_takes_memory_and_a_long_row_more_than_short_ones_of_as_many_tokens() -> None:
    how = Recipe(batch=4, longest=2048)
    four = needed(SMOLLM2, how, Lengths(512, 64)).memory
    assert needed(SMOLLM2, replace(how, dropout=0.05), Lengths(512, 64)).memory > 1.15 * four
    assert needed(SMOLLM2, replace(how, batch=1), Lengths(2048, 256)).memory > 1.02 * four


def planned(base: Base, given: list[Example]) -> tuple[Plan, Curriculum]:
    """What a training of the style is told, and what it learns from."""
    found = curriculum(Few(given), What.STYLE, (), TASKS, Recipe(), 3)
    return plan_for(What.STYLE, base, TASKS, found, Recipe(), 1), found


def test_a_training_that_cannot_fit_is_refused_with_the_numbers(tmp_path: Path) -> None:
    huge = Base("huge", tiny_spelling(tmp_path), replace(QWEN, width=65536, layers=400))
    with pytest.raises(TooLittleRoom, match=r"memory.*GB are needed and .* GB are free.*`batch`"):
        need_room(huge, *planned(huge, some(3)), tmp_path)
    tiny = replace(huge, shape=Shape(64, 128, 2, 64, 300, True))
    need_room(tiny, *planned(tiny, some(3)), tmp_path)


def test_the_tokens_of_what_is_taught_are_counted_with_all_that_is_mixed_in(
    tmp_path: Path,
) -> None:
    base = Base("tiny", tiny_spelling(tmp_path), SMOLLM2)  # a token for each byte
    given = some(4)
    plan, found = planned(base, [*given, replace(given[0], chosen="LOUD " * 100)])
    counted = longest(plan, Recipe(plain=0.0), found.train, found.others)
    assert counted.answer == 500  # with its end
    assert 500 + len(given[0].text) < counted.whole < 800
    far = [replace(some(1, "whisper", 100)[0], text="hush " * 400)]
    mixed = longest(plan, Recipe(), found.train, far)
    assert mixed.whole > 2000
    assert longest(plan, Recipe(plain=0.0), found.train, far) == counted


def test_a_base_without_a_tokenizer_is_told(tmp_path: Path) -> None:
    base = Base("bare", tmp_path, SMOLLM2)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(TrainingFailed, match=r"the tokenizer of .* cannot be used"):
        need_room(base, *planned(base, some(3)), tmp_path)


def test_a_base_that_is_not_there_or_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"no \*.safetensors"):
        base_of(Weights("gone", "llm", tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(TrainingFailed, match="hidden_size"):
        base_of(Weights("odd", "llm", tmp_path))


def test_a_job_writes_what_the_child_reads_and_answers_go_on_from_what_ships(
    tmp_path: Path,
) -> None:
    base = Base("Qwen2.5-Coder-0.5B-Instruct", tmp_path, QWEN)
    found = curriculum(Few([said(n) for n in range(40)]), What.STYLE, (), TASKS, Recipe(), 3)
    style = plan_for(What.STYLE, base, TASKS, found, Recipe(), 1)
    files = job_for(style, found).files("style-9", 9, "digest")
    plan = json.loads(files[PLAN])
    assert (plan["version"], plan["run"], plan["dataset"], plan["start"]) == (
        *("style-9", 9, "digest"),
        "",
    )
    lines = [json.loads(line) for line in files[TRAIN].splitlines()]
    assert [example_from(line) for line in lines] == [*found.train]
    assert files.keys() == {PLAN, TRAIN}  # nothing of what is held out
    answers = plan_for(What.ANSWERS, base, TASKS, found, Recipe(), 1)
    told = json.loads(job_for(answers, found).files("a-1", 1, "d")[PLAN])
    assert told["start"].endswith("answers-qwen2.5-coder-0.5b")
    with pytest.raises(RecipeWrong, match="`method` must be sft"):
        plan_for(What.ANSWERS, base, TASKS, found, Recipe("kto"), 1)


def test_several_processes_are_started_by_accelerate(tmp_path: Path) -> None:
    command = Child("model.training", 2).command(tmp_path)
    assert command[:3] == [sys.executable, "-m", "accelerate.commands.launch"]
    assert command[-3:] == ["-m", "model.training", str(tmp_path)]
