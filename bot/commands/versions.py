"""The commands that measure versions, list them, and set two of them side by side."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from bot.commands.promoting import BY
from bot.starting import Json, started

listed = typer.Typer(help="The trained versions.", rich_markup_mode=None)


def add_to(cli: typer.Typer) -> None:
    """Add `evaluate` and `versions`."""
    cli.command()(evaluate)
    cli.add_typer(listed, name="versions")


def evaluate(
    version: Annotated[
        str | None, typer.Argument(help="A version; the newest candidate by default.")
    ] = None,
    against: Annotated[
        str, typer.Option(help="What it is compared with: a version, base or live.")
    ] = "live",
    task: Annotated[
        list[str] | None, typer.Option(help="Only this task; repeatable. The gate wants all.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Examples of each task at most. The gate wants all.")
    ] = None,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="First make the golden sets of tasks that have none.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--no-promote", help="Only measure it, whatever the settings say.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure a version beside another on what it was not taught, and ask the gate.

    One that passes is tried on a share of the places, or promoted, where the settings say so.
    """
    from bot.learning import showing
    from bot.learning.evaluating import Part
    from bot.learning.opening import measuring
    from bot.learning.putting_forward import onward

    with started() as (app, bars):
        parts, part = app.learning, Part(tuple(task or ()), limit)
        then = partial(onward, parts, by=BY, leave=leave)
        showing.evaluate(measuring(parts), bars, version, against, part, freeze, json, then)


@listed.callback(invoke_without_command=True)
def versions(context: typer.Context, json: Json = False) -> None:
    """List the trained versions, newest first."""
    from bot.learning import showing
    from bot.learning.opening import measuring

    if context.invoked_subcommand is None:
        with started() as (app, _):
            showing.versions(measuring(app.learning), json)


@listed.command("show")
def show(
    version: Annotated[str, typer.Argument(help="The version: see `tandem versions`.")],
    json: Json = False,
) -> None:
    """Show a version whole: run, dataset, people, recipe, loss, gate, and when it was live."""
    from bot.learning import version_showing
    from bot.rendering import put

    with started() as (app, _):
        parts = app.learning
        told = version_showing.version_json(parts.registry, parts.home, version)
    if json:
        put(told)
    else:
        typer.echo("\n".join(version_showing.lines(told)))


@listed.command("compare")
def compare(
    a: Annotated[str, typer.Argument(help="A version, base or live.")],
    b: Annotated[str, typer.Argument(help="Another.")],
    shown: Annotated[int, typer.Option("--examples", min=0, help="Examples of each task.")] = 10,
    json: Json = False,
) -> None:
    """Set two versions side by side: scores with intervals, and examples of what each writes."""
    from bot.learning import showing
    from bot.learning.opening import measuring

    with started() as (app, _):
        showing.compare(measuring(app.learning), a, b, shown, json)
