"""Versions of what was trained: a folder each, whole once its manifest stands in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from model.errors import VersionUnusable
from model.examples import What
from model.training.words import write_whole

MANIFEST = "manifest.json"  # written last: a folder without it is no version


@dataclass(frozen=True)
class Manifest:
    """What a version is, as it stands in its folder beside adapter, recipe, loss and scores."""

    name: str  # "style-7"
    what: What
    tasks: tuple[str, ...]  # that it was taught; other tasks are left to the base model
    base: str  # the name of the weights, or of the embedder
    base_digest: str  # sha256 of the base's weights
    dataset: str  # digest of the examples
    examples: int  # lessons: as many as were taught, with those mixed in
    recipe: Mapping[str, object]
    libraries: Mapping[str, str]
    made_at: str  # ISO 8601, UTC
    run: int = 0  # id in SQL
    figures: Mapping[str, float] = field(default_factory=dict)  # final loss, seconds, tokens/s


def version_folder(home: Path, name: str) -> Path:
    """Where a version lies (or would)."""
    return home / "versions" / name


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make the folder a version: the file is whole on the disk before it has its name."""
    write_whole(folder / MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False))


def read_manifest(folder: Path) -> Manifest:
    """What the version in `folder` is. Raises `VersionUnusable`."""
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8"))
        told |= {"what": What(told["what"]), "tasks": tuple(told["tasks"])}
        return Manifest(**told)
    except FileNotFoundError as error:
        raise VersionUnusable(folder.name, f"{folder} holds no whole version") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VersionUnusable(folder.name, f"{folder / MANIFEST} is damaged ({error})") from error
