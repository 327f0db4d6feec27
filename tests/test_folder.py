"""The folder source: what it chooses, what it passes over, and what it refuses with a reason."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import fsspec
import pytest

from knowledge.documents import Checkpoint, Document, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.files import Changed, DiskFiles, File, Patterns
from knowledge.reading.dates import moment
from knowledge.sources.folder import FolderSource, source
from knowledge.sync import SyncReport, sync
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs

not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def items(path: Path | str, since: Checkpoint | None = None, **options: Any) -> list[Item]:
    return list(source("handbook", str(path), **options).documents(since))


def keys(found: Iterable[Item]) -> list[str]:
    return [item.key for item in found if not isinstance(item, Reached)]


def reasons(found: Iterable[Item]) -> dict[str, str]:
    return {item.key: item.reason for item in found if isinstance(item, Unreadable)}


def checkpoint(found: Iterable[Item]) -> Checkpoint:
    return Checkpoint({item.key: item.fingerprint for item in found if isinstance(item, Document)})


def jsonl(*records: dict[str, object]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


class TestFolder(SourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> FolderSource:
        corpus = jsonl({"_id": "7", "title": "Fees", "text": "None."}, {"_id": "8", "text": "x"})
        write(tmp_path, leave_md="25 days.", a__b_txt="Hello", corpus_jsonl=corpus, empty_md="")
        return source("handbook", str(tmp_path))


class TestStorage(SourceContract):
    @pytest.fixture
    def source(self) -> FolderSource:
        url = f"memory://{uuid4()}/docs"
        for name in ("leave.md", "it/laptops.md", ".hidden.md"):
            with fsspec.open(f"{url}/{name}", "w") as stream:
                stream.write(f"About {name}")
        return source("handbook", url)

    def test_keys_are_below_the_root(self, source: FolderSource) -> None:
        assert keys(source.documents(None)) == ["it/laptops.md", "leave.md"]

    def test_the_address_is_the_storages(self, source: FolderSource) -> None:
        first, _ = source.documents(None)
        assert isinstance(first, Document)
        assert first.url.startswith("memory://")
        assert first.url.endswith("/it/laptops.md")


class TestArchive(SourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> FolderSource:
        import zipfile

        with zipfile.ZipFile(tmp_path / "docs.zip", "w") as archive:
            archive.writestr("docs/leave.md", "25 days.")
            archive.writestr("docs/it/laptops.md", "One each.")
        return source("handbook", f"zip://docs::{(tmp_path / 'docs.zip').as_uri()}")


def test_a_document_knows_where_it_came_from(tmp_path: Path) -> None:
    write(tmp_path, a__leave_md="# Annual leave\n\n25 days.")
    os.utime(tmp_path / "a/leave.md", (1_700_000_000, 1_700_000_000))
    (found,) = items(tmp_path)
    assert isinstance(found, Document)
    assert (found.source, found.key, found.title) == ("handbook", "a/leave.md", "Annual leave")
    assert found.url == (tmp_path / "a/leave.md").as_uri()
    assert found.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_hidden_files_and_what_tools_leave_behind_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, leave_md="x", _git__config="x", uv_lock="x", node__x_md="x")
    for folder in ("node_modules", "__pycache__"):
        (tmp_path / "node").joinpath(folder).mkdir()
        (tmp_path / "node" / folder / "y.md").write_text("y")
    assert keys(items(tmp_path)) == ["leave.md", "node/x.md"]
    assert ".git/config" in keys(items(tmp_path, hidden=True))


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["*.md"], [], ["a/b/z.md", "a/y.md", "x.md"]),
        (["a"], [], ["a/b/z.md", "a/t.txt", "a/y.md"]),
        (["a/*.md"], [], ["a/y.md"]),
        (["**/*.md"], ["b"], ["a/y.md", "x.md"]),
        (["a/**/*.md"], [], ["a/b/z.md", "a/y.md"]),
        ([], ["*.md"], ["a/t.txt"]),
        ([], ["a/b/"], ["a/t.txt", "a/y.md", "x.md"]),
    ],
)
def test_patterns_choose_files(
    tmp_path: Path, include: list[str], exclude: list[str], expected: list[str]
) -> None:
    write(tmp_path, x_md="x", a__y_md="y", a__t_txt="t", a__b__z_md="z")
    assert keys(items(tmp_path, include=include, exclude=exclude)) == expected


def test_a_single_file_can_be_the_source(tmp_path: Path) -> None:
    write(tmp_path, leave_md="25 days.", other_md="x")
    assert keys(items(tmp_path / "leave.md")) == ["leave.md"]


def test_a_folder_that_is_not_there_is_no_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=f"cannot be listed: there is no {tmp_path}/now"):
        items(tmp_path / "nowhere")
    with pytest.raises(SourceUnreadable, match="cannot be listed"):
        items(f"memory://{uuid4()}/nowhere")
    with pytest.raises(SourceUnreadable, match="cannot be listed"):
        items("nosuchprotocol://x")


def test_a_changed_file_is_read_again_and_the_others_are_not(tmp_path: Path) -> None:
    write(tmp_path, a_md="a", b_md="b")
    held = checkpoint(items(tmp_path))
    write(tmp_path, b_md="changed")
    first, second = items(tmp_path, held)
    assert first == Unchanged("a.md")
    assert isinstance(second, Document)
    assert second.text == "changed"


class TestRecords:
    """Files of JSON Lines."""

    def test_a_corpus_at_the_root_gives_its_own_ids(self, tmp_path: Path) -> None:
        write(tmp_path, corpus_jsonl=jsonl({"_id": "d1", "title": "Fees", "text": "None."}))
        (found,) = items(tmp_path)
        assert isinstance(found, Document)
        assert (found.key, found.title, found.text) == ("d1", "Fees", "None.")
        assert keys(items(tmp_path / "corpus.jsonl")) == ["d1"]

    def test_elsewhere_the_path_is_part_of_the_key(self, tmp_path: Path) -> None:
        write(tmp_path, a__corpus_jsonl=jsonl({"_id": "d1", "text": "x"}))
        write(tmp_path, faq_jsonl=jsonl({"id": 5, "answer": "x"}, {"name": "y"}))
        assert keys(items(tmp_path)) == ["a/corpus.jsonl#d1", "faq.jsonl#5", "faq.jsonl#2"]

    def test_questions_and_judgments_beside_a_corpus_are_no_documents(self, tmp_path: Path) -> None:
        write(tmp_path, corpus_jsonl=jsonl({"_id": "d1", "text": "x"}), qrels__test_tsv="q\td\t1")
        write(tmp_path, queries_jsonl=jsonl({"_id": "q1", "text": "x?"}))
        assert keys(items(tmp_path)) == ["d1"]

    def test_fields_of_other_names_are_told_with_them(self, tmp_path: Path) -> None:
        write(tmp_path, x_jsonl=jsonl({"city": "Porto", "rates": {"room": 90}, "tags": ["a", "b"]}))
        (found,) = items(tmp_path)
        assert isinstance(found, Document)
        assert found.text == "city: Porto\n\nrates.room: 90\n\ntags: a, b"

    def test_a_broken_line_stops_nothing_and_forgets_nothing(self, tmp_path: Path) -> None:
        write(tmp_path, corpus_jsonl=jsonl({"_id": "1", "text": "x"}, {"_id": "2", "text": "y"}))
        held = checkpoint(items(tmp_path))
        write(tmp_path, corpus_jsonl='{"_id": "1", "te\n' + jsonl({"_id": "2", "text": "y"}))
        found = items(tmp_path, held)
        assert "is not JSON" in reasons(found)["corpus.jsonl#1"]
        assert [item for item in found if isinstance(item, Unchanged)] == [
            Unchanged("2"),
            Unchanged("1"),
        ]

    def test_an_id_used_twice_is_told(self, tmp_path: Path) -> None:
        write(tmp_path, corpus_jsonl=jsonl({"_id": "1", "text": "x"}, {"_id": "1", "text": "y"}))
        found = items(tmp_path)
        assert isinstance(found[0], Document)
        assert "another document, '1'" in next(iter(reasons(found).values()))

    def test_a_corpus_larger_than_a_file_may_be_is_still_read(self, tmp_path: Path) -> None:
        lines: list[dict[str, object]] = [{"_id": str(n), "text": "x" * 100} for n in range(50)]
        write(tmp_path, corpus_jsonl=jsonl(*lines))
        assert len(keys(items(tmp_path, max_bytes=200))) == 50

    def test_an_endless_line_is_cut_off_and_the_next_is_read(self, tmp_path: Path) -> None:
        lines = jsonl({"_id": "1", "text": "x" * 5000}, {"_id": "2", "text": "y"})
        found = items(write(tmp_path, corpus_jsonl=lines), max_bytes=200)
        assert keys(found) == ["corpus.jsonl#1", "2"]
        assert isinstance(found[0], Unreadable)


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    found = items(write(tmp_path, a_md="x" * 101, b_md="x"), max_bytes=100)
    assert "raise `max_bytes`" in reasons(found)["a.md"]
    assert keys(found) == ["a.md", "b.md"]


def test_a_url_of_a_folder_on_disk_is_that_folder(tmp_path: Path) -> None:
    write(tmp_path, secret_md="secret")
    root = write(tmp_path / "docs", leave_md="x")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    os.mkfifo(root / "pipe.md")
    found = items(f"file://{root}")
    assert reasons(found).keys() == {"link.md", "pipe.md"}
    assert source("handbook", f"file://{root}").watched == root


def test_a_date_that_no_calendar_has_is_none() -> None:
    assert moment(b"1700086400") == datetime.fromtimestamp(1_700_086_400, UTC)
    assert [moment(odd) for odd in (1e15, 1e300, -1e15, "nan", b"")] == [None] * 5


def test_pipes_and_sockets_are_not_opened(tmp_path: Path) -> None:
    write(tmp_path, leave_md="x")
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may not be long
        listener.bind("sock.md")
        os.chdir(before)
        told = reasons(items(tmp_path))
    assert set(told) == {"pipe.md", "sock.md"}
    assert all("no regular file" in reason for reason in told.values())


@linux
def test_a_name_that_is_not_utf8_is_escaped(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.md"
    Path(os.fsdecode(path)).write_text("Coffee")
    (found,) = items(tmp_path)
    assert isinstance(found, Document)
    assert (found.key, found.text) == (r"caf\xe9.md", "Coffee")
    assert found.url.endswith("/caf%E9.md")


@not_root
def test_what_may_not_be_read_is_told_and_not_forgotten(tmp_path: Path) -> None:
    write(tmp_path, a__x_md="x", b_md="y", c_jsonl=jsonl({"id": "1", "text": "z"}))
    held = checkpoint(items(tmp_path))
    for name in ("a", "b.md", "c.jsonl"):
        (tmp_path / name).chmod(0)
    found = items(tmp_path, held)
    (tmp_path / "a").chmod(0o755)
    assert set(reasons(found)) == {"a/", "b.md", "c.jsonl"}
    assert {"a/x.md", "c.jsonl#1"} <= set(keys(found))


class Shifting(DiskFiles):
    """Files that are written to while they are read, for the first `times` times."""

    times = 0

    @contextmanager
    def open(self, file: File) -> Iterator[BinaryIO]:
        yield BytesIO(Path(file.path).read_bytes())
        if type(self).times > 0:
            type(self).times -= 1
            raise Changed


@pytest.mark.parametrize(("times", "readable"), [(2, True), (3, False)])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, times: int, readable: bool
) -> None:
    class Files(Shifting):
        pass

    Files.times = times
    write(tmp_path, a_md="x", b_md="y")
    found = list(FolderSource("s", Files(tmp_path, Patterns((), ()))).documents(None))
    assert isinstance(found[0], Document) is readable
    assert isinstance(found[1], Document)
    if not readable:
        assert "changed while it was read" in reasons(found)["a.md"]


def test_a_write_during_the_reading_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, a_md="before")
    files = DiskFiles(tmp_path, Patterns((), ()))
    (file,) = files.find()
    with pytest.raises(Changed), files.open(file) as stream:  # noqa: PT012
        stream.read()
        write(tmp_path, a_md="after, and longer")


def test_a_corpus_that_changes_while_it_is_read_forgets_nothing(tmp_path: Path) -> None:
    class Files(Shifting):
        pass

    write(tmp_path, corpus_jsonl=jsonl({"_id": "1", "text": "x"}))
    held = Checkpoint({"1": "old", "2": "old"})
    Files.times = 1
    found = list(FolderSource("s", Files(tmp_path, Patterns((), ()))).documents(held))
    assert isinstance(found[0], Document)
    assert "changed while" in reasons(found)["corpus.jsonl"]
    assert found[-1] == Unchanged("2")


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    write(tmp_path, a_md="x", b_md="y")
    reading = iter(source("s", str(tmp_path)).documents(None))
    next(reading)
    (tmp_path / "b.md").unlink()
    assert "is not there" in reasons(reading)["b.md"]


def test_one_bad_file_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, a_pdf="no pdf", b_docx="no docx", c_md="good", d_xlsx="no", e_png="x", f_md="")
    found = items(tmp_path)
    assert keys(found) == ["a.pdf", "b.docx", "c.md", "d.xlsx", "e.png", "f.md"]
    assert isinstance(found[2], Document)
    assert all("\n" not in reason and len(reason) < 300 for reason in reasons(found).values())


@dataclass(frozen=True)
class Marked:
    """A storage that marks the versions of its files."""

    root: Path
    opened: list[str] = field(default_factory=list)

    @property
    def inner(self) -> DiskFiles:
        return DiskFiles(self.root, Patterns((), ()))

    def find(self) -> Iterator[File]:
        for file in self.inner.find():
            yield replace(file, mark=hashlib.sha256(Path(file.path).read_bytes()).hexdigest())

    def open(self, file: File) -> Any:
        self.opened.append(file.key)
        return self.inner.open(file)


class TestRecordsInAStorage:
    """A file of records is read only if it is another than the one that was read to its end."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> Marked:
        write(tmp_path, faq_jsonl=jsonl({"id": 1, "text": "One."}, {"id": 2, "text": "Two."}))
        return Marked(tmp_path)

    @pytest.fixture
    def index(self) -> FakeIndex:
        return FakeIndex()

    def passed(self, files: Marked, index: FakeIndex) -> tuple[SyncReport, list[str]]:
        files.opened.clear()
        report = sync(FolderSource("s", files), index, FakeEmbedder(), paragraphs)
        return report, list(files.opened)

    def test_the_same_is_not_opened(self, files: Marked, index: FakeIndex) -> None:
        write(files.root, other_jsonl=jsonl({"text": "Three."}))
        assert self.passed(files, index)[1] == ["faq.jsonl", "other.jsonl"]
        report, opened = self.passed(files, index)
        assert (report.unchanged, report.gone, opened) == (3, 0, [])
        write(files.root, faq_jsonl=jsonl({"id": 1, "text": "One."}))
        report, opened = self.passed(files, index)
        assert (report.unchanged, report.gone, opened) == (2, 1, ["faq.jsonl"])

    def test_one_with_lines_that_cannot_be_read_is(self, files: Marked, index: FakeIndex) -> None:
        write(files.root, faq_jsonl=jsonl({"id": 1, "text": "One."}) + "{no json\n")
        for _ in range(2):
            report, opened = self.passed(files, index)
            assert (len(report.unreadable), opened) == (1, ["faq.jsonl"])

    def test_one_that_was_away_is(self, files: Marked, index: FakeIndex) -> None:
        kept = (files.root / "faq.jsonl").read_text()
        for there in (True, False, True):
            write(files.root, faq_jsonl=kept) if there else (files.root / "faq.jsonl").unlink()
            report, _ = self.passed(files, index)
            assert (report.new, report.gone) == ((2, 0) if there else (0, 2))

    def test_one_of_which_the_index_lost_some_is(self, files: Marked, index: FakeIndex) -> None:
        self.passed(files, index)
        index.drop("s", ["faq.jsonl#2"])
        report, opened = self.passed(files, index)
        assert (report.new, report.unchanged, opened) == (1, 1, ["faq.jsonl"])
