"""What later passes over Notion ask for, and what they forget."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults import Server, Still
from tests.notion_reading import DAY_S, HOUR_S, ONE, THREE, TWO, reading
from tests.notion_server import Block, Notion, Sheet, text, uuid
from tests.passes import Passes, keys, read

pytest_plugins = ["tests.notion_fixtures"]


def test_only_what_was_edited_is_read(server: Server, wiki: Notion, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    wiki.change(2, blocks=(text("Shake it."),), edited_s=time.now)
    wiki.sheets = (*wiki.sheets, Sheet(4, "Clay", (text("Dig it."),), time.now))
    time.now += HOUR_S
    before = len(server.asked)
    assert read(passes.next()) == {TWO: "Shake it.", uuid(4): "Dig it."}
    assert server.paths[before:].count("/v1/search") == 2
    assert read(passes.next()) == {}


def test_what_is_edited_within_the_same_minute_is_read_again(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.change(3, edited_s=time.now)
    passes = Passes(reading(server, time))
    assert read(passes.next())[THREE] == "A new kiln."
    wiki.change(3, blocks=(text("Two new kilns."),))
    time.now += 40
    assert read(passes.next()) == {THREE: "Two new kilns."}
    time.now += HOUR_S
    assert set(read(passes.next())) <= {THREE}  # once more, as nothing can change in it now
    before = len(server.asked)
    assert read(passes.next()) == {}
    assert set(server.paths[before:]) == {"/v1/search"}


@pytest.mark.parametrize("lags", [False, True])
def test_a_page_in_the_trash_is_forgotten_at_once(
    server: Server, wiki: Notion, time: Still, lags: bool
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    wiki.change(3, trashed=True)
    wiki.lags = lags
    assert keys(passes.next()) == [ONE, TWO]


@pytest.mark.parametrize("trashed", [False, True])
def test_a_page_that_goes_in_the_midst_of_a_pass_is_no_trouble(
    server: Server, wiki: Notion, time: Still, trashed: bool
) -> None:
    first, *others = wiki.sheets
    left = [replace(first, trashed=True), *others] if trashed else others
    server.then(3, lambda: setattr(wiki, "sheets", left))  # it was listed
    assert keys(list(reading(server, time).documents(None))) == [TWO, THREE]


def test_pages_that_the_integration_may_no_longer_see_are_forgotten(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    wiki.sheets = wiki.sheets[:1]
    assert keys(passes.next()) == [ONE]
    wiki.sheets = ()
    assert keys(passes.next()) == []


def test_what_search_passes_over_stays(server: Server, wiki: Notion, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    wiki.unlisted = frozenset({ONE, TWO, THREE})
    wiki.change(1, blocks=(text("Open it."),), edited_s=time.now - HOUR_S)
    items = passes.next()
    assert read(items) == {ONE: "Open it."}
    assert sorted(keys(items)) == [ONE, TWO, THREE]


def test_of_many_pages_only_the_last_edited_are_listed(
    server: Server, wiki: Notion, time: Still
) -> None:
    old = tuple(Sheet(n, f"Old {n}", (text(f"word{n}"),), 1e9 + n * 60) for n in range(10, 20))
    wiki.sheets = (*wiki.sheets, *old)
    passes = Passes(reading(server, time, small=0))
    assert len(read(passes.next())) == 13
    wiki.change(12, blocks=(text("new"),), edited_s=time.now - HOUR_S)
    wiki.change(13, trashed=True)
    before = len(server.asked)
    items = passes.next()
    assert read(items) == {uuid(12): "new"}
    assert server.paths[before:].count("/v1/search") < 4
    assert len(keys(items)) == 13
    time.now += DAY_S
    assert uuid(13) not in keys(passes.next())  # found when all are listed again


def test_what_search_tells_late_is_found_though_newer_edits_were_told(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time, small=0))
    passes.next()
    wiki.change(3, edited_s=time.now)
    late = Sheet(4, "Clay", (text("Dig it."),), time.now - 20 * 60)
    passes.next()
    wiki.sheets = (*wiki.sheets, late)
    assert read(passes.next()).get(late.id) == "Dig it."


def test_of_many_pages_one_that_could_not_be_read_is_asked_for_again(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time, small=0))
    passes.next()
    wiki.change(1, blocks=(text("Open it."),), edited_s=time.now - 2 * HOUR_S)
    wiki.change(2, blocks=(text("Shake it."),), edited_s=time.now - 2 * HOUR_S)
    wiki.change(3, edited_s=time.now)
    server.break_with("500", f"/v1/blocks/{ONE}")
    server.break_with("500", f"/v1/blocks/{TWO}")
    passes.next()
    server.mend()
    wiki.sheets = (wiki.sheets[0], wiki.sheets[2])
    items = passes.next()
    assert read(items)[ONE] == "Open it."  # though the list is read only down to newer ones
    assert sorted(keys(items)) == [ONE, THREE]  # the other is not there any more


def test_an_edit_in_the_midst_of_a_pass_is_read_by_the_next(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time))
    opened = (text("Open it."),)
    server.then(3, lambda: wiki.change(1, blocks=opened, edited_s=time.now - HOUR_S))
    assert "Open it." in read(passes.next())[ONE]
    assert list(read(passes.next())) == [ONE]  # as its edit was not listed
    assert read(passes.next()) == {}


def test_pages_without_text_are_left_out_and_not_read_again(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.change(1, blocks=(text(""), Block("table_of_contents")))
    passes = Passes(reading(server, time))
    assert keys(passes.next()) == [TWO, THREE]
    before = len(server.asked)
    assert keys(passes.next()) == [TWO, THREE]
    assert set(server.paths[before:]) == {"/v1/search"}


def test_a_page_that_is_begun_in_this_minute_is_looked_at_again(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.change(1, blocks=(), edited_s=time.now)
    passes = Passes(reading(server, time))
    assert ONE not in read(passes.next())
    wiki.change(1, blocks=(text("Close the lid."),))
    assert read(passes.next()) == {ONE: "Close the lid."}
