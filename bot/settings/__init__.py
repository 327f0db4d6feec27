"""What can be set: one tandem.toml and the environment, checked whole before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_cache_path, user_data_path
from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

import bot
from bot.errors import SettingsWrong, UnknownSpace
from bot.secret import Secret
from bot.settings.checking import problems
from bot.settings.jobs import Jobs
from bot.settings.reading import read
from bot.settings.sections import (
    FOR_ALL,
    Answers,
    Chunking,
    Database,
    Embedder,
    Learning,
    Limits,
    Log,
    Model,
    Platform,
    Routing,
    Search,
    Section,
    Source,
    Space,
    Task,
    Weaviate,
)
from bot.settings.trusted import Trusted
from bot.settings.unasked import Gaps, Stale

__all__ = ["Settings", "load_settings"]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class Settings(Section):
    """All that is set, with the defaults for what is not."""

    home: Path  # state: SQL, the embedded server's data, model versions
    cache: Path  # downloads, builds and conversions
    platforms: dict[Name, Platform] = Field(default_factory=dict)
    sources: dict[Name, Source] = Field(default_factory=dict)
    spaces: dict[Name, Space] = Field(default_factory=dict)
    model: Model = Model()
    embedder: Embedder = Embedder()
    weaviate: Weaviate = Weaviate()
    database: Database = Database()
    chunking: Chunking = Chunking()
    search: Search = Search()
    answers: Answers = Answers()
    routing: Routing = Routing()
    limits: Limits = Limits()
    learning: Learning = Learning()
    jobs: Jobs = Jobs()
    gaps: Gaps = Gaps()
    stale: Stale = Stale()
    trusted: Trusted = Trusted()
    tasks: dict[Name, Task] = Field(default_factory=dict)
    log: Log = Log()
    _file: Path | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _named_after_their_plugin(cls, given: Any) -> Any:
        platforms = given.get("platforms") if isinstance(given, dict) else None
        if not isinstance(platforms, dict):
            return given
        named = {
            name: {"use": name} | section if isinstance(section, dict) else section
            for name, section in platforms.items()
        }
        return given | {"platforms": named}

    @property
    def file(self) -> Path | None:
        """The tandem.toml that was read; None: there is none."""
        return self._file

    @property
    def all_spaces(self) -> tuple[str, ...]:
        """The names of all spaces, built-in ones first."""
        return (*FOR_ALL, *self.spaces)

    def sources_of(self, space: str) -> tuple[str, ...]:
        """The names of the sources that belong to a space. Raises `UnknownSpace`."""
        if space not in self.all_spaces:
            raise UnknownSpace(space, self.all_spaces)
        return tuple(name for name, source in self.sources.items() if space in source.spaces)

    def database_url(self) -> SecretStr:
        """Where SQL lies. Raises `SecretMissing`."""
        match self.database.url:
            case Secret() as reference:
                return reference.resolve()
            case str(url):
                return SecretStr(url)
            case _:
                return SecretStr(f"sqlite:///{self.home / 'tandem.db'}")


def load_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """What the tandem.toml in or for `folder` (the working folder) and `environ` set.

    Raises `SettingsWrong` with every problem that there is.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("TANDEM_HOME") or user_data_path("tandem")).expanduser().absolute()
    given = read(environ, folder or Path.cwd(), home)
    cache = user_cache_path("tandem")
    values = {"home": home, "cache": cache, "sources": example_source()} | given.values
    try:
        settings, errors = Settings.model_validate(values), []
    except ValidationError as error:
        settings, errors = None, error.errors()
    if (wrong := problems(given, environ, errors, Settings)) or settings is None:
        raise SettingsWrong(wrong)
    settings._file = given.file
    return settings


def example_source() -> dict[str, object]:
    """The example handbook, which stands in while no source is set."""
    package = Path(bot.__file__).resolve().parent
    here = [place / "examples" / "handbook" for place in (package, package.parent)]
    path = next((folder for folder in here if folder.is_dir()), here[-1])
    return {"handbook": {"use": "folder", "path": str(path)}}
