"""Is everything there that answering needs, and if not, what to do about it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from bot import plugins
from bot.app import App
from bot.errors import BotError
from bot.learning.book_words import Wanted
from bot.learning.lineup import lineup_of
from bot.learning.unfinished import cut_off
from bot.learning.words import ModelVersion
from bot.settings import Settings
from knowledge.errors import KnowledgeError, SourceUnreadable
from knowledge.net.hurry import within
from knowledge.server import status
from knowledge.sources import Source
from knowledge.weaviating import asking
from model.errors import ModelError
from model.examples import Review, What

MANY = 1000  # examples that wait: more need not be counted
LOOK_S = 20.0  # for the first page of a source that is asked over the network
ROOM = 2 * 10**9  # bytes of free disk under which a warning is due


@dataclass(frozen=True)
class Finding:
    """What was looked at and how it is."""

    name: str
    ok: bool
    told: str  # how it is; with the remedy where it is not well


def look(app: App) -> Iterator[Finding]:
    """One finding for each part, as they are had; nothing is fetched or changed but made ready."""
    settings = app.settings
    yield Finding("settings", True, str(settings.file or "no tandem.toml: the defaults"))
    yield disk(app)
    yield found("database", lambda: app.store.url)
    if settings.weaviate.url is None:
        yield embedded(app)
    else:
        yield found("weaviate", lambda: f"{settings.weaviate.url}, {version(app)}")
    yield found("embedder", lambda: f"{app.embedder().name}, {app.embedder().dims} dimensions")
    yield found("model", lambda: app.backend.name)
    yield from versions(app)
    yield from learning(app)
    for name in settings.sources:
        yield source(app, name)
    for name in settings.platforms:
        yield from platform(settings, name)


def versions(app: App) -> Iterator[Finding]:
    """What is live, or tried on a share of the places: can it be served?"""
    for what in What:
        try:
            lineup = lineup_of(app.learning.registry, what)
        except BotError as error:
            yield Finding(f"version of {what}", False, str(error))
            continue
        for version in filter(None, (lineup.live, *lineup.tried)):
            yield found(f"version {version.name}", partial(served, app, version))


def served(app: App, version: ModelVersion) -> str:
    """How a version is served. Raises `ModelError` where it cannot be."""
    app.models.check(version)
    share = f"tried on {version.canary:.0%} of the places" if version.canary else "live"
    taught = f"{share}: {', '.join(version.tasks)}" if version.tasks else share
    again = f"; train it again: {version.retrain}" if version.retrain else ""
    if app.models.server is None or version.what is What.RETRIEVER:
        return taught + again
    there = version.name in app.models.server.served()
    where = "loaded by the server" if there else "the server is given it when it is asked for"
    return f"{taught}; {where}{again}"


def learning(app: App) -> Iterator[Finding]:
    """What waits for a person, and whether the recipes can be read."""
    yield found("examples", lambda: waiting(app))
    yield found("trainings", lambda: unfinished(app))
    if (folder := app.settings.learning.recipes) is not None:
        yield recipes(folder)


def waiting(app: App) -> str:
    """How many examples wait for review, those among them whose answer is doubted."""
    wanted = (Wanted(review=Review.WAITING, limit=MANY), Wanted(doubted=True, limit=MANY))
    count = len({example.id for each in wanted for example in app.learning.book.examples(each)})
    if not count:
        return "none waits for review"
    shown = f"{count} or more" if count >= MANY else str(count)
    return f"{shown} {'waits' if count == 1 else 'wait'} for review: `tandem examples review`"


def unfinished(app: App) -> str:
    """Which trainings run, and which were cut off."""
    cut = {run.id for run in cut_off(app.learning)}
    told = [
        f"{run.what}-{run.id} was cut off: `tandem train --resume {run.id}` goes on with it"
        if run.id in cut
        else f"{run.what}-{run.id} runs"
        for run in app.learning.registry.running()
    ]
    return "; ".join(told) or "none was left unfinished"


def recipes(folder: Path) -> Finding:
    """Can the recipes be read, and is each the recipe of something?"""
    if not folder.is_dir():
        return Finding("recipes", False, f"there is no folder {folder}: see `learning.recipes`")
    files = {file.stem: file for file in sorted(folder.glob("*.toml"))}
    if strange := sorted(files.keys() - {*What}):
        names = ", ".join(f"{what}.toml" for what in What)
        told = f"{folder / strange[0]}.toml is read by nobody; there may be {names}"
        return Finding("recipes", False, told)
    return found("recipes", lambda: read_recipes(files))


def read_recipes(files: Mapping[str, Path]) -> str:
    """Which there are. Raises `RecipeWrong`."""
    from bot.learning.retriever import dials_of  # they cost other commands their start
    from model.training.recipe import read_recipe, usual

    for name, file in files.items():
        if name == What.RETRIEVER:
            dials_of(file)
        else:
            read_recipe(file, usual(What(name), 0))
    return f"of {', '.join(files)}" if files else "none: all is trained as usual"


def disk(app: App) -> Finding:
    """Can the data folder be written, and is there room in it?"""
    home = app.settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=home).close()
    except OSError as error:
        remedy = "Make it a folder that this user may write, or set TANDEM_HOME to another"
        why = str(error.strerror).lower()
        return Finding("disk", False, f"{home} cannot be written ({why}). {remedy}.")
    free = shutil.disk_usage(home).free
    told = f"{free / 1e9:.1f} GB free in {home}"
    return Finding("disk", free >= ROOM, told if free >= ROOM else f"only {told}: make room")


def embedded(app: App) -> Finding:
    """The server that Tandem starts itself."""
    now = status(app.settings.home)
    if now.running:
        told = f"embedded {now.version}, process {now.pid}, {now.data_bytes / 1e6:.0f} MB of data"
        return Finding("weaviate", True, told)
    return found("weaviate", lambda: f"embedded {version(app)}, started; log: {now.log}")


def version(app: App) -> str:
    """What the server says it is. Raises `IndexUnavailable`."""
    client = app.client
    return str(asking(client.get_meta).get("version", "?"))


def source(app: App, name: str) -> Finding:
    """Can it be read, its first page over the network too, and what is indexed of it?"""

    def told() -> str:
        documents, chunks = app.index().count(name)
        seen = looked_at(app.syncing.source(name))
        return f"{seen}; {documents} documents, {chunks} chunks indexed"

    finding = found(f"source {name}", told)
    return replace(finding, told=finding.told.removeprefix(f"Source {name!r}: "))


def looked_at(source: Source, limit_s: float = LOOK_S) -> str:
    """How a source is by its first page. Raises `KnowledgeError`, before long."""
    began = time.monotonic()
    try:
        with within(limit_s):
            first = next(iter(source.documents(None)), None)
    except SourceUnreadable as error:
        if time.monotonic() - began < limit_s:
            raise
        remedy = f"{error.remedy}; this look takes {limit_s:g} s at most, a sync is more patient"
        raise SourceUnreadable(error.source, error.problem, remedy) from error
    return "has no documents" if first is None else "readable"


def platform(settings: Settings, name: str) -> Iterator[Finding]:
    """What a platform finds of its own, by the function `checks` in its file, where it has one.

    It is called with the platform's name in the settings, its options with the secrets resolved,
    and all settings.
    """
    section = settings.platforms[name]
    try:
        options = plugins.resolved("platform", section.use, {"name": name, **section.options})
        checks = plugins.beside("platform", section.use, "checks")
    except BotError as error:
        yield Finding(f"platform {name}", False, str(error))
        return
    if checks is None:
        yield Finding(f"platform {name}", True, "set")
    else:
        yield from checks(name, options, settings)


def found(name: str, tell: Callable[[], str]) -> Finding:
    """What `tell` says, or the expected error that it raises."""
    try:
        return Finding(name, True, tell())
    except (BotError, KnowledgeError, ModelError) as error:
        return Finding(name, False, str(error))


def word(value: object) -> str:
    """A name as it may be printed: in one line, short, and with nothing that steers a terminal."""
    if value is None:
        return "?"
    shown = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return " ".join(shown.split())[:80] or "?"
