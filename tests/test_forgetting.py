"""What goes from SQL when a question is deleted, and when a person asks to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.answer_cache import Kept
from bot.conversation import Feedback, Interaction, Mode, Verdict
from bot.database import connect
from bot.errors import LeaseLost, UnknownInteraction
from bot.inbox.forgetting import Forgotten
from bot.posts import Heard, Known, Reply
from bot.tables import Table
from tests.fakes import kept
from tests.inboxes import HELP, NOON, Desk, again, edited, opened, post

THERE = ("slack", "T1", "C1", "100.1")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        yield made


def is_kept(desk: Desk, interaction: int) -> bool:
    try:
        desk.store.interaction(interaction)
    except UnknownInteraction:
        return False
    return True


def everything(url: str) -> str:
    """All that the database holds, as one text."""
    engine = connect(url)
    with engine.connect() as connection:
        rows = [connection.execute(table.select()).all() for table in Table.metadata.sorted_tables]
    engine.dispose()
    return str(rows)


def vote(interaction: int, author: str) -> Feedback:
    return Feedback(interaction, author, Verdict.UP, NOON)


def keep(desk: Desk, interaction: int) -> None:
    desk.store.keep(Kept(interaction, "q", "a", "e", "t", b"", NOON), most=10)


# A question that was deleted


def test_of_a_deleted_question_no_words_stay(desk: Desk, database_url: str) -> None:
    said = desk.asked(text="The secret xylophone")
    item = desk.take()
    first = desk.answer(item, "R1")
    desk.inbox.accept(edited(said, "The secret xylophones"))
    second = desk.answer(desk.take(), "R1")
    keep(desk, second)
    desk.store.rate(vote(second, "anna"))
    assert "xylophone" in everything(database_url)
    desk.inbox.remove("D1", said.place, said.id)
    assert [is_kept(desk, first), is_kept(desk, second)] == [False, False]
    assert "xylophone" not in everything(database_url)
    assert desk.store.verdicts(second) == []


def test_deleting_one_question_leaves_the_others(desk: Desk) -> None:
    said = desk.asked("1")
    one = desk.answer(desk.take())
    desk.asked("2", text=said.text, thread="1")
    other = desk.answer(desk.take())
    desk.inbox.remove("D1", said.place, said.id)
    assert [is_kept(desk, one), is_kept(desk, other)] == [False, True]


def test_later_questions_of_the_thread_quote_a_deleted_one_no_more(desk: Desk) -> None:
    said = desk.asked(text="The secret")
    desk.answer(desk.take())
    turns = ("The secret", "Something else")
    later = kept(desk.store, "And then?", place=THERE, thread=turns)
    elsewhere = kept(desk.store, "And then?", place=(*THERE[:3], "9"), thread=turns)
    desk.inbox.remove("D1", said.place, said.id)

    def quoted(interaction: Interaction) -> list[str]:
        return [turn.text for turn in desk.store.interaction(interaction.id).question.thread]

    assert quoted(later) == ["Something else"]
    assert quoted(elsewhere) == list(turns)


def test_an_interaction_that_comes_after_the_deletion_is_deleted_too(desk: Desk) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.remove("D1", said.place, said.id)
    late = desk.record(item)
    assert not desk.inbox.answered(item, late)
    assert not is_kept(desk, late)


def test_so_it_is_when_its_worker_has_lost_the_lease(desk: Desk) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.remove("D1", said.place, said.id)
    desk.clock.pass_by(31)
    desk.inbox.done(desk.take())
    late = desk.record(item)
    with pytest.raises(LeaseLost):
        desk.inbox.answered(item, late)
    assert not is_kept(desk, late)


@pytest.mark.parametrize("finished", [False, True])
def test_what_a_dead_worker_recorded_but_did_not_link_is_deleted_too(
    desk: Desk, finished: bool
) -> None:
    said = desk.asked()
    orphan = desk.record(desk.take())
    before = kept(desk.store, said.text, "ben", THERE, asked_at=NOON - timedelta(1)).id
    another = kept(desk.store, said.text, "anna", THERE, asked_at=NOON).id
    desk.clock.pass_by(31)
    item = desk.take()
    if finished:
        desk.answer(item)
    desk.inbox.remove("D1", said.place, said.id)
    assert [is_kept(desk, id) for id in (orphan, before, another)] == [False, True, True]


def test_an_answer_that_was_shown_elsewhere_too_is_taken_back_there(desk: Desk) -> None:
    said = desk.asked("1", text="The secret")
    answer = desk.answer(desk.take(), "R1")
    shared = post("2", text="")
    assert desk.inbox.accept(shared, interaction=answer) is Heard.ACCEPTED
    item = desk.take()
    assert item.interaction == answer
    desk.inbox.note(item, Reply("C1", "R2"))
    desk.inbox.done(item)
    desk.inbox.remove("D1", said.place, said.id)
    taken = [desk.take(), desk.take()]
    assert [(each.gone, each.replies[0].message) for each in taken] == [(True, "R1"), (True, "R2")]


def test_what_was_forgotten_cannot_be_shown_elsewhere(desk: Desk) -> None:
    with pytest.raises(UnknownInteraction, match="4711"):
        desk.inbox.accept(post(), interaction=4711)
    assert desk.inbox.accept(post()) is Heard.ACCEPTED


def test_interactions_are_forgotten_by_their_ids(desk: Desk) -> None:
    one, other, stays = (kept(desk.store).id for _ in range(3))
    keep(desk, one)
    desk.store.rate(vote(other, "anna"))
    assert desk.store.forget_interactions([one, other, 4711, -1, 2**70]) == 2
    assert [is_kept(desk, id) for id in (one, other, stays)] == [False, False, True]
    assert desk.store.kept("a", "e", datetime(2000, 1, 1, tzinfo=UTC)) == []
    assert desk.store.forget_interactions([one]) == 0


# A person who is forgotten


def test_a_person_s_questions_votes_and_kept_answers_are_forgotten(desk: Desk) -> None:
    own = [kept(desk.store, asker="ben", place=THERE).id for _ in range(2)]
    others = kept(desk.store, asker="anna", place=THERE).id
    keep(desk, own[0])
    for id in (own[0], others):
        desk.store.rate(vote(id, "ben"))
        desk.store.rate(vote(id, "anna"))
    forgotten = desk.store.forget("ben", "slack")
    assert forgotten == Forgotten(interactions=2, votes=2, kept=1)
    assert [is_kept(desk, id) for id in (*own, others)] == [False, False, True]
    assert desk.store.verdicts(others) == [vote(others, "anna")]
    assert desk.store.forget("ben", "slack") == Forgotten()


def test_a_person_is_forgotten_in_every_workspace_of_the_platform(
    desk: Desk, database_url: str
) -> None:
    theirs, others = (
        [kept(desk.store, asker=who, place=("slack", t, "C1", "1")).id for t in ("T1", "T2")]
        for who in ("U-ben", "anna")
    )
    desk.store.rate(vote(others[1], "U-ben"))
    desk.inbox.accept(post(author="U-ben", place=replace(HELP, workspace="T2")))
    desk.answer(desk.take())
    assert desk.store.forget("U-ben", "slack") == Forgotten(interactions=3, votes=1)
    assert [is_kept(desk, id) for id in (*theirs, *others)] == [False, False, True, True]
    assert "U-ben" not in everything(database_url)


def test_who_has_the_same_id_on_another_platform_is_not_forgotten(desk: Desk) -> None:
    there = kept(desk.store, asker="ben", place=("discord", "T1", "C1", "1")).id
    desk.store.rate(vote(there, "ben"))
    assert desk.store.forget("ben", "slack") == Forgotten()
    assert len(desk.store.verdicts(there)) == 1


def test_the_inbox_no_longer_knows_who_asked_but_still_that_it_heard(
    desk: Desk, database_url: str
) -> None:
    said = desk.asked(author="U-ben", text="The secret")
    desk.answer(desk.take(), "R1")
    desk.store.forget("U-ben", "slack")
    assert "U-ben" not in everything(database_url)
    assert "The secret" not in everything(database_url)
    assert desk.inbox.accept(again(said)) is Heard.REPEATED
    answered = desk.inbox.item_of("slack", "T1", "C1", "R1")
    assert answered is not None
    assert (answered.interaction, answered.author) == (None, "")


def test_a_question_that_waits_is_answered_although_its_author_is_forgotten(desk: Desk) -> None:
    said = desk.asked("1")
    held = desk.asked("2")
    items = [desk.take(), desk.take()]
    desk.inbox.give_back(items[0], timedelta(0), "")
    desk.store.forget("ben", "slack")
    assert desk.inbox.beat(items[1]).held
    assert desk.take().post == said
    assert items[1].post == held


def test_a_redo_whose_question_was_forgotten_is_dropped(desk: Desk) -> None:
    desk.asked()
    desk.answer(desk.take(), "R1")
    assert desk.inbox.redo("slack", "T1", "C1", "R1", Mode.RAG)
    desk.store.forget("ben", "slack")
    assert (desk.idle(), desk.inbox.waiting("slack")) == (True, 0)


def test_replies_to_a_deleted_question_are_still_taken_away(desk: Desk) -> None:
    said = desk.asked()
    desk.answer(desk.take(), "R1")
    desk.inbox.remove("D1", said.place, said.id)
    desk.store.forget("ben", "slack")
    item = desk.take()
    assert (item.gone, item.replies) == (True, (Reply("C1", "R1"),))
    assert desk.inbox.done(item)
    assert desk.inbox.known(post("5", place=replace(HELP, thread="5"))) == Known()
