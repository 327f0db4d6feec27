"""Deaths in the middle of a sync, of its process and of Weaviate, and what a sync weighs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from knowledge.errors import IndexUnavailable
from knowledge.index import Index
from knowledge.putting import PENDING
from knowledge.server import status, stop
from knowledge.sync import sync
from tests.children import start
from tests.fakes import FakeEmbedder, FakeSource, paragraphs
from tests.indexes import Contents, connected, contents, finder, prepared
from tests.servers import fresh, until, use

if TYPE_CHECKING:
    from weaviate import WeaviateClient

pytestmark = pytest.mark.real

OLD = {f"{n}.md": f"Page {n}\n\nText {n}\n\nOld words {n}" for n in range(90)}
NEW = {
    **{key: text for key, text in OLD.items() if not key.startswith("8")},  # these are gone
    **{f"{n}.md": f"Page {n}\n\nText {n}\n\nNew words {n}" for n in range(20, 60)},
    **{f"moved/{n}.md": OLD[f"{n}.md"] for n in range(80, 85)},
    **{f"new/{n}.md": f"New {n}\n\nFooter" for n in range(20)},
}


def sync_all(index: Index, texts: dict[str, str]) -> None:
    sync(FakeSource(texts), index, FakeEmbedder(), paragraphs)


@pytest.fixture(scope="module")
def undisturbed(weaviate: WeaviateClient) -> Contents:
    """What NEW leaves behind in an index that held nothing."""
    index = prepared(weaviate, "Tundisturbed")
    sync_all(index, NEW)
    held = contents(index)
    index.forget("handbook")
    return held


@pytest.fixture
def index(weaviate: WeaviateClient, prefix: str) -> Index:
    return prepared(weaviate, prefix)


# A sync of NEW over OLD asks for the fingerprints and the state (1, 2); for each of three batches
# it asks for vectors and writes records, chunks, drops the stale ones, writes records (about 3 to
# 16); then it writes records of what is gone, drops chunks and records, and notes its end (17 to
# 20).
MOMENTS = (3, 4, 5, 6, 7, 11, 17, 18, 19)


@pytest.mark.endurance
def test_a_sync_killed_between_two_requests_ends_the_next_time_as_if_undisturbed(
    weaviate: WeaviateClient,
    weaviate_home: Path,
    prefix: str,
    tmp_path: Path,
    undisturbed: Contents,
) -> None:
    indexes = [prepared(weaviate, f"{prefix}n{moment}") for moment in MOMENTS]
    for index in indexes:
        sync_all(index, OLD)
    with dying(weaviate_home, prefix, tmp_path, MOMENTS) as child:
        ends = re.findall(r"-\d+\b", child.communicate()[0])  # a key cut short may stand before
    assert ends == [str(-signal.SIGKILL)] * len(MOMENTS)
    for index in indexes:
        assert contents(index) != undisturbed
        sync_all(index, NEW)
        assert contents(index) == undisturbed, index.prefix


def dying(home: Path, prefix: str, folder: Path, moments: Sequence[int]) -> subprocess.Popen[str]:
    texts = folder / "texts.json"
    texts.write_text(json.dumps(NEW))
    return start("dying_syncs", str(home), prefix, str(texts), json.dumps(moments))


def test_a_sync_killed_again_and_again_at_any_moment_ends_as_if_undisturbed(
    weaviate: WeaviateClient,
    prefix: str,
    weaviate_home: Path,
    tmp_path: Path,
    undisturbed: Contents,
) -> None:
    index = prepared(weaviate, f"{prefix}n0")
    sync_all(index, OLD)
    for keys_given in (40, 100):
        with dying(weaviate_home, prefix, tmp_path, [0]) as child:
            assert child.stdout is not None
            for _ in range(keys_given):
                child.stdout.readline()
            os.killpg(child.pid, signal.SIGKILL)
    sync_all(index, NEW)
    assert contents(index) == undisturbed


def test_a_document_that_comes_back_after_its_dropping_was_cut_short_is_written_again(
    weaviate: WeaviateClient, prefix: str, weaviate_home: Path, tmp_path: Path
) -> None:
    index = prepared(weaviate, f"{prefix}n19")
    sync_all(index, OLD)
    before = contents(index)
    with dying(weaviate_home, prefix, tmp_path, [19]) as child:
        assert child.communicate()[0].endswith("-9\n")
    assert index.fingerprints("handbook")["80.md"] == PENDING
    sync_all(index, OLD)
    assert contents(index) == before


@pytest.mark.endurance
def test_a_sync_outlives_weaviate(index: Index, weaviate_home: Path, undisturbed: Contents) -> None:
    """Weaviate is killed twice; its supervisor starts it again each time."""
    sync_all(index, OLD)
    killed: list[int] = []

    def kill(key: str) -> None:
        if key in ("30.md", "new/3.md"):
            until(lambda: status(weaviate_home).running, "Weaviate is there to be killed")
            killed.append(status(weaviate_home).pid)
            os.kill(killed[-1], signal.SIGKILL)
            until(lambda: status(weaviate_home).pid not in killed, "its death is noticed")

    source = FakeSource(NEW, before_each=kill)
    report = sync(source, index, FakeEmbedder(), paragraphs)
    assert (report.changed, report.moved, report.new, report.gone) == (40, 5, 20, 6)
    assert len(set(killed)) == 2
    assert contents(index) == undisturbed


def test_questions_are_answered_again_once_weaviate_is_back(
    index: Index, weaviate_home: Path, prefix: str
) -> None:
    sync_all(index, OLD)
    search = finder(index.client, prefix).search
    before = search("Page 42\nOld words 42")[0]
    os.kill(status(weaviate_home).pid, signal.SIGKILL)
    until(lambda: status(weaviate_home).running, "Weaviate is back")
    assert before.chunk.text == "Old words 42"
    assert search("Page 42\nOld words 42")[0] == before


@pytest.mark.endurance
def test_a_question_to_a_weaviate_that_was_stopped_is_an_error_and_not_an_empty_result(
    tmp_path: Path,
) -> None:
    with fresh(tmp_path) as home:
        with use(home), closing(connected(home)) as client:
            sync_all(prepared(client, "T"), OLD)
            stop(home)
            with pytest.raises(IndexUnavailable, match="did not answer"):
                finder(client, "T").search("page")
        with use(home), closing(connected(home)) as client:
            assert len(finder(client, "T").search("page")) == 10


@pytest.mark.endurance
def test_a_sync_weighs_the_same_however_much_it_reads(weaviate_home: Path, prefix: str) -> None:
    """Ten times the documents: 27 MB of text more, of which next to nothing may stay."""
    few, many = (weight(weaviate_home, f"{prefix}{n}", n) for n in (150, 1500))
    assert many - few < 16 << 10, f"{few} KiB, then {many} KiB"


def weight(home: Path, prefix: str, documents: int) -> int:
    """The most memory of a process that syncs so many, in KiB."""
    with start("weighed_sync", str(home), prefix, str(documents)) as child:
        told = json.loads(child.communicate()[0])
    assert told["chunks"] == 4 * documents
    return int(told["peak_kib"])
