"""Can a version be served: is its folder whole and readable, and made for this base?"""

from __future__ import annotations

import json
from pathlib import Path

from bot.learning.words import ModelVersion
from model.adapters import misfit
from model.errors import VersionUnusable
from model.examples import What
from model.versions import Manifest, read_manifest, version_folder
from model.weights.catalogue import entry

SETTINGS, TENSORS = "adapter_config.json", "adapter_model.safetensors"
EMBEDDER = ("embedder", "config.json")  # of a retriever, within its folder
TRAIN_AGAIN = "Train it again (`tandem train`), or go back (`tandem rollback`)"


def sound(home: Path, version: ModelVersion, base: str) -> Path:
    """The folder of a version that can be served with the base model of that name.

    Of a retriever the base is no matter: its folder holds the whole embedder. Raises
    `VersionUnusable`.
    """
    folder = version_folder(home, version.name)
    manifest = read_manifest(folder)
    if (manifest.name, manifest.what) != (version.name, version.what):
        told = f"{folder} holds {manifest.name!r} ({manifest.what}) instead"
        raise VersionUnusable(version.name, told, TRAIN_AGAIN)
    if version.what is What.RETRIEVER:
        _whole_embedder(version.name, folder)
        return folder
    _whole_adapter(version.name, folder)
    if problem := unfit(manifest, folder, base):
        raise VersionUnusable(version.name, problem, TRAIN_AGAIN)
    return folder


def unfit(manifest: Manifest, folder: Path, base: str) -> str:
    """Why a version is not for the base model that is used now; empty: it is."""
    if not alike(manifest.base, base):
        return f"it was trained for {manifest.base}, and {base} is used now"
    return misfit(folder, base)


def alike(one: str, other: str) -> bool:
    """Do both name the same weights? Of a path or a hub id the last part counts."""
    names = [Path(name.rstrip("/")).name.casefold() for name in (one, other)]
    entries = [entry(name) or entry(Path(name).name) for name in (one, other)]
    return names[0] == names[1] or (entries[0] is not None and entries[0] is entries[1])


def _whole_adapter(name: str, folder: Path) -> None:
    """Raise `VersionUnusable` where PEFT's two files cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        told = json.loads((folder / SETTINGS).read_text("utf-8"))
        with safe_open(folder / TENSORS, "np") as tensors:  # it looks at the length, too
            held = list(tensors.keys())
    except (OSError, ValueError, SafetensorError) as error:
        told = f"its adapter in {folder} cannot be read ({error})"
        raise VersionUnusable(name, told, TRAIN_AGAIN) from error
    if not (isinstance(told, dict) and told.get("peft_type") == "LORA" and held):
        raise VersionUnusable(name, f"{folder} holds no LoRA adapter", TRAIN_AGAIN)


def _whole_embedder(name: str, folder: Path) -> None:
    """Raise `VersionUnusable` where there is no embedder of sentence-transformers."""
    if not folder.joinpath(*EMBEDDER).is_file() and not any(folder.glob("embedder/*/config.json")):
        raise VersionUnusable(name, f"{folder} holds no embedder", TRAIN_AGAIN)
