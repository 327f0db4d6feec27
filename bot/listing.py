"""The commands that sync, list and check."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app import App
from bot.bars import Bars
from bot.health import look
from bot.rendering import interaction_json, put, report_json, sync_json
from bot.store import Wanted
from knowledge.sync import SyncReport

SHOWN = 20  # unreadable documents that are named on the screen; `--json` names all


def sync(app: App, bars: Bars, names: Sequence[str], full: bool, as_json: bool) -> int:
    """Sync, and print a report for each source; the exit code tells a failure."""
    code = 0
    for name in names:
        app.source(name)
    for name, told in app.sync(names, full):
        if isinstance(told, SyncReport):
            if as_json:
                put(report_json(told))
            else:
                bars.note(str(told))
                tell_unreadable(told, bars)
        else:
            code = 1
            if as_json:
                put({"source": name, "error": str(told)})
            else:
                bars.note(str(told))
    return code


def tell_unreadable(report: SyncReport, bars: Bars) -> None:
    """Name what could not be read, with the reason."""
    for item in report.unreadable[:SHOWN]:
        bars.note(f"  {item.key}: {item.reason}")
    if len(report.unreadable) > SHOWN:
        more = len(report.unreadable) - SHOWN
        bars.note(f"  and {more} more; `tandem sync --json` names them all")


def sources(app: App, bars: Bars, as_json: bool) -> None:
    """List the sources."""
    index, last = app.index(), app.store.last_syncs()
    bars.close()
    table = Table("source", "kind", "spaces", "documents", "chunks", "last sync", "unreadable")
    for name, section in app.settings.sources.items():
        documents, chunks = index.count(name)
        done = last.get(name)
        if as_json:
            told = {"name": name, "use": section.use, "spaces": list(section.spaces)}
            counts = {"documents": documents, "chunks": chunks}
            put(told | counts | {"last_sync": sync_json(done)})
            continue
        when = f"{done.ended_at:%Y-%m-%d %H:%M} UTC" if done else "never"
        state = "failed: " + done.error if done and done.error else when
        unreadable = str(len(done.problems)) if done else ""
        spaces = ", ".join(section.spaces)
        table.add_row(
            name, section.use, spaces, str(documents), str(chunks), escape(state), unreadable
        )
    if not as_json:
        Console().print(table)


def interactions(
    app: App, limit: int, outcome: str | None, words: str | None, code: str | None, as_json: bool
) -> None:
    """List interactions, newest first."""
    found = app.store.interactions(limit, Wanted(outcome=outcome, words=words, code=code))
    if as_json:
        for interaction in found:
            put(interaction_json(interaction))
        return
    table = Table("id", "asked", "mode", "outcome", "question", "answer")
    for each in found:
        asked = f"{each.asked_at:%Y-%m-%d %H:%M}"
        texts = (escape(cut(each.question.text, 60)), escape(cut(each.answer.text, 80)))
        outcome_shown = f"{each.answer.outcome} {each.answer.code}".strip()
        table.add_row(str(each.id), asked, str(each.route.mode), outcome_shown, *texts)
    Console().print(table)


def cut(text: str, width: int) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def check(app: App, bars: Bars, as_json: bool) -> int:
    """Print each finding as it is had; the exit code tells whether all is well."""
    code = 0
    for finding in look(app):
        code = code if finding.ok else 1
        if as_json:
            put({"name": finding.name, "ok": finding.ok, "told": finding.told})
        else:
            bars.note(f"{'ok   ' if finding.ok else 'WRONG'} {finding.name}: {finding.told}")
    return code
