"""What was forgotten leaves the disk too: trainings that ended, that were cut off, that go on."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from bot.app import App, build
from bot.commands.channels import chosen
from bot.conversation import Answer, Feedback, Outcome, Place, Verdict
from bot.doors import Order
from bot.errors import RunUnusable, TrainingCut, WrongUse
from bot.harvest import harvest, parts_of
from bot.learning import training
from bot.learning.child import follow
from bot.learning.golden import freeze, golden
from bot.learning.keeping_up import keep_up
from bot.learning.sweeping import Sweeper, Swept, sweep
from bot.learning.tuning import LESSONS
from bot.learning.unfinished import SPOILED, cut_off, folder_of, give_up_spoiled, is_whole
from bot.learning.versions import MEANWHILE
from bot.learning.words import RunState, TrainingRun
from bot.posts import Post
from bot.sessions import Sessions
from model.examples import What
from model.tasks import BUILT_IN, Task
from model.training.words import LOCK, TRAIN, Told, write_examples
from tests.fakes import kept
from tests.harvests import empty_database
from tests.learned import NOON, TUNED, Learned, example
from tests.patience import PATIENCE_S
from tests.served import BASE, a_base
from tests.test_promoting import settings
from tests.test_training_parent import CHILD

DATABASE = "tandem.db"


@dataclass
class Disk:
    """A home in which two people taught something."""

    home: Path
    learned: Learned
    tasks: dict[str, Task] = field(default_factory=lambda: {task.name: task for task in BUILT_IN})

    def __post_init__(self) -> None:
        self.book, self.registry = self.learned.book, self.learned.registry
        for asker in ("ben", "carl"):
            id = self.learned.asked(asker)
            self.learned.vote(id, "anna", up=True)
            self.learned.draw(id, example(f"{asker}'s words"), people=["anna"])

    def job(self, **orders: int) -> training.Job:
        """A training of all that there is, by a child that counts."""
        held = self.book.examples()
        text = json.dumps({"steps": 4} | orders)
        ids = tuple(each.id for each in held)

        def files(*_: object) -> dict[str, str]:
            return {"orders.json": text}

        return training.Job(What.STYLE, ("rewrite",), ids, {}, files, CHILD)

    def cut(self) -> tuple[TrainingRun, Path]:
        """A training that was cut off, with its files."""
        with pytest.raises(TrainingCut) as told:
            training.carry_out(self, self.job(dies_at=2), ignore)
        run = self.registry.run(told.value.run)
        folder = folder_of(self.home, run)
        self.write(folder)
        return run, folder

    def write(self, folder: Path) -> None:
        """The files that a child reads."""
        write_examples(folder / TRAIN, self.book.examples())
        (folder / LESSONS).write_text("ben's words\n")

    def forget(self, who: str = "ben") -> None:
        self.learned.store.forget(who, "slack")

    def holds(self, words: str) -> list[str]:
        """The files with these words."""
        files = [file for file in self.home.rglob("*") if file.is_file()]
        texts = {file: file.read_bytes() for file in files if not file.name.startswith(DATABASE)}
        return sorted(file.name for file, held in texts.items() if words.encode() in held)


def ignore(_: Told) -> None:
    """Nobody looks at the progress."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_database(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def disk(tmp_path: Path, empty: Path) -> Iterator[Disk]:
    url = f"sqlite:///{shutil.copy(empty, tmp_path)}"
    sessions = Sessions(url)
    yield Disk(tmp_path, Learned(sessions, url))
    sessions.close()


def test_a_training_that_was_cut_off_goes_with_the_words_it_learned_from(disk: Disk) -> None:
    run, folder = disk.cut()
    disk.forget()
    assert sweep(disk) == Swept(given_up=(run.id,))
    assert not folder.exists()
    told = disk.registry.run(run.id)
    assert (told.state, told.error) == (RunState.CANCELLED, SPOILED)
    assert sweep(disk) == Swept()


def test_it_is_not_gone_on_with_before_any_sweep_either(disk: Disk) -> None:
    run, folder = disk.cut()
    disk.forget("carl")
    with pytest.raises(RunUnusable, match="forgotten; train anew"):
        training.resume(disk, run.id, ignore)
    assert not folder.exists()
    assert cut_off(disk) == []
    assert training.carry_out(disk, disk.job(), ignore).retrain == ""


def test_who_trains_again_gives_it_up_unasked(disk: Disk) -> None:
    run, _ = disk.cut()
    assert give_up_spoiled(disk) == []
    disk.forget()
    assert [each.id for each in give_up_spoiled(disk)] == [run.id]
    assert give_up_spoiled(disk) == []


def test_a_training_that_nobody_is_forgotten_from_goes_on_from_the_same_files(disk: Disk) -> None:
    run, folder = disk.cut()
    before = (folder / TRAIN).read_bytes()
    disk.learned.store.withdraw(1, "anna")  # its dataset keeps that
    assert sweep(disk) == Swept()
    assert (folder / TRAIN).read_bytes() == before
    assert training.resume(disk, run.id, ignore).name == "style-1"


def test_a_child_at_work_goes_on_and_its_version_is_marked(disk: Disk) -> None:
    run, folder = disk.cut()
    assert disk.registry.resume(run.id)
    with FileLock(folder / LOCK):
        disk.forget()
        assert sweep(disk) == Swept(files=2)
        assert disk.registry.run(run.id).state is RunState.RUNNING
    assert disk.holds("ben's words") == []
    disk.registry.let_go(run.id)
    assert not is_whole(disk.home, run)


def test_a_version_that_ended_after_its_words_were_forgotten_is_taken_in_and_marked(
    disk: Disk,
) -> None:
    run, folder = disk.cut()
    disk.forget()
    ended = follow(folder, CHILD, ignore)
    assert ended == 0
    assert give_up_spoiled(disk) == []
    [version] = training.adopt(disk)
    assert (version.run, version.retrain) == (run.id, MEANWHILE)
    assert disk.holds("words") == []


def test_of_a_training_that_ended_no_words_stay(disk: Disk) -> None:
    run, folder = disk.cut()
    training.resume(disk, run.id, ignore)
    assert disk.holds("words") == []
    disk.write(folder)
    (folder / f"{TRAIN}.half").write_text("ben's words")
    lost = disk.home / "versions" / "style-99"  # of a database that is gone
    lost.mkdir()
    disk.write(lost)
    assert sweep(disk) == Swept(files=5)
    assert disk.holds("words") == []


def test_golden_sets_lose_the_words_too(disk: Disk) -> None:
    freeze(disk.home, disk.book.examples(), NOON)
    disk.forget()
    assert sweep(disk) == Swept(lines=1)
    assert [each.text for each in golden(disk.home, "rewrite")] == ["carl's words"]


# -- soon ------------------------------------------------------------------------------------


def test_many_wishes_at_once_are_one_sweep_more() -> None:
    begun, go, done = threading.Event(), threading.Event(), list[int]()

    def work() -> None:
        begun.set()
        go.wait()
        done.append(1)

    sweeper = Sweeper(work)
    sweeper.soon()
    begun.wait()
    for _ in range(9):
        sweeper.soon()
    go.set()
    sweeper.wait()
    assert len(done) == 2
    sweeper.soon()
    sweeper.wait()
    assert len(done) == 3


@pytest.mark.parametrize("error", [WrongUse("no"), OSError("the disk is broken"), ValueError("?")])
def test_a_disk_that_fails_is_told_in_the_log_and_the_next_wish_is_heard(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    tries = list[int]()

    def work() -> None:
        tries.append(1)
        raise error

    sweeper = Sweeper(work)
    for _ in range(2):
        sweeper.soon()
        sweeper.wait()
    assert len(tries) == 2
    assert caplog.text.count("not all that was forgotten is off the disk yet") == 2


def test_to_wait_for_no_sweep_takes_no_time() -> None:
    Sweeper(lambda: None).wait()


# -- from the chat ---------------------------------------------------------------------------

HERE = Place("slack", "T1", "general", "1")


def a_model(home: Path) -> dict[str, object]:
    """What answers, as far as anybody asks it here."""
    return {"use": "local", "name": str(a_base(home / BASE))}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A whole bot whose golden set has words of ben."""
    with build(settings(tmp_path, a_model(tmp_path), policy="auto")) as app:
        for text in ("Send ben's numbers", "Send more of ben's numbers"):
            place = (HERE.platform, HERE.workspace, HERE.channel, HERE.thread)
            answer = Answer("Kindly send them.", Outcome.WRITTEN)
            id = kept(app.store, text, "ben", place, route=TUNED, answer=answer).id
            app.store.rate(Feedback(id, "ana", Verdict.UP, datetime.now(UTC)))
        harvest(parts_of(app.learning))
        freeze(tmp_path, app.learning.book.examples(), NOON)
        assert len(golden(tmp_path, "rewrite")) == 2
        yield app


def swept(app: App) -> int:
    """How many texts of the golden set stay when the disk has followed."""
    app.learning.sweeper.wait(PATIENCE_S)
    return len(golden(app.settings.home, "rewrite"))


@pytest.mark.parametrize("order", [Order.FORGET_ME, Order.LEARN_OFF])
def test_an_order_in_chat_reaches_the_disk(app: App, order: Order) -> None:
    app.desk.obey(order, "ben", HERE)
    assert swept(app) == 0


def test_an_operator_s_choice_for_a_channel_reaches_the_disk_before_the_command_ends(
    app: App,
) -> None:
    chosen(app.learning, HERE, may_learn=True)
    assert len(golden(app.settings.home, "rewrite")) == 2
    chosen(app.learning, HERE, may_learn=False)
    assert len(golden(app.settings.home, "rewrite")) == 0


def test_who_objects_to_learning_leaves_the_disk(app: App) -> None:
    app.desk.choose("ben", HERE, may_learn=False)
    assert swept(app) == 0


def test_a_deleted_question_leaves_the_disk(app: App) -> None:
    post = Post("e1", "m1", HERE, "ben", "Send ben's numbers", NOON, addressed=True)
    app.desk.inbox.accept(post)
    item = app.desk.inbox.claim("slack", "w")
    assert item is not None
    app.desk.inbox.answered(item, 1)
    app.desk.inbox.done(item)
    assert app.desk.remove("e2", HERE, "m1")
    assert swept(app) == 1


def test_forget_me_is_said_to_be_done_though_the_disk_fails(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    file = app.settings.home / "golden" / "rewrite.jsonl"
    whole = file.read_bytes()
    file.write_text("damaged")
    assert "Deleted: 2 questions" in app.desk.obey(Order.FORGET_ME, "ben", HERE)
    app.learning.sweeper.wait(PATIENCE_S)
    assert "not all that was forgotten is off the disk yet" in caplog.text
    file.write_bytes(whole)
    assert keep_up(app.learning).swept.lines == 2  # the next harvest makes up for it
    assert swept(app) == 0


def test_the_end_of_the_process_waits_for_the_disk(tmp_path: Path) -> None:
    with build(settings(tmp_path, a_model(tmp_path))) as app:
        (tmp_path / "versions" / "style-1").mkdir(parents=True)
        (tmp_path / "versions" / "style-1" / TRAIN).write_text("ben's words")
        app.desk.forget("ben", HERE)
    assert not (tmp_path / "versions" / "style-1" / TRAIN).exists()
