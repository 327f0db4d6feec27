"""The fast engine beside the reference, on tiny models of random weights."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any, Literal

import numpy as np
import pytest

from model.backends import Sampling
from model.engines import Bits, Dials, Unfit
from model.engines.adapters import read_adapter
from model.engines.choosing import fitting, start
from model.engines.export import GRAPH, KEPT, exported, named
from model.engines.openvino import OpenvinoEngine, pipeline
from model.engines.packing import nibbles, pack
from model.engines.transformers import TransformersEngine
from model.progress import Progress, quiet
from model.weights import resolve
from model.weights.cache import Cache
from tests import tiny
from tests.servers import CACHE

# peft 0.21 asks what transformers 5.23 calls otherwise by now.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

IDS = [5, 60, 70, 33, 9, 120, 200, 31]


def saved(folder: Path, kind: str = "llama", tied: bool = True) -> tuple[Path, Any]:
    """A tiny model, and the folder that transformers makes of it."""
    made = tiny.model(kind, tied)
    made.save_pretrained(folder)
    return folder, made


def lora(made: Any, folder: Path, seed: int) -> Any:
    """An adapter of random weights for a copy of `made`; gives the adapted copy."""
    import copy

    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    wanted = LoraConfig(r=4, lora_alpha=16, target_modules=["q_proj", "down_proj"])
    adapted = get_peft_model(copy.deepcopy(made), wanted)
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.3)
    adapted.save_pretrained(str(folder))
    return adapted


def logits(graph: Path) -> Any:
    """What an exported model makes of `IDS`, (tokens, vocabulary)."""
    import openvino as ov

    ready = ov.Core().compile_model(str(graph / GRAPH), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    many = np.array([IDS], np.int64)
    places = np.arange(len(IDS), dtype=np.int64)[None]
    given = {"input_ids": many, "attention_mask": np.ones_like(many), "position_ids": places}
    return ready({**given, "beam_idx": np.array([0], np.int32)})["logits"][0]


def reference(made: Any) -> Any:
    import torch

    with torch.no_grad():
        return made(torch.tensor([IDS])).logits[0].numpy()


def export(folder: Path, to: Path, adapter: Path | None = None, bits: Bits = 8) -> Path:
    return exported(folder, adapter, bits, Cache(to), quiet)


@pytest.mark.parametrize(("kind", "tied"), [("llama", True), ("qwen2", False)])
def test_an_export_computes_what_the_model_computes(tmp_path: Path, kind: str, tied: bool) -> None:
    """Uncompressed to the last digits, so what 8 and 4 bits change is rounding and no more."""
    folder, made = saved(tmp_path / "model", kind, tied)
    wanted = reference(made)
    rounding: dict[Bits, float] = {16: 1e-5, 8: 0.02, 4: 0.2}
    for bits, near in rounding.items():
        found = logits(export(folder, tmp_path / "cache", bits=bits))
        assert np.linalg.norm(found - wanted) < near * np.linalg.norm(wanted)


@pytest.mark.real
def test_the_real_weights_uncompressed_give_the_scores_of_transformers(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    folder = resolve("SmolLM2-135M-Instruct", CACHE).path
    family: Any = AutoModelForCausalLM
    wanted = reference(family.from_pretrained(folder, dtype="float32").eval())
    assert np.abs(logits(export(folder, tmp_path, bits=16)) - wanted).max() < 1e-3


def test_an_adapter_is_part_of_the_export(tmp_path: Path) -> None:
    folder, made = saved(tmp_path / "model")
    wanted = reference(lora(made, tmp_path / "adapter", 1))
    assert np.linalg.norm(reference(made) - wanted) > 0.1 * np.linalg.norm(wanted)
    found = logits(export(folder, tmp_path / "cache", tmp_path / "adapter"))
    assert np.linalg.norm(found - wanted) < 0.03 * np.linalg.norm(wanted)


def test_what_is_exported_is_kept_and_told_apart(tmp_path: Path) -> None:
    folder, made = saved(tmp_path / "model")
    lora(made, tmp_path / "one", 1)
    lora(made, tmp_path / "two", 2)
    names = {named(folder, None, 8), named(folder, None, 4), named(folder, tmp_path / "one", 8)}
    assert len(names | {named(folder, tmp_path / "two", 8)}) == 4
    first = export(folder, tmp_path / "cache")
    written = (first / GRAPH).stat().st_mtime_ns
    assert (export(folder, tmp_path / "cache") / GRAPH).stat().st_mtime_ns == written


def test_of_the_exports_with_adapters_those_used_last_are_kept(tmp_path: Path) -> None:
    folder, made = saved(tmp_path / "model")
    plain = export(folder, tmp_path / "cache")
    exports = []
    for seed in range(1, KEPT + 2):
        lora(made, tmp_path / str(seed), seed)
        exports.append(export(folder, tmp_path / "cache", tmp_path / str(seed)))
        export(folder, tmp_path / "cache", tmp_path / "1")  # in use all the while
    gone = [export for export in (plain, *exports) if not export.is_dir()]
    assert gone == [exports[1]]


def test_an_export_that_fails_is_said_and_transformers_take_over(tmp_path: Path) -> None:
    folder, _ = saved(tmp_path / "model")
    (tmp_path / "file").write_text("no folder for a cache")
    engine, why = start(Dials(device="cpu"), folder, tuple, Cache(tmp_path / "file"), quiet)
    assert isinstance(engine, TransformersEngine)
    assert "because OpenVINO failed" in why
    dials = Dials(device="cpu", engine="openvino")
    with pytest.raises(OSError, match="file"):
        start(dials, folder, tuple, Cache(tmp_path / "file"), quiet)


def test_an_export_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    folder, _ = saved(tmp_path / "model")

    def dying(step: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    broken: Progress = dying
    with pytest.raises(KeyboardInterrupt):
        exported(folder, None, 8, Cache(tmp_path / "cache"), broken)
    assert list((tmp_path / "cache" / "weights").iterdir()) == []
    assert export(folder, tmp_path / "cache").is_dir()


def test_what_does_not_fit_is_left_to_transformers_and_said(tmp_path: Path) -> None:
    folder, made = saved(tmp_path / "model")
    dials = Dials(device="cpu")
    assert fitting(dials, folder) == ("openvino", "")
    assert fitting(Dials(device="cuda"), folder) == ("transformers", "")
    lora(made, tmp_path / "adapter", 1)
    told = tmp_path / "adapter" / "adapter_config.json"
    told.write_text(json.dumps({**json.loads(told.read_text()), "use_dora": True}))
    with pytest.raises(Unfit, match="use_dora"):
        read_adapter(tmp_path / "adapter")
    chosen, why = fitting(Dials(device="cpu", adapter=tmp_path / "adapter"), folder)
    assert (chosen, "not plain LoRA" in why) == ("transformers", True)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"llama"', '"gpt_odd"'))
    assert fitting(dials, folder)[0] == "transformers"


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("columns", [128, 40])
def test_packed_numbers_are_within_half_a_step(bits: Literal[4, 8], columns: int) -> None:
    weights = np.random.default_rng(0).normal(size=(70, columns)).astype(np.float32)
    packed = pack(weights, bits)
    zeros = 0 if packed.zeros is None else packed.zeros
    back = (packed.codes.astype(np.float32) - zeros) * packed.scales
    assert packed.shape == weights.shape
    assert packed.bits == (8 if columns == 40 else bits)
    off = np.abs(back - weights.reshape(back.shape))
    assert (off <= 0.6 * packed.scales.astype(np.float32)).all()


def test_two_codes_share_a_byte() -> None:
    assert nibbles(np.array([1, 2, 15, 0], np.uint8)).tolist() == [0x21, 0x0F]


class Stumbling:
    """A pipeline that fails at one step."""

    def __init__(self, real: Any, at: int) -> None:
        self.real, self.left = real, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("out of memory")
        self.real.step()


class Gated:
    """A pipeline that takes a step when it is allowed one."""

    def __init__(self, real: Any) -> None:
        self.real, self.allowed, self.taken = real, Semaphore(0), Semaphore(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def step(self) -> None:
        assert self.allowed.acquire(timeout=60)
        self.real.step()
        self.taken.release()

    def take(self, steps: int) -> None:
        """Allow steps, and wait until they are taken."""
        self.allowed.release(steps)
        for _ in range(steps):
            assert self.taken.acquire(timeout=60)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    return export(saved(tmp_path / "model")[0], tmp_path / "cache")


def written(engine: OpenvinoEngine, ids: list[int], tokens: int = 12) -> list[int]:
    return list(engine.write(ids, Sampling(max_tokens=tokens)))


def test_a_failure_reaches_everyone_and_the_next_request_starts_afresh(ready: Path) -> None:
    built: list[Any] = []

    def build() -> Any:
        built.append(None)
        return Stumbling(pipeline(ready, 1), 20 if len(built) == 1 else -1)

    engine = OpenvinoEngine(build, tuple)

    def failing(number: int) -> str:
        with pytest.raises(RuntimeError) as caught:
            written(engine, [*IDS, number], 200)
        return str(caught.value)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(failing, range(3))) == ["out of memory"] * 3
    assert len(written(engine, IDS)) == 12
    assert len(built) == 2


def test_what_is_stopped_leaves_its_slot_within_one_step(ready: Path) -> None:
    gated = Gated(pipeline(ready, 1))
    engine = OpenvinoEngine(lambda: gated, tuple)
    stopped, other = (engine.write([*IDS, n], Sampling(max_tokens=100)) for n in (1, 2))
    with ThreadPoolExecutor(2) as pool:
        firsts = [pool.submit(next, answer) for answer in (stopped, other)]
        while engine.under_way < 2:
            time.sleep(0.001)
        gated.take(4)
        assert len([first.result() for first in firsts]) == 2
    stopped.close()
    gated.take(1)  # the next step leaves it out, and lets its part of the cache go
    assert gated.real.get_metrics().scheduled_requests == 1
    gated.take(1)
    assert gated.real.get_metrics().requests == 1
    gated.allowed.release(1000)
    other.close()


def test_several_write_what_each_would_write_alone(ready: Path) -> None:
    engine = OpenvinoEngine(partial(pipeline, ready, 1), tuple)
    asked = [[*IDS, number] for number in range(6)]
    alone = [written(engine, ids) for ids in asked]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(partial(written, engine), asked)) == alone
    assert engine.under_way == 0


def test_adapters_never_leak_into_each_other(tmp_path: Path) -> None:
    folder, made = saved(tmp_path / "model", tied=False)
    engines = []
    for seed in (1, 2):
        lora(made, tmp_path / str(seed), seed)
        where = export(folder, tmp_path / "cache", tmp_path / str(seed))
        engines.append(OpenvinoEngine(partial(pipeline, where, 1), tuple))
    ids = IDS * 10  # several blocks of the cache, shared by every prompt
    first = [written(engine, ids) for engine in engines]
    assert first[0] != first[1]
    for _ in range(3):
        assert [written(engine, ids) for engine in engines] == first
