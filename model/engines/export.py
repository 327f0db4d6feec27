"""A transformers folder made ready for OpenVINO, once: drawn, compressed, kept in the cache."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.engines import Bits, Unfit
from model.engines.adapters import Adapter, digest_of, read_adapter
from model.engines.graph import Shape, Store, draw, read_shape
from model.engines.packing import Packed, pack
from model.progress import Progress
from model.weights.cache import MANIFEST, Cache
from model.weights.fetch import need_room

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXPORTER = 2  # counts up when what is drawn changes: old exports are made anew
GRAPH = "openvino_model.xml"
WITH = "+"  # before the adapter's digest in an export's name
KEPT = 4  # exports with adapters of one model: live ones of style and of answers, a candidate each
TABLE = "embed_tokens"  # looked up and multiplied; 4 bits would be felt in every word


@dataclass(frozen=True)
class Checkpoint:
    """The tensors of a transformers folder, each read when it is asked for."""

    folder: Path

    @property
    def files(self) -> dict[str, str]:
        """Which file holds which tensor. Raises `Unfit` when it is no safetensors folder."""
        from safetensors import safe_open

        index = self.folder / "model.safetensors.index.json"
        if index.is_file():
            found: dict[str, str] = json.loads(index.read_text("utf-8"))["weight_map"]
            return found
        single = self.folder / "model.safetensors"
        if not single.is_file():
            raise Unfit(f"no safetensors in {self.folder}")
        with safe_open(single, "np") as file:
            return dict.fromkeys(file.keys(), single.name)

    def tensor(self, name: str, file: str) -> NDArray[Any]:
        """One tensor, in float16 or float32."""
        from safetensors import safe_open

        with safe_open(self.folder / file, "np") as opened:
            if opened.get_slice(name).get_dtype() != "BF16":
                read: NDArray[Any] = opened.get_tensor(name)
                return read
        with safe_open(self.folder / file, "pt") as opened:  # numpy has no bfloat16
            widened: NDArray[np.float32] = opened.get_tensor(name).float().numpy()
            return widened


def exported(
    folder: Path, adapter: Path | None, bits: Bits, cache: Cache, progress: Progress
) -> Path:
    """The folder with OpenVINO's model of `folder`, the adapter merged, made if it is not held.

    Of the models with an adapter merged those used last are kept, the others removed.
    Raises `Unfit` when the model or the adapter is of a kind not known here, `FetchFailed` when
    the disk has no room, and `OSError`.
    """
    shape = read_shape(folder)
    if shape is None:
        raise Unfit(f"the model in {folder} is of a kind that is not known here")
    name, digest = named(folder, adapter, bits)
    if there := cache.held(name, digest):
        return _used(there)
    with cache.lock(name, progress):
        if there := cache.held(name, digest):  # another process was quicker
            return _used(there)
        cache.root.mkdir(parents=True, exist_ok=True)
        need_room(cache.root, _bytes(folder) * bits // 15, f"preparing {name}")
        made = cache.put(name, digest, partial(_export, folder, shape, adapter, bits, progress))
    _forget(made)
    return made


def named(folder: Path, adapter: Path | None, bits: Bits) -> tuple[str, str]:
    """The name of an export, and the digest of all that it is made of."""
    source, ours = _source(folder)
    base = f"{folder.name}-ov-{'f' if bits == 16 else 'int'}{bits}"
    merged = digest_of(adapter) if adapter else ""
    said = f"{EXPORTER} {bits} {source} {merged}"
    name = base + ("" if ours else f"-{source[:12]}") + (f"{WITH}{merged[:12]}" if merged else "")
    return name, hashlib.sha256(said.encode()).hexdigest()


def _used(export: Path) -> Path:
    """The same folder, noted as used now."""
    with suppress(OSError):  # a cache that others own can be read all the same
        os.utime(export / MANIFEST)
    return export


def _forget(made: Path) -> None:
    """Remove the exports beside `made`, with other adapters, that were used longest ago.

    One that a pipeline still reads is gone from the folder only, and is made anew if need be.
    """
    base, with_adapter, _ = made.name.partition(WITH)
    held = made.parent.glob(f"{glob.escape(base + WITH)}*/{MANIFEST}") if with_adapter else ()
    with suppress(OSError):  # another process removes the same ones
        by_use = sorted(held, key=lambda manifest: manifest.stat().st_mtime_ns, reverse=True)
        for manifest in by_use[KEPT:]:
            shutil.rmtree(manifest.parent)


def _source(folder: Path) -> tuple[str, bool]:
    """What stands for the weights in `folder`, and whether they are from our own cache."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        return str(json.loads(manifest.read_text("utf-8"))["digest"]), True
    files = sorted([folder / "config.json", *folder.glob("*.safetensors")])
    told = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(f"{folder.resolve()} {told}".encode()).hexdigest(), False


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def _export(
    folder: Path, shape: Shape, adapter: Path | None, bits: Bits, progress: Progress, to: Path
) -> None:
    """Write the model into `to`; takes the memory of the compressed weights and one matrix."""
    import openvino as ov

    merged = read_adapter(adapter) if adapter else Adapter(0.0, {})
    step = f"Preparing {folder.name} for this processor"
    store = _Reader(Checkpoint(folder), merged, bits)
    model = draw(
        shape,
        Store(store.matrix, store.vector),
        lambda layers: progress(step, layers, shape.layers + 1),
    )
    if missed := merged.pairs.keys() - store.read:
        raise Unfit(f"the adapter changes what the model does not have: {min(missed)}")
    ov.save_model(model, to / GRAPH, compress_to_fp16=False)
    shutil.copy(folder / "config.json", to)
    progress(step, shape.layers + 1, shape.layers + 1)


class _Reader:
    """Reads a checkpoint for a graph, and notes what was read."""

    def __init__(self, checkpoint: Checkpoint, adapter: Adapter, bits: Bits) -> None:
        self._checkpoint, self._adapter, self._bits = checkpoint, adapter, bits
        self._files = checkpoint.files
        self.read = set[str]()

    def matrix(self, name: str) -> Packed | NDArray[Any]:
        """A matrix with the adapter in it, compressed if it is to be."""
        self.read.add(name)
        weights = self._checkpoint.tensor(name, self._files[name])
        whole = self._adapter.added(name, weights)
        if self._bits == 16:
            return whole.astype(weights.dtype)
        return pack(whole, 8 if TABLE in name or name.startswith("lm_head") else self._bits)

    def vector(self, name: str) -> Any:
        """A vector in float32; None: the model has none of that name."""
        import numpy as np

        if name not in self._files:
            return None
        self.read.add(name)
        return np.asarray(self._checkpoint.tensor(name, self._files[name]), np.float32)
