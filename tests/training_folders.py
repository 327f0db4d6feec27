"""Training folders with a tiny base, and the child run in them as the parent runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.tiny_models import SPECIAL, TEMPLATE, writer
from model.examples import Example, Origin, What
from model.tasks import BUILT_IN, Task
from model.training.recipe import Recipe, as_told
from model.training.words import (
    PLAN,
    TRAIN,
    Plan,
    Told,
    text_of,
    write_examples,
    write_whole,
)

ROOT = Path(__file__).resolve().parents[1]
SHOUT = Task("shout", "Say it loudly.")
QUICK = Recipe("sft", 4, 8, rate=0.01, epochs=2.0, batch=4, longest=400, plain=0.0, keep_every=2)


def tiny_spelling(folder: Path) -> Path:
    """What a base's folder says of its tokens, which are bytes; made without torch."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    known = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *SPECIAL]
    raw = Tokenizer(models.BPE({token: number for number, token in enumerate(known)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(list(SPECIAL))
    raw.save(str(folder / "tokenizer.json"))
    told = {"eos_token": SPECIAL[0], "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


def tiny_base(folder: Path) -> Path:
    """A base of random weights as it lies in the cache."""
    model, _ = writer()
    model.save_pretrained(folder)
    return tiny_spelling(folder)


def said(number: int, **more: Any) -> Example:
    """An example of the task `shout`."""
    text = f"item {number} is " + "here " * (number % 5 + 1)
    given: dict[str, Any] = {"chosen": text.upper(), "origin": Origin.CORRECTION, "id": number + 1}
    return Example(What.STYLE, "shout", text, **(given | more))


def validating(count: int) -> list[Example]:
    """So many that a training does not learn from but looks at, to end in time."""
    return [each for each in map(said, range(1000, 1000 + 40 * count)) if each.validation][:count]


def folder_with(
    folder: Path,
    base: Path,
    examples: Iterable[Example],
    recipe: Recipe = QUICK,
    **more: Any,
) -> Path:
    """A folder with a plan, as the parent writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        What.STYLE,
        "style-1",
        1,
        (SHOUT,),
        BUILT_IN,
        "tiny",
        str(base),
        "0" * 64,
        "d",
        {},
        threads=1,
    )
    write_whole(folder / PLAN, text_of(replace(plan, recipe=as_told(recipe), **more)))
    write_examples(folder / TRAIN, [each for each in examples if not each.held_out])
    return folder


def start(folder: Path, **variables: str) -> subprocess.Popen[str]:
    """The child at work in `folder`."""
    command = [sys.executable, "-m", "model.training", str(folder)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told_by(stdout: str) -> list[Told]:
    """The lines of the child's progress."""
    return [Told(**json.loads(line)) for line in stdout.splitlines()]


def run(folder: Path, **variables: str) -> tuple[int, list[Told], str]:
    """Run the child to its end: exit code, what it told, stderr."""
    child = start(folder, **variables)
    out, errors = child.communicate(timeout=300)
    return child.returncode, told_by(out), errors


def weights(folder: Path) -> Mapping[str, Any]:
    """The adapter's tensors."""
    from safetensors.numpy import load_file

    return load_file(folder / "adapter_model.safetensors")
