"""The writing, and the filling of the index, leave the processor to questions."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from knowledge.embedding import OnnxEmbedder
from model.backends import Sampling
from model.engines.export import exported
from model.engines.openvino import OpenvinoEngine, pipeline
from model.engines.yielding import LAST, kindly, stand_back
from model.progress import quiet
from model.weights import resolve
from model.weights.cache import Cache
from tests import tiny
from tests.servers import CACHE

linux = pytest.mark.skipif(sys.platform != "linux", reason="a thread has its own rank on Linux")


def ranks() -> dict[int, int]:
    """The nice value of each thread of this process."""
    threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    found = dict[int, int]()
    for thread in threads:
        with suppress(ProcessLookupError):  # it ended meanwhile
            found[thread] = os.getpriority(os.PRIO_PROCESS, thread)
    return found


@linux
def test_a_thread_stands_back_alone() -> None:
    before = ranks()
    told: list[int] = []

    def work() -> None:
        stand_back()
        told.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    now = ranks()
    assert told == [LAST]
    assert all(now.get(thread, rank) == rank for thread, rank in before.items())


@linux
@pytest.mark.real
def test_many_texts_are_embedded_by_threads_that_stand_back_and_one_by_the_asking_thread() -> None:
    embedder = OnnxEmbedder(resolve("bge-small-en-v1.5-int8", CACHE).path, "bge")
    others = workers()
    embedder.embed(["alone"])
    assert workers() <= others
    embedder.embed(["one", "two", "three"])
    now = ranks()
    assert {now[thread] for thread in workers() - others} == {LAST}


def workers() -> set[int]:
    """The threads of all embedders' pools."""
    running = threading.enumerate()
    return {t.native_id for t in running if t.native_id and t.name.startswith("embed")}


@linux
def test_all_threads_of_the_engine_stand_back_and_no_other(tmp_path: Path) -> None:
    tiny.model("llama").save_pretrained(tmp_path / "model")
    folder = exported(tmp_path / "model", None, 8, Cache(tmp_path / "cache"), quiet)
    before = ranks()
    engine = OpenvinoEngine(partial(pipeline, folder, 2), tuple)
    answer = engine.write([5, 60, 70, 33], Sampling(max_tokens=20))
    next(answer)
    now = ranks()
    new = now.keys() - before.keys()
    assert new
    assert {now[thread] for thread in new} == {LAST}
    assert all(now.get(thread, rank) == rank for thread, rank in before.items())
    assert len(list(answer)) == 19


def test_what_goes_wrong_in_the_making_is_raised() -> None:
    def build() -> None:
        raise ValueError("no such model")

    with pytest.raises(ValueError, match="no such model"):
        kindly(build)


def test_where_ranks_are_forbidden_the_writing_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", forbidden, raising=False)
    assert kindly(lambda: 7) == 7
