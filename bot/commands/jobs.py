"""`tandem jobs`: what is done by itself, when next, and each of it by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.starting import Json, started

jobs = typer.Typer(help="What is done by itself.", rich_markup_mode=None)


def add_to(cli: typer.Typer) -> None:
    """Add `jobs`."""
    cli.add_typer(jobs, name="jobs")


@jobs.callback(invoke_without_command=True)
def all_jobs(context: typer.Context, json: Json = False) -> None:
    """List the jobs, what is next first."""
    from bot.jobs import showing

    if context.invoked_subcommand is None:
        with started() as (app, bars):
            showing.jobs(app, bars, json)


@jobs.command("list")
def listed(json: Json = False) -> None:
    """List the jobs, what is next first."""
    from bot.jobs import showing

    with started() as (app, bars):
        showing.jobs(app, bars, json)


@jobs.command("run")
def run(
    name: Annotated[str, typer.Argument(help="The job: see `tandem jobs`.")], json: Json = False
) -> None:
    """Run a job now, unless another process does; its schedule stays as it is."""
    from bot.jobs import by_hand

    with started() as (app, bars):
        code = by_hand.run(app, bars, name, json)
    raise typer.Exit(code)
