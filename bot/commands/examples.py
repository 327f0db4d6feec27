"""The commands that list examples, show them, and decide on them."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.starting import Json, started

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.app import App
    from bot.learning.book_words import Wanted
    from bot.learning.words import Curated
    from knowledge.documents import Passage
    from model.examples import Origin, Review


class WhatName(StrEnum):
    """What is taught, as an option."""

    style = "style"
    answers = "answers"


class ReviewName(StrEnum):
    """The states of review, as an option."""

    accepted = "accepted"
    waiting = "waiting"
    rejected = "rejected"


class OriginName(StrEnum):
    """Where examples come from, as an option."""

    correction = "correction"
    thumb = "thumb"
    file = "import"


listed = typer.Typer(help="What the models are taught by.", rich_markup_mode=None)

Task = Annotated[str | None, typer.Option(help="Only of this task.")]
What = Annotated[WhatName | None, typer.Option(help="Only of this.")]
Ids = Annotated[list[int], typer.Argument(help="Their numbers: see `tandem examples`.")]


def add_to(cli: typer.Typer) -> None:
    """Add `examples`."""
    cli.add_typer(listed, name="examples")


@listed.callback(invoke_without_command=True)
def examples(
    context: typer.Context,
    task: Task = None,
    what: What = None,
    review: Annotated[ReviewName | None, typer.Option(help="Only in this state.")] = None,
    origin: Annotated[OriginName | None, typer.Option(help="Only from there.")] = None,
    words: Annotated[str | None, typer.Option(help="Only with these words.")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    json: Json = False,
) -> None:
    """List the examples, newest first."""
    from bot.learning import example_showing
    from bot.rendering import put
    from model.examples import Origin, Review

    if context.invoked_subcommand is not None:
        return
    state, source = Review(review) if review else None, Origin(origin) if origin else None
    wanted = wanted_by(task, what, state, source, words, limit)
    with started() as (app, _):
        held = app.learning.book.examples(wanted)
    if not json:
        example_showing.print_list(held)
    for example in held if json else ():
        put(example_showing.example_json(example))


def wanted_by(
    task: str | None,
    what: WhatName | None,
    review: Review | None,
    origin: Origin | None = None,
    words: str | None = None,
    limit: int | None = None,
) -> Wanted:
    """Which examples the options want."""
    from bot.learning.book_words import Wanted
    from model.examples import What as Taught

    return Wanted(Taught(what) if what else None, task, review, origin, words=words, limit=limit)


@listed.command()
def show(
    id: Annotated[int, typer.Argument(help="Its number: see `tandem examples`.")],
    json: Json = False,
) -> None:
    """Show an example whole, with the votes behind it and the versions that learned it."""
    from bot.learning import example_showing
    from bot.rendering import put

    with started() as (app, _):
        example = app.learning.book.example(id)
        lineage = example_showing.lineage(app.learning, example)
    if json:
        put(example_showing.example_json(example) | {"lineage": lineage})
    else:
        typer.echo(example_showing.shown(example))
        typer.echo(example_showing.told_lineage(lineage))


@listed.command()
def review(task: Task = None, what: What = None, json: Json = False) -> None:
    """Go through what waits, one by one."""
    from dataclasses import asdict

    from bot.learning import example_showing, reviewing
    from bot.rendering import put
    from model.examples import Example, Review

    def shown(example: Example, place: int, all: int) -> None:
        typer.echo(f"\n{place} of {all}\n{example_showing.shown(example)}", err=True)

    with started() as (app, bars):
        bars.close()
        wanted = wanted_by(task, what, Review.WAITING)
        report = reviewing.review_all(
            app.learning.book, wanted, operator(), shown, typed, labels_of(app), binding(app)
        )
    if json:
        put(asdict(report))
    else:
        typer.echo(str(report), err=True)


def typed(prompt: str) -> str | None:
    """The next line of stdin, whoever writes it; None: there is no more."""
    typer.echo(prompt, err=True, nl=False)
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None


def labels_of(app: App) -> Callable[[str], Sequence[str]]:
    """The labels of the tasks that are set."""
    tasks = app.tasks
    return lambda name: tasks[name].labels if name in tasks else ()


def binding(app: App) -> Callable[[Curated], Sequence[Passage]]:
    """What an answer would rest on; the index is not asked before there is one."""
    return lambda curated: app.curating.rests_on_now(curated)


def operator() -> str:
    """Who decides, as the machine knows them."""
    import getpass

    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may run as a number without a name
        return "operator"


@listed.command()
def accept(ids: Ids, json: Json = False) -> None:
    """Let the models learn from examples."""
    from model.examples import Review

    decided(ids, Review.ACCEPTED, "", json)


@listed.command()
def reject(
    ids: Ids,
    why: Annotated[str, typer.Option(help="A reason, which is kept.")] = "",
    json: Json = False,
) -> None:
    """Never let the models learn from examples, whoever votes for them."""
    from model.examples import Review

    decided(ids, Review.REJECTED, why, json)


def decided(ids: list[int], review: Review, why: str, json: bool) -> None:
    """Decide, and print what was decided on."""
    from bot.learning import example_showing, reviewing
    from bot.rendering import put

    with started() as (app, _):
        book, by = app.learning.book, operator()
        for example in reviewing.decide(book, ids, review, by, why, binding(app)):
            if json:
                put(example_showing.example_json(example))
            else:
                typer.echo(f"#{example.id} is {example.review}.", err=True)


@listed.command()
def edit(
    id: Annotated[int, typer.Argument(help="Its number: see `tandem examples`.")],
    chosen: Annotated[
        str | None, typer.Option(help="The right answer; - reads it from stdin.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What it is an answer to.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="And accept it.")] = False,
    json: Json = False,
) -> None:
    """Put other words in an example; later votes leave them so."""
    from bot.learning import example_showing, reviewing
    from bot.rendering import put

    if chosen is None and text is None:
        raise typer.BadParameter("give --chosen TEXT, --text TEXT, or both")
    with started() as (app, _):
        words = sys.stdin.read() if chosen == "-" else chosen
        made = reviewing.edit(
            app.learning.book, id, words, text, operator(), accept, labels_of(app), binding(app)
        )
    if json:
        put(example_showing.example_json(made))
    else:
        typer.echo(example_showing.shown(made))
