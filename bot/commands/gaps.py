"""The command that tells what the sources did not answer."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.starting import Json, started


def add_to(cli: typer.Typer) -> None:
    """Add `gaps`."""
    cli.command()(gaps)


def gaps(
    since: Annotated[str, typer.Option(help='How far back: "30d", "12h".')] = "30d",
    limit: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    post: Annotated[
        str,
        typer.Option(help='Have it posted to "slack:CHANNEL" or "discord:SERVER/CHANNEL" instead.'),
    ] = "",
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not look whether they are answered meanwhile.")
    ] = False,
    json: Json = False,
) -> None:
    """Tell what people asked and the sources did not answer, and where to write it."""
    from bot.gaps.parts import gap_report, post_digest
    from bot.gaps.showing import posted, show, timed
    from bot.settings.unasked import channel_named

    period = timed(since)
    if post and no_check:
        raise typer.BadParameter("--no-check is for the list: a digest is checked as it is posted")
    try:
        channel_named(post)
    except ValueError as error:
        raise typer.BadParameter(f"--post {error}") from error
    with started() as (app, bars):
        if post:
            posted(post_digest(app, post, since=period), post, bars, json)
        else:
            show(gap_report(app, period, limit, check=not no_check), bars, json)
