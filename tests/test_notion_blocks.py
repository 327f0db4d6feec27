"""The blocks of Notion's pages as Markdown, as its interface tells them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.documents import Document
from knowledge.sources.notion import blocks
from knowledge.sources.notion import source as notion
from knowledge.sources.notion.properties import WORDS, head
from knowledge.sources.notion.rendering import BOXES, LINES, LISTS, WHOLE, Drawing
from tests.faults import serving, still
from tests.notion_server import TOKEN, Block, Notion, Sheet, rich, text, uuid

HOME, TWO = "https://www.notion.so", uuid(2)


def at(number: int) -> str:
    """The address of a page."""
    return f"{HOME}/{uuid(number).replace('-', '')}"


def drawn(*blocks: Block, others: tuple[Block, ...] = ()) -> str:
    """The text of a page of these blocks; others stand on the page Glazes."""
    with serving() as server:
        pages = (Sheet(1, "Kilns", blocks, 1e9), Sheet(2, "Glazes", others, 1e9))
        Notion(pages).at(server)
        source = notion("wiki", TOKEN, url=server.url, allow_private=True)
        items = list(replace(source, outside=still()).documents(None))
    return next(i.text for i in items if isinstance(i, Document) and i.title == "Kilns")


def test_what_lies_within_blocks_is_read_however_deep_and_on_however_many_pages() -> None:
    deepest = tuple(text(f"leaf {n}", type="bulleted_list_item") for n in range(5))
    middle = tuple(text(f"branch {n}", *deepest, type="bulleted_list_item") for n in range(3))
    told = drawn(text("trunk", *middle, type="toggle"), text("end"))
    branch = "- branch {}\n  - leaf 0\n  - leaf 1\n  - leaf 2\n  - leaf 3\n  - leaf 4"
    assert told == "\n\n".join(("trunk", "\n".join(branch.format(n) for n in range(3)), "end"))


def test_text_keeps_its_looks_and_leads_where_it_led() -> None:
    user = {"type": "user", "user": {"id": uuid(9), "name": "Anna"}}
    day = {"type": "date", "date": {"start": "2026-11-20", "end": None}}
    page = {"type": "page", "page": {"id": TWO}}
    here = f"/{TWO.replace('-', '')}"
    pieces = [
        rich("Close "),
        rich("the", bold=True),
        rich(" lid ", bold=True),
        rich("now", italic=True, bold=True),
        rich(", "),
        rich("not later", strikethrough=True),
        rich(": "),
        rich("a `b`", code=True),
        rich(" "),
        rich("see", "https://acme.example/a", bold=True),
        rich(" "),
        rich("this", here),
        rich(" "),
        {"type": "mention", "mention": user, "plain_text": "@Anna"},
        rich(" "),
        {"type": "mention", "mention": day, "plain_text": "2026-11-20 → "},
        rich(" "),
        {"type": "mention", "mention": page, "plain_text": "Glazes", "href": f"{HOME}{here}"},
        rich(" "),
        {"type": "equation", "equation": {"expression": "a^2"}, "plain_text": "a^2"},
    ]
    assert drawn(Block("paragraph", {"rich_text": pieces})) == (
        "Close **the lid** ***now***, ~~not later~~: `` a `b` `` "
        f"[**see**](https://acme.example/a) [this]({HOME}{here}) @Anna 2026-11-20 "
        f"[Glazes]({HOME}{here}) $a^2$"
    )


def test_each_kind_of_block_is_drawn_as_what_it_is() -> None:
    cells = [[[rich("Kiln")], [rich("Heat")]], [[rich("A")], [rich("1,240 | hot")]]]
    table = Block(
        "table", {"table_width": 2}, tuple(Block("table_row", {"cells": c}) for c in cells)
    )
    link = {"url": "https://acme.example/a", "caption": [rich("The plan")]}
    left, right = (Block("column", {}, (text(words),)) for words in ("left", "right"))
    shown = [
        (text("Heat", type="heading_1"), "# Heat"),
        (text("More", text("below"), type="heading_3"), "### More\n\nbelow"),
        (text("Done", type="to_do", checked=True), "- [x] Done"),
        (text("One", text("inner"), type="numbered_list_item"), "1. One\n\n   inner"),
        (text("Mind", text("it"), type="callout", icon={"emoji": "🔥"}), "> 🔥 Mind\n>\n> it"),
        (text("Said", type="quote"), "> Said"),
        (text("```x", type="code", language="python"), "````python\n```x\n````"),
        (Block("equation", {"expression": "a^2"}), "$$\na^2\n$$"),
        (table, "| Kiln | Heat |\n| --- | --- |\n| A | 1,240 \\| hot |"),
        (Block("bookmark", link), "[The plan](https://acme.example/a)"),
        (Block("embed", {"url": "https://acme.example/b"}), "<https://acme.example/b>"),
        (Block("image", {"type": "external", "caption": [rich("A kiln")]}), "A kiln"),
        (Block("table_of_contents"), ""),
        (Block("divider"), "---"),
        (Block("child_database", {"title": "Firings"}, id=uuid(51)), f"[Firings]({at(51)})"),
        (Block("link_to_page", {"type": "page_id", "page_id": TWO}), f"[Glazes]({at(2)})"),
        (Block("column_list", {}, (left, right)), "left\n\nright"),
    ]
    told = drawn(*(block for block, _ in shown))
    assert told == "\n\n".join(words for _, words in shown if words)


def test_synced_blocks_say_what_their_originals_say() -> None:
    original = Block("synced_block", {"synced_from": None}, (text("Mind the door."),))
    copies = [
        Block("synced_block", {"synced_from": {"type": "block_id", "block_id": id}})
        for id in (original.id, uuid(999))
    ]
    told = drawn(*copies, others=(original,))
    assert told == (
        "Mind the door.\n\n*(A synced block whose original is not shared with the integration.)*"
    )


def test_blocks_that_are_not_known_are_named_and_what_they_say_is_kept() -> None:
    notes = text("We fire on Friday.")
    inner = {"notes_block_id": uuid(80), "transcript_block_id": uuid(81)}
    meeting = {"title": [rich("Weekly")], "children": inner}
    told = drawn(
        text("kept", text("inner"), type="hologram"),
        Block("mind_map"),
        Block("unsupported", {"block_type": "form"}, hidden=True),
        replace(text("asked", type="ai"), hidden=True),
        Block("meeting_notes", meeting),
        others=(Block("paragraph", {}, (notes,), id=uuid(80)),),
    )  # fmt: skip
    assert told.split("\n\n") == [
        "kept",
        "inner",
        "*(A block of the type mind_map.)*",
        "*(A block that Notion does not tell: form.)*",
        "asked",
        "*(Notion does not tell what lies in here.)*",
        "**Weekly**",
        "We fire on Friday.",
    ]


def test_what_lies_too_deep_is_said_to_be_left_out() -> None:
    deep = text("deepest")
    for n in range(40):
        deep = text(f"level {n}", deep)
    told = drawn(deep)
    assert "level 20" in told
    assert told.endswith(f"*(What lies more than {blocks.DEEPEST} levels deep is not read.)*")


ODD: tuple[object, ...] = (
    None,
    True,
    7,
    float("nan"),
    "http://[",
    [],
    {},
    [None, "x", [3]],
    {"type": {}},
    [{"type": []}],
)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_what_is_told_oddly_breaks_nothing(odd: object) -> None:
    names = "rich_text caption url type external name cells icon title expression children page_id"
    told = dict.fromkeys(names.split(), odd)
    for kind in (*LINES, *LISTS, *WHOLE, *BOXES):
        row = blocks.Block("", "table_row", told)
        assert isinstance(Drawing(str).blocks([blocks.Block("", kind, told, (row,))]), str)
    for kind in (*WORDS, "relation", "rollup", "formula", "select"):
        assert isinstance(head({"A": {"type": kind, kind: odd}, "B": odd}, str), str)
