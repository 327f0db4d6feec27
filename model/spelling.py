"""How a model's prompts are spelt: its tokenizer and its chat template, read from their files.

transformers would read them as well, but importing it brings torch, which takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER, CONFIG, TEMPLATE = "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"
NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")

Turns = Sequence[Mapping[str, str]]
"""Mappings of `role` and `content`."""


@dataclass(frozen=True)
class Spelling:
    """A tokenizer, and what writes turns out as one text."""

    tokenizer: Tokenizer
    render: Callable[[Turns, bool], str]  # the bool: up to where the answer begins
    end: str | None  # the token that ends a text


def read_spelling(folder: Path) -> Spelling:
    """The spelling of the model in `folder`; by transformers where its files leave a doubt.

    Raises `ValueError` when there is no chat template, and what the libraries raise.
    """
    return _spelt(folder) or _by_transformers(folder)


def _spelt(folder: Path) -> Spelling | None:
    """The spelling straight from the files; None: they do not say it all."""
    if not (folder / TOKENIZER).is_file() or not (folder / CONFIG).is_file():
        return None
    told = json.loads((folder / CONFIG).read_text("utf-8"))
    named, template = _named(told), _template(folder, told)
    if template is None or "eos_token" not in named:
        return None
    from jinja2 import TemplateSyntaxError
    from tokenizers import Tokenizer

    try:
        render = partial(_render, _compiled(template), named)
    except TemplateSyntaxError:  # tags that only transformers knows
        return None
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if _added(told) - {each.content for each in tokenizer.get_added_tokens_decoder().values()}:
        return None
    return Spelling(tokenizer, render, named["eos_token"])


def _by_transformers(folder: Path) -> Spelling:
    from transformers import AutoTokenizer

    made = AutoTokenizer.from_pretrained(folder)
    if not made.chat_template:
        raise ValueError("the model has no chat template; it is no instruct model")

    def render(turns: Turns, ask: bool) -> str:
        plain = [dict(turn) for turn in turns]
        return str(made.apply_chat_template(plain, tokenize=False, add_generation_prompt=ask))

    return Spelling(made.backend_tokenizer, render, made.eos_token)


def _named(told: Mapping[str, Any]) -> dict[str, str]:
    """The special tokens that have a name, which templates use."""
    found = {name: told[name] for name in NAMED if told.get(name) is not None}
    return {n: t["content"] if isinstance(t, dict) else str(t) for n, t in found.items()}


def _added(told: Mapping[str, Any]) -> set[str]:
    """The tokens that a config adds to the tokenizer's own."""
    return {each["content"] for each in told.get("added_tokens_decoder", {}).values()}


def _template(folder: Path, told: Mapping[str, Any]) -> str | None:
    """The one chat template; None: there is none, or several to choose from."""
    if (folder / TEMPLATE).is_file():
        return (folder / TEMPLATE).read_text("utf-8")
    found = told.get("chat_template")
    return found if isinstance(found, str) else None


def _compiled(template: str) -> Any:
    """The template in a sandbox, for it comes with the weights; set up as transformers does."""
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> None:
        raise TemplateError(message)

    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    made.filters["tojson"] = _json
    made.globals |= {"raise_exception": refuse, "strftime_now": _now}
    return made.from_string(template)


def _json(value: Any, **how: Any) -> str:
    return json.dumps(value, **({"ensure_ascii": False} | how))


def _now(form: str) -> str:
    """The local date or time, as chat templates print it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).astimezone().strftime(form)


def _render(template: Any, named: Mapping[str, str], turns: Turns, ask: bool) -> str:
    rendered: str = template.render(
        messages=[dict(turn) for turn in turns],
        tools=None,
        documents=None,
        add_generation_prompt=ask,
        **named,
    )
    return rendered
