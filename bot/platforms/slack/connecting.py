"""How Slack is reached: sockets that Slack's events come through, or an address it posts to."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import ClientSession, ClientTimeout, web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk, Ears
from bot.errors import BotError, WrongUse
from bot.platforms.slack import SlackPlatform
from bot.platforms.slack.calls import calling
from bot.platforms.slack.canvas import Workspace
from bot.platforms.slack.catching_up import CatchingUp
from bot.platforms.slack.endorsing import Endorsements
from bot.platforms.slack.envelopes import Envelopes
from bot.platforms.slack.homes import Homes
from bot.platforms.slack.listening import Listening
from bot.platforms.slack.manifest import PATH
from bot.platforms.slack.membership import Membership, Named
from bot.platforms.slack.pressing import Pressing
from bot.platforms.slack.reading import PLATFORM, Me
from bot.platforms.slack.serving import door
from bot.platforms.slack.sockets import BEGIN, kept_open
from bot.platforms.slack.stage import SlackStage
from bot.silence import Speaks
from bot.spaces import channels_named, groups_named
from bot.working import Worker

log = logging.getLogger(__name__)

TIMEOUT_S = 30
PING_S = 5.0  # between pings of a socket; a silent one is opened anew


class SlackSettingsWrong(WrongUse):
    """The platform's options do not fit together."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        self.name, self.problem, self.remedy = name, problem, remedy
        super().__init__(f"[platforms.{name}]: {problem}. {remedy}.")


@dataclass(frozen=True)
class Parts:
    """What listens and what works for one workspace."""

    app: AsyncApp
    worker: Worker
    catching_up: CatchingUp
    endorsements: Endorsements


async def run(mine: SlackPlatform, desk: Desk) -> None:
    """Listen and work until cancelled."""
    async with ClientSession(timeout=ClientTimeout(TIMEOUT_S)) as session:  # keeps connections
        url = mine.base_url
        client = AsyncWebClient(mine.bot_token, url, TIMEOUT_S, session=session)
        await work(mine, desk, client)


async def work(mine: SlackPlatform, desk: Desk, client: AsyncWebClient) -> None:
    """Listen and work with that client until cancelled."""
    parts = assemble(mine, desk, client, await who(client))
    loop = asyncio.get_running_loop()

    def heard() -> None:
        loop.call_soon_threadsafe(parts.worker.wake)

    desk.heard.append(heard)
    async with AsyncExitStack() as open_:
        open_.callback(desk.heard.remove, heard)
        open_.push_async_callback(parts.endorsements.end)
        await open_.enter_async_context(listening(mine, parts.app))
        log.info("%s: listening at %s", mine.name, mine.base_url)
        looking = asyncio.create_task(parts.catching_up.run(), name=f"{mine.name}: looking back")
        open_.push_async_callback(ended, looking)
        await parts.worker.run()


async def ended(task: asyncio.Task[None]) -> None:
    """End it."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def check(mine: SlackPlatform) -> None:
    """Raises `SlackSettingsWrong`."""
    if mine.mode == "socket" and not mine.app_token:
        todo = 'Add app_token = { env = "SLACK_APP_TOKEN" }, or set mode = "http"'
        raise SlackSettingsWrong(mine.name, "Socket Mode needs an `app_token`", todo)
    if mine.mode == "http" and not mine.signing_secret:
        todo = 'Add signing_secret = { env = "SLACK_SIGNING_SECRET" }'
        raise SlackSettingsWrong(mine.name, "HTTP mode needs a `signing_secret`", todo)


async def who(client: AsyncWebClient) -> Me:
    """Who the token makes us. Raises `PlatformAway`, `CannotReply`."""
    told = await calling("auth.test", client.auth_test, BEGIN)
    return Me(
        team=str(told.get("team_id") or ""),
        user=str(told.get("user_id") or ""),
        bot=str(told.get("bot_id") or ""),
        enterprise=str(told.get("enterprise_id") or ""),
    )


def assemble(mine: SlackPlatform, desk: Desk, client: AsyncWebClient, me: Me) -> Parts:
    """The parts of one workspace, wired."""
    spaces = (channels_named(desk.settings, "slack"), groups_named(desk.settings))
    named = Named(*spaces, desk.channels_answered(PLATFORM))
    membership = Membership(client, me, named)
    workspace = Workspace(client, mine.stream)
    stage = SlackStage(desk, workspace, me, membership)
    worker = Worker(stage, desk.inbox, desk.assistant, speaker=desk.speaker)
    ears = Ears(Speaks(mine.speaks, mine.channels), mine.allowed_bots)
    homes = Homes(client, desk, me, membership)
    app = bolt(mine, client, me)
    endorsements = Endorsements(client, desk, me, membership)
    Listening(desk, me, ears, worker, membership, homes, endorsements).wire(app)
    Pressing(client, desk, me, ears, worker, membership, homes).wire(app)
    return Parts(app, worker, CatchingUp(client, desk, endorsements), endorsements)


def bolt(mine: SlackPlatform, client: AsyncWebClient, me: Me) -> AsyncApp:
    """Bolt, which acknowledges an event when its listener has kept it, and not before.

    It is told who we are: asking Slack itself, it would let go of an event where that failed.
    """
    known = AuthorizeResult(
        enterprise_id=me.enterprise or None,
        team_id=me.team,
        bot_id=me.bot,
        bot_user_id=me.user,
        bot_token=client.token,
    )

    async def authorize() -> AuthorizeResult:
        return known

    anonymous = copy.copy(client)
    anonymous.token = None
    app = AsyncApp(
        client=anonymous,
        authorize=authorize,
        signing_secret=mine.signing_secret or "",
        request_verification_enabled=mine.mode == "http",
        process_before_response=True,
        ignoring_self_events_enabled=False,  # a reaction of ours is no message; we look ourselves
        logger=quiet_logger(),
    )
    app.error(unkept)
    return app


async def unkept(error: Exception) -> None:
    """What Slack told could not be kept, and so is not acknowledged."""
    known = isinstance(error, BotError)
    log.error("not acknowledged: %s", error, exc_info=None if known else error)


def quiet_logger() -> logging.Logger:
    """Bolt's log and the SDK's, from warnings on, without what is no trouble."""
    logger = logging.getLogger(f"{__name__}.bolt")
    logger.setLevel(logging.WARNING)
    logger.addFilter(lambda record: "`token` will be unused" not in record.getMessage())
    return logger


@asynccontextmanager
async def listening(mine: SlackPlatform, app: AsyncApp) -> AsyncIterator[None]:
    """Events come while this is open."""
    way = served(mine, app) if mine.mode == "http" else connected(mine, app)
    async with way:
        yield


@asynccontextmanager
async def connected(mine: SlackPlatform, app: AsyncApp) -> AsyncIterator[None]:
    """Sockets that are opened again whenever Slack closes one."""
    handlers = [Envelopes(app, mine.app_token or "", PING_S) for _ in range(max(1, mine.sockets))]
    async with kept_open([handler.client for handler in handlers], app.client):
        yield


@asynccontextmanager
async def served(mine: SlackPlatform, app: AsyncApp) -> AsyncIterator[None]:
    """A server on `host` and `port`, for a proxy that speaks TLS to stand before."""
    runner = door(app, mine.signing_secret or "", PATH)
    await runner.setup()
    try:
        await _listen(mine, web.TCPSite(runner, mine.host, mine.port))
        yield
    finally:
        await runner.cleanup()


async def _listen(mine: SlackPlatform, site: web.TCPSite) -> None:
    try:
        await site.start()
    except OSError as error:
        problem = f"cannot listen on {mine.host}:{mine.port} ({error.strerror or error})"
        todo = "Set another `host` or `port`, or end what listens there"
        raise SlackSettingsWrong(mine.name, problem, todo) from error
