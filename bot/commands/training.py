"""`tandem train` and `tandem runs`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.starting import Json, started


class WhatName(StrEnum):
    """What can be trained, as an option."""

    style = "style"
    answers = "answers"
    retriever = "retriever"


class RunName(StrEnum):
    """What has runs, as an option."""

    trainings = "trainings"
    jobs = "jobs"


def add_to(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(train)
    cli.command()(runs)


def train(
    task: Annotated[
        list[str] | None,
        typer.Option(help="Of the style, this task; repeatable. All that have enough examples."),
    ] = None,
    what: Annotated[WhatName, typer.Option(help="What is taught.")] = WhatName.style,
    recipe: Annotated[Path | None, typer.Option(help="TOML; how it is taught.")] = None,
    resume: Annotated[
        int | None, typer.Option(help="Go on with this training, which was cut off.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Give up a training that was cut off, and begin anew.")
    ] = False,
    json: Json = False,
) -> None:
    """Train a new version from the accepted examples; it goes live by `tandem promote`."""
    from bot.learning import asking_training

    if resume is not None and (task or recipe or anew):
        raise typer.BadParameter("--resume goes on as the training was begun; give it alone")
    with started() as (app, bars):
        asked = asking_training.Asked(str(what), tuple(task or ()), recipe, resume, anew)
        asking_training.train(app, bars, asked, json)


def runs(
    id: Annotated[int | None, typer.Argument(help="One, with all that is known.")] = None,
    what: Annotated[
        RunName | None,
        typer.Option(help="Only trainings, or only jobs. With an id: trainings by default."),
    ] = None,
    job: Annotated[str | None, typer.Option(help="Only of this job: see `tandem jobs`.")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, help="How many of each.")] = 20,
    json: Json = False,
) -> None:
    """List the trainings and the runs of jobs, newest first."""
    from bot.jobs import showing
    from bot.learning import asking_training

    of_jobs = what is RunName.jobs or job is not None
    with started() as (app, bars):
        if id is not None:
            (showing.run if of_jobs else asking_training.shown)(app, bars, id, json)
            return
        if not of_jobs:
            asking_training.listed(app, bars, limit, json)
        if what is not RunName.trainings:
            showing.runs(app, bars, limit, job, json)
