"""The example handbook keeps what it promises, and its questions can be answered from it."""

from __future__ import annotations

import csv
import html
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT / "examples" / "handbook"
QUESTIONS = ROOT / "tests" / "handbook_questions.jsonl"
PAGES = sorted(path for path in HANDBOOK.rglob("*") if path.is_file())
MARKDOWN = [path for path in PAGES if path.suffix == ".md"]
SUPERSEDED = {
    "finance/purchasing-2024.md": "finance/purchasing.md",
    "it/vpn-2023.md": "it/remote-access.md",
}
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
LINK = re.compile(r'\]\(([^)\s]+)\)|<a\s[^>]*href="([^"]+)"')


@dataclass(frozen=True)
class Asked:
    """A line of the question set."""

    id: str
    question: str
    kind: str
    pages: tuple[str, ...]
    answer: str
    must: tuple[tuple[str, ...], ...]
    thread: tuple[Mapping[str, str], ...] = ()
    absent: tuple[str, ...] = ()  # phrases that no page has; unanswerable questions name some


def asked() -> list[Asked]:
    rows = map(json.loads, QUESTIONS.read_text(encoding="utf-8").splitlines())
    return [Asked(**{k: frozen(v) for k, v in row.items()}) for row in rows]


def frozen(value: Any) -> Any:
    return tuple(map(frozen, value)) if isinstance(value, list) else value


ASKED = asked()
ANSWERABLE = [q for q in ASKED if q.kind != "unanswerable"]
UNANSWERABLE = [q for q in ASKED if q.kind == "unanswerable"]


def key(path: Path) -> str:
    return path.relative_to(HANDBOOK).as_posix()


def body(path: Path) -> str:
    """A Markdown page without its front matter."""
    return FRONT_MATTER.sub("", path.read_text(encoding="utf-8"))


def words(path: Path) -> int:
    return sum(any(c.isalnum() for c in word) for word in body(path).split())


@cache
def text_of(page: str) -> str:
    """All that a page says, whatever its format: lower case, single blanks."""
    path = HANDBOOK / page
    match path.suffix:
        case ".pdf":
            raw = pdf_text(path)
        case ".docx" | ".xlsx":
            raw = office_text(path)
        case ".html":
            raw = html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")))
        case _:
            raw = path.read_text(encoding="utf-8")
    return " ".join(raw.lower().split())


def pdf_text(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def office_text(path: Path) -> str:
    from markitdown import MarkItDown

    return str(MarkItDown().convert(path).text_content)


def all_texts() -> dict[str, str]:
    return {key(path): text_of(key(path)) for path in PAGES}


def holds(text: str, must: tuple[tuple[str, ...], ...]) -> bool:
    return all(any(alternative in text for alternative in group) for group in must)


def test_there_are_at_least_42_pages_in_their_formats() -> None:
    formats = Counter(path.suffix for path in PAGES)
    assert len(PAGES) >= 42
    assert formats[".html"] == 2
    assert {".md", ".pdf", ".docx", ".xlsx", ".csv"} < formats.keys()


def test_markdown_pages_have_60_to_900_words_and_vary_in_length() -> None:
    counts = {key(path): words(path) for path in MARKDOWN}
    assert {page: n for page, n in counts.items() if not 60 <= n <= 900} == {}
    assert min(counts.values()) < 120
    assert max(counts.values()) > 600


def test_pages_of_other_formats_have_60_to_900_words() -> None:
    counts = {key(p): len(text_of(key(p)).split()) for p in PAGES if p.suffix != ".md"}
    assert {page: n for page, n in counts.items() if not 60 <= n <= 900} == {}


def test_every_page_but_the_index_lies_in_a_folder_with_others() -> None:
    folders = Counter(path.parent.name for path in PAGES if path.parent != HANDBOOK)
    assert len(folders) >= 10
    assert min(folders.values()) >= 2


def test_the_pdf_has_text_on_two_pages_or_more() -> None:
    from pypdf import PdfReader

    pages = PdfReader(HANDBOOK / "office" / "workshop-safety.pdf").pages
    assert len(pages) >= 2
    assert all(len(page.extract_text().split()) > 100 for page in pages)


def test_the_word_file_has_headings_and_a_table() -> None:
    text = office_text(HANDBOOK / "people" / "benefits.docx")
    assert "# At a glance" in text
    assert "| Lease bicycle |" in text


def test_the_workbook_has_two_sheets_with_rows() -> None:
    text = office_text(HANDBOOK / "finance" / "expense-limits.xlsx")
    assert "## Allowances by country" in text
    assert "## Limits by category" in text
    assert text.count("\n| ") > 20


def test_the_web_pages_have_chrome_around_their_text() -> None:
    for path in (p for p in PAGES if p.suffix == ".html"):
        markup = path.read_text(encoding="utf-8")
        assert all(f"<{tag}" in markup for tag in ("nav", "main", "footer", "table", "h1", "title"))


def test_links_between_pages_resolve() -> None:
    broken = []
    for path in (p for p in PAGES if p.suffix in {".md", ".html"}):
        for match in LINK.finditer(path.read_text(encoding="utf-8")):
            target = (match[1] or match[2]).partition("#")[0]
            if target and not (path.parent / target).is_file():
                broken.append((key(path), target))
    assert broken == []


def test_some_pages_are_dated_and_a_front_matter_has_a_title_and_a_date() -> None:
    import frontmatter

    pages = [frontmatter.load(str(path)) for path in MARKDOWN]
    headed = [page for page in pages if page.metadata]
    assert 10 < len(headed) < len(MARKDOWN)
    assert all(isinstance(page["date"], date) and page["title"] for page in headed)


def test_a_page_without_a_title_in_front_has_a_heading() -> None:
    for path in MARKDOWN:
        has_title = "\ntitle: " in path.read_text(encoding="utf-8")
        assert has_title or body(path).startswith("# "), key(path)


@pytest.mark.parametrize(("old", "new"), SUPERSEDED.items())
def test_a_superseded_page_names_its_successor_and_the_successor_names_it(
    old: str, new: str
) -> None:
    opening = body(HANDBOOK / old)[:400]
    assert re.search(r"superseded", opening, re.IGNORECASE)
    assert re.search(r"since \d{1,2} \w+ \d{4}", opening)
    assert f"({Path(new).name})" in opening
    assert f"({Path(old).name})" in body(HANDBOOK / new)


def test_closing_days_fall_on_the_weekdays_that_they_name() -> None:
    with (HANDBOOK / "leave" / "closing-days-2027.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 15
    assert [r for r in rows if f"{date.fromisoformat(r['date']):%A}" != r["weekday"]] == []


def test_there_are_60_questions_of_four_kinds() -> None:
    kinds = Counter(q.kind for q in ASKED)
    assert len({q.id for q in ASKED}) == len({q.question for q in ASKED}) == len(ASKED) == 60
    assert kinds["fact"] + kinds["multi"] == 40
    assert (kinds["followup"], kinds["unanswerable"]) == (10, 10)


def test_the_first_question_of_the_readme_is_the_first_of_the_set() -> None:
    assert ASKED[0].question == "How many days of annual leave do I get?"
    assert "27 days of annual leave" in text_of("leave/annual-leave.md").replace("*", "")


def test_only_a_follow_up_has_a_thread_and_its_last_turn_is_an_answer() -> None:
    for q in ASKED:
        assert bool(q.thread) == (q.kind == "followup"), q.id
        roles = [turn["role"] for turn in q.thread]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert all(turn["text"].strip() for turn in q.thread)


def test_a_question_of_two_parts_asks_for_two_things() -> None:
    assert [q.id for q in ASKED if q.kind == "multi" and len(q.must) < 2] == []


@pytest.mark.parametrize("q", ANSWERABLE, ids=lambda q: q.id)
def test_the_gold_pages_hold_what_a_right_answer_must_say(q: Asked) -> None:
    texts = [text_of(page) for page in q.pages]
    assert q.pages
    assert q.must
    for group in q.must:
        assert any(alternative in text for text in texts for alternative in group), group


@pytest.mark.parametrize("q", ANSWERABLE, ids=lambda q: q.id)
def test_the_model_answer_counts_as_right_and_needs_its_gold_pages(q: Asked) -> None:
    assert holds(q.answer.lower(), q.must)
    assert not set(q.pages) & SUPERSEDED.keys()


@pytest.mark.parametrize("q", ANSWERABLE, ids=lambda q: q.id)
def test_what_a_superseded_page_says_is_not_a_right_answer(q: Asked) -> None:
    for old, new in SUPERSEDED.items():
        assert new not in q.pages or not holds(text_of(old), q.must)


@pytest.mark.parametrize("q", ANSWERABLE, ids=lambda q: q.id)
def test_an_answer_is_right_neither_by_repeating_the_question_nor_the_thread(q: Asked) -> None:
    said = [q.question, *(turn["text"] for turn in q.thread)]
    assert not any(holds(text.lower(), q.must) for text in said)


@pytest.mark.parametrize("q", ANSWERABLE, ids=lambda q: q.id)
def test_no_alternative_hides_in_a_longer_number_of_the_handbook(q: Asked) -> None:
    for alternative in (a for group in q.must for a in group):
        before = r"(?<=\d)" if alternative[0].isdigit() else r"(?!)"
        after = r"(?=\d|[.,]\d)" if alternative[-1].isdigit() else r"(?!)"
        exact = re.escape(alternative)
        longer = re.compile(f"{before}{exact}|{exact}{after}")
        hiding = [page for page, text in all_texts().items() if longer.search(text)]
        assert hiding == [], alternative


@pytest.mark.parametrize("q", UNANSWERABLE, ids=lambda q: q.id)
def test_the_handbook_is_silent_on_what_cannot_be_answered(q: Asked) -> None:
    assert (q.pages, q.must) == ((), ())
    assert q.absent
    for phrase in q.absent:
        assert [page for page, text in all_texts().items() if phrase in text] == [], phrase
