"""The engine in a process of its own: the same tokens, and nobody waits for one that is gone."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from model.backends import Sampling
from model.engines.apart import EngineApart, Plan
from model.engines.openvino import OpenvinoEngine, pipeline
from tests.patience import PATIENCE_S
from tests.test_engines import IDS, export, saved


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apart")
    return export(saved(folder / "model")[0], folder / "cache")


@pytest.fixture
def engine(ready: Path) -> Iterator[EngineApart]:
    made = EngineApart(lambda: Plan(ready, 1, 4096), tuple)
    yield made
    made.close()


def written(engine: EngineApart | OpenvinoEngine, ids: list[int], tokens: int = 12) -> list[int]:
    return list(engine.write(ids, Sampling(max_tokens=tokens)))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(number: int) -> bool:
    """Has the process ended?"""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{number}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_it_writes_and_weighs_as_the_engine_does(engine: EngineApart, ready: Path) -> None:
    here = OpenvinoEngine(partial(pipeline, ready, 1), tuple)
    first = written(here, IDS)
    assert written(engine, IDS) == first
    assert engine.chances(IDS, [first[0], 1]) == pytest.approx(here.chances(IDS, [first[0], 1]))
    assert engine.chances(IDS, [first[0] ^ 1]) is None


def test_several_write_at_once(engine: EngineApart) -> None:
    asked = [[*IDS, number] for number in range(6)]
    alone = [written(engine, ids) for ids in asked]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(partial(written, engine), asked)) == alone
    until(lambda: engine.under_way == 0)


def test_the_tokens_that_end_an_answer_are_known_there(ready: Path, engine: EngineApart) -> None:
    third = written(engine, IDS)[2]
    ending = EngineApart(lambda: Plan(ready, 1, 4096), lambda: {third})
    assert third not in written(ending, IDS)
    ending.close()


def test_what_is_stopped_leaves_its_slot(engine: EngineApart) -> None:
    answer = engine.write(IDS, Sampling(max_tokens=3000))
    next(answer)
    assert engine.under_way == 1
    answer.close()
    until(lambda: engine.under_way == 0)


def test_a_process_that_dies_fails_its_answers_and_the_next_question_starts_another(
    engine: EngineApart,
) -> None:
    first = written(engine, IDS)
    answer = engine.write(IDS, Sampling(max_tokens=3000))
    next(answer)
    number = engine.process_id
    assert number is not None
    os.kill(number, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="ended"):
        list(answer)
    assert written(engine, IDS) == first
    assert engine.process_id != number


def test_a_model_that_cannot_be_loaded_is_an_error_and_leaves_no_process(tmp_path: Path) -> None:
    broken = EngineApart(lambda: Plan(tmp_path, 1, 4096), tuple)
    with pytest.raises(RuntimeError):
        broken.load()
    assert broken.process_id is None


def test_what_goes_wrong_while_the_ends_are_read_is_told_as_it_is(ready: Path) -> None:
    def ends() -> frozenset[int]:
        raise ValueError("no tokenizer")

    with pytest.raises(ValueError, match="no tokenizer"):
        EngineApart(lambda: Plan(ready, 1, 4096), ends).load()


def test_the_process_ends_with_its_engine(ready: Path) -> None:
    engine = EngineApart(lambda: Plan(ready, 1, 4096), tuple)
    engine.load()
    number = engine.process_id
    assert number is not None
    del engine
    gc.collect()
    until(partial(gone, number))


def test_the_process_ends_with_a_bot_that_is_killed(ready: Path) -> None:
    told = (
        "import sys, time; from pathlib import Path\n"
        "from model.engines.apart import EngineApart, Plan\n"
        "engine = EngineApart(lambda: Plan(Path(sys.argv[1]), 1, 4096), tuple); engine.load()\n"
        "print(engine.process_id, flush=True); time.sleep(100)"
    )
    asked = [sys.executable, "-c", told, str(ready)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as bot:
        assert bot.stdout is not None
        number = int(bot.stdout.readline())
        bot.kill()
    until(partial(gone, number))
