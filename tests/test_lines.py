"""Passages of files link to the line where they begin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Chunk, Document, Original
from knowledge.files import File
from knowledge.reading import read
from knowledge.sources.folder import original
from knowledge.sources.git import source as git
from knowledge.sources.git.addresses import Access, line, located
from tests.fakes import FakeEmbedder
from tests.repositories import repository

LINE = "https://x/{path}#L{line}"
SMALL = ChunkLimits(32, 8)
HANDBOOK = Path(__file__).resolve().parents[1] / "examples" / "handbook"


def chunks(text: str, name: str = "a.md", limits: ChunkLimits = SMALL) -> list[Chunk]:
    file = File(name, "https://x/a", name, line_url="L{line}")
    content, told = read(text.encode(), name), original(file, text.encode())
    document = Document("s", name, "T", content.text, "https://x/a", "1", original=told)
    return chunk(document, FakeEmbedder().count, limits)


def at(made: Chunk) -> int:
    return int(made.url.removeprefix("L"))


def text_of(count: int, subject: str) -> str:
    return " ".join(f"The {subject} number {n} is fired on day {n}." for n in range(count))


def test_a_chunk_links_to_the_line_where_it_begins() -> None:
    kilns, glazes = text_of(2, "kiln"), text_of(3, "glaze")
    text = f"---\ntitle: T\n---\n\n# Kilns\n\n{kilns}\n\n## Glazes\n\n{glazes}\n"
    assert at(chunks(text)[0]) == 7
    assert {at(made) for made in chunks(text)} == {7, 11}


def test_of_a_long_paragraph_each_part_links_to_its_own_line() -> None:
    lines = [f"The kiln number {n} is fired on day {n} and is opened after." for n in range(20)]
    for made in chunks("\n".join(lines), "a.txt"):
        assert lines[at(made) - 1] == made.text.split("\n")[0]


def test_the_same_words_later_are_another_line() -> None:
    part = "\n\n".join(text_of(3, "kiln") for _ in range(3))
    found = [at(made) for made in chunks(part, "a.txt")]
    assert found == sorted(found)
    assert set(found) == {1, 3, 5}


@pytest.mark.parametrize(
    ("text", "name", "first"),
    [
        ("\n\nT\n=\n\nSome *words* about ``kilns`` and `glazes`_ here.\n", "a.rst", 6),
        ("<html>\n<body>\n<p>Some words about kilns and glazes here.</p>", "a.html", 3),
        ("Kiln,Day\nA,Monday\nB,Tuesday\n", "a.csv", 1),
        ("```python\nfire(kiln, at=1240, until=noon)\n```\n", "a.md", 1),
    ],
)
def test_other_formats_are_found_by_their_words(text: str, name: str, first: int) -> None:
    assert at(chunks(text, name)[0]) == first


def test_what_is_not_found_links_to_its_heading() -> None:
    told = Original("Something else altogether.", "L{line}")
    document = Document("s", "a.md", "T", "# A b\n\nWords.", "https://x/a", "1", original=told)
    [made] = chunk(document, FakeEmbedder().count, SMALL)
    assert made.url == "https://x/a#a-b"


@pytest.mark.parametrize("path", sorted(HANDBOOK.rglob("*.md")), ids=lambda path: path.stem)
def test_every_passage_of_the_handbook_is_found_where_it_stands(path: Path) -> None:
    text = path.read_text()
    for made in chunks(text, limits=ChunkLimits()):
        there = plain(text.split("\n")[at(made) - 1])
        assert any(plain(line) in there for line in made.text.split("\n")[:3] if line.strip())


def plain(line: str) -> str:
    return " ".join(re.findall(r"\w+", line))


@pytest.mark.parametrize(
    ("url", "link", "expected"),
    [
        ("https://github.com/a/b", "", "https://github.com/a/b/blob/m/{path}?plain=1#L{line}"),
        ("https://gitlab.com/a/b", "", "https://gitlab.com/a/b/-/blob/m/{path}?plain=1#L{line}"),
        ("https://bitbucket.org/a/b", "", "https://bitbucket.org/a/b/src/m/{path}#lines-{line}"),
        (
            "https://codeberg.org/a/b",
            "",
            "https://codeberg.org/a/b/src/branch/m/{path}?display=source#L{line}",
        ),
        ("https://x.org/a", "https://y/{path}@{commit}#{line}", "https://y/{path}@c0#{line}"),
        ("https://x.org/a", "https://y/{path}", ""),
        ("https://x.org/a", "", ""),
        ("/", "", ""),
    ],
)
def test_each_forge_has_addresses_of_lines(url: str, link: str, expected: str) -> None:
    address, _ = located("docs", Access(url))
    assert line(address, link, "branch", "m", "c0") == expected


@pytest.mark.parametrize("lines", [True, False])
def test_a_repository_s_files_link_to_lines_unless_they_are_not_to(
    tmp_path: Path, lines: bool
) -> None:
    theirs = repository(tmp_path / "theirs")
    theirs.commit(
        {"a.md": "# A\n\n## B\n\nFive words are said here.", "b.jsonl": '\n{"text": "x"}'}
    )
    link = "https://y/{path}#L{line}"
    made = git("docs", tmp_path / "cache", path=str(theirs.folder), link=link, lines=lines)
    page, record = (item for item in made.documents(None) if isinstance(item, Document))
    [passage] = chunk(page, FakeEmbedder().count, SMALL)
    assert page.url == "https://y/a.md"
    assert passage.url == ("https://y/a.md#L5" if lines else "https://y/a.md#b")
    assert record.url == ("https://y/b.jsonl#L2" if lines else "https://y/b.jsonl#2")
