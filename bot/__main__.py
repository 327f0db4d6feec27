"""The commands; each one thin function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import add_all
from bot.starting import Json, settled, started

DONE, FAILED, WRONG = 0, 1, 2  # exit codes

cli = typer.Typer(
    name="tandem",
    help="Answers a team's questions from its documents, in its own voice.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
cli.add_typer(db, name="db")
slack = typer.Typer(help="The Slack app.", no_args_is_help=True, rich_markup_mode=None)
cli.add_typer(slack, name="slack")
discord = typer.Typer(help="The Discord app.", no_args_is_help=True, rich_markup_mode=None)
cli.add_typer(discord, name="discord")


class ModeName(StrEnum):
    """The modes as an option."""

    auto = "auto"
    rag = "rag"
    tuned = "tuned"


Spaces = Annotated[str | None, typer.Option(help="Only these spaces, between commas.")]


@cli.command()
def ask(
    text: Annotated[str | None, typer.Argument(help="The question.")] = None,
    mode: Annotated[ModeName, typer.Option(help="Force a mode.")] = ModeName.auto,
    task: Annotated[str | None, typer.Option(help="Force a task of the tuned mode.")] = None,
    spaces: Spaces = None,
    batch: Annotated[
        Path | None, typer.Option(help="JSON Lines of questions; one result per line.")
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, help="Lines of the batch asked at a time.")
    ] = 1,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Write it anew, even if it was answered before.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask a question; the first time, everything that it takes is set up."""
    from bot import asking

    if (text is None) == (batch is None):
        raise typer.BadParameter("give a question, or --batch FILE")
    with started() as (app, bars):
        given = asking.Given(str(mode), task, asking.listed(spaces), fresh)
        if batch is not None:
            code = asking.many(app, bars, batch, given, at_once)
        else:
            code = asking.one(app, bars, text or "", given, json)
    raise typer.Exit(code)


@cli.command()
def chat(spaces: Spaces = None) -> None:
    """Converse in the terminal."""
    from bot import asking

    with started() as (app, bars):
        asking.converse(app, bars, asking.listed(spaces))


@cli.command()
def sync(
    source: Annotated[list[str] | None, typer.Argument(help="Sources; all by default.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read and embed all anew.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Forget sources that the settings name no more.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring the index in step with the sources."""
    from bot import listing

    with started() as (app, bars):
        raise typer.Exit(listing.sync(app, bars, source or [], full, prune, json))


@cli.command()
def search(
    text: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many.")] = 10,
    queries: Annotated[Path | None, typer.Option(help="Lines of an id, a tab and a query.")] = None,
    run: Annotated[Path | None, typer.Option(help="Write a TREC run here.")] = None,
    spaces: Spaces = None,
    alpha: Annotated[
        float | None, typer.Option(min=0, max=1, help="Weight of the vectors, instead of set.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only in this one; repeatable.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what changed since, UTC.")
    ] = None,
    json: Json = False,
) -> None:
    """Find passages, with their scores."""
    from bot import searching

    if (text is None) == (queries is None) or (queries is None) != (run is None):
        raise typer.BadParameter("give a text, or --queries FILE with --run FILE")
    how = searching.How(k, alpha, spaces, source, since and since.replace(tzinfo=UTC))
    with started() as (app, bars):
        if queries is not None and run is not None:
            searching.many(app, bars, queries, run, how)
        else:
            searching.one(app, bars, text or "", how, json)


@cli.command()
def sources(json: Json = False) -> None:
    """List the sources and what is indexed of them."""
    from bot import listing

    with started() as (app, bars):
        listing.sources(app, bars, json)


@cli.command()
def interactions(
    limit: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    outcome: Annotated[str | None, typer.Option(help="Only with this outcome.")] = None,
    words: Annotated[str | None, typer.Option(help="Only with these words.")] = None,
    code: Annotated[str | None, typer.Option(help="Only the one with this failure code.")] = None,
    json: Json = False,
) -> None:
    """List what was asked and answered, newest first."""
    from bot import listing

    with started() as (app, _):
        listing.interactions(app, limit, outcome, words, code, json)


@cli.command()
def run(
    only: Annotated[
        str | None, typer.Option(help="Only these platforms, or jobs, between commas.")
    ] = None,
) -> None:
    """Answer on every platform that is set, and keep the schedule, until told to end."""
    from bot import asking, running

    with started(aloud=True) as (app, bars):
        running.run(app, bars, asking.listed(only) or ())
    running.depart()


@cli.command()
def check(json: Json = False) -> None:
    """Say what is wrong and what to do about it."""
    from bot import listing

    with started() as (app, bars):
        raise typer.Exit(listing.check(app, bars, json))


@cli.command()
def stop(
    force: Annotated[
        bool, typer.Option("--force", help="Also while it is used; who uses it starts it again.")
    ] = False,
) -> None:
    """Stop the embedded Weaviate."""
    from bot import stopping

    typer.echo(stopping.stop(settled().home, force), err=True)


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest revision."""
    from bot.database import upgrade

    applied = upgrade(settled().database_url().get_secret_value())
    typer.echo(f"Applied: {', '.join(applied)}" if applied else "Nothing to do.", err=True)


@db.command("current")
def db_current() -> None:
    """Print the revision that the database is at."""
    from bot.database import current

    typer.echo(current(settled().database_url().get_secret_value()) or "empty")


@slack.command("manifest")
def slack_manifest(
    name: Annotated[str, typer.Option(help="What the app is called.")] = "Tandem",
    http: Annotated[
        str, typer.Option(help="The public address that Slack posts to; none: Socket Mode.")
    ] = "",
    json: Json = False,
) -> None:
    """Print the manifest of the Slack app, and the link that creates it."""
    from bot.platforms.slack import manifest

    made = manifest.manifest(name, http)
    typer.echo(manifest.printed(made, None if json else 2))
    typer.echo(f"Create the app: {manifest.link(made)}", err=True)


@discord.command("invite")
def discord_invite(
    client_id: Annotated[
        str, typer.Option(help="The Application ID; none: Discord is asked whose the token is.")
    ] = "",
    guild: Annotated[str, typer.Option(help="The id of the server that is chosen already.")] = "",
    json: Json = False,
) -> None:
    """Print the address that adds the bot to a server."""
    from bot.platforms.discord import inviting

    made = inviting.invite(client_id or inviting.client_id_of(settled()), guild)
    typer.echo(inviting.printed(made) if json else made.url)
    typer.echo(inviting.ASKS_FOR, err=True)


add_all(cli)


def main() -> None:
    """Run a command; an expected error is a sentence and an exit code, never a trace."""
    sys.exit(guarded(cli))


def guarded(run: Callable[[], object]) -> int:
    """The exit code of a command."""
    try:
        run()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else DONE
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        return explained(error)
    return DONE


def explained(error: Exception) -> int:
    """Say an expected error; an unexpected one goes to the log with its trace."""
    import logging

    from bot import logs
    from bot.errors import BotError, WrongUse
    from knowledge.errors import KnowledgeError
    from model.errors import ModelError, UnknownTask

    if isinstance(error, (BotError, KnowledgeError, ModelError)):
        typer.echo(str(error), err=True)
        return WRONG if isinstance(error, (WrongUse, UnknownTask)) else FAILED
    if not logging.getLogger().handlers:  # it went wrong before logging had begun
        logs.begin(None, "info", "text")
    logging.getLogger(__name__).error("a bug", exc_info=error)
    typer.echo(f"Something unexpected went wrong: {error!r}. The log has the details.", err=True)
    return FAILED


if __name__ == "__main__":
    main()
