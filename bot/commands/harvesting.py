"""The commands that make examples of votes and of files, and that write them to files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.examples import WhatName
from bot.starting import Json, started

importing = typer.Typer(help="Take in what others wrote.", rich_markup_mode=None)
exporting = typer.Typer(help="Hand on what is kept.", rich_markup_mode=None)


class FormatName(StrEnum):
    """The formats, as an option."""

    sft = "sft"
    kto = "kto"
    dpo = "dpo"


class ReaderName(StrEnum):
    """What reads an export, as an option."""

    trl = "trl"
    llama_factory = "llama-factory"
    axolotl = "axolotl"


def add_to(cli: typer.Typer) -> None:
    """Add `harvest`, `import` and `export`."""
    cli.command()(harvest)
    cli.add_typer(importing, name="import")
    cli.add_typer(exporting, name="export")


@importing.callback()
def take_in() -> None:
    """Take in what others wrote."""


@exporting.callback()
def hand_on() -> None:
    """Hand on what is kept."""


def harvest(
    anew: Annotated[
        bool, typer.Option("--anew", help="All votes, not only those since the last time.")
    ] = False,
    json: Json = False,
) -> None:
    """Make examples of the votes that are new, and forget those that are too old."""
    from bot.learning.keeping_up import keep_up
    from bot.rendering import put

    with started() as (app, bars):
        report = keep_up(app.learning, anew=anew)
        if json:
            put(report.told())
        else:
            bars.note(str(report))


@importing.command("examples")
def import_examples(
    file: Annotated[Path, typer.Argument(help="JSON Lines in UTF-8.")],
    task: Annotated[str | None, typer.Option(help="Of this task, where a line names none.")] = None,
    json: Json = False,
) -> None:
    """Keep the examples of a file; bad lines are named, and the exit code is 1 then."""
    from dataclasses import asdict

    from bot.learning.importing import Refused
    from bot.learning.importing import import_examples as take
    from bot.learning.refusals import Refusals
    from bot.rendering import put

    told = Refusals(file, lambda line: typer.echo(line, err=True))

    def tell(refused: Refused) -> None:
        put(asdict(refused)) if json else told(refused)

    with started() as (app, bars):
        report = take(app.learning.book, file, app.tasks, task, tell)
        told.end()
        if json:
            put(asdict(report))
        else:
            bars.note(str(report))
    raise typer.Exit(1 if report.refused else 0)


@exporting.command("examples")
def export_examples(
    format: Annotated[FormatName, typer.Option(help="What is trained by.")],
    out: Annotated[Path, typer.Option(help="The file; what stands there is replaced.")],
    task: Annotated[str | None, typer.Option(help="Only of this task.")] = None,
    what: Annotated[WhatName, typer.Option(help="What is taught.")] = WhatName.style,
    reader: Annotated[ReaderName, typer.Option("--for", help="What reads it.")] = ReaderName.trl,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Those to measure with, not those to train with.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the accepted examples as other trainers read them."""
    from dataclasses import asdict

    from bot.learning.exporting import Choice, Format, Reader
    from bot.learning.exporting import export_examples as write
    from bot.rendering import put
    from model.examples import What as Taught
    from model.tasks import task_named

    choice = Choice(Format(format), Reader(reader), Taught(what), task, held_out)
    with started() as (app, bars):
        if task is not None and choice.what is Taught.STYLE:
            task_named(app.tasks, task)
        report = write(app.learning.book, app.tasks, choice, out)
        if json:
            put(asdict(report))
        else:
            bars.note(str(report))
