"""The commands for answers that people gave each other, and that somebody trusted endorsed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.starting import Json, started

answers = typer.Typer(help="People's answers that were endorsed.", rich_markup_mode=None)
Number = Annotated[int, typer.Argument(help="The answer's number.")]


class ReviewName(StrEnum):
    """The states, as an option."""

    waiting = "waiting"
    accepted = "accepted"
    rejected = "rejected"


def add_to(cli: typer.Typer) -> None:
    """Add `answers`."""
    cli.add_typer(answers, name="answers")


@answers.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    review: Annotated[ReviewName | None, typer.Option(help="Only in this state.")] = None,
    json: Json = False,
) -> None:
    """List them, oldest first."""
    if context.invoked_subcommand is not None:
        return
    from bot.endorsed.showing import nothing, show
    from model.examples import Review

    with started() as (app, bars):
        found = app.endorsing.store.listed(Review(review) if review else None)
        bars.close()
        for one in found:
            show(one, json)
        if not found and not json:
            bars.note(nothing(review or ""))


@answers.command()
def accept(number: Number, json: Json = False) -> None:
    """Make one a document, which who reads its channel is answered from."""
    decide(number, "accepted", json)


@answers.command()
def reject(number: Number, json: Json = False) -> None:
    """Make one no document."""
    decide(number, "rejected", json)


def decide(number: int, review: str, json: bool) -> None:
    """Keep a decision, bring the index in step with it, and say it."""
    from bot.endorsed.showing import show
    from bot.endorsed.words import source_of
    from model.examples import Review

    with started() as (app, bars):
        decided = app.endorsing.store.decide(number, Review(review))
        for _, told in app.syncing.sync([source_of(decided.reply.place)]):
            bars.note(str(told))
        bars.close()
        show(decided, json)
