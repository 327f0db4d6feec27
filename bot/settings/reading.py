"""Reads tandem.toml and the environment, and remembers where each value came from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import Problem, SettingsWrong
from bot.secret import is_secret
from bot.settings.sections import EnvText

FILE = "tandem.toml"
KEY_LINE = re.compile(r"""\s*(?P<key>[\w."'\s-]+?)\s*=(?!=)""")
Path_ = tuple[str, ...]


@dataclass
class Given:
    """All that was set: the values, nested as in the file, and the place of each."""

    file: Path | None = None
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path_, int] = field(default_factory=dict)
    variables: dict[Path_, str] = field(default_factory=dict)

    def place(self, path: Path_) -> str:
        """Where a value was set: the file with line and key, or the variable."""
        for size in range(len(path), 0, -1):
            if path[:size] in self.variables:
                return f"environment variable {self.variables[path[:size]]}"
            if path[:size] in self.lines:
                return f"{self.file}:{self.lines[path[:size]]}: {'.'.join(path)}"
        return ": ".join([*([str(self.file)] if self.file else []), ".".join(path)])

    def line(self, path: Path_) -> int:
        """The line of the key or of the table around it; 0: it is not in the file."""
        sizes = range(len(path), 0, -1)
        return next((self.lines[path[:n]] for n in sizes if path[:n] in self.lines), 0)


def read(environ: Mapping[str, str], folder: Path, home: Path) -> Given:
    """What the file and the environment set. Raises `SettingsWrong` when a file is no TOML."""
    given = Given(find(environ, folder, home))
    if given.file is not None:
        text = read_text(given.file)
        given.values = parse(text, given.file)
        given.lines = dict(key_lines(text))
        anchor(given.values, given.file.absolute().parent)
    override(given, environ)
    return given


def find(environ: Mapping[str, str], folder: Path, home: Path) -> Path | None:
    """The file to read: where TANDEM_CONFIG points, else in `folder`, else in `home`."""
    if pointed := environ.get("TANDEM_CONFIG"):
        file = folder / Path(pointed).expanduser()
        if not file.is_file():
            problem = f"points at {file}, which is {'a folder' if file.is_dir() else 'not there'}"
            remedy = f"Let it point at a {FILE}, or unset it"
            raise SettingsWrong([Problem("environment variable TANDEM_CONFIG", problem, remedy)])
        return file
    return next((at / FILE for at in (folder, home) if (at / FILE).is_file()), None)


def read_text(file: Path) -> str:
    """The file's text. Raises `SettingsWrong`."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        told = Problem(f"{file}:{line}", "is not UTF-8 text", "Save the file as UTF-8")
        raise SettingsWrong([told]) from error
    except OSError as error:
        told = Problem(str(file), f"cannot be read: {error.strerror}", "Check its permissions")
        raise SettingsWrong([told]) from error


def parse(text: str, file: Path) -> dict[str, Any]:
    """The values in the file. Raises `SettingsWrong` with the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, at = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", at)
        place = f"{file}:{line[1] if line else text.count(chr(10)) + 1}"
        remedy = f"See settings.example.toml for how a {FILE} looks"
        raise SettingsWrong([Problem(place, f"is not TOML: {what}", remedy)]) from error


def key_lines(text: str) -> Iterator[tuple[Path_, int]]:
    """The line, from 1, on which each table and each key begins."""
    table: Path_ = ()
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            if header := keys_of(line):
                table = header
                yield table, number
        elif said := KEY_LINE.match(line):
            yield (*table, *keys_of(f"{said['key']} = 0")), number


def keys_of(line: str) -> Path_:
    """The nested keys that one line of TOML makes; none when it stands within a value."""
    try:
        made: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path: list[str] = []
    while isinstance(made, dict | list) and made:
        if isinstance(made, dict):
            path.append(next(iter(made)))
            made = made[path[-1]]
        else:
            made = made[0]
    return tuple(path)


def anchor(values: dict[str, Any], folder: Path) -> None:
    """Take relative paths in the file from the file's folder, in place."""
    for key, value in values.items():
        if isinstance(value, dict):
            anchor(value, folder)
        elif (
            not isinstance(value, str)
            or is_secret(value)
            or "://" in value.removeprefix("sqlite:///")
        ):
            continue
        elif key in ("home", "cache", "path", "file", "examples") and "::" not in value:
            values[key] = str(folder / Path(value).expanduser())
        elif key == "url" and re.match(r"sqlite:///(?!/|:memory:)", value):
            values[key] = f"sqlite:///{folder / value.removeprefix('sqlite:///')}"


def override(given: Given, environ: Mapping[str, str]) -> None:
    """Lay TANDEM_<SECTION>__<KEY> over the file; an empty variable counts as not set."""
    for variable in sorted(environ):
        said = environ[variable]
        name = variable.removeprefix("TANDEM_")
        if name == variable or not said.strip():
            continue
        if name in ("HOME", "CACHE"):
            put(given, (name.lower(),), str(Path(said).expanduser().absolute()), variable)
        elif "__" in name:
            put(given, tuple(name.split("__")), from_text(said, variable), variable)


def put(given: Given, names: Path_, value: object, variable: str) -> None:
    """Set one value, in a table of the file where there is one of that name."""
    table, path = given.values, list[str]()
    for name in names:
        path.append(matching(table, name))
        if len(path) < len(names):
            if not isinstance(table.get(path[-1]), dict):
                table[path[-1]] = {}
            table = table[path[-1]]
    table[path[-1]] = value
    given.variables[tuple(path)] = variable


def matching(table: Mapping[str, object], name: str) -> str:
    """The key that a variable means: `HELP_DESK` is `help-desk` where that is there."""
    alike = (key for key in table if key.upper().replace("-", "_") == name.upper())
    return next(alike, name.lower())


def from_text(text: str, variable: str) -> object:
    """A list or table where the variable is written as one, else its text."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            pass
    return EnvText(text, variable)
