"""How Discord is reached, and how its parts are put together."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import discord

from bot.desk import Desk, Ears
from bot.errors import WrongUse
from bot.platforms.discord import DiscordPlatform
from bot.platforms.discord.away import Away
from bot.platforms.discord.buttons import add_buttons, unknown
from bot.platforms.discord.calls import NAME, calling, log_in, patiently
from bot.platforms.discord.catching_up import CatchingUp
from bot.platforms.discord.client import Hooks, TandemBot, begin_at, intents, point
from bot.platforms.discord.commands import add_commands
from bot.platforms.discord.deferrals import Deferrals
from bot.platforms.discord.endorsing import Endorsements
from bot.platforms.discord.forms import submitted
from bot.platforms.discord.listening import Listening
from bot.platforms.discord.membership import Membership, Named
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.reading import PLATFORM, Me
from bot.platforms.discord.recalling import Recalling
from bot.platforms.discord.registering import register
from bot.platforms.discord.remarks import Remarks
from bot.platforms.discord.stage import DiscordStage
from bot.posts import Speaking
from bot.silence import Speaks
from bot.spaces import channels_named
from bot.stage import CannotReply, PlatformAway
from bot.working import Worker

log = logging.getLogger(__name__)

RESET = "Set a fresh token: developer portal, your app, Bot, Reset Token"
PORTAL = "Switch on Message Content Intent in the developer portal (your app, Bot)"
CLOSED = {  # why the gateway would not have us, by its close code
    4004: ("the gateway refused the token", RESET),
    4010: ("the shard is none of those that there are", "Remove `shards`, or set it right"),
    4011: ("the bot is in so many servers that it needs more shards", "Raise `shards`"),
    4013: ("the gateway does not know the intents", "Update Tandem"),
    4014: ("the app may not have the intents it asked for", f"{PORTAL}, or remove the setting"),
}


class DiscordSettingsWrong(WrongUse):
    """The platform's options do not fit together."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        self.name, self.problem, self.remedy = name, problem, remedy
        super().__init__(f"[platforms.{name}]: {problem}. {remedy}.")


def check(mine: DiscordPlatform) -> None:
    """Raises `DiscordSettingsWrong`."""
    if not mine.token.strip():
        todo = 'Set token = { env = "DISCORD_TOKEN" } to the token of your bot'
        raise DiscordSettingsWrong(mine.name, "the `token` is empty", todo)
    _check_url(mine.name, "api_url", mine.api_url, ("http", "https"))
    if mine.gateway_url is not None:
        _check_url(mine.name, "gateway_url", mine.gateway_url, ("ws", "wss"))
    for id in (*mine.guilds, *mine.channels):
        if not (id.isascii() and id.isdigit()):
            todo = "Copy it by a right click on it in Discord, with developer mode on"
            raise DiscordSettingsWrong(mine.name, f"{id[:40]!r} is no id of Discord's", todo)
    if mine.shards is not None and mine.shards < 1:
        raise DiscordSettingsWrong(mine.name, "`shards` must be 1 or more", "Or remove it")


def _check_url(name: str, key: str, url: str, schemes: tuple[str, ...]) -> None:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.netloc:
        todo = f"Write it as {schemes[-1]}://host/path"
        raise DiscordSettingsWrong(name, f"`{key}` is no address: {url[:80]!r}", todo)


@dataclass(frozen=True)
class App:
    """What Discord says of the app whose token we have."""

    id: str
    user: str
    content: bool  # it may have the message-content intent
    shards: int  # as Discord recommends
    gateway: str  # where it lies, as REST says


async def run(mine: DiscordPlatform, desk: Desk) -> None:
    """Listen and work until cancelled. Raises `PlatformAway`, `CannotReply`."""
    point(mine.api_url)
    app = await told_about(mine)
    me = Me(app.user, app.id, content_of(mine, app))
    begin_at(mine.gateway_url or app.gateway)
    bot = TandemBot(intents(me.content), mine.shards or app.shards)
    async with bot:
        worker = assemble(mine, desk, bot, me)
        await work(mine, desk, bot, worker)


async def told_about(mine: DiscordPlatform) -> App:
    """Ask, before any session, what the app may do. Raises `PlatformAway`, `CannotReply`."""
    async with discord.Client(intents=intents(content=False)) as client:
        try:
            await log_in(client, mine.token)
        except discord.LoginFailure as error:
            raise CannotReply(NAME, "the token was refused", RESET) from error
        flags, application, user = client.application_flags, client.application_id, client.user
        shards, gateway, _ = await patiently("GET gateway", client.http.get_bot_gateway)
    reads = may_read(flags)
    return App(str(application or ""), str(user.id if user else ""), reads, shards, gateway)


def may_read(flags: discord.ApplicationFlags) -> bool:
    """May the app read what people write without mentioning it? Flags that are no number: no."""
    if not isinstance(flags.value, int):
        return False
    return flags.gateway_message_content or flags.gateway_message_content_limited


def content_of(mine: DiscordPlatform, app: App) -> bool:
    """Is the app to read what people write without a mention? Says so where it may not."""
    if mine.message_content is not None:
        return mine.message_content
    if not app.content:
        log.warning(
            "%s: mention only: the app has no Message Content Intent, so it reads what mentions "
            "it, direct messages and commands, and no follow-ups without a mention. %s.",
            mine.name,
            PORTAL,
        )
    return app.content


def ears_of(mine: DiscordPlatform, me: Me) -> Ears:
    """When to speak up; what cannot be read is not waited for."""
    if me.content:
        return Ears(Speaks(mine.speaks, mine.channels), mine.allowed_bots)
    low = {c: s if s is Speaking.OFF else Speaking.MENTION for c, s in mine.channels.items()}
    usual = mine.speaks if mine.speaks is Speaking.OFF else Speaking.MENTION
    return Ears(Speaks(usual, low), mine.allowed_bots)


def assemble(mine: DiscordPlatform, desk: Desk, bot: TandemBot, me: Me) -> Worker:
    """The parts of one bot, wired; gives what answers."""
    named = Named(channels_named(desk.settings, PLATFORM), desk.channels_answered(PLATFORM))
    membership, deferrals = Membership(bot, mine.guilds, named), Deferrals()
    stage = DiscordStage(desk, bot, me, membership, mine, deferrals)
    worker = Worker(stage, desk.inbox, desk.assistant, speaker=desk.speaker)
    ears = ears_of(mine, me)
    parts = Parts(desk, me, ears, worker, membership, deferrals, mine)
    away = Away(desk.inbox)
    listening = Listening(bot, desk, me, ears, Endorsements(bot, desk, me, membership), away)
    desk.remarks[PLATFORM] = Remarks(
        me.content, lambda guild: membership.served(guild) or not bot.is_ready()
    )
    recall = Recalling(bot, desk, listening.look)
    catching_up = CatchingUp(bot, desk, me, listening.hear, away=away, recall=recall)
    add_commands(bot.tree, parts)
    add_buttons(bot, parts)

    async def ready(shard_id: int) -> None:
        log.info("%s: shard %d has a new session", mine.name, shard_id)
        await catching_up.shard(shard_id)

    bot.hooks = Hooks(
        begun=lambda: register(bot, parts),
        ready=ready,
        joined=lambda: register(bot, parts),
        changed=lambda guild: membership.changed(str(guild.id)),
        heard=listening.hear,
        edited=listening.edited,
        removed=listening.removed,
        thread_removed=listening.thread_removed,
        reacted=listening.reacted,
        cleared=listening.cleared,
        submitted=lambda interaction: submitted(interaction, parts),
        pressed=unknown,
    )
    return worker


async def work(mine: DiscordPlatform, desk: Desk, bot: TandemBot, worker: Worker) -> None:
    """Listen and work until cancelled; the worker ends first, for it still has to tell Discord."""
    loop = asyncio.get_running_loop()

    def heard() -> None:
        loop.call_soon_threadsafe(worker.wake)

    await log_in(bot, mine.token)
    desk.heard.append(heard)
    connecting = asyncio.create_task(connected(bot), name=f"{mine.name}: gateway")
    working = asyncio.create_task(worker.run(), name=f"{mine.name}: worker")
    try:
        await asyncio.wait({connecting, working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        desk.heard.remove(heard)
        for task in (working, connecting):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def connected(bot: TandemBot) -> None:
    """Hold the sessions of all shards. Raises `CannotReply` where the gateway will not have us."""
    try:
        await calling("gateway", bot.connect())
    except discord.PrivilegedIntentsRequired as error:
        raise CannotReply(NAME, *CLOSED[4014]) from error
    except discord.ConnectionClosed as error:
        known = CLOSED.get(error.code, (f"the gateway closed with {error.code}", "Look it up"))
        raise CannotReply(NAME, *known) from error
    raise PlatformAway(NAME, "the gateway was left")
