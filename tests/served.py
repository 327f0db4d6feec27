"""Versions to be served: their rows, their folders, what loads them, and what says who is live."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.conversation import Place
from bot.errors import DatabaseUnavailable, UnknownVersion
from bot.learning.words import Evaluation, ModelVersion, State
from model.backends import Backend, Prompt, Sampling
from model.errors import BackendUnavailable, VersionUnusable
from model.examples import What
from model.versions import Manifest, version_folder, write_manifest
from tests.fakes import FakeBackend

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASE = "tiny"
HERE = Place("slack", "T1", "C1")
EVERYTHING = ("rewrite", "summarize")


def places(number: int) -> list[Place]:
    """Channels of one workspace."""
    return [Place("slack", "T1", f"C{n}", f"{n}.1") for n in range(number)]


def a_version(
    name: str,
    what: What = What.STYLE,
    tasks: tuple[str, ...] = ("rewrite",),
    state: State = State.CANDIDATE,
    canary: float = 0.0,
) -> ModelVersion:
    """A version as the registry knows it."""
    return ModelVersion(name, what, tasks, BASE, 0, state, NOON, NOON, canary=canary)


def measured(
    name: str, against: str = "", passed: bool = True, reasons: Sequence[str] = ()
) -> Evaluation:
    """What the gate said of a version."""
    return Evaluation(name, against, {}, passed, tuple(reasons), NOON)


def a_folder(home: Path, version: ModelVersion, base: str = BASE, seed: int = 1) -> Path:
    """The folder of a version, with a small adapter that nothing is made for."""
    from safetensors.numpy import save_file

    folder = version_folder(home, version.name)
    folder.mkdir(parents=True)
    told = {"peft_type": "LORA", "base_model_name_or_path": base, "r": 2, "lora_alpha": 4}
    (folder / "adapter_config.json").write_text(json.dumps(told))
    drawn = np.random.default_rng(seed)
    pairs = {
        f"base_model.model.layers.0.q_proj.lora_{side}.weight": drawn.normal(size=shape)
        for side, shape in (("A", (2, 8)), ("B", (8, 2)))
    }
    tensors = {name: pair.astype(np.float32) for name, pair in pairs.items()}
    save_file(tensors, folder / "adapter_model.safetensors")
    sign(folder, version, base)
    return folder


def sign(folder: Path, version: ModelVersion, base: str = BASE) -> None:
    """Make a folder that of a version."""
    made_at, nothing = NOON.isoformat(), dict[str, str]()
    write_manifest(
        folder,
        Manifest(version.name, version.what, version.tasks, base, "", "", 20, {}, nothing, made_at),
    )


def a_base(folder: Path) -> Path:
    """A folder that holds weights of the base model, as far as anybody looks."""
    from safetensors.numpy import save_file

    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    save_file({"one": np.zeros(1, np.float32)}, folder / "model.safetensors")
    return folder


@dataclass
class FakeVersions:
    """What says who is served what, changed at will."""

    known: dict[str, ModelVersion] = field(default_factory=dict)
    names: dict[What, str] = field(default_factory=dict)  # of what is live
    changes: int = 0
    reads: int = 0
    down: bool = False

    def promote(self, version: ModelVersion) -> None:
        """Make it live, and retire the one before."""
        before = self.names.get(version.what)
        if before:
            self.known[before] = replace(self.known[before], state=State.RETIRED)
        self.known[version.name] = replace(version, state=State.LIVE, canary=0.0)
        self.names[version.what] = version.name
        self.changes += 1

    def roll_back(self, what: What, to: str = "") -> None:
        """Refuse what is live, and go back to another (empty: the base)."""
        name = self.names.pop(what)
        self.known[name] = replace(self.known[name], state=State.REFUSED)
        if to:
            self.names[what] = to
        self.changes += 1

    def try_out(self, version: ModelVersion) -> None:
        """Give a candidate to a share of the places."""
        self.known[version.name] = version
        self.changes += 1

    def marker(self) -> str:
        self.reads += 1
        if self.down:
            raise DatabaseUnavailable("sqlite:///x", "it is locked", "Wait")
        return str(self.changes)

    def live(self, what: What) -> ModelVersion | None:
        name = self.names.get(what)
        return self.known[name] if name else None

    def candidates(self, what: What) -> list[ModelVersion]:
        found = [v for v in self.known.values() if (v.what, v.state) == (what, State.CANDIDATE)]
        return found[::-1]

    def version(self, name: str) -> ModelVersion:
        if name not in self.known:
            raise UnknownVersion(name, tuple(self.known))
        return self.known[name]


@dataclass
class FakeLoader:
    """Makes backends that say who they are; loading may be held up, or fail."""

    broken: dict[str, str] = field(default_factory=dict)  # why, by name
    held_up: dict[str, threading.Event] = field(default_factory=dict)  # until when, by name
    loaded: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    backends: dict[str, FakeBackend] = field(default_factory=dict)

    def load(self, version: ModelVersion) -> Backend:
        if version.name in self.held_up:
            self.held_up[version.name].wait()
        self.loaded.append(version.name)
        if version.name in self.broken:
            raise VersionUnusable(version.name, self.broken[version.name])
        made = FakeBackend(f"{version.name} ", "writes ", "this", name=f"{BASE}+{version.name}")
        return self.backends.setdefault(version.name, made)

    def retire(self, name: str, backend: Backend) -> None:
        self.retired.append(name)

    def end(self, backend: Backend) -> None:
        self.ended.append(backend.name.partition("+")[2])


class Breaking(FakeBackend):
    """Says some pieces, then breaks."""

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        yield from super().complete(prompt, sampling)
        raise BackendUnavailable(self.name, "the memory is full", "Add some")
