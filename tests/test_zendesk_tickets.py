"""Solved tickets: which are read, what of them, and what a later pass asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.errors import SourceUnreadable
from tests.faults import Server, Still
from tests.passes import Passes, keys, read
from tests.zendesk_reading import HOUR_S, items_of, reading
from tests.zendesk_server import API, Zendesk

pytest_plugins = ["tests.zendesk_fixtures"]


def test_solved_tickets_are_read_without_internal_notes(
    server: Server, desk: Zendesk, time: Still
) -> None:
    items = list(reading(server, time, articles=False, tickets=True).documents(None))
    assert keys(items) == ["ticket/501", "ticket/503"]
    page = next(item for item in items if isinstance(item, Document))
    assert (page.title, page.url) == ("#501: Cold kiln", f"{server.url}/agent/tickets/501")
    assert page.text == (
        "Ticket 501, solved. Tags: kiln.\n\n### Customer, 2001-09-09\n\nThe kiln is cold."
        "\n\n### Anna Agent, 2001-09-09\n\nPlug it in."
    )
    noted = items_of(server, time, articles=False, tickets=True, internal=True)
    assert "### Anna Agent (internal note), 2001-09-09\n\nHe forgot it." in noted["ticket/501"]


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "deleted"},
        {"status": "open"},
        {"status": "closed", "tags": ("closed_by_merge",)},
    ],
)
def test_tickets_that_are_deleted_reopened_or_merged_are_forgotten_at_once(
    server: Server, desk: Zendesk, time: Still, changed: dict[str, Any]
) -> None:
    passes = Passes(reading(server, time, articles=False, tickets=True))
    passes.next()
    gone = replace(desk.cases[0], changed_s=time.now, **changed)
    desk.cases = (gone, *desk.cases[1:])
    assert keys(passes.next()) == ["ticket/503"]


def test_only_tickets_that_changed_are_asked_for(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, articles=False, tickets=True))
    passes.next()
    desk.cases = (
        *desk.cases[:1],
        replace(desk.cases[1], status="solved", changed_s=time.now),
        *desk.cases[2:],
    )
    before = len(server.asked)
    items = passes.next()
    assert sorted(keys(items)) == ["ticket/501", "ticket/502", "ticket/503"]
    assert list(read(items)) == ["ticket/502"]
    paths = server.paths[before:]
    assert [p for p in paths if p.endswith("/comments.json")] == [
        f"{API}/tickets/502/comments.json"
    ]


def test_tags_and_a_date_narrow(server: Server, desk: Zendesk, time: Still) -> None:
    given = {"articles": False, "tickets": True}
    assert list(items_of(server, time, tags=["kiln"], **given)) == ["ticket/501"]
    assert list(items_of(server, time, exclude_tags=["kiln"], **given)) == ["ticket/503"]
    assert items_of(server, time, tickets_since="2027-01-01", **given) == {}
    assert len(items_of(server, time, tickets_since="2026-01-01", **given)) == 2
    old = replace(desk.cases[0], updated_s=1.7e9)  # the system alone touched it since
    desk.cases = (old, *desk.cases[1:])
    assert list(items_of(server, time, tickets_since="2026-01-01", **given)) == ["ticket/503"]
    start = [a.query["start_time"] for a in server.asked if "start_time" in a.query]
    assert start[-1] == "1767225600"


def test_an_export_whose_cursor_is_not_known_any_more_is_begun_anew(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, articles=False, tickets=True))
    passes.next()
    desk.forgotten = {f"{one.changed_s}_{one.id}" for one in desk.cases}
    desk.cases = desk.cases[1:]
    assert keys(passes.next()) == ["ticket/503"]


def test_tickets_that_went_without_a_word_are_forgotten_within_a_week(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, articles=False, tickets=True))
    passes.next()
    desk.cases = desk.cases[1:]
    assert keys(passes.next()) == ["ticket/501", "ticket/503"]
    time.now += 8 * 24 * HOUR_S
    before = len(server.asked)
    assert keys(passes.next()) == ["ticket/503"]
    assert not any(path.endswith("/comments.json") for path in server.paths[before:])


def test_a_ticket_that_cannot_be_read_costs_no_other_and_is_asked_for_again(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.broken = {501}
    passes = Passes(reading(server, time, articles=False, tickets=True))
    items = passes.next()
    assert list(read(items)) == ["ticket/503"]
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["ticket/501"]
    desk.broken = set()
    assert list(read(passes.next())) == ["ticket/501"]


def test_a_ticket_that_was_lost_and_then_deleted_is_forgotten(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, articles=False, tickets=True))
    desk.broken = {501}
    passes.next()
    desk.cases = desk.cases[1:]
    assert keys(passes.next()) == ["ticket/503"]


def test_an_export_that_goes_round_is_named(server: Server, desk: Zendesk, time: Still) -> None:
    server.break_with("the answer before", f"{API}/incremental/tickets")
    with pytest.raises(SourceUnreadable, match="gives a page of its list again"):
        items_of(server, time, articles=False, tickets=True)


def test_tickets_take_an_administrator(server: Server, desk: Zendesk, time: Still) -> None:
    desk.role = "agent"
    with pytest.raises(SourceUnreadable, match=r"403.*Only for admins") as caught:
        items_of(server, time, tickets=True)
    assert "administrator" in caught.value.remedy
