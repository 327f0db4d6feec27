"""The adapters that ship with Tandem, each a PEFT folder with its card."""

from __future__ import annotations

import json
from pathlib import Path

from model.weights.catalogue import entry

ANSWERS = {"Qwen2.5-Coder-0.5B-Instruct": "answers-qwen2.5-coder-0.5b"}


def shipped_adapter(model: str) -> Path | None:
    """The folder of our adapter for answers from documents by `model`, where there is one."""
    name = ANSWERS.get(model)
    return Path(__file__).with_name(name) if name else None


def misfit(adapter: Path, weights: str) -> str:
    """Why the adapter is not for the weights of this name; empty: nothing is known against it.

    Known is only what the catalogue knows: weights of a person's own may be what was trained on.
    """
    base = _trained_on(adapter)
    trained, given = entry(base) or entry(Path(base).name), entry(weights)
    if trained is None or given is None or trained is given:
        return ""
    return (
        f"the adapter {adapter.name} was trained for {trained.name}, and is left off {given.name}"
    )


def _trained_on(adapter: Path) -> str:
    """The model's name in the adapter's config; empty where there is none to be read."""
    try:
        held = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    except (OSError, ValueError):  # what is wrong with it, the engine says when it reads it
        return ""
    base = held.get("base_model_name_or_path") if isinstance(held, dict) else None
    return base if isinstance(base, str) else ""
