"""Endorsed answers in a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict

import typer

from bot.endorsed.words import Endorsed
from bot.rendering import put

NONE = (
    "None yet: a ✅ of somebody who is [trusted] on a colleague's reply in a thread makes it one. "
    "See docs/gaps.md."
)
NONE_SO = "None is {review}. `tandem answers` lists all."


def nothing(review: str) -> str:
    """What is said where there are none: of a state, or at all."""
    return NONE_SO.format(review=review) if review else NONE


def show(one: Endorsed, as_json: bool) -> None:
    """One answer, on stdout."""
    if as_json:
        put({"id": one.id, "review": str(one.review), **asdict(one.reply)})
        return
    typer.echo(f"{one.id}  {one.review}  {one.reply.link}")
    typer.echo(f"    asked: {' '.join(one.reply.question.split())}")
    typer.echo(f"    answered: {' '.join(one.reply.answer.split())}")
