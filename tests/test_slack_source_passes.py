"""Slack as a source: what a later pass sees of late replies, edits and deletions."""

from __future__ import annotations

from dataclasses import replace

from tests.faults import Server, Still
from tests.passes import Passes, keys, read
from tests.slack_talk.reading import DAY_S, HOUR_S, begun, reading, thread
from tests.slack_talk.workspace import CHANNEL, Said, Workspace

pytest_plugins = ["tests.slack_talk.fixtures"]


def test_a_late_reply_to_an_old_question_is_read(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time, days=2))
    passes.next()
    late = Said(time.now - 60, "It was rebuilt: 1,300.", "U0CLEO", begun(time))
    slack_history.said[CHANNEL] = thread(time, late)
    assert read(passes.next()) == {}  # the question is older than what each pass lists
    time.now += DAY_S
    [text] = read(passes.next()).values()
    assert text.endswith("It was rebuilt: 1,300.")
    assert "; answered by Ben, Cleo;" in text


def test_a_late_reply_that_is_shown_in_the_channel_is_read_at_once(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time, days=2))
    passes.next()
    shown = {"subtype": "thread_broadcast"}
    late = Said(time.now - 60, "It was rebuilt: 1,300.", "U0CLEO", begun(time), shown)
    slack_history.said[CHANNEL] = thread(time, late)
    assert [text[-6:] for text in read(passes.next()).values()] == ["1,300."]


def test_a_reply_within_the_days_that_are_looked_back_is_read_at_once(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time, days=10))
    passes.next()
    slack_history.said[CHANNEL] = thread(
        time, Said(time.now - 60, "Or 1,300.", "U0CLEO", begun(time))
    )
    assert [text[-6:] for text in read(passes.next()).values()] == ["1,300."]


def test_edits_are_followed(server: Server, slack_history: Workspace, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    asked, told, thanks = thread(time)
    asked = replace(asked, text="How hot is kiln B?")
    slack_history.said[CHANNEL] = (asked, told, thanks)
    [text] = read(passes.next()).values()
    assert "How hot is kiln B?" in text
    slack_history.said[CHANNEL] = (
        asked,
        replace(told, text="1,250"),
        thanks,
    )  # no list tells of that
    time.now += DAY_S
    [text] = read(passes.next()).values()
    assert "1,250" in text


def test_an_edit_that_could_not_be_read_is_asked_for_again(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    asked, told, thanks = thread(time)
    slack_history.said[CHANNEL] = (asked, replace(told, text="1,250"), thanks)
    slack_history.broken = {asked.ts}
    time.now += DAY_S
    assert read(passes.next()) == {}
    slack_history.broken = set()
    assert ["1,250" in text for text in read(passes.next()).values()] == [True]
    assert read(passes.next()) == {}


def test_an_answer_that_was_edited_lately_is_read_at_once(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    asked, told, _ = thread(time)
    told = replace(told, at=time.now - HOUR_S)
    slack_history.said[CHANNEL] = (asked, told)
    passes = Passes(reading(server, time))
    passes.next()
    assert read(passes.next()) == {}
    slack_history.said[CHANNEL] = (asked, replace(told, text="1,250"))
    assert ["1,250" in text for text in read(passes.next()).values()] == [True]


def test_a_deleted_answer_goes_and_a_deleted_question_leaves_its_answers(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    asked, told, _ = thread(time)
    slack_history.said[CHANNEL] = (asked, told)
    [text] = read(passes.next()).values()
    assert "Thanks" not in text
    gone = {"subtype": "tombstone", "hidden": True}
    slack_history.said[CHANNEL] = (
        Said(asked.at, "This message was deleted.", "USLACKBOT", 0.0, gone),
        told,
    )
    [text] = read(passes.next()).values()
    assert text.startswith("Thread in #kilns on 2026-11-11, without its first message; ")
    assert "deleted" not in text
    assert "kiln*" not in text
    slack_history.said[CHANNEL] = ()
    assert keys(passes.next()) == []


def test_what_was_deleted_long_ago_is_forgotten_within_a_day(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time, days=2))
    passes.next()
    slack_history.said[CHANNEL] = ()
    assert len(keys(passes.next())) == 1
    time.now += DAY_S
    assert keys(passes.next()) == []


def test_a_thread_that_goes_while_it_is_read_is_forgotten(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    said = thread(time, Said(begun(time) - DAY_S, "Stays."))
    slack_history.said[CHANNEL] = said
    source, before = reading(server, time), len(server.paths)
    list(source.documents(None))
    listed = server.paths.index("/api/conversations.replies") - before
    server.then(listed, lambda: slack_history.said.update({CHANNEL: said[3:]}))
    assert keys(list(source.documents(None))) == [f"{CHANNEL}/{said[3].ts}"]


def test_what_has_become_too_old_is_forgotten_with_the_day(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time, since="7d", days=2))
    assert len(keys(passes.next())) == 1
    time.now += 14 * HOUR_S  # it is the next day, and all was listed not long ago
    assert keys(passes.next()) == []


def test_nothing_before_a_date_is_read(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    at = begun(time)
    slack_history.said[CHANNEL] = thread(time, Said(at - 90 * DAY_S, "Old."))
    assert len(read(list(reading(server, time).documents(None)))) == 2
    assert len(read(list(reading(server, time, since="30d").documents(None)))) == 1
    assert len(read(list(reading(server, time, since="2026-11-01").documents(None)))) == 1
