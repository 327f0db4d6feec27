"""The report of knowledge gaps in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from bot import gap_words
from bot.bars import Bars
from bot.gaps.words import Gap, GapReport
from bot.posts import Heard
from bot.rendering import put
from bot.settings.sections import duration

NOTHING = "Nothing was asked in vain."
A_PERSON = "a correction that was accepted"
HEADS = ("asked", "people", "question", "why", "spaces", "where to write the answer")
ANSWERED_HEADS = ("asked", "people", "question", "answered by")


def timed(value: str) -> timedelta:
    """A duration that was given as an option. Raises `BadParameter`."""
    try:
        made = duration(value)
    except ValueError as error:
        raise typer.BadParameter(f"--since {error}") from error
    assert isinstance(made, timedelta)
    return made


def show(report: GapReport, bars: Bars, as_json: bool) -> None:
    """A report for who runs the bot."""
    bars.close()
    if as_json:
        put(asdict(report))
        return
    if not report.questions:
        bars.note(NOTHING)
        return
    out = Console()
    if report.gaps or not report.answered:
        out.print(tabled(HEADS, (row(gap, report.trouble) for gap in report.gaps)))
    if report.answered:
        out.print(tabled(ANSWERED_HEADS, map(answered_row, report.answered), "Answered meanwhile"))
    for line in counted(report), *checked(report):
        bars.note(line)


def tabled(heads: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> Table:
    """Rows under heads."""
    columns = (Column(head, overflow="fold") for head in heads)
    table = Table(*columns, title=title, title_justify="left")
    for cells in rows:
        table.add_row(*map(escape, cells))
    return table


def counted(report: GapReport) -> str:
    """How many questions there were, and how many are not shown."""
    many = "1 question" if report.questions == 1 else f"{report.questions} questions"
    hidden = f", {report.unquoted} of them not shown" if report.unquoted else ""
    return f"{many} in all{hidden}."


def checked(report: GapReport) -> Iterator[str]:
    """What asking again came to, where that was tried; and what could not be done."""
    if report.checked:
        gaps = "1 gap was" if report.checked == 1 else f"{report.checked} gaps were"
        yield f"{gaps} asked again: {len(report.answered)} answered meanwhile."
    if report.apart:
        yield f"Only the very same words are put together: {report.apart}"
    if report.trouble:
        yield f"Some of these may be answered meanwhile, which was not checked: {report.trouble}"


def row(gap: Gap, trouble: str = "") -> tuple[str, ...]:
    """A gap as a row; `trouble`: why pages may not be known."""
    why = ", ".join(f"{gap_words.LACKS[lack]} ({count})" for lack, count in gap.lacks.items())
    where = gap_words.advice(gap.suggestion) if gap.suggestion or not trouble else ""
    return *said(gap), why, ", ".join(gap.spaces), where


def answered_row(gap: Gap) -> tuple[str, ...]:
    """One that is a gap no more, as a row."""
    by = (gap.now.title, gap.now.url) if gap.now else ()
    return *said(gap), "\n".join(filter(None, by)) or A_PERSON


def said(gap: Gap) -> tuple[str, str, str]:
    """How often it was asked, by how many, and in what words."""
    return str(gap.count), str(gap.people), "\n".join((gap.question, *gap.others))


def posted(heard: Heard, channel: str, bars: Bars, as_json: bool) -> None:
    """That a digest will be posted."""
    queued = heard in (Heard.ACCEPTED, Heard.REVISED)
    if as_json:
        put({"channel": channel, "queued": queued})
    elif queued:
        bars.note(f"The digest is queued for {channel}; `tandem run` posts it.")
    else:
        bars.note(f"A digest of today was queued for {channel} before.")
