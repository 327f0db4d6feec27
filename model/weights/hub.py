"""The Hugging Face hub: single files with a known digest, and whole models by id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from model.progress import Progress
from model.weights.catalogue import HubFile
from model.weights.fetch import FetchFailed, client, download, link, shown

REACH = 5.0  # seconds that the hub may take to answer before it counts as out of reach
_ID = re.compile(r"[\w.-]+/[\w.-]+")
_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "*.onnx"]
_UNWANTED = ["*/*.safetensors", "onnx/*", "openvino/*", "original/*"]


def is_hub_id(name: str) -> bool:
    """Has it the form of a hub id (`owner/model`)?"""
    return _ID.fullmatch(name) is not None


def hub_address(environ: Mapping[str, str]) -> str | None:
    """Where the hub is; None where HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE says not to ask it."""
    from huggingface_hub.constants import ENDPOINT

    for switch in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if environ.get(switch, "").casefold() in ("1", "true", "yes", "on"):
            return None
    return environ.get("HF_ENDPOINT", "").rstrip("/") or str(ENDPOINT)


def need_hub(address: str) -> None:
    """Raise `FetchFailed` at once when the hub is out of reach; its library retries for long."""
    import httpx

    try:
        with client(REACH) as http:
            http.head(address)
    except (httpx.HTTPError, OSError) as error:
        raise FetchFailed(shown(address), f"out of reach ({type(error).__name__})") from error


def fetch_file(file: HubFile, address: str, target: Path, digest: str, progress: Progress) -> Path:
    """Fetch one file of the hub into `target`. Raises `FetchFailed`, also on another digest."""
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(file.repository, file.path, endpoint=address)
    return download(link(url), target, Path(file.path).name, progress, digest)


def held_model(name: str) -> Path | None:
    """The folder of a hub model that the hub's own cache holds whole."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            name, local_files_only=True, allow_patterns=_WANTED, ignore_patterns=_UNWANTED
        )
    except (OSError, ValueError):
        return None
    return Path(folder) if has_weights(Path(folder)) else None


def fetch_model(name: str, address: str, progress: Progress) -> Path:
    """Fetch a model's files into the hub's own cache. Raises `FetchFailed`."""
    from huggingface_hub import snapshot_download

    need_hub(address)
    progress(f"Fetching {name} from the hub", 0, None)
    try:
        found = snapshot_download(
            name,
            endpoint=address,
            etag_timeout=REACH,
            allow_patterns=_WANTED,
            ignore_patterns=_UNWANTED,
        )
    except (OSError, ValueError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FetchFailed(f"{shown(address)}/{name}", told) from error
    if not has_weights(Path(found)):
        raise FetchFailed(f"{shown(address)}/{name}", "has no safetensors and no model.onnx")
    return Path(found)


def has_weights(folder: Path) -> bool:
    """Does a folder hold a model that we can load?"""
    if (folder / "model.onnx").is_file():
        return (folder / "tokenizer.json").is_file()
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
