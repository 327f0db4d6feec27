"""Files that Notion keeps."""

from __future__ import annotations

import pytest

from knowledge.documents import Document, Unreadable
from tests.faults import Server, Still
from tests.notion_reading import HOUR_S, ONE, THREE, TWO, reading
from tests.notion_server import Block, Notion, hosted, rich, uuid
from tests.passes import Passes, keys, read

pytest_plugins = ["tests.notion_fixtures"]


def test_files_that_notion_keeps_are_read_and_those_elsewhere_are_linked(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.files = {"a/heat.txt": b"1,240 C", "b/plan.md": b"# Plan\n\nDig."}
    elsewhere = {"type": "external", "external": {"url": "https://acme.example/old.pdf"}}
    wiki.change(
        1,
        blocks=(
            Block("file", hosted("a/heat.txt"), id=uuid(70)),
            Block("pdf", {**elsewhere, "name": "old.pdf", "caption": [rich("of 2020")]}),
            Block("file", hosted("a/heat.txt")),
            Block("file", hosted("c/film.mp4")),
        ),
        properties={"Files": {"type": "files", "files": [hosted("b/plan.md", "The plan.md")]}},
    )
    passes = Passes(reading(server, time))
    items = [item for item in passes.next() if isinstance(item, Document)]
    page, heat, plan = items[:3]
    assert page.text.split("\n\n") == [
        "- Files: The plan.md",
        "heat.txt",
        "[old.pdf](https://acme.example/old.pdf) – of 2020",
        "heat.txt",
        "film.mp4",
    ]
    assert (heat.text, heat.title) == ("1,240 C", "heat")
    assert heat.url == f"{page.url}#{uuid(70).replace('-', '')}"
    assert (plan.text, plan.title) == ("# Plan\n\nDig.", "Plan")
    assert all(item.key.startswith(f"{ONE}/") for item in (heat, plan))
    assert "Signature" not in str(items)
    wiki.signature = "2"  # new addresses for the same files
    wiki.change(1, edited_s=time.now - HOUR_S)
    before = len(server.asked)
    assert list(read(passes.next())) == [ONE]
    assert not any(path.startswith("/files") for path in server.paths[before:])


@pytest.mark.parametrize("place", ["block", "property"])
def test_an_address_that_ended_is_asked_for_anew(
    server: Server, wiki: Notion, time: Still, place: str
) -> None:
    wiki.files, wiki.expired = {"a/heat.txt": b"1,240 C"}, True
    if place == "block":
        wiki.change(1, blocks=(Block("file", hosted("a/heat.txt")),))
    else:
        files = {"type": "files", "files": [hosted("a/heat.txt")]}
        wiki.change(1, properties={"Files": files})
    assert "1,240 C" in read(list(reading(server, time).documents(None))).values()


def test_a_file_that_does_not_open_or_is_too_large_costs_no_other_and_is_asked_for_again(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.files = {"b/large.txt": b"x" * 200}
    blocks = (Block("file", hosted("a/heat.txt")), Block("file", hosted("b/large.txt")))
    wiki.change(1, blocks=blocks)
    passes = Passes(reading(server, time, max_bytes=100))
    items = passes.next()
    assert sorted(read(items)) == [ONE, TWO, THREE]
    reasons = [item.reason for item in items if isinstance(item, Unreadable)]
    assert "the address that Notion gave does not open it" in reasons[0]
    assert "raise `max_bytes`" in reasons[1]
    assert "Signature" not in str(reasons)
    wiki.files = {"a/heat.txt": b"1,240 C", "b/large.txt": b"small"}
    assert sorted(read(passes.next()).values()) == ["1,240 C", "small"]


def test_files_are_left_out_where_they_are_not_wanted(
    server: Server, wiki: Notion, time: Still
) -> None:
    wiki.change(1, blocks=(Block("file", hosted("a/heat.txt")),))
    items = list(reading(server, time, attachments=False).documents(None))
    assert keys(items) == [ONE, TWO, THREE]
