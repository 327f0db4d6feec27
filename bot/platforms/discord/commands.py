"""Tandem's slash commands, and what becomes of those that go wrong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from bot import wording
from bot.conversation import Mode
from bot.doors import Order
from bot.platforms.discord.asking import ask, say
from bot.platforms.discord.menus import CONTEXTS, INSTALLS, menus
from bot.platforms.discord.ordering import order
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.responding import Unreadable, check_who, respond, sorry

Tree = app_commands.CommandTree[Any]
Command = app_commands.Command[Any, ..., None]
Interaction = discord.Interaction[Any]
Callback = Callable[..., Coroutine[Any, Any, None]]

COMMAND = discord.InteractionType.application_command
OFFERED = 25  # choices that Discord takes


def add_commands(tree: Tree, parts: Parts) -> None:
    """Give the tree all that can be chosen; `registering` tells Discord."""
    for made in (asking_command("ask", parts), asking_command("rag", parts), tuned_command(parts)):
        tree.add_command(made)
    tree.add_command(orders(parts))
    for entry in menus(parts):
        tree.add_command(entry)

    tree.error(failed)
    tree._call = caught(tree._call)  # type: ignore[method-assign]  # it has no hook for that


def caught(call: Callback) -> Callback:
    """A call that never fails: discord.py lets what it cannot read itself go without a word."""

    async def calling(interaction: Interaction) -> None:
        try:
            check_who(interaction)
            await call(interaction)
        except Exception as error:
            await failed(interaction, error)

    return calling


async def failed(interaction: Interaction, error: Exception) -> None:
    """A command that is not ours any more, or that makes no sense, or a bug: its giver is told."""
    unknown = isinstance(error, app_commands.CommandNotFound)
    of_ours = error.original if isinstance(error, app_commands.CommandInvokeError) else None
    bug = of_ours or Unreadable("a command", error)
    text = wording.UNKNOWN_COMMAND if unknown else sorry(interaction, bug).text
    if interaction.type is COMMAND and not interaction.response.is_done():
        await respond(interaction, say(text))


def asking_command(name: str, parts: Parts) -> Command:
    """`/ask` and `/rag`."""
    mode = Mode.RAG if name == "rag" else Mode.AUTO

    @app_commands.describe(question=wording.OPTION_QUESTION, private=wording.OPTION_PRIVATE)
    async def asked(interaction: Interaction, question: str, private: bool = False) -> None:
        await ask(interaction, parts, question, mode, None, private)

    description = wording.COMMAND_RAG if mode is Mode.RAG else wording.COMMAND_ASK
    return command(name, description, asked)


def tuned_command(parts: Parts) -> Command:
    """`/tuned`, with the tasks that there are."""

    @app_commands.describe(
        text=wording.OPTION_TEXT, task=wording.OPTION_TASK, private=wording.OPTION_PRIVATE
    )
    async def asked(
        interaction: Interaction, text: str, task: str | None = None, private: bool = False
    ) -> None:
        named = task_named(task or "", parts) or None
        await ask(interaction, parts, text, Mode.TUNED, named, private)

    async def offer(_: Interaction, typed: str) -> list[Choice[str]]:
        return offered(typed, parts)

    made = command("tuned", wording.COMMAND_TUNED, asked)
    made.autocomplete("task")(offer)
    return made


def task_named(name: str, parts: Parts) -> str:
    """The task in its own spelling; one that nobody knows as it was written."""
    known = {task.casefold(): task for task in parts.desk.tasks}
    return known.get(name.strip().casefold(), name.strip())


def offered(typed: str, parts: Parts) -> list[Choice[str]]:
    """The tasks that contain what was typed so far, in their order."""
    wanted = typed.strip().casefold()
    found = [task for task in sorted(parts.desk.tasks) if wanted in task.casefold()]
    return [Choice(name=task[:100], value=task[:100]) for task in found[:OFFERED]]


def orders(parts: Parts) -> app_commands.Group:
    """`/tandem help`, and the others."""
    group = app_commands.Group(
        name="tandem",
        description=wording.COMMAND_TANDEM,
        allowed_contexts=CONTEXTS,
        allowed_installs=INSTALLS,
    )
    for name, description in wording.COMMAND_ORDERS.items():
        group.add_command(order_command(Order(name), description, parts))
    return group


def order_command(given: Order, description: str, parts: Parts) -> Command:
    """One order; its answer is for who gave it."""

    async def ordered(interaction: Interaction) -> None:
        await respond(interaction, order(interaction, parts, given))

    return app_commands.Command(name=given.value, description=description, callback=ordered)


def command(name: str, description: str, callback: Callback) -> Command:
    """A command that is given in servers and in direct messages to the bot."""
    return app_commands.Command(
        name=name,
        description=description,
        callback=callback,
        allowed_contexts=CONTEXTS,
        allowed_installs=INSTALLS,
    )
