"""Items in workers' hands: none is lost, and none is in two hands at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import text

from bot.conversation import Mode, Place
from bot.errors import LeaseLost, UnknownInteraction
from bot.inbox import forgetting, leases
from bot.posts import Beat, Door, Heard, Item, Post, Reason, Reply, State
from bot.sessions import Sessions, mapped
from bot.wanted import Wanted
from tests.inboxes import LEASE, NOON, Desk, edited, opened, post
from tests.patience import PATIENCE_S
from tests.workers import finished, start

NOW = timedelta(0)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        yield made


# One worker to an item


def test_an_item_is_in_one_worker_s_hands(desk: Desk) -> None:
    desk.asked()
    assert desk.inbox.claim("slack", "a") is not None
    assert desk.inbox.claim("slack", "b") is None


def test_a_platform_s_workers_get_only_its_own_items(desk: Desk) -> None:
    desk.asked(place=Place("discord", "G1", "C1"))
    assert desk.idle("slack")
    assert desk.take("discord").post.place.platform == "discord"


def test_items_are_taken_in_the_order_of_asking(desk: Desk) -> None:
    for number in (3, 1, 2):
        desk.asked(str(number))
        desk.clock.pass_by(1)
    assert [desk.take().post.id for _ in range(3)] == ["3", "1", "2"]


def test_a_lease_that_is_kept_up_is_not_taken_over(desk: Desk) -> None:
    desk.asked()
    item = desk.take()
    for _ in range(3):
        desk.clock.pass_by(20)
        assert desk.inbox.beat(item).held
        assert desk.idle()


def test_an_item_whose_worker_died_is_taken_over_and_its_late_words_are_refused(desk: Desk) -> None:
    desk.asked()
    lost = desk.take()
    desk.inbox.begin_posting(lost)
    desk.inbox.note(lost, Reply("C1", "R1", streaming=True))
    desk.clock.pass_by(LEASE.total_seconds())
    item = desk.take()
    assert (item.attempt, item.revision, item.begun) == (2, 1, True)
    assert item.replies == (Reply("C1", "R1", streaming=True),)
    assert not desk.inbox.beat(lost).held
    late = desk.record(lost)
    for call in (
        lambda: desk.inbox.begin_posting(lost),
        lambda: desk.inbox.note(lost, Reply("C1", "R2")),
        lambda: desk.inbox.drop(lost, Reply("C1", "R1")),
        lambda: desk.inbox.answered(lost, late),
        lambda: desk.inbox.done(lost),
        lambda: desk.inbox.give_up(lost, "T-1"),
        lambda: desk.inbox.fell_silent(lost, Reason.FAILED),
        lambda: desk.inbox.give_back(lost, NOW, ""),
    ):
        with pytest.raises(LeaseLost, match=f"item {lost.id}"):
            call()
    assert desk.inbox.beat(item).held
    assert desk.inbox.replies(item.id) == item.replies
    assert desk.inbox.done(item)
    desk.inbox.accept(edited(item.post, "Other words"))
    assert not desk.take().begun  # what was begun was finished


def test_a_worker_that_was_late_but_not_replaced_still_holds_its_item(desk: Desk) -> None:
    desk.asked()
    item = desk.take()
    desk.clock.pass_by(600)
    assert desk.inbox.beat(item).held
    assert desk.idle()


def test_what_is_finished_is_in_nobody_s_hands(desk: Desk) -> None:
    desk.asked()
    item = desk.take()
    desk.inbox.done(item)
    assert not desk.inbox.beat(item).held
    with pytest.raises(LeaseLost):
        desk.inbox.done(item)


# One item to a thread


def test_a_thread_has_one_item_at_a_time_in_the_order_of_asking(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.asked(f"10{number}", thread="100")
    desk.asked("200")
    first, elsewhere = desk.take(), desk.take()
    assert (first.post.id, elsewhere.post.id) == ("101", "200")
    assert desk.idle()
    desk.inbox.give_back(first, timedelta(minutes=1), "")
    assert desk.idle()
    desk.clock.pass_by(60)
    desk.inbox.beat(elsewhere)
    again = desk.take()
    assert again.post.id == "101"
    desk.inbox.done(again)
    assert desk.take().post.id == "102"


def test_an_old_question_that_is_edited_waits_for_the_one_in_hand(desk: Desk) -> None:
    first = desk.asked("101", thread="100")
    desk.asked("102", thread="100")
    desk.answer(desk.take())
    desk.take()
    desk.inbox.accept(edited(first, "Other words"))
    assert desk.idle()
    desk.clock.pass_by(31)  # the worker of the second died
    assert desk.take().post.text == "Other words"
    assert desk.idle()


@pytest.mark.postgres
def test_two_workers_that_look_at_once_do_not_take_two_items_of_a_thread(postgres_url: str) -> None:
    """The first leases the second question while the first question is about to be edited."""
    with opened(postgres_url) as desk, closing(Sessions(postgres_url)) as sessions:
        first = desk.asked("101", thread="100")
        desk.asked("102", thread="100")
        desk.answer(desk.take())
        with ThreadPoolExecutor(1) as pool:
            with sessions.writing() as session:
                assert leases.claim(session, "slack", "a", NOON, LEASE) is not None
                desk.inbox.accept(edited(first, "Other words"))
                other = pool.submit(desk.inbox.claim, "slack", "b")
                wait_for(lambda: other.done() or queued(sessions))
            assert other.result() is None


@pytest.mark.postgres
def test_an_answer_is_not_linked_to_a_question_that_is_deleted_meanwhile(postgres_url: str) -> None:
    """The deletion is under way, and nobody else sees it yet, when the answer is to be linked."""
    with opened(postgres_url) as desk, closing(Sessions(postgres_url)) as sessions:
        asked = desk.asked()
        item = desk.take()
        interaction = desk.record(item)
        with ThreadPoolExecutor(1) as pool:
            with sessions.writing() as connection, mapped(connection) as session:
                assert forgetting.remove(session, asked.place, asked.id, NOON)
                linking = pool.submit(desk.inbox.answered, item, interaction)
                wait_for(lambda: linking.done() or queued(sessions))
            assert linking.result() is False
        with pytest.raises(UnknownInteraction):
            desk.store.interaction(interaction)


def queued(sessions: Sessions) -> bool:
    """Does somebody wait for a lock that somebody else has?"""
    with sessions.reading() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def wait_for(told: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not told():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_commands_and_shortcuts_hold_nobody_back(desk: Desk) -> None:
    desk.asked("c1", thread="", door=Door.COMMAND)
    desk.asked("c2", thread="", door=Door.COMMAND)
    desk.asked("s1", thread="100", door=Door.SHORTCUT)
    desk.asked("s2", thread="100", door=Door.SHORTCUT)
    desk.asked("101", thread="100")
    assert [desk.take().post.id for _ in range(5)] == ["c1", "c2", "s1", "s2", "101"]


# How it ends


def test_what_is_given_back_waits_and_its_attempts_are_counted(desk: Desk) -> None:
    desk.asked()
    desk.inbox.give_back(desk.take(), timedelta(seconds=5), "no answer from the platform")
    assert desk.idle()
    desk.clock.pass_by(5)
    item = desk.take()
    assert item.attempt == 2
    desk.inbox.give_back(item, NOW, "shutting down", count_attempt=False)
    assert desk.take().attempt == 2


def test_what_changed_meanwhile_does_not_wait_for_another_try(desk: Desk) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.accept(edited(said, "Other words"))
    desk.inbox.give_back(item, timedelta(hours=1), "it was edited")
    again = desk.take()
    assert (again.post.text, again.attempt, again.revision) == ("Other words", 1, 2)


@pytest.mark.parametrize("ending", ["done", "given up", "silent"])
def test_what_is_finished_keeps_no_words_and_is_not_taken_again(desk: Desk, ending: str) -> None:
    said = desk.asked()
    item = desk.take()
    match ending:
        case "done":
            assert desk.inbox.done(item)
        case "given up":
            assert desk.inbox.give_up(item, "T-12AB")
        case "silent":
            assert desk.inbox.fell_silent(item, Reason.NOT_CONFIDENT)
    desk.clock.pass_by(3600)
    assert (desk.idle(), desk.inbox.waiting("slack")) == (True, 0)
    heard = desk.inbox.known(said).heard
    wanted = {"done": State.DONE, "given up": State.FAILED, "silent": State.SILENT}
    assert heard is not None
    assert heard.state is wanted[ending]


def test_an_item_that_was_given_up_can_be_edited_into_an_answer(desk: Desk) -> None:
    said = desk.asked()
    desk.inbox.give_up(desk.take(), "T-12AB")
    assert desk.inbox.accept(edited(said, "Other words")) is Heard.REVISED
    assert desk.take().attempt == 1


@pytest.mark.parametrize("change", ["edited", "redone", "deleted"])
def test_what_changed_in_hand_is_told_by_the_beat_and_waits_again(desk: Desk, change: str) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.note(item, Reply("C1", "R1"))
    assert desk.inbox.beat(item) == Beat(held=True)
    match change:
        case "edited":
            desk.inbox.accept(edited(said, "Other words"))
        case "redone":
            assert desk.inbox.redo("slack", "T1", "C1", "R1", Mode.RAG)
        case "deleted":
            desk.inbox.remove("D1", said.place, said.id)
    beat = desk.inbox.beat(item)
    assert (beat.held, beat.gone, beat.revised) == (True, change == "deleted", change != "deleted")
    assert desk.idle()
    assert not desk.inbox.done(item)
    again = desk.take()
    assert (again.gone, len(again.replies)) == (change == "deleted", 1)
    assert desk.inbox.done(again)


# Replies and interactions


def test_a_reply_is_replaced_by_its_part_and_changed_by_its_message(desk: Desk) -> None:
    desk.asked()
    item = desk.take()
    desk.inbox.note(item, Reply("C1", "R1", 0, streaming=True))
    desk.inbox.note(item, Reply("C1", "R1", 0))
    desk.inbox.note(item, Reply("C1", "R3", 1))
    desk.inbox.note(item, Reply("C1", "R2", 1))
    assert desk.inbox.replies(item.id) == (Reply("C1", "R1", 0), Reply("C1", "R2", 1))
    desk.inbox.drop(item, Reply("C1", "R2", 1))
    assert desk.inbox.replies(item.id) == (Reply("C1", "R1", 0),)


def test_who_takes_over_after_the_recording_finds_the_interaction(desk: Desk) -> None:
    desk.asked()
    first = desk.take()
    interaction = desk.record(first)
    desk.inbox.answered(first, interaction)
    desk.clock.pass_by(31)
    again = desk.take()
    assert (again.interaction, again.attempt) == (interaction, 2)
    other = desk.record(again)
    desk.inbox.answered(again, other)
    assert desk.inbox.claim("slack", "w") is None
    desk.clock.pass_by(31)
    assert desk.take().interaction == other


def test_an_interaction_that_is_not_kept_answers_nothing(desk: Desk) -> None:
    desk.asked()
    with pytest.raises(UnknownInteraction, match="4711"):
        desk.inbox.answered(desk.take(), 4711)


# Many workers, and deaths


def test_two_hundred_items_among_threads_are_each_in_one_hand(desk: Desk) -> None:
    for number in range(200):
        desk.asked(f"{number}", thread=f"{number // 4}")
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(lambda: [*finished(desk.inbox, "w")]) for _ in range(4)]
        had = [item for each in work for item in each.result()]
    assert sorted(int(item.post.id) for item in had) == list(range(200))


def test_two_hundred_items_among_processes_are_each_in_one_hand(
    desk: Desk, database_url: str
) -> None:
    for number in range(200):
        desk.asked(f"{number}", thread=f"{number // 4}")
    workers = [start("finishing", database_url) for _ in "ab"]
    told = "".join(worker.communicate(timeout=120)[0] for worker in workers).split()
    assert [worker.returncode for worker in workers] == [0, 0]
    assert Counter(told[::2]) == Counter(str(number) for number in range(1, 201))
    assert set(Counter(told[1::2]).values()) == {4}


def test_accepting_the_same_posts_at_once_ends_in_one_row_each(desk: Desk) -> None:
    posts = [post(str(number // 8)) for number in range(160)]  # each post by eight events
    with ThreadPoolExecutor(8) as pool:
        heard = Counter(pool.map(desk.inbox.accept, posts))
    assert heard == {Heard.ACCEPTED: 20, Heard.REPEATED: 140}
    assert desk.inbox.waiting("slack") == 20


def test_what_a_killed_process_held_is_taken_over_where_it_was(
    desk: Desk, database_url: str
) -> None:
    said = desk.asked()
    desk.clock.at = datetime.now(UTC)  # the child's clock is the real one
    with start("holding", database_url) as child:
        assert child.stdout is not None
        token = child.stdout.readline().strip()
        child.kill()
    assert token
    assert desk.idle()
    desk.clock.pass_by(3600)
    item = desk.take()
    assert (item.post, item.attempt, item.begun) == (said, 2, True)
    assert item.replies == (Reply("C1", "R1", streaming=True),)
    assert item.token != token


# Any order of things


@dataclass
class Asked:
    """What must become of a post."""

    post: Post
    answered: str = ""  # the words that were answered last
    removed: bool = False


class Traffic(RuleBasedStateMachine):
    """People post, edit and delete; workers take, die, come back and finish, in any order."""

    desk: Desk
    runs = count(1)
    numbers = st.integers(0, 5)
    hands = st.integers(0, 3)

    def __init__(self) -> None:
        super().__init__()
        self.platform = f"p{next(self.runs)}"  # all share a database, as workspaces do
        self.said: dict[int, Asked] = {}
        self.held: dict[int, tuple[Item, datetime]] = {}  # by worker, with the lease's end
        self.texts = count(1)

    @rule(number=numbers, quiet=st.booleans())
    def ask(self, number: int, quiet: bool) -> None:
        known = self.said.get(number)
        said = post(str(number), f"{self.platform} text {next(self.texts)}", author=self.platform)
        said = replace(said, place=Place(self.platform, "T", "C", str(number % 2)))
        heard = self.desk.inbox.accept(said, quiet=quiet)
        assert heard is (Heard.REPEATED if known else Heard.ACCEPTED)
        self.said.setdefault(number, Asked(said))

    @rule(number=numbers)
    def edit(self, number: int) -> None:
        if known := self.said.get(number):
            changed = edited(known.post, f"{self.platform} text {next(self.texts)}")
            heard = self.desk.inbox.accept(changed)
            assert heard is (Heard.REPEATED if known.removed else Heard.REVISED)
            known.post = known.post if known.removed else changed

    @rule(number=numbers)
    def remove(self, number: int) -> None:
        if known := self.said.get(number):
            removed = self.desk.inbox.remove("", known.post.place, known.post.id)
            assert removed is not known.removed
            known.removed = True

    @rule(worker=hands)
    def claim(self, worker: int) -> None:
        item = self.desk.inbox.claim(self.platform, f"w{worker}")
        if item is None:
            return
        known = self.said[int(item.post.id)]
        assert item.post.text == ("" if known.removed else known.post.text)
        holding = [held for held, until in self.held.values() if until > self.desk.clock()]
        assert item.post.place.thread not in {held.post.place.thread for held in holding}
        self.held[worker] = (item, self.desk.clock() + LEASE)  # what it held before, it forgot

    @rule(worker=hands)
    def beat(self, worker: int) -> None:
        if worker in self.held:
            item, until = self.held[worker]
            beat = self.desk.inbox.beat(item)
            assert beat.held or until <= self.desk.clock()
            if beat.held:
                self.held[worker] = (item, self.desk.clock() + LEASE)

    @rule(worker=hands, noted=st.booleans(), recorded=st.booleans(), ended=st.booleans())
    def work(self, worker: int, noted: bool, recorded: bool, ended: bool) -> None:
        """Answer, or die after a step."""
        if worker not in self.held:
            return
        item, until = self.held.pop(worker)
        try:
            self.steps(item, noted, recorded, ended)
        except LeaseLost:
            assert until <= self.desk.clock()

    def steps(self, item: Item, noted: bool, recorded: bool, ended: bool) -> None:
        inbox, known = self.desk.inbox, self.said[int(item.post.id)]
        if noted and not item.gone:
            inbox.begin_posting(item)
            inbox.note(item, Reply("C", f"R{item.post.id}"))
        if recorded and not item.gone:
            assert inbox.answered(item, self.desk.record(item)) is not known.removed
        if ended:
            stands = item.gone if known.removed else item.post.text == known.post.text
            assert inbox.done(item) is stands
            known.answered = item.post.text if stands else known.answered

    @rule(worker=hands, seconds=st.integers(0, 60))
    def give_back(self, worker: int, seconds: int) -> None:
        if worker in self.held:
            item, until = self.held.pop(worker)
            try:
                self.desk.inbox.give_back(item, timedelta(seconds=seconds), "later")
            except LeaseLost:
                assert until <= self.desk.clock()

    @rule(seconds=st.sampled_from([1, 29, 31]))
    def wait(self, seconds: int) -> None:
        self.desk.clock.pass_by(seconds)

    def teardown(self) -> None:
        """In the end every question is answered in its last words, and the deleted are gone."""
        self.desk.clock.pass_by(3600)
        while item := self.desk.inbox.claim(self.platform, "last"):
            self.steps(item, noted=True, recorded=True, ended=True)
        assert self.desk.inbox.waiting(self.platform) == 0
        for known in self.said.values():
            if not known.removed:
                assert known.answered == known.post.text
        kept = self.desk.store.interactions(1000, Wanted(platform=self.platform))
        removed = {known.post.text for known in self.said.values() if known.removed}
        assert removed.isdisjoint(each.question.text for each in kept)


def test_in_any_order_of_things_no_question_is_lost_and_none_is_in_two_hands(desk: Desk) -> None:
    machine = type("Here", (Traffic,), {"desk": desk})
    few = settings(max_examples=40, stateful_step_count=40, deadline=None, database=None)
    run_state_machine_as_test(machine, settings=few)
