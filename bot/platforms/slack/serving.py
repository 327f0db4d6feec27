"""Slack's posts over HTTP: who may come in, and what is said to the rest.

What is forged gets 401, what is too much 413, what is packed 415, what is slow 408, what cannot
be read 400; none of them costs more than the bytes that were read.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.platforms.slack.envelopes import check, dispatched, parsed
from bot.platforms.slack.fields import Malformed

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024  # of a post; Slack's own are far smaller
READ_S = 10.0  # in which a post must have come whole
LEAVE_S = 2.0  # at the end, for posts that are being answered
STAMP = re.compile(r"[0-9]{1,12}")
KIND = "a post"
NO_RETRY = {"X-Slack-No-Retry": "1"}


class Door:
    """Lets in what Slack signed."""

    def __init__(self, app: AsyncApp, secret: str) -> None:
        self.app, self.verifier = app, SignatureVerifier(secret)

    async def post(self, request: web.Request) -> web.Response:
        """Answer one post."""
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return refused(request, 415, "it is packed")
        try:
            async with asyncio.timeout(READ_S):
                body = await request.read()
        except TimeoutError:
            return refused(request, 408, "it did not come whole in time")
        except web.HTTPRequestEntityTooLarge:
            return refused(request, 413, f"it has more than {MOST_BYTES:,} bytes")
        except web.RequestPayloadError:
            return refused(request, 400, "it broke off")
        if body.startswith(b"ssl_check=1&"):  # Slack looks at the certificate, and signs nothing
            return web.Response()
        if not self._signed(request, body):
            return refused(request, 401, "it is not signed with our secret, or old")
        try:
            return await self._let_in(request, body.decode())
        except Malformed as error:
            return refused(request, 400, error.problem, NO_RETRY)

    def _signed(self, request: web.Request, body: bytes) -> bool:
        """Is it Slack's, and no more than five minutes old?"""
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not STAMP.fullmatch(stamp) or not signature.isascii():
            return False
        with suppress(UnicodeDecodeError):  # Slack writes UTF-8
            return self.verifier.is_valid(body, stamp, signature)
        return False

    async def _let_in(self, request: web.Request, body: str) -> web.Response:
        kind = request.content_type
        check(read(body, kind))
        headers: dict[str, str | Sequence[str]] = {**request.headers, "Content-Type": kind}
        asked = AsyncBoltRequest(body=body, query=request.query_string, headers=headers)
        return await to_aiohttp_response(await dispatched(self.app, asked))


def read(body: str, kind: str) -> dict[str, Any]:
    """What a post tells: events as JSON, commands as a form, clicks as JSON in a form.

    Raises `Malformed`.
    """
    if kind == "application/json" or body.startswith("{"):
        return parsed(body, KIND)
    form = dict(parse_qsl(body, keep_blank_values=True))
    return parsed(form["payload"], KIND) if "payload" in form else dict(form)


def refused(
    request: web.Request, status: int, why: str, headers: dict[str, str] | None = None
) -> web.Response:
    """Say no, in one line of the log."""
    log.warning("a post to %s from %s was refused: %s", request.path, request.remote, why)
    return web.json_response({"error": why}, status=status, headers=headers)


def door(app: AsyncApp, secret: str, path: str) -> web.AppRunner:
    """What listens at one path."""
    served = web.Application(client_max_size=MOST_BYTES)
    served.router.add_post(path, Door(app, secret).post)
    return web.AppRunner(served, access_log=None, auto_decompress=False, shutdown_timeout=LEAVE_S)
