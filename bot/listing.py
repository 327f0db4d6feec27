"""The commands that sync, list and check."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import redirect_stdout

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.app import App
from bot.bars import Bars
from bot.endorsed.indexing import OwnSources
from bot.health import Finding, look
from bot.rendering import interaction_json, put, report_json, sync_json
from bot.settings.sections import Source
from bot.store import SyncPass
from bot.syncing import Failure
from bot.wanted import Wanted
from knowledge.sync import SyncReport

log = logging.getLogger(__name__)

SHOWN = 20  # unreadable documents that are named on the screen; `--json` names all


def sync(app: App, bars: Bars, names: Sequence[str], full: bool, prune: bool, as_json: bool) -> int:
    """Sync, and print a report for each source; the exit code tells a failure.

    Sources that the index holds and the settings name no more are told, or forgotten (`prune`).
    """
    code = 0
    for name in names:
        app.syncing.source(name)
    stdout = sys.stdout
    with redirect_stdout(sys.stderr):  # what readers of others print is no report
        for name, told in app.syncing.sync(names, full):
            log.info("%s", told)  # a person is told it here
            code = code if isinstance(told, SyncReport) else 1
            with redirect_stdout(stdout):
                tell(name, told, bars, as_json)
    for name in app.syncing.prune() if prune else app.syncing.removed():
        tell_removed(name, bars, prune, as_json)
    return code


def tell(name: str, told: SyncReport | Failure, bars: Bars, as_json: bool) -> None:
    """Say what one sync did, or why it failed."""
    if isinstance(told, SyncReport):
        if as_json:
            put(report_json(told))
        else:
            bars.note(str(told))
            tell_unreadable(told, bars)
    elif as_json:
        put({"source": name, "error": str(told)})
    else:
        bars.note(str(told))


def tell_removed(name: str, bars: Bars, pruned: bool, as_json: bool) -> None:
    """Say that a source is not set, and that it was forgotten or how it will be."""
    if as_json and pruned:
        put({"source": name, "pruned": True})
    elif pruned:
        bars.note(f"{name}: forgotten, as it is no longer in the settings")
    else:
        advice = f"`tandem sync --prune` forgets what is indexed of {name!r}"
        bars.note(f"{name}: is no longer in the settings; {advice}")


def tell_unreadable(report: SyncReport, bars: Bars) -> None:
    """Name what could not be read, with the reason."""
    for item in report.unreadable[:SHOWN]:
        bars.note(f"  {item.key}: {item.reason}")
    if len(report.unreadable) > SHOWN:
        more = len(report.unreadable) - SHOWN
        bars.note(f"  and {more} more; `tandem sync --json` names them all")


def sources(app: App, bars: Bars, as_json: bool) -> None:
    """List the sources, and the channels whose endorsed answers are documents."""
    index, last = app.index(), app.store.last_syncs()
    bars.close()
    table = Table("source", "kind", "spaces", "documents", "chunks", "last sync", "unreadable")
    for name, use, spaces in kinds(app.settings.sources, app.syncing.own, index.sources()):
        documents, chunks = index.count(name)
        done = last.get(name)
        if as_json:
            told = {"name": name, "use": use, "spaces": list(spaces)}
            counts = {"documents": documents, "chunks": chunks}
            put(told | counts | {"last_sync": sync_json(done)})
            continue
        counted = (str(documents), str(chunks))
        who = ", ".join(spaces) or "who reads the channel"
        table.add_row(name, use, who, *counted, escape(synced(done)), unread(done))
    if not as_json:
        Console().print(table)


def kinds(
    known: Mapping[str, Source], own: OwnSources | None, held: Collection[str]
) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Each source's name, kind, and spaces; people's answers belong to a channel, and to none."""
    for name, section in known.items():
        yield name, section.use, section.spaces
    for name in own.names(held) if own is not None else ():
        yield name, "answers", ()


def synced(done: SyncPass | None) -> str:
    """When a source was read last, or why not."""
    if done is None:
        return "never"
    return f"failed: {done.error}" if done.error else f"{done.ended_at:%Y-%m-%d %H:%M} UTC"


def unread(done: SyncPass | None) -> str:
    """How many documents could not be read."""
    return str(len(done.problems)) if done else ""


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
    code, first = 0, dict[str, str]()
    for finding in look(app):
        code = code if finding.ok else 1
        if as_json:
            put({"name": finding.name, "ok": finding.ok, "told": finding.told})
        else:
            bars.note(line_of(finding, first))
    return code


def line_of(finding: Finding, first: dict[str, str]) -> str:
    """A finding in a line; what is wrong for the same reason as another is not told twice.

    `first` is of what each reason was told first, and grows.
    """
    if finding.ok:
        return f"ok    {finding.name}: {finding.told}"
    before = first.setdefault(finding.told, finding.name)
    told = finding.told if before == finding.name else f"for the same reason as {before}"
    return f"WRONG {finding.name}: {told}"
