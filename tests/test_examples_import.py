"""Files of examples: each bad line is named, the rest is kept, and twice is once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bot.database import upgrade
from bot.errors import ExampleFileUnreadable
from bot.learning.book import Book
from bot.learning.importing import ImportReport, Refused, import_examples
from model.errors import UnknownTask
from model.examples import Example, Origin, Review
from model.tasks import BUILT_IN

TASKS = {task.name: task for task in BUILT_IN}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('book') / 'tandem.db'}"
    upgrade(url)
    return url


@pytest.fixture
def book(made: str) -> Iterator[Book]:
    """A book that holds nothing."""
    with closing(Book(made)) as book:
        book.remove([example.id for example in book.examples()])
        yield book


def line(text: str, answer: str, **more: object) -> str:
    return json.dumps({"text": text, "answer": answer, **more})


def write(folder: Path, lines: Sequence[str], name: str = "examples.jsonl") -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def read(
    book: Book, file: Path, task: str | None = "rewrite"
) -> tuple[ImportReport, dict[int, str]]:
    told = list[Refused]()
    report = import_examples(book, file, TASKS, task, told.append)
    return report, {each.line: each.why for each in told}


def only(book: Book, folder: Path, told: object, task: str | None = "rewrite") -> Example:
    """The example that one line gives."""
    read(book, write(folder, [json.dumps(told)]), task)
    [example] = book.examples()
    return example


def says(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    ("told", "chosen", "rejected"),
    [
        ({"messages": [says("user", "a b"), says("assistant", "A b.")]}, "A b.", ""),
        (
            {"messages": [says("system", "S"), says("user", "a b"), says("assistant", "A b.")]},
            "A b.",
            "",
        ),
        ({"text": "a b", "answer": "A b."}, "A b.", ""),
        ({"prompt": "a b", "completion": "A b."}, "A b.", ""),
        ({"prompt": "a b", "completion": "A b.", "label": True}, "A b.", ""),
        ({"prompt": "a b", "completion": "A b.", "label": False}, "", "A b."),
        ({"prompt": "a b", "chosen": "A b.", "rejected": "A c."}, "A b.", "A c."),
        (
            {
                "prompt": [says("user", "a b")],
                "chosen": [says("assistant", "A b.")],
                "rejected": [says("assistant", "A c.")],
            },
            "A b.",
            "A c.",
        ),
    ],
)
def test_all_shapes_are_read(
    book: Book, tmp_path: Path, told: object, chosen: str, rejected: str
) -> None:
    example = only(book, tmp_path, told)
    assert (example.text, example.chosen, example.rejected) == ("a b", chosen, rejected)
    assert (example.origin, example.came_from) == (Origin.IMPORT, "examples.jsonl:1")


def test_a_line_may_name_its_task(book: Book, tmp_path: Path) -> None:
    told = {"text": "it broke", "answer": "Problem", "task": "classify"}
    example = only(book, tmp_path, told, task=None)
    assert (example.task, example.chosen) == ("classify", "problem")


def test_a_poisoned_file_has_each_bad_line_named_and_the_rest_kept(
    book: Book, tmp_path: Path
) -> None:
    good = [line(f"text {number}", f"Text {number}.") for number in range(1, 401)]
    bad = {
        317: ('{"text": "a", "answer":', "bad JSON"),
        20: ("[1, 2]", "no JSON object, but list"),
        21: (json.dumps({"messages": [says("assistant", "A")]}), "wrong roles: assistant"),
        22: (json.dumps({"messages": [says("robot", "A")]}), "wrong roles: 'robot'"),
        23: (json.dumps({"messages": [says("user", "a"), says("user", "b")]}), "wrong roles"),
        24: (json.dumps({"messages": "hello"}), "no list of messages"),
        25: (line("a" * 1_000_000, "A"), "longer than 200000 bytes"),
        26: (line("word " * 10_000, "A"), "at most 20000"),
        27: (line("a question", "  "), "an empty answer"),
        28: (line("  ", "an answer"), "an empty text"),
        29: (json.dumps({"text": 3, "answer": "b"}), "'text' is no text"),
        30: (json.dumps({"question": "a"}), "it has 'question'"),
        32: (json.dumps({"prompt": "a", "completion": "b", "label": "yes"}), "not true or false"),
        33: (json.dumps({"prompt": "a", "chosen": "b", "rejected": "b"}), "are the same"),
        34: (
            json.dumps({"prompt": "text 4", "completion": "Text 4.", "label": False}),
            "contradicts line 4",
        ),
        35: ("[" * 100_000, "bad JSON"),
    }
    told = [bad.get(number, (text, ""))[0] for number, text in enumerate(good, 1)]
    report, refused = read(book, write(tmp_path, told))
    assert set(refused) == set(bad)
    assert all(bad[number][1] in why for number, why in refused.items()), refused
    assert (report.lines, report.added, report.refused) == (400, 384, 16)
    assert len(book.examples()) == 384


def test_an_unknown_task_of_a_line_is_told(book: Book, tmp_path: Path) -> None:
    _, refused = read(book, write(tmp_path, [line("a", "b", task="fly"), line("a", "b")]), None)
    assert refused == {1: "there is no task 'fly'", 2: "it names no task; give --task"}


def test_labels_that_contradict_each_other_are_named(book: Book, tmp_path: Path) -> None:
    told = [line("It broke", "problem"), line("it broke!", "praise"), line("a", "banana")]
    _, refused = read(book, write(tmp_path, told), "classify")
    assert refused == {2: "contradicts line 1", 3: "'banana' is no label of classify"}


def test_what_contradicts_a_kept_example_is_named(book: Book, tmp_path: Path) -> None:
    read(book, write(tmp_path, [line("It broke", "problem")]), "classify")
    [kept] = book.examples()
    _, refused = read(book, write(tmp_path, [line("It broke", "praise")], "more.jsonl"), "classify")
    assert refused == {1: f"contradicts #{kept.id}"}


def test_two_ways_to_write_the_same_are_no_contradiction(book: Book, tmp_path: Path) -> None:
    report, refused = read(book, write(tmp_path, [line("a b", "A b."), line("a b", "So: a b.")]))
    assert (refused, report.added) == ({}, 2)


def test_a_second_import_changes_nothing(book: Book, tmp_path: Path) -> None:
    file = write(tmp_path, [line(f"text {number}", f"Text {number}.") for number in range(30)])
    read(book, file)
    before = book.examples()
    report, _ = read(book, file)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 30)
    assert book.examples() == before


def test_what_nearly_repeats_a_text_stands_under_it(book: Book, tmp_path: Path) -> None:
    text = "please tell the whole team that the office will be closed on Friday for repairs"
    read(book, write(tmp_path, [line(text, "Closed."), line(f"{text} then", "It is closed.")]))
    assert len({example.group for example in book.examples()}) == 1


def test_secrets_of_a_file_are_masked(book: Book, tmp_path: Path) -> None:
    told = {"text": "tell jo@acme.com I am late", "answer": "Tell jo@acme.com I am late."}
    assert "acme" not in repr(only(book, tmp_path, told))


def test_what_is_mostly_secrets_waits(book: Book, tmp_path: Path) -> None:
    example = only(book, tmp_path, {"text": "jo@acme.com", "answer": "jo@acme.com"})
    assert example.review is Review.WAITING


def test_a_mark_before_the_first_line_is_no_part_of_it(book: Book, tmp_path: Path) -> None:
    file = tmp_path / "bom.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + line("a b", "A b.").encode() + b"\r\n")
    assert read(book, file)[0].added == 1


def test_a_line_that_is_not_utf_8_is_named(book: Book, tmp_path: Path) -> None:
    file = tmp_path / "latin.jsonl"
    file.write_bytes(line("a b", "A b.").encode() + b'\n{"text": "caf\xe9", "answer": "b"}\n')
    report, refused = read(book, file)
    assert (report.added, refused) == (1, {2: "not UTF-8 (byte 14 of the line)"})


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", b"\x1f\x8bxyz", b"PK\x03\x04"])
def test_a_file_of_another_kind_is_refused(book: Book, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_bytes(content)
    with pytest.raises(ExampleFileUnreadable, match="Save it as text in UTF-8"):
        read(book, file)


def test_a_file_that_is_not_there_is_told(book: Book, tmp_path: Path) -> None:
    with pytest.raises(ExampleFileUnreadable, match="No such file"):
        read(book, tmp_path / "none.jsonl")


def test_a_folder_is_no_file(book: Book, tmp_path: Path) -> None:
    with pytest.raises(ExampleFileUnreadable, match="Is a directory"):
        read(book, tmp_path)


def test_an_unknown_task_is_told_before_anything_is_read(book: Book, tmp_path: Path) -> None:
    with pytest.raises(UnknownTask):
        read(book, tmp_path / "none.jsonl", "fly")


def test_an_empty_file_gives_nothing(book: Book, tmp_path: Path) -> None:
    assert read(book, write(tmp_path, ["", "  "]))[0].lines == 0
