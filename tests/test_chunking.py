"""Documents are cut along headings, no word is lost, and no chunk is too long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Chunk, Document

SMALL = ChunkLimits(max_tokens=40, min_tokens=10)


def words(texts: Sequence[str]) -> list[int]:
    """Counts words and signs, and two special tokens, as BERT's tokenizer does."""
    return [2 + len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def letters(texts: Sequence[str]) -> list[int]:
    """Counts every character, line feeds too: the sum of words is far below it."""
    return [len(text) + 2 for text in texts]


def unknown(texts: Sequence[str]) -> list[int]:
    """Counts a word of more than 100 letters as one unknown token."""
    return [2 + len(text.split()) for text in texts]


def document(text: str, title: str = "Leave", key: str = "leave.md") -> Document:
    return Document("handbook", key, title, text, f"file:///{key}", "1")


def cut(text: str, limits: ChunkLimits = SMALL, title: str = "Leave") -> list[Chunk]:
    return chunk(document(text, title), words, limits)


def said(chunks: Sequence[Chunk]) -> set[str]:
    return set(chain(*(re.findall(r"\w+", made.embedded_text) for made in chunks)))


def sentence(number: int, length: int = 8) -> str:
    return " ".join(f"word{number}x{place}" for place in range(length)) + "."


def test_a_short_document_is_one_chunk() -> None:
    (only,) = cut("You get 25 days.")
    assert (only.text, only.headings, only.ordinal) == ("You get 25 days.", (), 0)
    assert only.url == "file:///leave.md"


def test_sections_that_are_long_enough_stand_alone_with_their_heading_path() -> None:
    long = "\n\n".join(sentence(n) for n in range(3))
    first, second = cut(f"# Annual\n\n## Days\n\n{long}\n\n## Carry over\n\n{long}")
    assert first.headings == ("Annual", "Days")
    assert second.headings == ("Annual", "Carry over")
    assert "#" not in first.text
    assert second.url == "file:///leave.md#carry-over"


def test_short_sections_below_the_same_parent_are_joined_and_keep_their_headings() -> None:
    (only,) = cut("# Annual\n\n## Days\n\n25 days.\n\n## Carry over\n\n5 days.")
    assert only.headings == ("Annual",)
    assert only.text == "## Days\n\n25 days.\n\n## Carry over\n\n5 days."


def test_the_title_is_not_repeated_as_a_heading() -> None:
    (only,) = cut("# Leave\n\n25 days.")
    assert (only.headings, only.text) == ((), "25 days.")


def test_a_link_in_a_heading_is_kept_in_the_text() -> None:
    (only,) = cut("## See [the policy](https://x.test/policy)\n\n25 days.")
    assert only.headings == ("See the policy",)
    assert "https://x.test/policy" in only.text


def test_equal_headings_have_anchors_of_their_own() -> None:
    long = "\n\n".join(sentence(n) for n in range(3))
    urls = [made.url for made in cut(f"# Fees\n\n{long}\n\n# Fees\n\n{long}")]
    assert urls == ["file:///leave.md#fees", "file:///leave.md#fees-1"]


def test_pages_of_a_paged_file_are_in_the_address_and_not_in_the_text() -> None:
    long = "\n\n".join(sentence(n) for n in range(3))
    text = f"<!-- page 1 -->\n\n{long}\n\n<!-- page 2 -->\n\n{long}"
    made = chunk(document(text, key="leave.pdf"), words, SMALL)
    assert [urlsplit(each.url).fragment for each in made] == ["page=1", "page=2"]
    assert not any("<!--" in each.text for each in made)


def test_a_table_that_fits_stays_whole() -> None:
    table = "| Grade | Days |\n| --- | --- |\n| A | 25 |"
    made = cut(f"{sentence(1, 20)}\n\n{table}\n\n{sentence(2, 20)}")
    assert any(table in each.text for each in made)


def test_a_long_table_is_cut_by_rows_and_repeats_its_header() -> None:
    rows = "\n".join(f"| grade{n} | {n} days |" for n in range(30))
    made = cut(f"| Grade | Days |\n|-------|------|\n{rows}")
    assert len(made) > 3
    assert all(each.text.startswith("| Grade | Days |\n|---|---|\n") for each in made)
    assert {f"grade{n}" for n in range(30)} <= said(made)


def test_the_padding_of_a_table_is_dropped() -> None:
    (only,) = cut("| Grade      | Days |\n| ---------- | ---- |\n| A          | 25   |")
    assert only.text == "| Grade | Days |\n| --- | --- |\n| A | 25 |"


def test_long_code_is_cut_by_lines_and_its_fence_is_opened_again() -> None:
    body = "\n".join(f"    run step{n}" for n in range(40))
    made = cut(f"```sh\n{body}\n```")
    assert len(made) > 2
    assert all(re.fullmatch(r"```sh\n(    run step\d+\n)+```", each.text) for each in made)


def test_a_heading_in_code_is_no_heading() -> None:
    (only,) = cut("```sh\n# install\nmake\n```")
    assert only.headings == ()


def test_a_long_list_is_cut_between_its_items() -> None:
    made = cut("\n".join(f"- {sentence(n, 10)}" for n in range(12)))
    assert all(each.text.startswith("- ") and each.text.endswith(".") for each in made)


def test_an_endless_word_is_cut_into_pieces() -> None:
    word = "x" * 100_000
    made = chunk(document(word), unknown, ChunkLimits(max_tokens=256))
    assert "".join(each.text for each in made) == word
    assert max(len(each.text) for each in made) <= 16 * 256


def test_a_document_of_a_title_alone_is_found_by_it() -> None:
    (only,) = cut("", title="Leave")
    assert only.text == "Leave"
    assert cut("", title=" ") == []


def test_an_endless_title_leaves_room_for_the_text() -> None:
    made = cut(sentence(1, 60), title="long " * 500)
    assert max(words([each.embedded_text for each in made])) <= SMALL.max_tokens
    assert {f"word1x{n}" for n in range(60)} <= said(made)


def test_an_endless_heading_is_kept_in_the_text() -> None:
    heading = " ".join(f"head{n}" for n in range(200))
    made = cut(f"# {heading}\n\n25 days.")
    assert max(words([each.embedded_text for each in made])) <= SMALL.max_tokens
    assert {f"head{n}" for n in range(200)} | {"25"} <= said(made)


def test_links_defined_elsewhere_are_kept() -> None:
    made = cut("See [policy][1].\n\n[1]: https://x.test/policy")
    assert {"policy", "https"} <= said(made)


def test_limits_that_leave_no_room_are_refused() -> None:
    with pytest.raises(ValueError, match="max_tokens is 8"):
        ChunkLimits(max_tokens=8)


def test_other_limits_have_another_fingerprint() -> None:
    assert ChunkLimits().fingerprint == ChunkLimits().fingerprint
    assert ChunkLimits(max_tokens=128).fingerprint != ChunkLimits().fingerprint


WORD = st.text("abcdefgäλ中0", min_size=1, max_size=6)
LINE = st.lists(WORD, min_size=1, max_size=30).map(" ".join)
ROWS = st.lists(st.tuples(WORD, WORD), min_size=1, max_size=20).map(
    lambda rows: "\n".join(["| a | b |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])
)
PIECE = st.one_of(
    LINE,
    LINE.map(lambda line: f"# {line}"),
    LINE.map(lambda line: f"### {line}"),
    LINE.map(lambda line: f"{line}\n==="),
    st.lists(LINE, min_size=1, max_size=6).map(lambda lines: "\n".join(f"- {x}" for x in lines)),
    st.lists(LINE, min_size=1, max_size=4).map(
        lambda lines: "\n".join(f"{'  ' * n}1. {x}" for n, x in enumerate(lines))
    ),
    st.lists(LINE, min_size=1, max_size=9).map(lambda x: "```py\n" + "\n".join(x) + "\n```"),
    st.lists(LINE, min_size=1, max_size=5).map(lambda x: "\n".join(f"> {line}" for line in x)),
    ROWS,
    LINE.map(lambda line: f"[{line[:3]}]: https://x.test"),
    st.just("```\nnever closed"),
    st.just("<!-- a comment -->"),
    st.just("---"),
)
MARKDOWN = st.lists(PIECE, max_size=12).map("\n\n".join) | st.lists(PIECE, max_size=9).map(
    "\n".join
)


@settings(max_examples=150, deadline=None)
@given(MARKDOWN, st.sampled_from([32, 50, 256]))
def test_every_word_is_in_a_chunk_and_no_chunk_is_too_long(text: str, most: int) -> None:
    made = cut(text, ChunkLimits(max_tokens=most, min_tokens=most // 4))
    assert max(words([each.embedded_text for each in made])) <= most
    assert set(re.findall(r"\w+", text)) <= said(made)
    assert [each.ordinal for each in made] == list(range(len(made)))
    assert made == cut(text, ChunkLimits(max_tokens=most, min_tokens=most // 4))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400) | MARKDOWN, st.sampled_from([32, 64]))
def test_no_chunk_is_too_long_whatever_the_text_and_the_count(text: str, most: int) -> None:
    limits = ChunkLimits(max_tokens=most, min_tokens=8)
    for count in (letters, words):
        made = chunk(document(text), count, limits)
        assert max(count([each.embedded_text for each in made])) <= most
