"""How large the engine's cache is made, by the memory that there is."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from model.backends import Message, Prompt, Sampling
from model.backends.local import backend
from model.engines.graph import Shape
from model.engines.room import FEWEST, MOST, cache_tokens, memory
from model.errors import PromptTooLong
from tests.servers import CACHE

GIB = 2**30
MACHINE = psutil.virtual_memory().total


def shape(layers: int, kv_heads: int, head: int) -> Shape:
    return Shape("qwen2", layers, 1, 1, kv_heads, head, 1e4, 1e-6, True)


QWEN = shape(24, 2, 64)
SEVEN_BILLION = shape(28, 4, 128)


def machine(root: Path, cgroup: str, limits: dict[str, str]) -> Path:
    """A file system that says so of this process's control groups."""
    told = {"proc/self/cgroup": cgroup, **limits}
    for name, text in told.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


def test_a_larger_memory_holds_more_tokens_and_a_larger_model_fewer() -> None:
    tokens = [cache_tokens(QWEN, gib * GIB) for gib in (1, 2, 4)]
    assert tokens == sorted(set(tokens))
    assert cache_tokens(SEVEN_BILLION, 4 * GIB) < tokens[-1]


def test_there_is_a_floor_and_a_bound() -> None:
    assert cache_tokens(SEVEN_BILLION, GIB) == FEWEST
    assert cache_tokens(QWEN, 1000 * GIB) == MOST


def test_the_cache_takes_a_small_part_of_the_memory() -> None:
    """Measured: 7,296 bytes a token of Qwen 0.5B."""
    for gib in (1, 2, 4, 8):
        assert cache_tokens(QWEN, gib * GIB) * 7296 <= gib * GIB / 20


@pytest.mark.parametrize(
    ("cgroup", "limits"),
    [
        ("0::/bot.slice/bot", {"sys/fs/cgroup/bot.slice/bot/memory.max": str(GIB)}),
        (
            "0::/bot.slice/bot",
            {
                "sys/fs/cgroup/bot.slice/bot/memory.max": "max",
                "sys/fs/cgroup/bot.slice/memory.max": str(GIB),
            },
        ),
        ("0::/as/the/host/sees/it", {"sys/fs/cgroup/memory.max": str(GIB)}),
        (
            "5:cpu:/\n4:memory:/docker/1\n0::/",
            {"sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": str(GIB)},
        ),
    ],
    ids=["its own limit", "that of the group around it", "in a container", "version 1"],
)
def test_the_limit_of_a_control_group_counts(
    tmp_path: Path, cgroup: str, limits: dict[str, str]
) -> None:
    assert memory(machine(tmp_path, cgroup, limits)) == min(GIB, MACHINE)


@pytest.mark.parametrize("told", ["max", str(2**63 - 4096)])
def test_without_a_limit_it_is_the_machines_memory(tmp_path: Path, told: str) -> None:
    assert memory(tmp_path) == MACHINE
    held = machine(tmp_path, "0::/", {"sys/fs/cgroup/memory.max": told})
    assert memory(held) == MACHINE


@pytest.mark.endurance
@pytest.mark.real
def test_a_prompt_that_the_cache_does_not_hold_is_refused_with_both_sizes() -> None:
    small = backend("SmolLM2-135M-Instruct", cache=CACHE, engine="openvino", device="cpu", room=64)
    long = Prompt((Message("user", "word " * 100),))
    with pytest.raises(PromptTooLong, match="takes 64 with its answer") as caught:
        list(small.complete(long, Sampling(max_tokens=8)))
    assert caught.value.tokens > 100
    assert "".join(small.complete(Prompt((Message("user", "Hi"),)), Sampling(max_tokens=8)))
