"""Notion as a source, over a socket, against its documented interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.notion import source as notion
from knowledge.sources.notion.ids import id_of
from tests.contracts import SourceContract
from tests.faults import Server, Still
from tests.networked import NetworkedSourceContract, Page
from tests.notion_reading import DAY_S, ONE, THREE, TWO, only, reading
from tests.notion_server import TOKEN, Block, Notion, Sheet, Table, hosted, rich, text, uuid
from tests.passes import Passes, keys, read

pytest_plugins = ["tests.notion_fixtures"]


class TestNotion(SourceContract):
    @pytest.fixture
    def source(self, server: Server, wiki: Notion, time: Still) -> Source:
        wiki.files = {"a/heat.txt": b"1,240 C"}
        wiki.change(3, blocks=(Block("file", hosted("a/heat.txt")),), comments=("Good.",))
        return reading(server, time, comments=True)


class TestNotionOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract, by Notion's search."""

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        Notion([self.sheet(page) for page in pages]).at(server)

    def sheet(self, page: Page) -> Sheet:
        return Sheet(page.id, page.name, (text(page.text),), page.changed_s)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        made = notion("wiki", TOKEN, url=server.url, allow_private=True)
        return replace(made, limits=limits, outside=outside)


# -- what is read --------------------------------------------------------------------


def test_pages_are_read_with_their_title_link_and_last_edit(
    server: Server, wiki: Notion, time: Still
) -> None:
    items = list(reading(server, time).documents(None))
    assert keys(items) == [ONE, TWO, THREE]
    page = next(item for item in items if isinstance(item, Document))
    assert page.title == "Kilns"
    assert page.url == f"https://www.notion.so/Kilns-{ONE.replace('-', '')}"
    assert page.modified_at is not None
    assert page.modified_at.timestamp() == (time.now - 2 * DAY_S) // 60 * 60
    inner = f"[Glazes](https://www.notion.so/{TWO.replace('-', '')})"
    assert page.text == f"Close the lid.\n\n{inner}"


def test_lists_are_asked_for_with_as_much_as_notion_gives_and_with_its_version(
    server: Server, wiki: Notion, time: Still
) -> None:
    list(reading(server, time).documents(None))
    searches = [asked.json() for asked in server.asked if asked.path == "/v1/search"]
    assert [s.get("start_cursor") for s in searches if s["filter"]["value"] == "page"] == [
        None,
        "c2",
    ]
    assert {search["page_size"] for search in searches} == {100}
    assert {asked.headers["notion-version"] for asked in server.asked} == {"2025-09-03"}
    assert all(asked.headers["user-agent"].startswith("Tandem") for asked in server.asked)


def test_pages_that_no_list_tells_are_found_where_they_lie(
    server: Server, wiki: Notion, time: Still
) -> None:
    deep = Sheet(4, "Blue", (text("Cobalt."),), 1e9, {"type": "page_id", "page_id": TWO})
    inner = Block("child_page", {"title": "Blue"}, id=deep.id)
    wiki.change(
        2, blocks=(text("Stir it."), Block("column_list", {}, (Block("column", {}, (inner,)),)))
    )
    wiki.sheets = (*wiki.sheets, deep)
    wiki.unlisted = frozenset({TWO, deep.id})
    passes = Passes(reading(server, time))
    assert sorted(read(passes.next())) == [ONE, TWO, THREE, deep.id]
    assert sorted(keys(passes.next())) == [ONE, TWO, THREE, deep.id]


def test_rows_are_read_with_their_properties(server: Server, wiki: Notion, time: Still) -> None:
    table = Table(50, "Firings", {"type": "page_id", "page_id": ONE})
    wiki.tables = (table,)
    told = {
        "Status": {"type": "status", "status": {"name": "Done"}},
        "Kind": {"type": "select", "select": {"name": "Bisque"}},
        "Tags": {"type": "multi_select", "multi_select": [{"name": "blue"}, {"name": "hot"}]},
        "On": {"type": "date", "date": {"start": "2026-11-20", "end": "2026-11-21T09:30:00.000Z"}},
        "By": {"type": "people", "people": [{"id": uuid(9), "name": "Anna"}, {"id": uuid(8)}]},
        "Heat": {"type": "number", "number": 1240.0},
        "Sheet": {"type": "url", "url": "https://acme.example/heat"},
        "Ready": {"type": "checkbox", "checkbox": True},
        "Kiln": {"type": "relation", "relation": [{"id": ONE}, {"id": uuid(99)}], "has_more": True},
        "No": {"type": "unique_id", "unique_id": {"prefix": "F", "number": 12}},
        "Sum": {"type": "formula", "formula": {"type": "number", "number": 2.5}},
        "Days": {
            "type": "rollup",
            "rollup": {"type": "array", "array": [{"type": "number", "number": 3}]},
        },
        "Note": {"type": "rich_text", "rich_text": [rich("Mind "), rich("this", bold=True)]},
        "Mood": {"type": "mood", "mood": {"name": "calm"}},
        "Empty": {"type": "select", "select": None},
        "Made": {"type": "created_time", "created_time": "2026-11-20T08:00:00.000Z"},
    }
    row = Sheet(4, "Firing 7", (text("All went well."),), 1e9, table.holds, told)
    wiki.sheets = (*wiki.sheets, row)
    wiki.unlisted = frozenset({row.id})  # only the table tells it
    assert read(list(reading(server, time).documents(None)))[row.id].split("\n") == [
        "- Database: Firings",
        "- Status: Done",
        "- Kind: Bisque",
        "- Tags: blue, hot",
        "- On: 2026-11-20 – 2026-11-21 09:30",
        "- By: Anna",
        "- Heat: 1240",
        "- Sheet: https://acme.example/heat",
        "- Ready: yes",
        "- Kiln: Kilns, …",
        "- No: F-12",
        "- Sum: 2.5",
        "- Days: 3",
        "- Note: Mind **this**",
        "- Mood: calm",
        "",
        "All went well.",
    ]


def test_a_database_on_a_page_that_search_does_not_tell_is_followed(
    server: Server, wiki: Notion, time: Still
) -> None:
    table = Table(50, "Firings")
    row = Sheet(4, "Firing 7", (text("All went well."),), 1e9, table.holds)
    wiki.sheets = (*wiki.sheets, row)
    wiki.unlisted = frozenset({row.id, table.id})
    wiki.change(1, blocks=(Block("child_database", {"title": "Firings"}, id=table.database),))
    wiki.tables = (table,)
    source = reading(server, time, roots=[ONE])
    assert sorted(read(list(source.documents(None)))) == [ONE, TWO]  # it lies elsewhere
    wiki.tables = (replace(table, parent={"type": "page_id", "page_id": ONE}),)
    assert sorted(read(list(source.documents(None)))) == [ONE, TWO, row.id]


def test_comments_are_read_where_the_integration_may(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.change(1, comments=("Mind the door.", "And the lid.", "Both."))
    assert "Comments" not in only(server, time)
    asked = only(server, time, comments=True)
    assert asked.endswith(
        "## Comments\n\n### Anna, 2026-11-20\n\nMind the door.\n\n"
        "### Anna, 2026-11-20\n\nAnd the lid.\n\n### Anna, 2026-11-20\n\nBoth."
    )
    wiki.talks = False
    items = list(reading(server, time, comments=True).documents(None))
    assert "Comments" not in read(items)[ONE]
    [told] = [item for item in items if isinstance(item, Unreadable)]
    assert told.key == "comments"
    assert "Insufficient permissions" in told.reason
    assert "the capability to read content, and comments" in told.reason


def test_what_was_said_since_is_read_within_the_day(
    server: Server, wiki: Notion, time: Still
) -> None:
    passes = Passes(reading(server, time, comments=True))
    passes.next()
    wiki.change(3, comments=("Good news.",))  # this is no edit
    time.now += DAY_S + 1
    told = read(passes.next())
    assert list(told) == [THREE]
    assert told[THREE].endswith("Good news.")
    time.now += DAY_S + 1
    assert read(passes.next()) == {}


# -- which are read ------------------------------------------------------------------


@pytest.mark.parametrize(
    "root", [ONE, f"https://www.notion.so/acme/Kilns-{ONE.replace('-', '')}?pvs=4"]
)
def test_roots_and_excludes_count_with_all_below_them(
    server: Server, wiki: Notion, time: Still, root: str
) -> None:
    toggle = Block("toggle", {"rich_text": [rich("More")]}, (Block("child_page", {}, id=uuid(4)),))
    wiki.change(2, blocks=(toggle,))
    lies = {"type": "block_id", "block_id": toggle.id}
    wiki.sheets = (*wiki.sheets, Sheet(4, "Blue", (text("Cobalt."),), 1e9, lies))
    assert keys(list(reading(server, time, roots=[root]).documents(None))) == [ONE, TWO, uuid(4)]
    assert keys(list(reading(server, time, roots=[TWO]).documents(None))) == [TWO, uuid(4)]
    assert keys(list(reading(server, time, exclude=[TWO]).documents(None))) == [ONE, THREE]


def test_a_root_that_is_not_shared_is_named_and_the_others_are_read(
    server: Server, wiki: Notion, time: Still
) -> None:
    items = list(reading(server, time, roots=[uuid(77), THREE]).documents(None))
    assert list(read(items)) == [THREE]
    [told] = [item for item in items if isinstance(item, Unreadable)]
    assert told.key == f"roots: {uuid(77)}"
    assert "share the page with the integration (••• > Connections)" in told.reason


@pytest.mark.parametrize(
    ("told", "id"),
    [
        ("1429989fe8ac4effbc8f57f56486db54", "1429989f-e8ac-4eff-bc8f-57f56486db54"),
        (
            "https://www.notion.so/acme/A-b-c-1429989fe8ac4effbc8f57f56486db54#9f",
            "1429989f-e8ac-4eff-bc8f-57f56486db54",
        ),
        (f"https://www.notion.so/{'0' * 32}?v={'1' * 32}", uuid(0)),
        (
            f"https://www.notion.so/{'0' * 32}?v={'1' * 32}&p={'2' * 32}&pm=s",
            "2" * 8 + "-2222" * 3 + "-" + "2" * 12,
        ),
        ("https://www.notion.so/acme/Kilns", ""),
        ("http://[", ""),
    ],
)
def test_ids_are_found_in_addresses(told: str, id: str) -> None:
    assert id_of(told) == id
