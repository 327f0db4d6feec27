"""The Web API over HTTP: who calls, what may go wrong, which method does the work."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any

from aiohttp import web

from tests.slack import chat, conversations, directory, sessions, streams, views
from tests.slack.faults import Fault
from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Limited, Refused
from tests.slack.workspace import Workspace
from tests.slack.world import APP_TOKEN, BOT_TOKEN

log = logging.getLogger(__name__)
METHODS: dict[str, Method] = {
    **chat.METHODS,
    **streams.METHODS,
    **conversations.METHODS,
    **directory.METHODS,
    **views.METHODS,
    **sessions.METHODS,
}


async def call(slack: Workspace, request: web.Request) -> web.StreamResponse:
    """Answer `POST /api/METHOD` (or GET)."""
    name, began = request.match_info["method"], time.monotonic()
    given = await arguments(request)
    fault = slack.faults.take(name) or Fault(name)
    await asyncio.sleep(fault.delay_s)
    if fault.cut == "before":
        return hung_up(request)
    if fault.status or fault.error:
        slack.ledger.called(name, given, began, fault.error or f"http_{fault.status}")
        return failed(fault)
    answer = await answered(slack, request, name, given, began)
    return hung_up(request) if fault.cut == "after" else answer


async def answered(
    slack: Workspace, request: web.Request, name: str, given: Json, began: float
) -> web.Response:
    """The answer to a call with which nothing goes wrong on purpose."""
    try:
        method = known(slack, name)
        check_token(method, request, given)
        args = Args(given)
        check_scopes(slack, method, args)
        if slack.settings.rate_limits:
            minute_s, channel = slack.settings.rate_minute_s, args.text("channel")
            slack.faults.count(name, channel, method.tier, minute_s)
        told = await method.work(slack, args)
    except Refused as refusal:
        told = refusal.answer
    except Limited as limited:
        slack.ledger.called(name, given, began, "ratelimited")
        return failed(Fault(name, status=429, retry_after_s=limited.retry_after_s))
    slack.ledger.called(name, given, began, told.get("error", ""))
    scopes = ",".join(sorted(slack.settings.scopes))
    return web.json_response(told, headers={"X-OAuth-Scopes": scopes})


def known(slack: Workspace, name: str) -> Method:
    """The method, where this workspace has it."""
    lacking = name.startswith("agents.") and not slack.settings.has_sessions
    if name not in METHODS or lacking:
        raise Refused("unknown_method", req_method=name)
    return METHODS[name]


def check_token(method: Method, request: web.Request, given: Json) -> None:
    """Refuse a call without the right token."""
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ").strip() or str(given.pop("token", ""))
    given.pop("token", None)
    if not token:
        raise Refused("not_authed")
    if token not in (BOT_TOKEN, APP_TOKEN):
        raise Refused("invalid_auth")
    if (token == APP_TOKEN) != method.of_app:
        raise Refused("not_allowed_token_type")


def check_scopes(slack: Workspace, method: Method, args: Args) -> None:
    """Refuse a call for which the app has no scope."""
    granted = slack.settings.scopes
    for scope in needed(slack, method, args):
        if scope not in granted:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(granted)))


def needed(slack: Workspace, method: Method, args: Args) -> list[str]:
    """The scopes that a call needs; some depend on the kind of its channel."""
    verb, name = method.by_kind
    channel = slack.world.channels.get(args.text(name)) if verb else None
    if channel is None:
        return list(method.scopes)
    prefix = {"channel": "channels", "group": "groups"}.get(channel.kind, channel.kind)
    return [*method.scopes, f"{prefix}:{verb}"]


async def arguments(request: web.Request) -> Json:
    """All that is given, in the query, a form or a JSON body."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            told = json.loads(await request.text() or "{}")
        except ValueError:
            told = {}
        return given | (told if isinstance(told, dict) else {})
    return given | dict(await request.post())


def failed(fault: Fault) -> web.Response:
    """The answer to a call with which something goes wrong on purpose."""
    if fault.status == 429:
        headers = {"Retry-After": str(1 if fault.retry_after_s is None else fault.retry_after_s)}
        told = {"ok": False, "error": fault.error or "ratelimited"}
        return web.json_response(told, status=429, headers=headers)
    if fault.status:
        return web.Response(status=fault.status, text="<html>trouble</html>")
    return web.json_response({"ok": False, "error": fault.error})


def hung_up(request: web.Request) -> web.Response:
    """Cut the connection; the answer goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def respond(slack: Workspace, request: web.Request) -> web.Response:
    """Answer a post to a response URL."""
    fault, given = slack.faults.take("response_url") or Fault("response_url"), {}
    if fault.status:
        return failed(fault)
    try:
        given = json.loads(await request.text())
        url = slack.surfaces.use(request.match_info["key"])
        slack.respond(url, given)
    except Refused as refusal:
        slack.ledger.called("response_url", given, time.monotonic(), refusal.error)
        gone = refusal.error in ("used_url", "expired_url")
        return web.Response(status=404 if gone else 400, text=refusal.error)
    except (ValueError, AttributeError):
        return web.Response(status=400, text="invalid_payload")
    slack.ledger.called("response_url", given, time.monotonic(), "")
    return web.Response(text="ok")
