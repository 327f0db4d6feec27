"""The plugin system: a plugin is a file, and its one known function's signature is its schema."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.errors import PluginOptionsWrong, UnknownPlugin
from bot.secret import holds_secret, revealed

HOMES = {"platform": "bot.platforms", "source": "knowledge.sources", "backend": "model.backends"}


def known(kind: str) -> tuple[str, ...]:
    """The names of all plugins of a kind: the files and packages in its folder."""
    spec = find_spec(HOMES[kind])
    folders = [Path(path) for path in (spec and spec.submodule_search_locations) or ()]
    found = {entry.stem for folder in folders for entry in folder.iterdir() if is_plugin(entry)}
    return tuple(sorted(found))


def is_plugin(entry: Path) -> bool:
    """Is this file or package a plugin? What begins with an underscore is not."""
    if entry.name.startswith("_"):
        return False
    return entry.suffix == ".py" or (entry / "__init__.py").is_file()


def load(kind: str, name: str, options: Mapping[str, object]) -> Any:
    """Build one: `load("source", "folder", {"name": "handbook", "path": "docs"})`.

    Secrets among the options are resolved here. Raises `UnknownPlugin`,
    `PluginOptionsWrong` and `SecretMissing`.
    """
    values, problems = check(kind, name, options, reveal=True)
    if problems:
        raise PluginOptionsWrong(kind, name, list(problems.values()))
    return builder(kind, name)(**values)


def builder(kind: str, name: str) -> Callable[..., Any]:
    """The function that builds the plugin. Raises `UnknownPlugin` with the known names."""
    if name not in known(kind):
        raise UnknownPlugin(kind, name, known(kind))
    build: Callable[..., Any] = getattr(import_module(f"{HOMES[kind]}.{name}"), kind)
    return build


def check(
    kind: str, name: str, options: Mapping[str, object], *, reveal: bool = False
) -> tuple[dict[str, object], dict[str, str]]:
    """The options in the types of the signature, and what is wrong with them, by option.

    A secret is resolved where `reveal` says so, and else let through unseen.
    Raises `UnknownPlugin`.
    """
    build = builder(kind, name)
    schema = inspect.signature(build).parameters
    hints = typing.get_type_hints(build)
    values: dict[str, object] = {}
    problems = {key: unknown(key, schema) for key in options if not takes(schema, key)}
    for key in [key for key in options if key not in problems]:
        values[key], wrong = fitted(options[key], hints.get(key, Any), reveal)
        problems |= {key: f"`{key}` {wrong}"} if wrong else {}
    required = [key for key, told in schema.items() if is_required(told)]
    problems |= {key: f"`{key}` is missing" for key in required if key not in options}
    return values, problems


def takes(schema: Mapping[str, inspect.Parameter], key: str) -> bool:
    """Does a signature take an argument of that name?"""
    return key in schema or any(told.kind is told.VAR_KEYWORD for told in schema.values())


def is_required(told: inspect.Parameter) -> bool:
    """Must this parameter be given?"""
    return told.default is told.empty and told.kind is not told.VAR_KEYWORD


def unknown(key: str, taken: Iterable[str]) -> str:
    """Says that a key is not taken, and which is or are."""
    near = get_close_matches(key, taken := list(taken), n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(taken)}"
    return f"`{key}` is unknown; {hint}"


def fitted(value: object, hint: Any, reveal: bool) -> tuple[object, str]:
    """The value in the type that is asked for, and what is wrong with it (or nothing)."""
    from pydantic import PydanticUserError, TypeAdapter, ValidationError

    secret = holds_secret(value)
    if secret and not reveal:
        return value, ""
    try:
        return TypeAdapter(hint).validate_python(revealed(value)), ""
    except PydanticUserError:  # a type that only code can give
        return value, ""
    except ValidationError as error:
        return value, words(error.errors()[0], show=not secret)


def words(error: Mapping[str, Any], show: bool = True) -> str:
    """A finding of pydantic in our words, with what was given unless that is secret."""
    said = str(error["msg"]).removeprefix("Value error, ")
    said = said.replace("Input should be", "must be")
    given = error.get("input")
    short = isinstance(given, str | int | float) and len(repr(given)) < 60
    return f"{said} (not {given!r})" if show and short else said
