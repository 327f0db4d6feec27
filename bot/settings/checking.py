"""Finds all that is wrong with what was set, and says where and what to do."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from bot import plugins
from bot.errors import Problem, UnknownPlugin
from bot.secret import is_secret, names_secret
from bot.settings.reading import Given, Path_
from bot.settings.sections import (
    FOR_ALL,
    EnvText,
    Model,
    Platform,
    PluginSection,
    Source,
    names,
    referenced,
)

Finding = tuple[Path_, str, str]  # the path of keys, what is wrong, what to do
REFER = 'Write { env = "NAME" } or { file = "PATH" } and put the secret there'


def problems(
    given: Given,
    environ: Mapping[str, str],
    errors: Iterable[Mapping[str, Any]],
    root: type[BaseModel],
) -> list[Problem]:
    """Everything wrong with `given`, once for each key; `errors` are pydantic's findings."""
    findings: dict[Path_, Finding] = {}
    for finding in (
        *plain_secrets(given),
        *(worded(error, root) for error in errors),
        *plugin_findings(given.values),
        *space_findings(given.values),
        *missing_sources(given.values),
    ):
        findings.setdefault(finding[0], finding)
    ordered = sorted(findings.values(), key=lambda finding: given.line(finding[0]))
    told = [Problem(given.place(path), what, todo) for path, what, todo in ordered]
    return told + list(misspelt_variables(environ, root))


def plain_secrets(given: Given) -> Iterator[Finding]:
    """Secrets that stand in the file itself."""
    for path, value in leaves(given.values):
        referred = path[-1] in ("env", "file")
        if isinstance(value, EnvText) or path in given.variables or referred:
            continue
        if is_secret(value) or (names_secret(path[-1]) and value != ""):
            yield path, "a secret stands in plain text", REFER


def leaves(value: object, path: Path_ = ()) -> Iterator[tuple[Path_, object]]:
    """Every value that is no table, with its path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    else:
        yield path, value


def worded(error: Mapping[str, Any], root: type[BaseModel]) -> Finding:
    """A finding of pydantic in our words."""
    path = tuple(str(part) for part in error["loc"] if part != "[key]")
    model = model_at(root, path[:-1])
    match error["type"]:
        case "extra_forbidden":
            return (
                path,
                "is unknown",
                plugins.nearest(path[-1], model.model_fields if model else ()),
            )
        case "missing" if path[-1] == "use":
            kind = {"platforms": "platform", "sources": "source"}.get(path[0], "backend")
            return path, "is missing", f"Say which: {', '.join(plugins.known(kind))}"
        case "missing":
            return path, "is missing", "Add it"
        case "model_type" | "dict_type":
            return path, "must be a table", f"Write [{'.'.join(path)}] and its keys below"
    hush = names_secret(path[-1]) or is_secret(error.get("input"))
    return path, plugins.words(error, show=not hush), "Correct it, or leave it out"


def model_at(root: Any, path: Path_) -> type[BaseModel] | None:
    """The model of the section at `path`."""
    for name in path:
        if isinstance(root, type) and issubclass(root, BaseModel):
            root = root.model_fields[name].annotation if name in root.model_fields else None
        elif typing.get_origin(root) is not None:
            root = typing.get_args(root)[-1]
    return root if isinstance(root, type) and issubclass(root, BaseModel) else None


def plugin_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Unknown plugins, and options that their signatures do not take."""
    for table, kind, section in (
        ("platforms", "platform", Platform),
        ("sources", "source", Source),
    ):
        for name, options in tables(values.get(table)):
            use = options.get("use", name if kind == "platform" else None)
            yield from options_findings((table, name), kind, use, options, section)
    if isinstance(model := values.get("model"), dict):
        yield from options_findings(("model",), "backend", model.get("use", "local"), model, Model)


def tables(value: object) -> list[tuple[str, dict[str, Any]]]:
    """The named tables in `value`, if it is such."""
    pairs = value.items() if isinstance(value, dict) else ()
    return [(name, part) for name, part in pairs if isinstance(part, dict)]


def options_findings(
    path: Path_, kind: str, use: object, given: Mapping[str, Any], section: type[PluginSection]
) -> Iterator[Finding]:
    """What is wrong with one plugin and its options."""
    if not isinstance(use, str):
        return
    own = section.model_fields.keys() - {"options"}
    options = {key: value for key, value in given.items() if key not in own}
    try:
        taken = [key for key in plugins.settable(kind, use) if key not in own]
        _, wrong = plugins.check(kind, use, {key: lenient(options[key], key) for key in options})
    except UnknownPlugin as error:
        yield (
            (*path, "use"),
            f"there is no {kind} called {use!r}",
            plugins.nearest(use, error.known),
        )
        return
    ours = {key: plugins.UNKNOWN for key in options if key in plugins.GIVEN[kind]}
    for key, what in (wrong | ours).items():
        if what == plugins.UNKNOWN:
            yield (*path, key), what, plugins.nearest(key, [*taken, *own])
        elif key in taken:
            yield (*path, key), what, "Correct it" if key in options else "Add it"


def lenient(value: Any, key: str) -> Any:
    """`value` with its references; a wrong reference is told elsewhere."""
    try:
        return referenced(value, key)
    except ValueError:
        return value


def space_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Spaces that nobody made, that no source has, or that are built in."""
    made = [name for name, _ in tables(values.get("spaces"))]
    known = [*FOR_ALL, *made]
    named = [
        (name, space) for name, source in tables(values.get("sources")) for space in of(source)
    ]
    for source, space in named:
        if space not in known:
            todo = f"Make [spaces.{space}], or take another. {plugins.nearest(space, known)}"
            yield ("sources", source, "spaces"), f"there is no space called {space!r}", todo
    for space in made:
        if space in FOR_ALL:
            yield ("spaces", space), "is built in and cannot be set", "Remove it"
        elif space not in {space for _, space in named}:
            todo = "Add it to the `spaces` of a source, or remove it"
            yield ("spaces", space), "no source belongs to it", todo


def of(source: Mapping[str, Any]) -> list[str]:
    """The spaces that a source names, as far as it names them rightly."""
    said = names(source.get("spaces", []))
    return (
        [space for space in said if isinstance(space, str)]
        if isinstance(said, list | tuple)
        else []
    )


def missing_sources(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Platforms without a source would answer a real team from the example handbook."""
    if values.get("platforms") and not values.get("sources"):
        yield (
            ("sources",),
            "no source is set",
            'Add [sources.NAME] with use = "folder" and a `path`',
        )


def misspelt_variables(environ: Mapping[str, str], root: type[BaseModel]) -> Iterator[Problem]:
    """Variables such as TANDEM_DATABASE_URL, where TANDEM_DATABASE__URL was meant."""
    for variable in environ:
        prefix, _, name = variable.partition("_")
        section, _, key = name.lower().partition("_")
        model = model_at(root, (section,)) if prefix == "TANDEM" and section else None
        if model is not None and key in model.model_fields:
            meant = f"{prefix}_{section}__{key}".upper()
            place = f"environment variable {variable}"
            yield Problem(place, "is not a setting", f"Did you mean `{meant}`?")
