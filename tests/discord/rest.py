"""Discord's REST API, version 10: every call on its way in and out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.discord import (
    callbacks,
    commands,
    members,
    messages,
    reactions,
    threads,
    webhooks,
)
from tests.discord.calls import Answer, Call, Endpoint
from tests.discord.faults import Fault
from tests.discord.ids import TOKEN
from tests.discord.limits import check_reason
from tests.discord.rates import Limited, Rates, Window, waiting
from tests.discord.refusals import NOT_JSON, UNAUTHORIZED, Json, Refused, check
from tests.discord.shapes import shape_problems
from tests.discord.world import World

API = "/api/v10"
ENDPOINTS = (
    *messages.ENDPOINTS,
    *reactions.ENDPOINTS,
    *threads.ENDPOINTS,
    *members.ENDPOINTS,
    *commands.ENDPOINTS,
    *callbacks.ENDPOINTS,
    *webhooks.ENDPOINTS,
)
Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(world: World) -> list[web.RouteDef]:
    """All routes of REST, but for the gateway's own."""
    rest = Rest(world, Rates(lambda: world.settings))
    known = [web.route(e.method, API + e.path, rest.served(e)) for e in ENDPOINTS]
    return [*known, web.route("*", API + "/{rest:.*}", rest.unknown)]


def told(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON as Discord sends it: a charset in the type would make discord.py take it for text."""
    words = json.dumps(body).encode()
    return web.Response(body=words, status=status, headers=headers, content_type="application/json")


@dataclass(frozen=True)
class Told:
    """An answer on its way: its status, what it says, Discord's code of an error."""

    status: int
    body: Any = None
    code: int = 0

    def sent(self, headers: dict[str, str]) -> web.Response:
        """As HTTP."""
        if self.status == 204:
            return web.Response(status=204, headers=headers)
        return told(self.body, self.status, headers)


@dataclass(frozen=True)
class Rest:
    """The way of every call: its token, its faults, its rates, what it does, the ledger."""

    world: World
    rates: Rates

    def served(self, endpoint: Endpoint) -> Serve:
        """What answers one endpoint."""

        async def serve(request: web.Request) -> web.StreamResponse:
            began, fault = time.monotonic(), self.world.faults.take(endpoint.route)
            fault = fault or Fault(endpoint.route)
            await asyncio.sleep(fault.delay_s)
            if fault.cut == "before":
                return hung_up(request)
            if self.rates.banned:
                return banned()
            body, broken = read(await text_of(request))
            response = self._answer(endpoint, request, fault, body, broken, began)
            if fault.instead:
                response = otherwise(fault, response.status)
            return hung_up(request) if fault.cut == "after" else response

        return serve

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """No such route."""
        return told({"message": "404: Not Found", "code": 0}, 404)

    def _answer(
        self,
        endpoint: Endpoint,
        request: web.Request,
        fault: Fault,
        body: Any,
        broken: bool,
        began: float,
    ) -> web.Response:
        headers: dict[str, str] = {}
        try:
            check_token(endpoint, request)
            if fault.status:
                reply, headers = failed(fault)
            else:
                window = self._counted(endpoint, request)
                headers = window.headers()
                reply = self._done(endpoint, request, body, broken)
        except Limited as limited:
            reply, headers = Told(429, limited.body), limited.headers
        except Refused as refusal:
            reply = Told(refusal.status, refusal.body, refusal.code)
        self._note(endpoint, request, began, reply, body)
        return reply.sent(headers)

    def _counted(self, endpoint: Endpoint, request: web.Request) -> Window:
        return self.rates.take(endpoint.route, request.match_info, endpoint.exempt)

    def _done(self, endpoint: Endpoint, request: web.Request, body: Any, broken: bool) -> Told:
        if broken:
            raise Refused(NOT_JSON)
        check(shape_problems(body))
        check_reason(request.headers.get("X-Audit-Log-Reason", ""))
        answer = endpoint.act(Call(self.world, request.match_info, request.query, body))
        return answered(endpoint, answer)

    def _note(
        self, endpoint: Endpoint, request: web.Request, began: float, reply: Told, body: Any
    ) -> None:
        self.rates.answered(reply.status)
        args = body if isinstance(body, dict) else {"items": body} if body else {}
        path = request.path.removeprefix(API)
        self.world.ledger.called(endpoint.route, path, began, reply.status, reply.code, args)
        self.world.changes.tell()


def answered(endpoint: Endpoint, answer: Answer) -> Told:
    """What an endpoint says when all went well. One may choose its status by `status_`."""
    if answer is None:
        return Told(204)
    status = answer.pop("status_", endpoint.status) if isinstance(answer, dict) else 200
    return Told(status, answer)


def check_token(endpoint: Endpoint, request: web.Request) -> None:
    """Refuse a call without the bot's token, where one is needed."""
    if endpoint.authorized and request.headers.get("Authorization") != f"Bot {TOKEN}":
        raise Refused(UNAUTHORIZED)


async def text_of(request: web.Request) -> str:
    """The JSON of a body, alone or beside files."""
    if not request.content_type.startswith("multipart/"):
        return await request.text()
    told = (await request.post()).get("payload_json", "")
    return told if isinstance(told, str) else ""


def read(text: str) -> tuple[Any, bool]:
    """What a body says; and is it broken?"""
    if not text:
        return None, False
    try:
        return json.loads(text), False
    except ValueError:
        return None, True


def failed(fault: Fault) -> tuple[Told, dict[str, str]]:
    """The answer to a call with which something goes wrong on purpose."""
    body: Json = {"message": fault.message or f"{fault.status}: on order", "code": fault.code}
    if fault.status != 429:
        return Told(fault.status, body, fault.code), {}
    after = 1.0 if fault.retry_after_s is None else fault.retry_after_s
    body = {"message": "You are being rate limited.", "retry_after": after}
    body["global"] = fault.is_global
    scope = {"X-RateLimit-Scope": "global" if fault.is_global else "shared"}
    return Told(429, body), scope | waiting(after)


def otherwise(fault: Fault, status: int) -> web.Response:
    """Something else in place of Discord's answer; without a charset, as Discord sends JSON."""
    words, kind = fault.instead.encode(), {"Content-Type": fault.content_type}
    return web.Response(body=words, status=status, headers=kind)


def banned() -> web.Response:
    """What Cloudflare says in front of Discord: no JSON, and nothing that Discord itself sends."""
    page = "<html>error code: 1015</html>"
    headers = {"Retry-After": "3600"}
    return web.Response(status=429, text=page, headers=headers, content_type="text/html")


def hung_up(request: web.Request) -> web.Response:
    """Cut the connection; the answer goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
