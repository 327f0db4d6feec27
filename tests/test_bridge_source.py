"""The bridge to LlamaIndex: readers of the tests' own, good ones and bad ones."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from knowledge.documents import Document, Item, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.bridge import source
from knowledge.sources.bridge.reader import BridgeSource
from knowledge.sync import sync
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs

if find_spec("llama_index") is None:
    pytest.skip("llama-index-core is optional", allow_module_level=True)
SECRET = "hunter2-of-the-wiki"


def document(text: str, id: str = "", **metadata: Any) -> Any:
    from llama_index.core.schema import Document as Theirs

    return Theirs(text=text, metadata=metadata, **({"id_": id} if id else {}))


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with readers, as a package would have them."""
    from llama_index.core.readers.base import BaseReader
    from llama_index.core.schema import ImageDocument

    module = ModuleType("their_readers")
    monkeypatch.setitem(sys.modules, "their_readers", module)

    class Notes(BaseReader):
        given: tuple[Any, ...] = (
            document("27 days.", "n1", title="Leave", url="https://x.example/1"),
            document("Close the lid.", "n2", file_name="kiln.md"),
        )

        def __init__(self, token: str = "", room: str = "") -> None:
            self.token, self.room = token, room

        def load_data(self, only: str = "") -> list[Any]:
            return [made for made in self.given if only in made.text]

    class Lazy(BaseReader):
        def lazy_load_data(self, *_: Any, **__: Any) -> Iterable[Any]:
            yield document("One.", "l1")
            yield document("Two.", "l2")

    class Random(Notes):
        given = (document("One.", page_id=1), document("Two."))

    class Empty(Notes):
        given = ()

    class Twice(Notes):
        given = (document("One.", "a"), document("One.", "a"), document("Two.", "a"))

    class Pictures(Notes):
        given = (ImageDocument(image=b"R0lGODlhAQABAAAAACw=", id_="p"), document("One.", "a"))

    class Odd(Notes):
        given = (document("One.", "a"), document("   ", "b"), document("\ud800x", "c\ud800"))

    class Texts(BaseReader):
        def load_data(self, *_: Any, **__: Any) -> Any:
            return ["no", "documents"]

    class One(BaseReader):
        def load_data(self, *_: Any, **__: Any) -> Any:
            return "text"

    class Raising(Notes):
        def load_data(self, only: str = "") -> list[Any]:
            raise RuntimeError(f"401 for https://x.example/?token={self.token}")

    class Breaking(BaseReader):
        def lazy_load_data(self, *_: Any, **__: Any) -> Iterable[Any]:
            yield document("One.", "l1")
            raise OSError("connection reset")

    class Ending(Notes):
        def load_data(self, only: str = "") -> list[Any]:
            sys.exit("no login")

    class Lacking(Notes):
        def load_data(self, only: str = "") -> list[Any]:
            import not_installed_here  # type: ignore[import-not-found]  # noqa: F401

            return []

    class NotAReader:
        def load_data(self) -> list[Any]:
            return []

    for made in (Notes, Lazy, Random, Empty, Twice, Pictures, Odd, Texts, One, Raising, Breaking,
                 Ending, Lacking, NotAReader):  # fmt: skip
        setattr(module, made.__name__, made)
    module.function = lambda: None  # type: ignore[attr-defined]
    return module


def bridge(reader: str, **options: Any) -> BridgeSource:
    return source("long-tail", f"their_readers.{reader}", **options)


def read(reader: str, **options: Any) -> list[Item]:
    return list(bridge(reader, **options).documents(None))


def texts(found: list[Item]) -> list[str]:
    return [item.text for item in found if isinstance(item, Document)]


@pytest.mark.usefixtures("theirs")
class TestBridge(SourceContract):
    @pytest.fixture
    def source(self) -> BridgeSource:
        return bridge("Notes")


pytestmark = pytest.mark.usefixtures("theirs")


def test_what_a_reader_tells_of_a_document_is_kept() -> None:
    leave, kiln = read("Notes")
    assert isinstance(leave, Document)
    assert (leave.key, leave.title, leave.url) == ("n1", "Leave", "https://x.example/1")
    assert isinstance(kiln, Document)
    assert (kiln.title, kiln.url) == ("kiln.md", "")


def test_arguments_go_to_the_method() -> None:
    assert texts(read("Notes", arguments={"only": "lid"})) == ["Close the lid."]


@pytest.mark.parametrize("method", ["load_data", "lazy_load_data"])
def test_readers_may_be_lazy(method: str) -> None:
    assert texts(read("Lazy", method=method)) == ["One.", "Two."]


def test_a_method_that_the_reader_has_not_is_said() -> None:
    with pytest.raises(SourceUnreadable, match='Set `method = "load_data"`'):
        read("Notes", method="lazy_load_data")


def test_documents_with_random_ids_have_the_same_key_each_time(theirs: ModuleType) -> None:
    before = [item.key for item in read("Random") if isinstance(item, Document)]
    theirs.Random.given = (document("One!", page_id=1), document("Two."))
    after = [item.key for item in read("Random") if isinstance(item, Document)]
    assert before == after


def test_changed_and_gone_documents_are_followed(theirs: ModuleType) -> None:
    index = FakeIndex()
    assert sync(bridge("Notes"), index, FakeEmbedder(), paragraphs).new == 2
    theirs.Notes.given = (document("28 days.", "n1"),)
    told = sync(bridge("Notes"), index, FakeEmbedder(), paragraphs)
    assert (told.new, told.changed, told.gone) == (0, 1, 1)


def test_a_reader_that_suddenly_gives_nothing_empties_nothing(theirs: ModuleType) -> None:
    assert read("Empty") == []
    index = FakeIndex()
    sync(bridge("Notes"), index, FakeEmbedder(), paragraphs)
    theirs.Notes.given = ()
    with pytest.raises(SourceUnreadable, match="gave something before"):
        sync(bridge("Notes"), index, FakeEmbedder(), paragraphs)
    assert index.chunks


def test_the_same_document_twice_is_one_and_two_of_one_id_are_told() -> None:
    one, other = read("Twice")
    assert isinstance(one, Document)
    assert isinstance(other, Unreadable)
    assert (one.text, other.key) == ("One.", "a (number 3)")


def test_images_and_empty_texts_are_told_and_the_rest_is_read() -> None:
    picture, one = read("Pictures")
    assert isinstance(picture, Unreadable)
    assert "is an image" in picture.reason
    assert texts([one]) == ["One."]
    _, empty, odd = read("Odd")
    assert isinstance(empty, Unreadable)
    assert isinstance(odd, Document)
    assert odd.key.encode()


def test_what_is_too_large_or_too_much_is_told() -> None:
    assert isinstance(read("Notes", max_bytes=10)[1], Unreadable)
    with pytest.raises(SourceUnreadable, match="over 1 documents"):
        read("Notes", max_documents=1)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("their_readers.NotAReader", "is no LlamaIndex reader but the class NotAReader"),
        ("their_readers.function", "is no LlamaIndex reader but the function"),
        ("their_readers.Nowhere", "is not there: their_readers has no Nowhere"),
        ("os.system", "is no LlamaIndex reader"),
        ("subprocess.Popen", "is no LlamaIndex reader but the class Popen"),
        ("their_readers", "is no dotted name"),
        ("__import__('os').system", "is no dotted name"),
        ("their_readers.Texts", "number 1 of what the reader gives is no document (a str)"),
        ("their_readers.One", "gives no list of documents but a str"),
        ("their_readers.Breaking", "the reader failed (OSError: connection reset)"),
        ("their_readers.Ending", "the reader failed (SystemExit: no login)"),
        ("their_readers.Lacking", "Run `uv pip install not-installed-here`"),
        ("llama_index.readers.nowhere.Reader", "uv pip install llama-index-readers-nowhere`"),
    ],
)
def test_what_is_no_reader_or_fails_is_refused_with_the_reason(reader: str, said: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        list(source("long-tail", reader).documents(None))
    assert said in str(caught.value)


def test_options_that_the_reader_has_not_are_told() -> None:
    with pytest.raises(SourceUnreadable, match="Its options are: token, room"):
        read("Notes", options={"tokn": SECRET})


def test_no_error_repeats_a_secret() -> None:
    made = bridge("Raising", options={"token": SECRET})
    with pytest.raises(SourceUnreadable) as caught:
        list(made.documents(None))
    assert "401 for https://x.example/?token=***" in str(caught.value)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {made!r}"


def test_without_llama_index_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.core.readers.base", None)
    with pytest.raises(SourceUnreadable, match="uv pip install llama-index-core`"):
        read("Notes")


def test_a_reader_of_llama_index_itself_reads_files(tmp_path: Path) -> None:
    (tmp_path / "leave.txt").write_text("27 days.")
    made = source(
        "files", "llama_index.core.SimpleDirectoryReader",
        options={"input_dir": str(tmp_path), "filename_as_id": True},
    )  # fmt: skip
    [found] = made.documents(None)
    assert isinstance(found, Document)
    assert (found.text, found.title) == ("27 days.", "leave.txt")
    assert found.modified_at
