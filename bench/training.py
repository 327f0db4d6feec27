"""What both training commands share: their options, the marks of a run, and its manifest."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.common import commit, say, version
from model.training.fitting import Fitted, Pace

MANIFEST = "manifest.json"
LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "onnxruntime")
SHORT = 6  # steps


def options(about: str, keep_every: int) -> argparse.ArgumentParser:
    """The options of both."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("folder", type=Path, help="where lessons, checkpoint and result lie")
    parser.add_argument("--short", action="store_true", help="a tiny model, a few steps: for CI")
    parser.add_argument("--device", help="cpu or cuda; by default cuda where there is one")
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep-every", type=int, default=keep_every, metavar="STEPS")
    parser.add_argument("--stop-at", type=int, metavar="STEP", help="end early, keeping the state")
    return parser


def chosen(given: argparse.Namespace, dials: Any) -> Any:
    """The dials with what was given."""
    told = {name: getattr(given, name) for name in ("epochs", "rate", "seed")}
    return replace(dials, **{name: value for name, value in told.items() if value is not None})


def device(wanted: str | None) -> str:
    """Where to train."""
    import torch

    return wanted or ("cuda" if torch.cuda.is_available() else "cpu")


def pace(given: argparse.Namespace, dials: Any, examples: int) -> Pace:
    """How many steps these examples take."""
    steps = max(1, math.ceil(dials.epochs * examples / dials.batch))
    steps = min(steps, SHORT) if given.short else steps
    return Pace(steps, dials.warm, given.keep_every, dials.seed)


def mark(data: str, dials: Any, base: str) -> str:
    """Marks what a checkpoint belongs to."""
    told = json.dumps([data, asdict(dials), base], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def tell(step: str, done: int, total: int | None) -> None:
    """Progress, now and then."""
    if done == total or done % 20 == 0:
        say(f"{step}: {done} of {total}")


def told(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Scores as a table for people."""
    rows = [
        f"{name}: " + ", ".join(f"{what} {value:g}" for what, value in figures.items())
        for name, figures in scores.items()
    ]
    return "\n".join(rows)


def publish(
    folder: Path,
    dials: Any,
    base: str,
    data: Mapping[str, Any],
    fitted: Fitted,
    scores: Mapping[str, Mapping[str, float]],
) -> None:
    """Print the scores; write the manifest, which is last: with it, the result is whole."""
    libraries = {name: version(name) for name in LIBRARIES}
    manifest = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "base": base,
        "dials": asdict(dials),
        "data": data,
        "fitted": asdict(fitted),
        "held_out": scores,
        "libraries": {name: found for name, found in libraries.items() if found},
    }
    half = folder / (MANIFEST + ".half")
    text = json.dumps(manifest, indent=1)
    half.write_text(text.replace("NaN", "null") + "\n", encoding="utf-8")
    half.replace(folder / MANIFEST)
    sys.stdout.write(f"{fitted.steps} steps, {fitted.skipped} without a finite gradient, ")
    sys.stdout.write(f"loss {fitted.loss:.4f}\n{told(scores)}\n")
