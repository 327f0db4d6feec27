"""Is everything there that answering needs, and if not, what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.app import App
from bot.errors import BotError
from knowledge.errors import KnowledgeError
from knowledge.server import status
from model.errors import ModelError

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
    for name in settings.sources:
        yield source(app, name)


def disk(app: App) -> Finding:
    """Is there room in the data folder?"""
    home = app.settings.home
    home.mkdir(parents=True, exist_ok=True)
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
    """What the server says it is."""
    return str(app.client.get_meta().get("version", "?"))


def source(app: App, name: str) -> Finding:
    """Can it be read, and what is indexed of it?"""

    def told() -> str:
        documents, chunks = app.index().count(name)
        first = next(iter(app.source(name).documents(None)), None)
        seen = "has no documents" if first is None else "readable"
        return f"{seen}; {documents} documents, {chunks} chunks indexed"

    return found(f"source {name}", told)


def found(name: str, tell: Callable[[], str]) -> Finding:
    """What `tell` says, or the expected error that it raises."""
    try:
        return Finding(name, True, tell())
    except (BotError, KnowledgeError, ModelError) as error:
        return Finding(name, False, str(error))
