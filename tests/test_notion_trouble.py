"""What goes wrong with Notion, and what is told of it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from knowledge.documents import Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.notion import blocks
from tests.faults import Server, Still
from tests.notion_reading import ONE, THREE, TWO, reading
from tests.notion_server import Notion, Sheet, text
from tests.passes import Passes, read

pytest_plugins = ["tests.notion_fixtures"]


def test_an_integration_that_sees_nothing_is_told_how_pages_are_shared(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.sheets = ()
    with pytest.raises(SourceUnreadable, match="no page is shared") as caught:
        list(reading(server, time).documents(None))
    assert "share the page with the integration" in str(caught.value)


def test_one_that_may_not_read_content_forgets_nothing(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    wiki.full = True
    with pytest.raises(SourceUnreadable, match="may the integration read content"):
        passes.next()


def test_a_wrong_token_is_told_without_showing_it(
    server: Server, wiki: Notion, time: Still
) -> None:
    with pytest.raises(SourceUnreadable, match="does not know us") as caught:
        list(reading(server, time, token="hunter3").documents(None))
    assert "Renew the integration's secret" in str(caught.value)
    assert "hunter3" not in str(caught.value)
    assert "hunter3" not in repr(reading(server, time, token="hunter3"))


def test_what_is_being_edited_is_asked_for_again(server: Server, wiki: Notion, time: Still) -> None:
    wiki.busy = 1
    assert len(read(list(reading(server, time).documents(None)))) == 3
    wiki.busy = 99
    with pytest.raises(SourceUnreadable, match="is being edited at this moment"):
        list(reading(server, time).documents(None))


def test_three_requests_a_second_are_asked_on_average(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.sheets = tuple(Sheet(n, f"{n}", (text("x"),), 1e9) for n in range(1, 40))
    began = time.now
    list(reading(server, time).documents(None))
    assert len(server.asked) > 50
    assert time.now - began >= len(server.asked) / 3 - 3.1


def test_a_cursor_that_goes_round_ends_the_pass(server: Server, wiki: Notion, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    server.break_with("the answer before", "/v1/search")
    with pytest.raises(SourceUnreadable, match="gives a page of its list again"):
        passes.next()


def test_a_page_that_breaks_costs_no_other_and_is_asked_for_again(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time))
    server.break_with("500", f"/v1/blocks/{TWO}")
    items = passes.next()
    assert sorted(read(items)) == [ONE, THREE]
    assert [item.key for item in items if isinstance(item, Unreadable)] == [TWO]
    server.mend()
    assert list(read(passes.next())) == [TWO]


def test_what_the_integration_may_not_do_in_mid_pass_takes_no_page_away(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    wiki.change(2, blocks=(text("Shake it."),), edited_s=time.now)
    for path in (f"/v1/blocks/{TWO}", f"/v1/pages/{TWO}"):
        server.break_with("403", path)
    items = passes.next()
    assert [item.key for item in items if isinstance(item, Unreadable)] == [TWO]
    server.mend()
    assert read(passes.next()) == {TWO: "Shake it."}


def test_where_page_after_page_breaks_the_pass_ends(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.sheets = tuple(Sheet(n, f"{n}", (text("x"),), 1e9) for n in range(1, 9))
    server.break_with("500", "/v1/blocks/")
    with pytest.raises(SourceUnreadable, match="the service fails"):
        list(reading(server, time).documents(None))
    assert len({path for path in server.paths if path.startswith("/v1/blocks/")}) == 3


def test_a_page_of_too_many_blocks_is_named_and_not_read_each_time(
    server: Server, wiki: Notion, time: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "MOST", 20)
    wiki.change(1, blocks=tuple(text(f"word{n}") for n in range(30)))
    passes = Passes(reading(server, time))
    for _ in range(2):
        before = len(server.asked)
        items = passes.next()
        [told] = [item for item in items if isinstance(item, Unreadable)]
        assert told.key == ONE
        assert "blocks; divide it into pages" in told.reason
    assert set(server.paths[before:]) == {"/v1/search"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"url": "notion"}, "`url` is no address"),
        ({"url": "http://notion.acme.example"}, "credentials would be sent over http"),
        ({"token": " "}, "`token` is empty"),
        ({"roots": ["Handbook"]}, "`roots`: 'Handbook' is no id"),
        ({"exclude": ["https://acme.example/x"]}, "`exclude`"),
    ],
)
def test_settings_that_cannot_work_are_named(
    server: Server, time: Still, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SourceUnreadable, match=problem):
        list(reading(server, time, **options).documents(None))
    assert server.asked == []


def test_a_missing_package_is_named(
    server: Server, wiki: Notion, time: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "notion_client", None)
    with pytest.raises(SourceUnreadable, match="uv pip install notion-client"):
        list(reading(server, time).documents(None))
