"""The report of knowledge gaps in a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot import gap_words
from bot.bars import Bars
from bot.gaps.words import Gap, GapReport
from bot.posts import Heard
from bot.rendering import put
from bot.settings.sections import duration

NOTHING = "Nothing was asked in vain."


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
    table = Table("asked", "people", "question", "why", "spaces", "where to write the answer")
    for gap in report.gaps:
        table.add_row(*map(escape, row(gap)))
    Console().print(table)
    bars.note(counted(report))


def counted(report: GapReport) -> str:
    """How many questions there were, and how many are not shown."""
    many = "1 question" if report.questions == 1 else f"{report.questions} questions"
    hidden = f", {report.unquoted} of them not shown" if report.unquoted else ""
    return f"{many} in all{hidden}."


def row(gap: Gap) -> tuple[str, ...]:
    """A gap as a row."""
    why = ", ".join(f"{gap_words.LACKS[lack]} ({count})" for lack, count in gap.lacks.items())
    words = "\n".join((gap.question, *gap.others))
    where = gap_words.advice(gap.suggestion)
    return str(gap.count), str(gap.people), words, why, ", ".join(gap.spaces), where


def posted(heard: Heard, channel: str, bars: Bars, as_json: bool) -> None:
    """That a digest will be posted."""
    queued = heard in (Heard.ACCEPTED, Heard.REVISED)
    if as_json:
        put({"channel": channel, "queued": queued})
    elif queued:
        bars.note(f"The digest is queued for {channel}; `tandem run` posts it.")
    else:
        bars.note(f"A digest of today was queued for {channel} before.")
