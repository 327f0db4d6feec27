"""Calling Slack: which failures are tried again, which are final, and what to do about those."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.stage import CannotReply, PlatformAway

log = logging.getLogger(__name__)

Call = Callable[[], Awaitable[AsyncSlackResponse]]

RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
INVITE = "Invite the bot to the channel with /invite"
REINSTALL = "Install the app again and set its new bot token; `tandem check` tells which"
REMEDIES = {
    "channel_not_found": INVITE,
    "not_in_channel": INVITE,
    "is_archived": "Unarchive the channel, or ask in another",
    "restricted_action": "Let the app post there in the workspace's settings",
    "missing_scope": "Add the scope that `tandem check` names and install the app again",
    "account_inactive": REINSTALL,
    "invalid_auth": REINSTALL,
    "not_authed": REINSTALL,
    "token_expired": REINSTALL,
    "token_revoked": REINSTALL,
}


class Refused(CannotReply):
    """Slack answered a call with an error code that another try does not change."""

    def __init__(self, method: str, code: str) -> None:
        self.method, self.code = method, code
        remedy = REMEDIES.get(code, f"Look up {code} in Slack's page on {method}")
        super().__init__("slack", f"{method} was refused with {code}", remedy)


class Unsure(PlatformAway):
    """A call broke off, and nobody knows whether it took effect."""


@dataclass(frozen=True)
class Tries:
    """How often a call is tried, and how long is waited in between; seconds."""

    times: int = 4
    pause_s: float = 0.5  # doubled each time
    longest_s: float = 60.0  # a longer Retry-After is left to the worker

    def pauses(self) -> Iterator[float]:
        """Give the pauses between the tries, one fewer than the tries."""
        return (self.pause_s * 2**turn for turn in range(self.times - 1))


def plain(client: AsyncWebClient) -> AsyncWebClient:
    """Copy `client` without the SDK's own retries, which may post a message twice."""
    ours = copy.copy(client)
    ours.retry_handlers = []
    return ours


async def calling(
    method: str, call: Call, tries: Tries | None = None, patient: bool = True
) -> AsyncSlackResponse:
    """Call Slack, again where that may help; only for calls that can be repeated.

    A patient call waits as long as Slack says. Raises `PlatformAway` (with Slack's Retry-After
    when it is not waited for), `Refused` for all else.
    """
    tries = tries or Tries()
    for pause in tries.pauses():
        try:
            return await once(method, call, tries, patient)
        except Unsure as error:
            log.warning("%s", error)
            await asyncio.sleep(pause)
    return await once(method, call, tries, patient)


async def posting(
    method: str,
    call: Call,
    landed: Callable[[], Awaitable[str]],
    tries: Tries | None = None,
    patient: bool = True,
) -> str:
    """Post one message and return its ts; `landed` looks for it (or gives "") before another try.

    Raises as `calling` does.
    """
    tries = tries or Tries()
    for pause in tries.pauses():
        try:
            return str((await once(method, call, tries, patient))["ts"])
        except Unsure as error:
            log.warning("%s", error)
            await asyncio.sleep(pause)
            if found := await landed():
                return found
    return str((await once(method, call, tries, patient))["ts"])


async def once(
    method: str, call: Call, tries: Tries | None = None, patient: bool = True
) -> AsyncSlackResponse:
    """Call Slack until it is not too busy. Raises `Unsure` where the call broke off."""
    tries = tries or Tries()
    for _ in range(tries.times):
        try:
            return await _named(method, call)
        except PlatformAway as away:
            if away.retry_after_s is None or not patient or away.retry_after_s > tries.longest_s:
                raise
            log.info("slack is busy: %s waits %s s", method, away.retry_after_s)
            await asyncio.sleep(away.retry_after_s)
    return await _named(method, call)


async def _named(method: str, call: Call) -> AsyncSlackResponse:
    try:
        return await call()
    except SlackApiError as error:
        raise named(method, error) from error
    except (aiohttp.ClientError, OSError, UnicodeDecodeError) as error:
        raise Unsure("slack", f"{method} broke off ({type(error).__name__})") from error


def named(method: str, error: SlackApiError) -> PlatformAway | Refused:
    """Say what Slack's answer means for us."""
    response = error.response
    if not isinstance(response, AsyncSlackResponse):
        return Unsure("slack", f"{method} got an answer that cannot be read")
    code = code_of(response)
    if response.status_code == 429 or code in RATE_LIMITED:
        return PlatformAway("slack", f"{method} came too often", retry_after(response))
    if response.status_code >= 500 or code in PASSING or not code:
        return Unsure("slack", f"{method} failed with {code or response.status_code}")
    return Refused(method, code)


def code_of(response: AsyncSlackResponse) -> str:
    """Give Slack's error code; empty where its answer has none."""
    body = response.data
    return str(body.get("error") or "") if isinstance(body, dict) else ""


def retry_after(response: AsyncSlackResponse) -> float:
    """Give the seconds that Slack asks to wait; 1 where it does not say."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        return max(0.0, float(headers.get("retry-after", 1)))
    except (TypeError, ValueError):
        return 1.0
