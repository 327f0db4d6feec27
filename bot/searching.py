"""The command that searches: one text, or many into a TREC run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.app import App
from bot.asking import listed
from bot.bars import Bars
from bot.conversation import Question
from bot.errors import BatchWrong, UnknownSource
from bot.intake import clean
from bot.platforms.terminal import asker, here
from bot.rendering import passage_json, put
from bot.spaces import readable
from knowledge.documents import Passage
from knowledge.search import Dials

QUERY_LIMIT = 20_000  # characters


@dataclass(frozen=True)
class How:
    """What the command says of how to search."""

    k: int
    alpha: float | None = None  # None: as set
    spaces: str | None = None
    source: Sequence[str] | None = None  # None: all that the spaces have
    since: datetime | None = None  # aware


def ready(app: App, bars: Bars) -> None:
    """What searching needs, with the sources synced at least once."""
    app.set_up(answering=False)
    app.syncing.first_sync()
    bars.close()


def dials(app: App, how: How) -> Dials:
    """The settings' own, but for what the command says."""
    alpha = app.dials.alpha if how.alpha is None else how.alpha
    return replace(app.dials, limit=how.k, alpha=alpha, modified_since=how.since)


def sources(app: App, how: How) -> list[str]:
    """The sources that are searched. Raises `UnknownSource`."""
    allowed = readable(Question("", asker(), here(), spaces=listed(how.spaces)), app.settings)
    for name in how.source or ():
        if name not in app.settings.sources:
            raise UnknownSource(name, tuple(app.settings.sources))
    return [name for name in allowed if not how.source or name in how.source]


def one(app: App, bars: Bars, text: str, how: How, as_json: bool) -> None:
    """Print the passages for a text."""
    said, among = clean(text, QUERY_LIMIT), sources(app, how)
    ready(app, bars)
    found = app.reranked(said, app.finder.search(said, among, dials(app, how)))
    if as_json:
        put({"query": said, "passages": [passage_json(passage) for passage in found]})
    else:
        draw(found, Console())


def draw(found: Sequence[Passage], out: Console) -> None:
    """Passages for people."""
    for number, passage in enumerate(found, start=1):
        chunk = passage.chunk
        parts = ", ".join(f"{name} {score:.2f}" for name, score in passage.scores.items())
        path = " > ".join((chunk.title, *chunk.headings))
        out.print(f"[bold]{number}. {escape(path)}[/] [dim]{passage.score:.3f} ({parts})[/]")
        out.print(f"   [blue]{escape(chunk.url)}[/]", soft_wrap=True, highlight=False)
        text = " ".join(chunk.text.split())
        out.print(f"   {escape(text[:300])}", soft_wrap=True, highlight=False)
    if not found:
        out.print("Nothing was found.")


def many(app: App, bars: Bars, path: Path, run: Path, how: How) -> None:
    """Write a TREC run: one line for each document found, `qid Q0 docid rank score tandem`."""
    lines, among = list(queries(path)), sources(app, how)
    ready(app, bars)
    with run.open("w", encoding="utf-8") as out:
        for done, (query, text) in enumerate(lines, start=1):
            best = app.finder.documents(text, among, how.k, dials(app, how))
            found = app.reranked(text, best)
            for rank, passage in enumerate(found, start=1):
                key = "_".join(passage.chunk.key.split()) or "_"
                out.write(f"{query} Q0 {key} {rank} {passage.score:.6f} tandem\n")
            bars("Searching", done, len(lines))


def queries(path: Path) -> Iterator[tuple[str, str]]:
    """Ids and texts. Raises `BatchWrong`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BatchWrong(str(path), [str(error)]) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        query, tab, said = line.partition("\t")
        if not tab or not query.strip() or not said.strip():
            raise BatchWrong(str(path), [f"line {number}: it must be an id, a tab and a query"])
        yield query.strip(), clean(said, QUERY_LIMIT)
