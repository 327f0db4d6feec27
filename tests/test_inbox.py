"""What is heard: kept once, revised by edits, passed over, removed; and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy import text as sql

from bot.conversation import Mode, Place
from bot.database import connect
from bot.errors import DatabaseUnavailable
from bot.inbox import Inbox
from bot.people import People
from bot.posts import Door, Heard, Known, Load, Post, Reason, Reply, Standing, State
from bot.tables import PersonRow
from tests.inboxes import HELP, NOON, Desk, again, edited, make_tables, opened, post


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        yield made


def words_kept(url: str) -> set[str | None]:
    """The texts that lie in the inbox."""
    engine = connect(url)
    with engine.connect() as connection:
        found = set(connection.scalars(sql("SELECT text FROM inbox")))
    engine.dispose()
    return found


# Once


def test_an_accepted_post_comes_to_a_worker_as_it_was(desk: Desk) -> None:
    whole = post(
        door=Door.DIRECT,
        addressed=True,
        others=("anna", "carl"),
        outsider=True,
        private=True,
        mode=Mode.TUNED,
        task="rewrite",
        team="T9",
    )
    assert desk.inbox.accept(whole) is Heard.ACCEPTED
    item = desk.take()
    assert item.post == whole
    assert (item.revision, item.attempt, item.interaction, item.replies) == (1, 1, None, ())
    assert (item.accepted_at, item.quiet, item.notice, item.gone) == (NOON, False, "", False)


def test_for_what_is_no_question_no_thread_is_followed(desk: Desk) -> None:
    asked = post("1")
    assert desk.inbox.accept(asked, notice="How to ask", aside=True) is Heard.ACCEPTED
    item = desk.take()
    assert (item.accepted_at, item.notice) == (None, "How to ask")
    assert desk.inbox.done(item)
    later = post("2", place=asked.place)
    assert desk.inbox.known(later) == Known()
    desk.inbox.accept(replace(asked, text="How many days?", edited=True, event="E9"))
    assert desk.inbox.known(later).takes_part


def test_a_replayed_event_changes_nothing(desk: Desk) -> None:
    first = desk.asked()
    assert desk.inbox.accept(replace(first, text="Other words")) is Heard.REPEATED
    assert desk.take().post == first
    assert desk.idle()


def test_one_post_told_of_by_two_events_is_one_question(desk: Desk) -> None:
    first = desk.asked()
    assert desk.inbox.accept(again(first)) is Heard.REPEATED
    assert desk.inbox.waiting("slack") == 1
    desk.answer(desk.take())
    assert desk.inbox.accept(again(first)) is Heard.REPEATED
    assert (desk.idle(), desk.inbox.waiting("slack")) == (True, 0)


def test_the_same_ids_elsewhere_are_other_posts(desk: Desk) -> None:
    first = desk.asked()
    places = [
        replace(HELP, channel="C2"),
        replace(HELP, workspace="T2"),
        replace(HELP, platform="x"),
    ]
    heard = {desk.inbox.accept(replace(again(first), place=place)) for place in places}
    assert heard == {Heard.ACCEPTED}
    assert (desk.inbox.waiting("slack"), desk.inbox.waiting("x")) == (3, 1)


def test_posts_without_an_event_id_are_told_apart_by_their_own(desk: Desk) -> None:
    desk.asked("1", event="")
    desk.asked("2", event="")
    assert desk.inbox.accept(post("1", event="")) is Heard.REPEATED


def test_what_was_accepted_is_there_after_a_restart(database_url: str, desk: Desk) -> None:
    first = desk.asked()
    with closing(Inbox(database_url)) as other:
        item = other.claim("slack", "w")
    assert item is not None
    assert item.post == first


def test_odd_ids_and_texts_are_kept(desk: Desk) -> None:
    odd = "a\0b \ud800 \u202e" + "x" * 40_000
    long = "".join(chr(0x1F300 + number * 7 % 700) for number in range(5000))
    place = Place("slack", f"W{long}", f"C{long}", f"T{long}")
    said = desk.asked(f"M{long}", text=odd, event=f"E{long}", author=f"U{long}", place=place)
    assert desk.inbox.accept(replace(said, event="other")) is Heard.REPEATED
    assert desk.inbox.known(said).heard == Standing(State.WAITING, said.digest)
    item = desk.take()
    assert item.post.text == "a\ufffdb \ufffd \u202e" + "x" * 40_000
    desk.inbox.note(item, Reply(f"C{long}", f"R{long}"))
    assert desk.inbox.item_of("slack", f"W{long}", f"C{long}", f"R{long}") is not None


def test_a_database_without_tables_says_what_to_do(database_url: str) -> None:
    with closing(Inbox(database_url)) as inbox, pytest.raises(DatabaseUnavailable, match="upgrade"):
        inbox.accept(post())


# Edits


def test_an_edit_before_its_answer_is_answered_in_its_new_words(desk: Desk) -> None:
    first = desk.asked()
    desk.inbox.stop("slack", "T1", "C1", thread=first.place.thread)
    desk.clock.pass_by(5)
    changed = edited(first, "How many sick days?", mode=Mode.RAG)
    assert desk.inbox.accept(changed) is Heard.REVISED
    item = desk.take()
    assert (item.post.text, item.post.mode, item.revision) == (changed.text, Mode.RAG, 2)
    assert (item.accepted_at, item.stopped) == (NOON, False)
    assert desk.idle()


def test_an_edit_after_its_answer_is_answered_anew_in_the_same_replies(desk: Desk) -> None:
    first = desk.asked()
    desk.answer(desk.take(), "R1", "R2")
    assert desk.inbox.accept(edited(first, "How many sick days?")) is Heard.REVISED
    item = desk.take()
    assert [reply.message for reply in item.replies] == ["R1", "R2"]
    assert (item.revision, item.attempt, item.interaction) == (2, 1, None)


def test_an_edit_that_leaves_the_words_is_no_edit(desk: Desk) -> None:
    first = desk.asked()
    assert desk.inbox.accept(edited(first, first.text)) is Heard.REPEATED
    desk.answer(desk.take())
    assert desk.inbox.accept(edited(first, first.text)) is Heard.REPEATED
    assert desk.idle()


def test_another_keyword_before_the_same_words_is_an_edit(desk: Desk) -> None:
    first = desk.asked(wording="rag: How many days of leave?", mode=Mode.RAG)
    changed = edited(first, first.text, mode=Mode.TUNED, wording="tuned: How many days of leave?")
    assert desk.inbox.accept(changed) is Heard.REVISED


def test_a_mode_that_only_sticks_to_the_thread_makes_no_edit(desk: Desk) -> None:
    first = desk.asked(wording="How many days of leave?")
    unfurled = edited(first, first.text, mode=Mode.TUNED, task="rewrite")
    assert desk.inbox.accept(unfurled) is Heard.REPEATED


def test_the_raw_post_has_the_digest_of_the_one_without_its_keywords() -> None:
    raw = post(text="tuned rewrite: Hello")
    read = replace(raw, text="Hello", mode=Mode.TUNED, task="rewrite", wording=raw.text)
    assert raw.digest == read.digest != post(text="Hello").digest


def test_an_edit_of_a_message_never_heard_is_a_new_question(desk: Desk) -> None:
    assert desk.inbox.accept(edited(post(), "@bot How many?")) is Heard.ACCEPTED
    assert desk.take().revision == 1


def test_an_edit_can_make_a_question_of_what_was_passed_over(desk: Desk) -> None:
    first = post()
    desk.inbox.pass_over(first, Reason.NOT_ADDRESSED)
    desk.clock.pass_by(60)
    assert desk.inbox.accept(edited(first, "@bot How many?")) is Heard.REVISED
    item = desk.take()
    assert (item.post.text, item.revision) == ("@bot How many?", 1)
    assert item.accepted_at == NOON + timedelta(seconds=60)


def test_an_edit_while_it_is_in_hand_waits_for_that_worker(desk: Desk) -> None:
    first = desk.asked()
    item = desk.take()
    assert desk.inbox.accept(edited(first, "How many sick days?")) is Heard.REVISED
    assert desk.idle()
    assert desk.inbox.beat(item).revised
    assert not desk.inbox.done(item)
    assert desk.take().post.text == "How many sick days?"


# Silence


def test_what_is_passed_over_is_known_without_its_words(database_url: str, desk: Desk) -> None:
    said = post(text="my password is hunter2")
    assert desk.inbox.pass_over(said, Reason.NOT_ADDRESSED) is Heard.SILENT
    assert words_kept(database_url) == {None}
    assert desk.inbox.pass_over(again(said), Reason.PEOPLE) is Heard.REPEATED
    assert desk.inbox.known(said).heard == Standing(State.SILENT, said.digest)
    assert desk.idle()


def test_a_replay_of_what_was_passed_over_stays_silent(desk: Desk) -> None:
    said = post()
    desk.inbox.pass_over(said, Reason.MUTED)
    assert desk.inbox.accept(said) is Heard.REPEATED
    assert desk.inbox.pass_over(said, Reason.MUTED) is Heard.REPEATED


def test_a_mention_told_of_after_the_bare_message_was_passed_over_is_answered(desk: Desk) -> None:
    said = post()
    desk.inbox.pass_over(said, Reason.NOT_ADDRESSED)
    assert desk.inbox.accept(again(said)) is Heard.REVISED
    assert desk.take().post.text == said.text


def test_what_nobody_addressed_is_not_taken_up_again_in_the_same_words(desk: Desk) -> None:
    said = post()
    desk.inbox.accept(said, quiet=True)
    item = desk.take()
    assert item.quiet
    assert desk.inbox.fell_silent(item, Reason.NOT_CONFIDENT)
    assert desk.inbox.accept(again(said), quiet=True) is Heard.REPEATED
    assert desk.inbox.accept(edited(said, said.text)) is Heard.REPEATED
    assert desk.idle()


def test_a_question_is_not_passed_over_afterwards(desk: Desk) -> None:
    said = desk.asked()
    assert desk.inbox.pass_over(edited(said, "thanks"), Reason.EMPTY) is Heard.REPEATED
    assert desk.take().post == said


def test_the_operator_sees_the_last_silences_with_their_reasons(desk: Desk) -> None:
    for number, reason in enumerate((Reason.MUTED, Reason.BOT, Reason.PEOPLE)):
        desk.inbox.pass_over(post(f"10{number}"), reason)
        desk.clock.pass_by(1)
    desk.asked("200")
    last = desk.inbox.silences(2)
    assert [(each.id, each.reason) for each in last] == [
        ("102", Reason.PEOPLE),
        ("101", Reason.BOT),
    ]
    assert (last[0].author, last[0].place) == ("ben", replace(HELP, thread="102"))
    assert last[0].heard_at == NOON + timedelta(seconds=2)


# What is known


def test_of_a_post_in_a_new_thread_nothing_is_known(desk: Desk) -> None:
    desk.asked("50")
    assert desk.inbox.known(post()) == Known()


def test_the_bot_takes_part_where_it_accepted_a_question(desk: Desk) -> None:
    root = desk.asked("100", author="anna")
    desk.asked("101", thread="100", author="ben")
    known = desk.inbox.known(post("102", thread="100"))
    assert (known.takes_part, known.askers) == (True, frozenset({"anna", "ben"}))
    assert not desk.inbox.known(post("102", thread="101")).takes_part
    desk.inbox.remove("D1", root.place, "100")
    assert desk.inbox.known(post("102", thread="100")).askers == {"ben"}
    desk.inbox.remove("D2", root.place, "101")
    assert not desk.inbox.known(post("102", thread="100")).takes_part


def test_the_bot_takes_part_in_a_thread_that_hangs_on_its_reply(desk: Desk) -> None:
    desk.asked("c1", thread="", door=Door.COMMAND, author="anna")
    desk.answer(desk.take(), "300")
    known = desk.inbox.known(post("301", thread="300"))
    assert (known.takes_part, known.askers) == (True, frozenset({"anna"}))


def test_the_bot_takes_no_part_where_it_only_listened_or_fell_silent(desk: Desk) -> None:
    desk.inbox.pass_over(post("100"), Reason.NOT_ADDRESSED)
    desk.inbox.accept(post("101", thread="100"), quiet=True)
    desk.inbox.fell_silent(desk.take(), Reason.NOT_CONFIDENT)
    known = desk.inbox.known(post("102", thread="100"))
    assert (known.takes_part, known.askers, known.since) == (False, frozenset(), ("ben", "ben"))


def test_who_spoke_since_the_last_question_is_told_in_the_order_of_writing(desk: Desk) -> None:
    desk.inbox.pass_over(post("101", thread="100", author="early"), Reason.PEOPLE)
    desk.asked("102", thread="100")
    for id, author in (("105", "anna"), ("104", "carl"), ("106", "anna")):  # 104 came late
        desk.inbox.pass_over(post(id, thread="100", author=author), Reason.PEOPLE)
    desk.inbox.pass_over(post("103", thread="999", author="elsewhere"), Reason.PEOPLE)
    known = desk.inbox.known(post("107", thread="100"))
    assert known.since == ("carl", "anna", "anna")
    assert desk.inbox.known(post("106", thread="100")).since == ("carl", "anna")


def test_it_is_known_how_the_very_message_and_event_stand(desk: Desk) -> None:
    said = desk.asked()
    assert desk.inbox.known(said).repeated
    told = desk.inbox.known(again(said))
    assert (told.repeated, told.heard) == (False, Standing(State.WAITING, said.digest))
    item = desk.take()
    assert desk.inbox.known(said).heard == Standing(State.LEASED, said.digest)
    desk.inbox.done(item)
    assert desk.inbox.known(said).heard == Standing(State.DONE, said.digest)


def test_a_forced_mode_sticks_to_its_thread_until_changed(desk: Desk) -> None:
    desk.inbox.force(HELP, Mode.TUNED, "rewrite")
    known = desk.inbox.known(post("101", thread="100.1"))
    assert (known.mode, known.task) == (Mode.TUNED, "rewrite")
    assert desk.inbox.known(post("200")).mode is Mode.AUTO
    desk.inbox.force(HELP, Mode.RAG)
    known = desk.inbox.known(post("101", thread="100.1"))
    assert (known.mode, known.task) == (Mode.RAG, None)


def test_a_thread_or_its_whole_channel_is_muted_and_unmuted(desk: Desk) -> None:
    desk.inbox.force(HELP, Mode.RAG)
    channel = replace(HELP, thread="")
    for place, elsewhere in ((HELP, False), (channel, True)):
        desk.inbox.mute(place, "anna")
        assert desk.inbox.known(post("101", thread="100.1")).muted
        assert desk.inbox.known(post("200")).muted is elsewhere
        desk.inbox.unmute(place)
        assert not desk.inbox.known(post("101", thread="100.1")).muted
    assert desk.inbox.known(post("101", thread="100.1")).mode is Mode.RAG


# Removal


def test_a_removed_question_is_not_answered(database_url: str, desk: Desk) -> None:
    said = desk.asked()
    assert desk.inbox.remove("D1", said.place, said.id)
    assert desk.idle()
    assert words_kept(database_url) == {None}
    assert desk.inbox.known(said).heard == Standing(State.GONE, said.digest)


@pytest.mark.parametrize("times", [1, 2])
def test_a_removal_that_comes_first_keeps_its_post_out(desk: Desk, times: int) -> None:
    said = post()
    for number in range(times):
        assert not desk.inbox.remove(f"D{number}", said.place, said.id)
    assert desk.inbox.accept(said) is Heard.REPEATED
    assert desk.inbox.accept(edited(said, "New words")) is Heard.REPEATED
    assert desk.inbox.pass_over(again(said), Reason.PEOPLE) is Heard.REPEATED
    assert desk.idle()


def test_a_replayed_removal_changes_nothing(desk: Desk) -> None:
    said = desk.asked()
    desk.answer(desk.take(), "R1")
    assert desk.inbox.remove("D1", said.place, said.id)
    assert not desk.inbox.remove("D1", said.place, said.id)
    assert not desk.inbox.remove("D2", said.place, said.id)
    assert desk.inbox.waiting("slack") == 1


def test_an_edit_of_what_is_gone_changes_nothing(desk: Desk) -> None:
    said = desk.asked()
    desk.inbox.remove("D1", said.place, said.id)
    assert desk.inbox.accept(edited(said, "New words")) is Heard.REPEATED
    assert desk.idle()


def test_the_replies_to_a_removed_question_wait_to_be_taken_away(desk: Desk) -> None:
    said = desk.asked()
    desk.answer(desk.take(), "R1", "R2")
    desk.inbox.remove("D1", said.place, said.id)
    item = desk.take()
    assert (item.gone, item.post.text) == (True, "")
    assert [reply.message for reply in item.replies] == ["R1", "R2"]
    assert desk.inbox.done(item)
    assert (desk.inbox.replies(item.id), desk.idle()) == ((), True)


def test_a_removed_question_of_which_a_reply_may_stand_unnoted_waits_too(desk: Desk) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.begin_posting(item)
    desk.inbox.give_back(item, timedelta(0), "")
    desk.inbox.remove("D1", said.place, said.id)
    taken = desk.take()
    assert (taken.gone, taken.begun) == (True, True)


# Redo and stop


def test_a_reply_is_redone_in_another_mode_with_the_question_as_it_was(desk: Desk) -> None:
    said = desk.asked()
    first = desk.answer(desk.take(), "R1")
    assert desk.inbox.redo("slack", "T1", "C1", "R1", Mode.TUNED, "rewrite")
    item = desk.take()
    assert (item.post.text, item.post.mode, item.post.task) == (said.text, Mode.TUNED, "rewrite")
    assert (item.revision, item.interaction, len(item.replies)) == (2, None, 1)
    second = desk.answer(item, "R1")
    answered = desk.inbox.item_of("slack", "T1", "C1", "R1")
    assert answered is not None
    assert answered.interaction == second != first


def test_what_is_tried_again_keeps_its_mode_and_task(desk: Desk) -> None:
    desk.inbox.accept(replace(post("100"), mode=Mode.TUNED, task="summarize"))
    desk.answer(desk.take(), "R1")
    assert desk.inbox.redo("slack", "T1", "C1", "R1", Mode.AUTO)
    item = desk.take()
    assert (item.post.mode, item.post.task, item.revision) == (Mode.TUNED, "summarize", 2)


def test_a_redone_question_does_not_see_a_preview_as_an_edit(desk: Desk) -> None:
    said = desk.asked()
    desk.answer(desk.take(), "R1")
    desk.inbox.redo("slack", "T1", "C1", "R1", Mode.TUNED, "rewrite")
    desk.answer(desk.take())
    assert desk.inbox.accept(edited(said, said.text)) is Heard.REPEATED


def test_what_is_unknown_gone_or_without_words_is_not_redone(desk: Desk) -> None:
    assert not desk.inbox.redo("slack", "T1", "C1", "nothing", Mode.RAG)
    said = desk.asked("100")
    desk.answer(desk.take(), "R1")
    desk.inbox.remove("D1", said.place, said.id)
    assert not desk.inbox.redo("slack", "T1", "C1", "R1", Mode.RAG)
    desk.inbox.done(desk.take())
    desk.inbox.accept(post("200"), notice="Please come back in 5 minutes")
    item = desk.take()
    desk.inbox.note(item, Reply("C1", "R2"))
    desk.inbox.done(item)
    assert not desk.inbox.redo("slack", "T1", "C1", "R2", Mode.RAG)


def test_stop_reaches_the_item_of_the_reply_or_of_the_thread_and_no_other(desk: Desk) -> None:
    desk.asked("100")
    desk.asked("200")
    first, second = desk.take(), desk.take()
    desk.inbox.note(first, Reply("C1", "R1"))
    desk.inbox.note(second, Reply("C1", "R2"))
    assert len(desk.inbox.stop("slack", "T1", "C1", message="R1")) == 1
    assert [desk.inbox.beat(item).stopped for item in (first, second)] == [True, False]
    assert len(desk.inbox.stop("slack", "T1", "C1", thread="200")) == 1
    assert desk.inbox.beat(second).stopped
    assert len(desk.inbox.stop("slack", "T1", "C1", message="R1", thread="100")) == 1
    assert desk.inbox.stop("slack", "T1", "C1") == set()
    assert desk.inbox.stop("slack", "T1", "C2", "R1") == set()


def test_what_is_finished_cannot_be_stopped_and_a_new_revision_runs_again(desk: Desk) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.stop("slack", "T1", "C1", thread=said.place.thread)
    desk.answer(item, "R1")
    assert desk.inbox.stop("slack", "T1", "C1", message="R1") == set()
    desk.inbox.accept(edited(said, "Other words"))
    assert not desk.take().stopped


def test_who_takes_over_a_stopped_item_is_told(desk: Desk) -> None:
    said = desk.asked()
    desk.inbox.stop("slack", "T1", "C1", thread=said.place.thread)
    assert desk.take().stopped


# Thumbs, limits, upkeep


def test_an_event_that_is_no_post_is_kept_once_its_work_is_done(desk: Desk) -> None:
    assert not desk.inbox.told(HELP, "V1")
    for _ in range(2):
        desk.inbox.tell(HELP, "V1")
        assert desk.inbox.told(HELP, "V1")
    assert not desk.inbox.told(replace(HELP, workspace="T2"), "V1")


def test_a_reply_leads_to_what_it_answers(desk: Desk) -> None:
    said = desk.asked()
    item = desk.take()
    desk.inbox.note(item, Reply("C1", "R1"))
    before = desk.inbox.item_of("slack", "T1", "C1", "R1")
    interaction = desk.answer(item, "R1", "R2")
    after = [desk.inbox.item_of("slack", "T1", "C1", reply) for reply in ("R1", "R2")]
    assert before is not None
    assert (before.item, before.interaction) == (item.id, None)
    assert (before.author, before.place) == ("ben", said.place)
    assert after == [replace(before, interaction=interaction)] * 2
    assert desk.inbox.item_of("slack", "T1", "C1", "R3") is None
    assert desk.inbox.item_of("slack", "T2", "C1", "R1") is None


def test_the_load_counts_questions_of_the_person_and_of_the_channel(desk: Desk) -> None:
    def load(minutes: float) -> Load:
        return desk.inbox.asked("ben", HELP, NOON + timedelta(minutes=minutes))

    assert load(-60) == Load(0, 0, None, None, noticed=False)
    for minute, (author, channel) in enumerate((("ben", "C1"), ("anna", "C1"), ("ben", "C2"))):
        desk.asked(str(minute), author=author, place=replace(HELP, channel=channel))
        desk.clock.pass_by(60)
    desk.inbox.pass_over(post("90"), Reason.PEOPLE)
    assert load(-60) == Load(2, 2, NOON, NOON, noticed=False)
    later = [NOON + timedelta(minutes=minute) for minute in (1, 2)]
    assert load(0) == Load(1, 1, later[1], later[0], noticed=False)


def test_a_notice_of_the_limit_counts_as_that_and_as_no_question(desk: Desk) -> None:
    desk.inbox.accept(post("1"), notice="Muted.")
    assert not desk.inbox.asked("ben", HELP, NOON - timedelta(hours=1)).noticed
    desk.inbox.accept(post("2"), notice="Come back in 5 minutes.", limited=True)
    load = desk.inbox.asked("ben", HELP, NOON - timedelta(hours=1))
    assert (load.person, load.noticed) == (1, True)
    assert not desk.inbox.asked("anna", HELP, NOON - timedelta(hours=1)).noticed


def test_old_events_and_silences_are_forgotten_but_no_question(desk: Desk) -> None:
    desk.inbox.pass_over(post("1"), Reason.PEOPLE)
    asked = desk.asked("2")
    desk.clock.pass_by(3600)
    desk.inbox.pass_over(post("3"), Reason.PEOPLE)
    assert desk.inbox.prune(NOON + timedelta(minutes=1)) == 3  # two events, one silence
    assert [each.id for each in desk.inbox.silences()] == ["3"]
    assert desk.inbox.accept(asked) is Heard.REPEATED
    assert desk.inbox.waiting("slack") == 1


def test_a_person_s_choice_stands_until_changed(database_url: str) -> None:
    make_tables(database_url)
    with closing(People(database_url)) as people:
        assert people.may_learn("slack", "ben")
        for choice in (False, True, False, False):
            people.choose("slack", "ben", choice)
            assert people.may_learn("slack", "ben") is choice
        assert people.may_learn("slack", "anna")
        assert people.may_learn("discord", "ben")


def test_a_choice_of_before_that_named_a_workspace_stands_until_changed(database_url: str) -> None:
    make_tables(database_url)
    engine = connect(database_url)
    with engine.begin() as connection:
        for workspace, choice in (("T1", True), ("T2", False), ("", True)):
            row = {"workspace": workspace, "person": "ben", "may_learn": choice}
            connection.execute(insert(PersonRow).values(platform="slack", **row))
    engine.dispose()
    with closing(People(database_url)) as people:
        assert not people.may_learn("slack", "ben")
        people.choose("slack", "ben", may_learn=True)
        assert people.may_learn("slack", "ben")


@given(one=st.text(), other=st.text())
def test_only_the_same_words_of_the_same_message_have_the_same_digest(one: str, other: str) -> None:
    def digest(text: str, id: str = "1") -> str:
        return Post("E", id, Place("slack"), "ben", text, NOON).digest

    assert (digest(one) == digest(other)) is (one == other)
    assert digest(one) != digest(one, "2")
