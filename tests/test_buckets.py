"""The folder source over S3, against a real server of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from knowledge.errors import SourceUnreadable
from knowledge.sources.folder import FolderSource, source
from knowledge.sync import SyncReport, sync
from tests import buckets
from tests.buckets import LISTED, Buckets
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs

pytestmark = pytest.mark.endurance
PAGES = 2 * LISTED + 2


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    with buckets.serving(tmp_path_factory.mktemp("s3")) as made:
        made.storage.mkdir("acme")
        yield made


@pytest.fixture
def served(running: Buckets) -> Iterator[Buckets]:
    """A bucket with more pages than a list tells at once."""
    put(running, {f"docs/{n}.md": f"# Page {n}\nKiln {n} is hot." for n in range(PAGES)})
    put(running, {"elsewhere.md": "# Elsewhere", "docs/.hidden": "no", "docs/logo.png": "no"})
    yield running
    running.storage.rm("acme/docs", recursive=True)


def put(served: Buckets, pages: dict[str, str]) -> None:
    served.storage.pipe({f"acme/{key}": text.encode() for key, text in pages.items()})


def folder(served: Buckets, path: str = "s3://acme/docs", **given: Any) -> FolderSource:
    return source("docs", path, include=["*.md"], options=served.options, **given)


def passed(served: Buckets, index: FakeIndex) -> SyncReport:
    return sync(folder(served), index, FakeEmbedder(), paragraphs)


@pytest.fixture(scope="module")
def filled(running: Buckets) -> Buckets:
    """With pages that stay as they are."""
    put(running, {f"steady/{n}.md": "# Page" for n in range(LISTED + 1)})
    return running


class TestOnS3(SourceContract):
    @pytest.fixture
    def source(self, filled: Buckets) -> FolderSource:
        return folder(filled, "s3://acme/steady")


def test_all_objects_are_found_however_many_pages_their_list_has(served: Buckets) -> None:
    index = FakeIndex()
    report = passed(served, index)
    assert (report.new, report.unreadable) == (PAGES, ())
    assert sorted(index.fingerprints("docs")) == [f"{n}.md" for n in range(PAGES)]
    assert folder(served).expected() == PAGES


def test_changed_new_and_deleted_objects_are_followed(served: Buckets) -> None:
    index = FakeIndex()
    passed(served, index)
    assert passed(served, index).unchanged == PAGES
    put(served, {"docs/3.md": "# Page 3\nKiln 3 is off.", "docs/more/new.md": "# New"})
    served.storage.rm("acme/docs/6.md")
    report = passed(served, index)
    counts = (report.new, report.changed, report.gone, report.unchanged)
    assert counts == (1, 1, 1, PAGES - 2)
    assert any("off" in chunk["text"] for chunk in index.chunks.values())


def test_an_object_that_is_written_again_with_the_same_text_is_not_read(served: Buckets) -> None:
    index = FakeIndex()
    passed(served, index)
    put(served, {"docs/3.md": "# Page 3\nKiln 3 is hot."})
    assert passed(served, index).unchanged == PAGES


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"secret": "guessed"}, "s3://acme/docs", "PermissionError.*credentials in `options`"),
        ({"key": "nobody"}, "s3://acme/docs", "PermissionError.*credentials in `options`"),
        ({}, "s3://nowhere/docs", "there is no s3://nowhere/docs. Check `path`"),
    ],
)
def test_what_is_wrong_is_said_without_the_secret_and_nothing_is_forgotten(
    served: Buckets, given: dict[str, str], path: str, said: str
) -> None:
    index = FakeIndex()
    passed(served, index)
    other = replace(served, **given)
    with pytest.raises(SourceUnreadable, match=said) as error:
        sync(folder(other, path), index, FakeEmbedder(), paragraphs)
    assert other.secret not in str(error.value)
    assert len(index.fingerprints("docs")) == PAGES
