"""The command that searches: one text, or many into a TREC run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bot.app import App
from bot.asking import listed
from bot.bars import Bars
from bot.conversation import Question
from bot.errors import BatchWrong
from bot.intake import clean
from bot.platforms.terminal import asker, here
from bot.rendering import passage_json, put
from bot.spaces import readable
from knowledge.documents import Passage
from knowledge.search import Dials

QUERY_LIMIT = 20_000  # characters


def ready(app: App, bars: Bars) -> None:
    """What searching needs, with the sources synced at least once."""
    app.set_up(answering=False)
    app.first_sync()
    bars.close()


def dials(app: App, k: int, alpha: float | None) -> Dials:
    """The settings' own, but for what the command says."""
    return replace(app.dials, limit=k, alpha=app.dials.alpha if alpha is None else alpha)


def sources(app: App, spaces: str | None) -> list[str]:
    """The sources that are searched."""
    return readable(Question("", asker(), here(), spaces=listed(spaces)), app.settings)


def one(
    app: App, bars: Bars, text: str, k: int, spaces: str | None, alpha: float | None, as_json: bool
) -> None:
    """Print the passages for a text."""
    said, among = clean(text, QUERY_LIMIT), sources(app, spaces)
    ready(app, bars)
    found = app.finder.search(said, among, dials(app, k, alpha))
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


def many(
    app: App, bars: Bars, path: Path, run: Path, k: int, spaces: str | None, alpha: float | None
) -> None:
    """Write a TREC run: one line for each document found, `qid Q0 docid rank score tandem`."""
    lines, among = list(queries(path)), sources(app, spaces)
    ready(app, bars)
    with run.open("w", encoding="utf-8") as out:
        for done, (query, text) in enumerate(lines, start=1):
            found = app.finder.documents(text, among, k, dials(app, k, alpha))
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
