"""The plugin system: a plugin is a file, and its one known function's signature is its schema."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from bot.errors import PluginOptionsWrong, UnknownPlugin
from bot.secret import holds_secret, revealed

HOMES = {"platform": "bot.platforms", "source": "knowledge.sources", "backend": "model.backends"}
GIVEN = {  # arguments that Tandem itself gives; the settings may not
    "platform": {"name"},
    "source": {"name", "cache"},
    "backend": {"name", "model", "adapter", "progress", "cache", "home"},
}
WORDS = {  # pydantic's, and ours
    "Input should be": "must be",
    ", unable to parse string as an integer": "",
    ", unable to parse string as a number": "",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text",
    "a valid tuple": "a list",
    "a valid list": "a list",
    "a valid boolean, unable to interpret input": "true or false",
    "a valid boolean": "true or false",
    "a valid dictionary": "a table",
    "an instance of Sequence": "a list",
    "'str' instances are not allowed as a Sequence value": "must be a list",
}
UNKNOWN, MISSING = "is unknown", "is missing"


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

    Secrets among the options are resolved here; what Tandem itself gives is left out where the
    plugin does not take it. Raises `UnknownPlugin`, `PluginOptionsWrong` and `SecretMissing`.
    """
    return builder(kind, name)(**resolved(kind, name, options))


def resolved(kind: str, name: str, options: Mapping[str, object]) -> dict[str, object]:
    """The options as the plugin takes them. Raises as `load` does."""
    taken = schema(kind, name)
    meant = {key: v for key, v in options.items() if key not in GIVEN[kind] or takes(taken, key)}
    values, wrong = check(kind, name, meant, reveal=True)
    if wrong:
        told = [sentence(key, what, taken) for key, what in wrong.items()]
        raise PluginOptionsWrong(kind, name, told)
    return values


def builder(kind: str, name: str) -> Callable[..., Any]:
    """The function that builds the plugin. Raises `UnknownPlugin` with the known names."""
    build: Callable[..., Any] = getattr(module(kind, name), kind)
    return build


def beside(kind: str, name: str, function: str) -> Callable[..., Any] | None:
    """A further function of the plugin's file; None: it has none. Raises `UnknownPlugin`."""
    found: Callable[..., Any] | None = getattr(module(kind, name), function, None)
    return found


def module(kind: str, name: str) -> ModuleType:
    """The plugin's file or package, imported. Raises `UnknownPlugin`."""
    if name not in known(kind):
        raise UnknownPlugin(kind, name, known(kind))
    return import_module(f"{HOMES[kind]}.{name}")


def schema(kind: str, name: str) -> Mapping[str, inspect.Parameter]:
    """What the plugin takes. Raises `UnknownPlugin`."""
    return inspect.signature(builder(kind, name)).parameters


def settable(kind: str, name: str) -> list[str]:
    """The options that settings may give. Raises `UnknownPlugin`."""
    return [key for key in schema(kind, name) if key not in GIVEN[kind]]


def check(
    kind: str, name: str, options: Mapping[str, object], *, reveal: bool = False
) -> tuple[dict[str, object], dict[str, str]]:
    """The options in the types of the signature, and what is wrong with them, by option.

    A secret is resolved where `reveal` says so, and else let through unseen.
    Raises `UnknownPlugin`.
    """
    taken = schema(kind, name)
    hints = typing.get_type_hints(builder(kind, name), include_extras=True)
    values: dict[str, object] = {}
    wrong = {key: UNKNOWN for key in options if not takes(taken, key)}
    for key in [key for key in options if key not in wrong]:
        values[key], what = fitted(options[key], hints.get(key, Any), reveal)
        wrong |= {key: what} if what else {}
    required = [key for key, told in taken.items() if is_required(told)]
    return values, wrong | {key: MISSING for key in required if key not in options}


def sentence(key: str, what: str, taken: Iterable[str]) -> str:
    """What is wrong with an option, in words for a person."""
    return f"`{key}` {what}" + (f" ({nearest(key, taken)})" if what == UNKNOWN else "")


def nearest(key: str, known: Iterable[str]) -> str:
    """What to do about an unknown key: the one that was probably meant, or all there are."""
    ordered = sorted(known)
    if near := get_close_matches(key, ordered, n=1):
        return f"Did you mean `{near[0]}`?"
    return f"There are: {', '.join(ordered) or 'none'}"


def takes(schema: Mapping[str, inspect.Parameter], key: str) -> bool:
    """Does a signature take an argument of that name?"""
    return key in schema or any(told.kind is told.VAR_KEYWORD for told in schema.values())


def is_required(told: inspect.Parameter) -> bool:
    """Must this parameter be given?"""
    return told.default is told.empty and told.kind is not told.VAR_KEYWORD


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
    for theirs, ours in WORDS.items():
        said = said.replace(theirs, ours)
    given = error.get("input")
    short = isinstance(given, str | int | float) and len(repr(given)) < 60
    return f"{said} (not {given!r})" if show and short else said
