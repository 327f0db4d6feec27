"""What Slack hands in, looked at before Bolt reads it: Bolt trusts the shape of every field."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from time import time
from typing import Any

from aiohttp import ClientConnectionError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.platforms.slack.fields import Malformed, table, word

log = logging.getLogger(__name__)

NOT_OURS = 404
TABLE, LIST, TEXT = (dict,), (list,), (str,)
EITHER = (dict, str)
BODY: Mapping[str, tuple[type, ...]] = {  # what Bolt reads of a body, and of which type it is
    "type": TEXT,
    "event": TABLE,
    "event_id": TEXT,
    "team": EITHER,
    "team_id": TEXT,
    "user": EITHER,
    "user_id": TEXT,
    "channel": EITHER,
    "channel_id": TEXT,
    "enterprise": EITHER,
    "enterprise_id": TEXT,
    "view": TABLE,
    "message": TABLE,
    "container": TABLE,
    "actions": LIST,
    "authorizations": LIST,
    "response_url": TEXT,
    "response_urls": LIST,
    "command": TEXT,
    "callback_id": TEXT,
    "trigger_id": TEXT,
}
EVENT: Mapping[str, tuple[type, ...]] = {
    "type": TEXT,
    "subtype": TEXT,
    "user": EITHER,
    "bot_id": TEXT,
    "text": TEXT,
    "channel": EITHER,
    "channel_type": TEXT,
    "ts": TEXT,
    "thread_ts": TEXT,
    "team": EITHER,
    "message": TABLE,
    "previous_message": TABLE,
    "item": TABLE,
    "assistant_thread": TABLE,
}
KINDS = ("event", "an event"), ("command", "a slash command"), ("actions", "a pressed button")


def parsed(text: str, kind: str) -> dict[str, Any]:
    """The table that JSON tells of. Raises `Malformed`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(kind, f"it is no JSON ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise Malformed(kind, "it is no table")
    return found


def check(body: Mapping[str, Any]) -> None:
    """Raises `Malformed` where Bolt could not read it."""
    kind = next((called for key, called in KINDS if key in body), "something")
    typed(body, BODY, kind)
    for key in ("actions", "authorizations", "response_urls"):
        if not all(isinstance(one, dict) for one in body.get(key) or ()):
            raise Malformed(kind, f"`{key}` holds what is no table")
    event = body.get("event")
    if event is not None:
        typed(event, EVENT, kind)
    needed(body)


def needed(body: Mapping[str, Any]) -> None:
    """Raises `Malformed` where something is missing without which Bolt cannot choose a listener."""
    match body.get("type"):
        case "event_callback":
            word(table(body, "event", "an event"), "type", "an event")
        case "block_actions":
            for action in body.get("actions") or [{}]:
                word(action, "action_id", "a pressed button")
        case "view_submission" | "view_closed":
            view = table(body, "view", "a modal")
            for key in ("type", "callback_id"):
                word(view, key, "a modal")
        case "message_action" | "shortcut":
            word(body, "callback_id", "a shortcut")


def typed(given: Mapping[str, Any], types: Mapping[str, tuple[type, ...]], kind: str) -> None:
    """Raises `Malformed` where a field is there with another type than Slack promises."""
    for key, expected in types.items():
        found = given.get(key)
        if found is not None and not isinstance(found, expected):
            raise Malformed(kind, f"`{key}` is a {type(found).__name__}")


class Socket(SocketModeClient):
    """The SDK's socket, which logs what is no envelope in one line."""

    async def process_message(self) -> None:
        """Take the next message of the queue; what is for us goes its way by itself."""
        raw = await self.message_queue.get()
        if not raw:
            return
        try:
            message = parsed(raw, "a message through a socket")
        except Malformed as error:
            log.warning("%s", error)
            return
        if "payload" in message and not isinstance(message["payload"], dict):
            await refuse(self, message.get("envelope_id"), "`payload` is no table")
            return
        running = asyncio.ensure_future(self.run_message_listeners(message, raw))
        self._keep(running)

    def _keep(self, running: asyncio.Future[None]) -> None:
        """The event loop itself keeps no task alive."""
        tasks: set[asyncio.Future[None]] = self.__dict__.setdefault("_running", set())
        tasks.add(running)
        running.add_done_callback(tasks.discard)


class Envelopes(AsyncSocketModeHandler):
    """Bolt's adapter for sockets; acknowledges at once what would be no better sent again."""

    def __init__(self, app: AsyncApp, app_token: str, ping_interval: float) -> None:
        self.app, self.app_token = app, app_token
        self.client = Socket(
            app_token=app_token,
            logger=app.logger,
            web_client=app.client,
            ping_interval=ping_interval,
        )
        self.client.socket_mode_request_listeners.append(self.handle)

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Give an envelope to Bolt."""
        try:
            check(req.payload)
        except Malformed as error:
            await refuse(client, req.envelope_id, error.problem)
            return
        asked = AsyncBoltRequest(mode="socket_mode", body=req.payload, headers=build_headers(req))
        answered = await dispatched(self.app, asked)
        with suppress(ClientConnectionError):  # then Slack sends it again, through another socket
            await send_async_response(client, req, answered, time())


async def dispatched(app: AsyncApp, asked: AsyncBoltRequest) -> BoltResponse:
    """What Bolt answers; what nothing of ours listens to is acknowledged, too."""
    answered = await app.async_dispatch(asked)
    if answered.status == NOT_OURS:
        return BoltResponse(status=200, body="")  # Bolt has logged what it is
    return answered


async def refuse(client: AsyncBaseSocketModeClient, envelope: object, problem: str) -> None:
    """Log an envelope that cannot be used, and acknowledge it."""
    log.warning("%s", Malformed("an envelope", problem))
    if isinstance(envelope, str):
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=envelope))
