"""Events, commands and interactions as signed HTTP posts."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from tests.slack.delivery import Reply
from tests.slack.ledger import Sending
from tests.slack.payloads import Json
from tests.slack.world import SIGNING_SECRET


def signed(body: str, secret: str = SIGNING_SECRET, at: int | None = None) -> dict[str, str]:
    """The headers that prove that Slack sent `body`, at a time in Unix seconds."""
    stamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


class HttpEvents:
    """Posts to the app's one URL."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def send(self, sending: Sending, reason: str, timeout_s: float) -> Reply:
        """Post once; see `Way`. Anything but 2xx in time is a failure."""
        body, kind = encoded(sending)
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0", **signed(body)}
        if reason:
            headers |= {
                "X-Slack-Retry-Num": str(sending.tries - 1),
                "X-Slack-Retry-Reason": reason,
            }
        try:
            return await self._post(body, headers, timeout_s)
        except TimeoutError:
            return Reply(False, reason="http_timeout")
        except aiohttp.ClientError:
            return Reply(False, reason="connection_failed")

    async def _post(self, body: str, headers: Mapping[str, str], timeout_s: float) -> Reply:
        limit = aiohttp.ClientTimeout(total=timeout_s)
        async with self._session.post(
            self._url, data=body.encode(), headers=headers, timeout=limit
        ) as answer:
            text = await answer.text()
            if answer.status // 100 == 2:
                return Reply(True, answered(text))
            no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
            return Reply(False, reason="http_error", no_retry=no_retry)


def encoded(sending: Sending) -> tuple[str, str]:
    """The body and its content type: events as JSON, the rest as forms."""
    match sending.kind:
        case "events_api":
            return json.dumps(sending.payload), "application/json"
        case "interactive":
            form = {"payload": json.dumps(sending.payload)}
        case _:
            form = {name: str(value) for name, value in sending.payload.items()}
    return urlencode(form), "application/x-www-form-urlencoded"


def answered(text: str) -> Json | None:
    """What stands in the body of an acknowledgement: JSON, or words for the person."""
    if not text.strip():
        return None
    try:
        told = json.loads(text)
    except ValueError:
        return {"text": text}
    return told if isinstance(told, dict) else None
