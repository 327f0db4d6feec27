"""`tandem promote` and `tandem rollback`: which version everybody is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.training import WhatName
from bot.starting import Json

if TYPE_CHECKING:
    from bot.learning.parts import Learning
    from bot.learning.words import ModelVersion


BY = "operator"


def add_to(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("promote")(promote)
    cli.command("rollback")(rollback)


def promote(
    version: Annotated[str, typer.Argument(help="The version: see `tandem versions`.")],
    force: Annotated[
        bool, typer.Option("--force", help="Even if it did not pass the gate; needs --why.")
    ] = False,
    why: Annotated[str, typer.Option(help="A reason, which is kept.")] = "",
    canary: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Only for this share of the places; 0 ends that."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a version live that passed the gate; running bots change over by themselves."""
    from bot.starting import started

    with started() as (app, _):
        typer.echo(promoted(app.learning, version, canary, (force, why), json))


def promoted(
    parts: Learning, name: str, share: float | None, forced: tuple[bool, str], json: bool
) -> str:
    """What is printed, once it is done; `forced`: is it, and why. Raises as `promote` does."""
    from bot.learning import canary, promoting

    force, why = forced
    if share is None:
        made = promoting.promote(parts, name, BY, why, force)
        told = f"{made.name} is live."
        promoting.indexed_for(parts, made.what)
    else:
        made = canary.begin_trial(parts, name, share, why, force)
        told = f"{made.name} serves {made.canary:.0%} of the places."
    return printed(made) if json else told


def rollback(
    what: Annotated[WhatName, typer.Option(help="Of what.")] = WhatName.style,
    why: Annotated[str, typer.Option(help="A reason, which is kept.")] = "",
    json: Json = False,
) -> None:
    """Go back to the version that was live before; the one that is live is refused."""
    from bot.starting import started

    with started() as (app, _):
        typer.echo(rolled_back(app.learning, what, why, json))


def rolled_back(parts: Learning, what: str, why: str, json: bool) -> str:
    """What is printed, once it is done. Raises as `rollback` does."""
    from bot.learning import promoting
    from model.examples import What

    back = promoting.rollback(parts, What(what), BY, why)
    promoting.indexed_for(parts, What(what))
    told = f"{back.name} is live." if back else "The base model is live."
    return printed(back) if json else told


def printed(version: ModelVersion | None) -> str:
    """One JSON object; the base model has no name."""
    import json

    if version is None:
        return json.dumps({"name": "", "state": "live", "canary": 0.0})
    told = {
        "name": version.name,
        "what": str(version.what),
        "tasks": list(version.tasks),
        "state": str(version.state),
        "canary": version.canary,
        "why": version.why,
        "changed_at": version.changed_at.isoformat(),
    }
    return json.dumps(told, ensure_ascii=False)
