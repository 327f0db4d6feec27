"""Weights by name: from a path, the cache, the Hugging Face hub, or packages that carry them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from model.errors import ModelError, WeightsUnavailable
from model.progress import Progress, quiet
from model.weights.cache import Cache
from model.weights.catalogue import ENTRIES, Entry, Kind, entry
from model.weights.fetch import FetchFailed
from model.weights.hub import fetch_model, has_weights, held_model, hub_address, is_hub_id
from model.weights.install import held, install
from model.weights.registries import Registries, registries

DEFAULT_LLM, DEFAULT_EMBEDDER = ENTRIES[0].name, "bge-small-en-v1.5-int8"


@dataclass(frozen=True)
class Weights:
    """Weights that lie on this machine, ready to be loaded."""

    name: str  # of what is there, which is not always what was asked for: see `note`
    kind: Kind
    path: Path  # a transformers or sentence-transformers folder, or model.onnx + tokenizer.json
    note: str = ""  # what the person should know: which other weights are used, and why


@dataclass(frozen=True)
class Places:
    """Where weights may be fetched from."""

    registries: Registries
    hub: str | None  # None: not to be asked


def places(environ: Mapping[str, str] = os.environ, home: Path | None = None) -> Places:
    """The hub and the registries that this machine is set to."""
    return Places(registries(environ, home or Path.home()), hub_address(environ))


def resolve(
    name: str,
    cache: Path,
    progress: Progress = quiet,
    offline: bool = False,
    substitutes: bool = True,
    where: Places | None = None,
) -> Weights:
    """The weights called `name`: a path, a name of the catalogue, or a hub id.

    What is not on this machine is fetched and converted once and then kept in `cache`; several
    processes may ask at the same time. With `substitutes`, the next weights of the catalogue's
    list are used when the wanted ones cannot be had, and `note` says so. With `offline`,
    nothing is fetched. Raises `WeightsUnavailable` (names everything tried and the remedy) and
    `WeightsDamaged`.
    """
    tried: list[str] = []
    if _is_path(name):
        return _at_path(Path(name).expanduser(), Cache(cache), progress)
    known = entry(name)
    if is_hub_id(name) and (found := _from_hub(name, known, offline, where, progress, tried)):
        return found
    if known is None:
        raise WeightsUnavailable(name, tuple(tried) or ("the catalogue",), _remedy())
    choices = (known, *(_named(other) for other in known.instead if substitutes))
    for choice in choices:
        try:
            path = held(choice, Cache(cache))
            if path is None:  # only now is it worth reading where registries are set to be
                path = install(choice, Cache(cache), where or _places(offline), progress, offline)
        except (ModelError, OSError) as error:
            tried.append(f"{choice.name}: {error}")
            continue
        return _told(Weights(choice.name, choice.kind, path), name, choice is known, tried)
    raise WeightsUnavailable(name, tuple(tried), _remedy())


def _places(offline: bool) -> Places:
    found = places()
    return replace(found, hub=None) if offline else found


def _is_path(name: str) -> bool:
    """A path is what exists, or what could be nothing else; a hub id has one slash and no dot."""
    path = Path(name).expanduser()
    return path.exists() or path.is_absolute() or name.startswith(("./", "../", ".\\"))


def _at_path(path: Path, cache: Cache, progress: Progress) -> Weights:
    if path.is_file() and path.suffix == ".gguf":
        return Weights(path.stem, "llm", cache.converted(path, progress))
    if not (path.is_dir() and has_weights(path)):
        problem = "no model in this folder" if path.is_dir() else "no such folder"
        remedy = (
            "Give a folder with config.json and *.safetensors, or with model.onnx and "
            "tokenizer.json, or a .gguf file"
        )
        raise WeightsUnavailable(str(path), (f"{path}: {problem}",), remedy)
    return Weights(path.resolve().name, _kind(path), path)


def _kind(folder: Path) -> Kind:
    """What a model folder is for: only language models have a generation to configure."""
    embeds = (folder / "model.onnx").is_file() or (folder / "modules.json").is_file()
    return "embedder" if embeds else "llm"


def _from_hub(
    name: str,
    known: Entry | None,
    offline: bool,
    where: Places | None,
    progress: Progress,
    tried: list[str],
) -> Weights | None:
    """A model as its makers published it; None: it cannot be had, and why is noted in `tried`."""
    if held := held_model(name):
        return Weights(name, known.kind if known else _kind(held), held)
    tried.append("the hub's cache on this machine: not there")
    address = None if offline else (where or _places(offline)).hub
    if address is None:
        tried.append("the hub: not asked (offline)")
        return None
    try:
        path = fetch_model(name, address, progress)
    except FetchFailed as error:
        tried.append(str(error))
        return None
    return Weights(name, known.kind if known else _kind(path), path)


def _named(name: str) -> Entry:
    return next(known for known in ENTRIES if known.name == name)


def _told(found: Weights, wanted: str, is_wanted: bool, tried: list[str]) -> Weights:
    """Say it when the weights are not those that were asked for."""
    if is_wanted and not tried:
        return found
    reason = "; ".join(tried)
    if is_wanted:
        note = f"{found.name} (quantised, from a package) stands in for {wanted}: {reason}"
    else:
        note = f"{found.name} is used instead of {wanted}, which could not be had: {reason}"
    return replace(found, note=note)


def _remedy() -> str:
    known = ", ".join(known.name for known in ENTRIES)
    return (
        f"Known names: {known}; a hub id (owner/model) and a path work as well. Check that the "
        "hub or the package index is reached (pip's and uv's settings, TANDEM_MAVEN_URL), or "
        "set the path of a model folder"
    )
