"""`tandem backup` and `tandem restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.starting import Json, settled, started


def add_to(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(backup)
    cli.command()(restore)


def backup(
    out: Annotated[
        Path | None, typer.Option(help="A folder for copies; default: as set in [jobs.backup].")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many copies stay there, the newest.")
    ] = None,
    json: Json = False,
) -> None:
    """Copy SQL, the model versions and the settings; the index is made anew by a sync."""
    from bot.jobs.backing_up import back_up, place_for
    from bot.rendering import put

    with started() as (app, bars):
        app.store  # noqa: B018 - the database, brought to the newest revision
        mine = app.settings
        made = back_up(mine, out or place_for(mine), keep or mine.jobs.backup.keep)
        if json:
            put(made.told())
        else:
            bars.note(str(made))
    raise typer.Exit(1 if made.trouble else 0)


def restore(
    folder: Annotated[Path, typer.Argument(help="A copy that `tandem backup` made.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also where there is a database: it is put aside.")
    ] = False,
) -> None:
    """Put a copy back into the home folder; the bot must not run meanwhile."""
    from bot.jobs.restoring import restore as put_back

    for line in put_back(settled(), folder, force):
        typer.echo(line, err=True)
