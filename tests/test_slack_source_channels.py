"""Slack as a source: which channels are read, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from knowledge.documents import Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources import OfChannels
from knowledge.sources.slack import source as slack
from tests.faults import Asked, Reply, Route, Server, Still, as_json
from tests.passes import Passes, keys, read
from tests.slack_talk.reading import HOUR_S, MINUTE_S, begun, reading, thread
from tests.slack_talk.workspace import CHANNEL, CLOSED, OTHER, TEAM, TOKEN, Said, Workspace, ts

pytest_plugins = ["tests.slack_talk.fixtures"]


# -- which channels ------------------------------------------------------------------


def test_channels_are_found_by_id_and_by_name(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    slack_history.said[OTHER] = (Said(begun(time), "Other words."),)
    for named in ((CHANNEL, OTHER), ("#kilns", "other"), ("kilns", CHANNEL, "#other")):
        found = keys(list(reading(server, time, *named).documents(None)))
        assert found == [*dict.fromkeys(found)]
        assert [key.partition("/")[0] for key in found][:2] == [CHANNEL, OTHER]


def test_a_channel_that_was_renamed_is_read_on_and_a_new_one_of_that_name_instead(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time, "kilns"))
    passes.next()
    slack_history.channels[CHANNEL] = {"name": "old-kilns", "previous_names": ["kilns"]}
    assert [key.partition("/")[0] for key in keys(passes.next())] == [CHANNEL]
    slack_history.channels[CHANNEL] = {"name": "old-kilns", "previous_names": []}
    slack_history.channels[OTHER] = {"name": "kilns"}
    slack_history.said[OTHER] = (Said(begun(time), "New words."),)
    assert [key.partition("/")[0] for key in keys(passes.next())] == [OTHER]


def test_a_private_channel_is_refused_unless_asked_for(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    slack_history.said[CLOSED] = (Said(begun(time), "Secret."),)
    [refusal, *_] = list(reading(server, time, CLOSED).documents(None))
    assert isinstance(refusal, Unreadable)
    assert refusal.key == CLOSED
    assert "`private = true`" in refusal.reason
    [text] = read(list(reading(server, time, CLOSED, private=True).documents(None))).values()
    assert "Secret." in text
    assert (
        "Secret."
        in read(list(reading(server, time, "closed", private=True).documents(None)))[
            f"{CLOSED}/{ts(begun(time))}"
        ]
    )


def test_a_channel_that_became_private_is_forgotten(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    slack_history.channels[CHANNEL] = {"name": "kilns", "is_private": True}
    assert keys(passes.next()) == [CHANNEL]
    assert passes.held == {}


@pytest.mark.parametrize("options", [{}, {"private": True}])
def test_direct_messages_are_never_read(
    server: Server, slack_history: Workspace, time: Still, options: dict[str, bool]
) -> None:
    slack_history.channels["G0TRIO"] = {"is_mpim": True, "name": "mpdm-trio", "is_private": True}
    for id in ("D0ANNA", "G0TRIO"):
        [item, *_] = list(reading(server, time, id, **options).documents(None))
        assert isinstance(item, Unreadable)
        assert "never read" in item.reason


@pytest.mark.parametrize("named", [CHANNEL, "#kilns"])
def test_a_channel_that_is_switched_off_is_not_asked_for_and_forgotten(
    server: Server, slack_history: Workspace, time: Still, named: str
) -> None:
    off = set[tuple[str, ...]]()
    source = reading(server, time, named, "other")
    assert isinstance(source, OfChannels)
    passes = Passes(source.within(lambda *place: place not in off))
    slack_history.said[OTHER] = (Said(begun(time), "Other words."),)
    assert len(passes.next()) == 3
    off.add(("slack", TEAM, CHANNEL))
    before = len(server.asked)
    assert [key.partition("/")[0] for key in keys(passes.next())] == [OTHER]
    assert all(asked.query.get("channel") != CHANNEL for asked in server.asked[before:])
    off.clear()
    assert len(read(passes.next())) == 1  # it is read whole again


def test_it_is_forgotten_as_well_while_the_name_of_another_is_not_found(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    off = set[str]()
    slack_history.said[OTHER] = (Said(begun(time), "Other words."),)
    source = reading(server, time, "kilns", "other").within(lambda *place: place[2] not in off)
    passes = Passes(source)
    passes.next()
    off.add(CHANNEL)
    del slack_history.channels[OTHER]
    passes.next()
    assert [key.partition("/")[0] for key in passes.held] == [OTHER]


# -- what goes wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "error", "problem"),
    [
        ("auth.test", {"error": "invalid_auth"}, "does not know us.*invalid_auth.*`token`"),
        ("auth.test", {"error": "token_expired"}, "token_expired"),
        ("conversations.replies", {"error": "token_revoked"}, "token_revoked"),
        ("conversations.history", {"error": "missing_scope", "needed": "channels:history"},
         "#kilns: the app lacks the scope `channels:history`.*install the app anew"),
        ("users.info", {"error": "missing_scope", "needed": "users:read"}, "`users:read`"),
        ("conversations.history", {"error": "not_in_channel"}, "not in the channel.*[Ii]nvite"),
        ("conversations.info", {"error": "channel_not_found"}, "no such channel"),
        ("conversations.history", {"error": "fatal_error"}, "Slack fails"),
        ("conversations.history", {"error": "ratelimited"}, "asked too often"),
        ("conversations.history", {"error": "invalid_cursor"}, "invalid_cursor"),
        ("conversations.info", {}, "neither success nor error"),
    ],
)  # fmt: skip
def test_slacks_errors_are_named_and_nothing_is_forgotten(
    server: Server, slack_history: Workspace, time: Still, method: str, error: Any, problem: str
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    slack_history.refused[method] = error
    slack_history.said[CHANNEL] = thread(
        time, Said(time.now, "New <@U0CLEO>.", "U0CLEO", begun(time))
    )
    with pytest.raises(SourceUnreadable, match=problem) as caught:
        passes.next()
    assert TOKEN not in str(caught.value)
    slack_history.refused.clear()
    assert len(read(passes.next())) == 1


@pytest.mark.parametrize("error", ["not_in_channel", "missing_scope"])
@pytest.mark.parametrize("method", ["conversations.history", "conversations.info"])
def test_a_channel_that_cannot_be_read_leaves_the_others(
    server: Server, slack_history: Workspace, time: Still, error: str, method: str
) -> None:
    slack_history.said[OTHER] = (Said(begun(time), "Other words."),)
    passes = Passes(reading(server, time, CHANNEL, OTHER))
    passes.next()
    held = dict(passes.held)
    slack_history.refused[f"{method} {CHANNEL}"] = {"error": error}
    slack_history.said[OTHER] = (Said(begun(time), "Better words."),)
    items = passes.next()
    assert [item.key for item in items if isinstance(item, Unreadable)] == [CHANNEL]
    assert list(read(items)) == [f"{OTHER}/{ts(begun(time))}"]
    assert passes.held.keys() == held.keys()


def test_a_channel_whose_name_is_gone_is_named_and_kept(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    slack_history.said[OTHER] = (Said(begun(time), "Other words."),)
    passes = Passes(reading(server, time, "kilns", "other"))
    passes.next()
    del slack_history.channels[CHANNEL]
    items = passes.next()
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["kilns"]
    assert len(passes.held) == 2


def test_a_thread_that_fails_costs_no_other_and_is_asked_for_again(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    at = begun(time)
    slack_history.said[CHANNEL] = thread(
        time, Said(at + 5, "Glaze?"), Said(at + 6, "Blue.", "U0BEN", at + 5)
    )
    slack_history.broken = {ts(at)}
    passes = Passes(reading(server, time))
    items = passes.next()
    assert list(read(items)) == [f"{CHANNEL}/{ts(at + 5)}"]
    assert [item.key for item in items if isinstance(item, Unreadable)] == [f"{CHANNEL}/{ts(at)}"]
    slack_history.broken = set()
    assert list(read(passes.next())) == [f"{CHANNEL}/{ts(at)}"]


def test_a_limit_is_waited_for_as_slack_asks(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    def slowed(reply: Reply) -> None:
        server.routes["/api/auth.test"] = lambda asked: reply
        server.then(len(time.slept) + 1, lambda: slack_history.at(server))

    slowed(as_json({"ok": False, "error": "ratelimited"}, 429, Retry_After="60"))
    assert len(read(list(reading(server, time).documents(None)))) == 1
    slowed(as_json({"ok": False, "error": "ratelimited"}, Retry_After="45"))
    server.acts.clear()
    server.then(1, lambda: slack_history.at(server))
    assert len(read(list(reading(server, time).documents(None)))) == 1
    assert time.slept == [60.0, 45.0]


def test_an_app_that_may_ask_once_a_minute_asks_so(
    server: Server, slack_history: Workspace, time: Still
) -> None:
    slack_history.said[CHANNEL] = tuple(
        Said(begun(time) + n * HOUR_S, f"Word {n}.") for n in range(6)
    )
    source = reading(server, time, limited=True)
    started = time.now
    assert len(read(list(source.documents(None)))) == 6
    asked = [a for a in server.asked if a.path == "/api/conversations.history"]
    assert [a.query["limit"] for a in asked] == ["15"] * 3
    assert time.now - started == 2 * MINUTE_S


@pytest.mark.parametrize(
    ("method", "before", "after", "problem"),
    [
        ("history", b'"next_cursor": ""', b'"next_cursor": "again"', "again"),
        ("history", b'"has_more": false', b'"has_more": true', "does not say where"),
        ("history", b'"ts"', b'"st"', "without its time"),
        ("history", b'"messages": [', b'"messages": [3, ', "no list of messages"),
        ("list", b'"next_cursor": ""', b'"next_cursor": "n0"', "gives a page of its list again"),
        ("info", b'"id": "', b'"id": "X', "another channel"),
    ],
)
def test_a_list_that_is_not_right_is_noticed(
    server: Server, slack_history: Workspace, time: Still, method: str, before: bytes, after: bytes,
    problem: str,
) -> None:  # fmt: skip
    server.beginning["/api/conversations."] = falsely(slack_history, method, before, after)
    with pytest.raises(SourceUnreadable, match=problem):
        list(reading(server, time, "kilns").documents(None))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (b'"next_cursor": ""', b'"next_cursor": "0"', "gives a page of a thread again"),
        (b'"thread_ts": "1', b'"thread_ts": "2', "another thread"),
    ],
)
def test_a_thread_that_is_not_right_is_noticed(
    server: Server, slack_history: Workspace, time: Still, before: bytes, after: bytes, problem: str
) -> None:
    server.beginning["/api/conversations."] = falsely(slack_history, "replies", before, after)
    [item, _] = list(reading(server, time).documents(None))
    assert isinstance(item, Unreadable)
    assert problem in item.reason


def falsely(slack_history: Workspace, method: str, before: bytes, after: bytes) -> Route:
    """Answers as the workspace does, but those of a method have something else in them."""

    def route(asked: Asked) -> Reply:
        told = slack_history.checked(asked)
        if asked.path != f"/api/conversations.{method}":
            return told
        assert before in told.body or b"next_cursor" in before
        return Reply(200, told.body.replace(before, after), told.headers)

    return route


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"token": " "}, "`token` is empty"),
        ({"since": "last year"}, "`since` is 'last year'; write a date"),
        ({"channels": ()}, "`channels` is empty"),
    ],
)
def test_settings_that_cannot_work_are_named(
    server: Server, time: Still, options: dict[str, Any], problem: str
) -> None:
    made = slack("talk", **{"channels": (CHANNEL,), "token": TOKEN, **options})
    with pytest.raises(SourceUnreadable, match=problem):
        list(replace(made, outside=time.outside).documents(None))
    assert server.asked == []


@pytest.mark.parametrize(
    ("base_url", "problem"), [("http://slack.example/api/", "over http"), ("slack", "no address")]
)
def test_a_token_is_sent_to_no_address_where_others_could_read_it(
    base_url: str, problem: str
) -> None:
    with pytest.raises(SourceUnreadable, match=problem):
        list(slack("talk", (CHANNEL,), token=TOKEN, base_url=base_url).documents(None))
