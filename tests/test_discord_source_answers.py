"""What Discord answers, as the source understands it: limits, permissions, odd answers."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.errors import SourceUnreadable
from tests.discords import BEN, BOT, GUILD, Discord, Post, Talk, flake
from tests.faults import Asked, Reply, Server, Still, as_json
from tests.passes import Passes, keys, read
from tests.test_discord_source import reading

MESSAGES = "/api/v10/channels/600/messages"


def test_a_pause_that_only_the_body_asks_for_is_heeded(server: Server, time: Still) -> None:
    here = Discord([Post(flake(time.now), "Hot.")])
    here.at(server)
    told = {"message": "You are being rate limited.", "retry_after": 1.337, "global": True}
    replies = [as_json(told, 429), here.channels(Asked("GET", f"{MESSAGES}?limit=2", {}))]
    server.routes[MESSAGES] = lambda asked: replies.pop(0)
    assert len(read(Passes(reading(server, time)).next())) == 1
    assert time.slept == [1.337]


def test_a_bucket_that_is_used_up_is_left_alone_until_it_opens(server: Server, time: Still) -> None:
    then = flake(time.now)
    here = Discord([Post(then + n, f"No. {n}.") for n in range(3)])
    here.at(server)

    def closing(asked: Asked) -> Reply:
        told = here.channels(asked)
        spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "0.75"}
        return Reply(told.status, told.body, {**told.headers, **spent})

    server.routes[MESSAGES] = closing
    assert len(read(Passes(reading(server, time)).next())) == 1
    assert time.slept == [pytest.approx(0.75)]


def test_a_ban_is_not_waited_for(server: Server, time: Still) -> None:
    Discord().at(server)
    server.routes["/api/v10/users/@me"] = lambda asked: Reply(
        429, b"<html>error code: 1015</html>", {"Retry-After": "3600", "Content-Type": "text/html"}
    )
    with pytest.raises(SourceUnreadable, match="a pause of 3600 s"):
        Passes(reading(server, time)).next()
    assert time.slept == []


def test_messages_without_words_are_no_documents_but_an_error(server: Server, time: Still) -> None:
    here = Discord([Post(flake(time.now), "Hot.")], flags=None)
    here.at(server)
    passes = Passes(reading(server, time))
    assert len(read(passes.next())) == 1
    here.posts = [Post(flake(time.now), "")]
    with pytest.raises(SourceUnreadable, match="Switch on the Message Content Intent"):
        passes.next()


@pytest.mark.parametrize("flags", [0, 1 << 15])
def test_an_application_without_the_intent_reads_nothing(
    server: Server, time: Still, flags: int
) -> None:
    Discord([Post(flake(time.now), "Hot.")], flags=flags).at(server)
    with pytest.raises(SourceUnreadable, match="Switch on the Message Content Intent"):
        Passes(reading(server, time)).next()


def test_a_page_that_comes_again_is_named_and_nothing_is_lost(server: Server, time: Still) -> None:
    then = flake(time.now)
    talk = Talk(then, "The kiln", [Post(then + n, f"No. {n}.") for n in range(5)])
    Discord(talks=[talk]).at(server)
    passes = Passes(reading(server, time, loose=False))
    held = keys(passes.next())
    server.break_with("the answer before", f"/api/v10/channels/{talk.id}/messages")
    time.now += 25 * 3600
    [lost] = [item for item in passes.next() if isinstance(item, Unreadable)]
    assert "gives a page of its list again" in lost.reason
    assert list(passes.held) == held


def test_a_404_that_is_not_discords_own_takes_nothing_away(server: Server, time: Still) -> None:
    then = flake(time.now)
    here = Discord(talks=[Talk(then, "The kiln", [Post(then, "Hot.")])])
    here.at(server)
    passes = Passes(reading(server, time))
    passes.next()
    here.talks = ()
    server.break_with("404", f"/api/v10/channels/{then}")
    assert any(isinstance(item, Unreadable) for item in passes.next())
    assert len(passes.held) == 1
    server.mend()
    assert keys(passes.next()) == []


def test_nulls_are_as_if_nothing_was_told(server: Server, time: Still) -> None:
    names = "attachments embeds mentions reactions poll sticker_items message_reference webhook_id"
    more: dict[str, Any] = dict.fromkeys(names.split())
    Discord([Post(flake(time.now), "Hot.", more=more)]).at(server)
    assert len(read(Passes(reading(server, time)).next())) == 1


@pytest.mark.parametrize("more", [{"author": None}, {"id": "x"}, {"timestamp": "soon"}])
def test_a_message_that_is_none_is_named_with_what_is_wrong(
    server: Server, time: Still, more: dict[str, Any]
) -> None:
    Discord([Post(flake(time.now), "Hot.", more=more)]).at(server)
    [told] = [i for i in Passes(reading(server, time)).next() if isinstance(i, Unreadable)]
    assert f"something else than documented (0.{next(iter(more))}: " in told.reason


def test_too_many_messages_are_named_with_what_to_do(server: Server, time: Still) -> None:
    then = flake(time.now)
    Discord([Post(then + n, "Hot.") for n in range(4)]).at(server)
    items = Passes(reading(server, time, max_messages=3)).next()
    [told] = [item for item in items if isinstance(item, Unreadable)]
    assert (told.key, "raise `max_messages`" in told.reason) == ("600/talk", True)


def test_nothing_before_a_date_is_read(server: Server, time: Still) -> None:
    old, new = flake(1.7e9), flake(time.now)
    talks = [Talk(id, str(id), [Post(id, "Hot."), Post(id + 1, "No.", BEN)]) for id in (old, new)]
    Discord([Post(old + 9, "Old."), Post(new + 9, "New.")], talks).at(server)
    found = read(Passes(reading(server, time, since="2026-01-01")).next())
    assert list(found) == [f"600/thread/{new}", f"600/talk/{new + 9}"]


def test_the_names_of_hidden_channels_are_not_told(server: Server, time: Still) -> None:
    here = Discord([Post(flake(time.now), "See <#601> and <#600>.")])
    here.at(server)
    hidden = {"id": str(GUILD), "type": 0, "allow": "0", "deny": str(1 << 10)}
    secret = {**here.channel, "id": "601", "name": "bonus", "permission_overwrites": [hidden]}
    server.json(f"/api/v10/guilds/{GUILD}/channels", [here.channel, secret])
    [text] = read(Passes(reading(server, time)).next()).values()
    assert "See #a channel and #kilns." in text


def test_who_may_is_decided_by_the_overwrite_of_everyone(server: Server, time: Still) -> None:
    deny = {"id": str(GUILD), "type": 0, "allow": "0", "deny": str(1 << 10)}
    mine = {"id": str(BOT), "type": 1, "allow": str(1 << 10), "deny": "0"}
    Discord([Post(flake(time.now), "Psst.")], overwrites=[mine, deny]).at(server)
    [refused] = Passes(reading(server, time)).next()[:1]
    assert isinstance(refused, Unreadable)
    assert "`private = true`" in refused.reason
    assert MESSAGES not in server.paths
    [one] = [i for i in Passes(reading(server, time, private=True)).next() if read([i])]
    assert isinstance(one, Document)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"channels": []}, "`channels` is empty"),
        ({"since": "last year"}, "write a date"),
        ({"days": 0}, "numbers from 1 on"),
        ({"token": "two words"}, "no bot's token"),
        ({"token": ""}, "no bot's token"),
    ],
)
def test_settings_that_cannot_be_are_named(
    server: Server, time: Still, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SourceUnreadable, match=problem):
        Passes(reading(server, time, **options)).next()
    assert server.asked == []
