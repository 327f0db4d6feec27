"""The commands that say in which channels nothing is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.starting import Json, started

if TYPE_CHECKING:
    from bot.conversation import Place
    from bot.learning.parts import Learning

SWEPT_S = 60.0  # that an operator waits for the disk; the next harvest makes up for the rest
learning = typer.Typer(help="What is learned from.", rich_markup_mode=None)
channels = typer.Typer(help="The channels from which nothing is learned.", rich_markup_mode=None)
learning.add_typer(channels, name="channels")


def add_to(cli: typer.Typer) -> None:
    """Add `learning channels`."""
    cli.add_typer(learning, name="learning")


Channel = Annotated[str, typer.Argument(help="The channel's id.")]
Platform = Annotated[str, typer.Option(help="slack or discord.")]
Workspace = Annotated[str, typer.Option(help="Slack's team, Discord's server.")]


@channels.callback(invoke_without_command=True)
def silent(context: typer.Context, json: Json = False) -> None:
    """List the channels from which nothing is learned."""
    if context.invoked_subcommand is None:
        with started() as (app, _):
            for place in app.learning.channels.silent():
                tell_channel(place.platform, place.workspace, place.channel, False, json)
            for channel in app.settings.learning.silent_channels:
                tell_channel("", "", channel, False, json)


@channels.command()
def off(channel: Channel, platform: Platform, workspace: Workspace, json: Json = False) -> None:
    """Learn nothing from a channel; what was learned there goes."""
    choose(channel, platform, workspace, False, json)


@channels.command()
def on(channel: Channel, platform: Platform, workspace: Workspace, json: Json = False) -> None:
    """Learn from a channel again."""
    choose(channel, platform, workspace, True, json)


def choose(channel: str, platform: str, workspace: str, may_learn: bool, json: bool) -> None:
    """Keep the choice, and say it."""
    from bot.conversation import Place

    with started() as (app, _):
        chosen(app.learning, Place(platform, workspace, channel), may_learn)
    tell_channel(platform, workspace, channel, may_learn, json)


def chosen(learning: Learning, place: Place, may_learn: bool) -> None:
    """Keep the choice; what was learned there leaves SQL, and then the disk.

    Raises `SilentBySettings` where it may not be learned whatever is chosen.
    """
    from bot.learning.openness import SilentBySettings

    openness = learning.openness
    if may_learn and openness.settled(place):
        raise SilentBySettings(place.channel)
    openness.choose(place, may_learn)
    learning.sweeper.wait(SWEPT_S)


def tell_channel(platform: str, workspace: str, channel: str, learns: bool, json: bool) -> None:
    """One channel, on stdout."""
    from bot.rendering import put

    if json:
        told = {"platform": platform, "workspace": workspace, "channel": channel}
        put(told | {"learns": learns})
    else:
        where = " ".join(filter(None, (platform, workspace, channel)))
        typer.echo(f"{where}: {'learned from' if learns else 'nothing is learned'}")
