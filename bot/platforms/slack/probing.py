"""One call to Slack by a token that may be wrong: what it answers, or in words why it does not."""

from __future__ import annotations

import logging
import re
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import BotError
from bot.health import word
from bot.platforms.slack.scopes import SOCKET_SCOPE

TIMEOUT_S = 10  # for each call
BOT, APP = "xoxb-", "xapp-"  # how the two tokens begin
KINDS = {
    BOT: "a bot token",
    APP: "an app-level token",
    "xoxp-": "a token of a person",
    "xoxe.": "a token that expires after 12 hours",
}
WHERE = {
    BOT: "Copy the Bot User OAuth Token from OAuth & Permissions of the app's page",
    APP: f"Make one with {SOCKET_SCOPE} under Basic Information, App-Level Tokens",
}
AGAIN = "Copy the token anew from the app's page"
CODES = {  # of Slack's errors: what it means, and what to do
    "invalid_auth": ("Slack does not know the token", AGAIN),
    "not_authed": ("Slack did not get the token", "Check `base_url`, and any proxy between"),
    "token_revoked": ("the token was revoked", "Install the app again, and copy the new token"),
    "token_expired": ("the token has expired", "Turn token rotation off, and install it again"),
    "account_inactive": ("the app is no longer installed", "Install it again"),
    "not_allowed_token_type": ("it is a token of the wrong kind", AGAIN),
    "channel_not_found": (
        "there is no such channel, or it is private and the bot is no member",
        "Correct the id, or invite the bot there",
    ),
    "ratelimited": ("Slack says that it is asked too often", "Try again in a minute"),
    "unknown_method": ("what answers there does not know the call", "Check `base_url`"),
}
SDK = logging.getLogger("tandem.slack.check")  # what the SDK logs is told by a finding already
SDK.setLevel(logging.CRITICAL)


class SlackRefused(BotError):
    """Slack did not do what was asked, or was not reached."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}. {remedy}.")


def shaped(token: str, prefix: str, option: str) -> None:
    """Is it a token of that kind, by its look? Raises `SlackRefused`."""
    if not token:
        raise SlackRefused(f"`{option}` is missing", WHERE[prefix])
    if not token.startswith(prefix):
        looks = next((KINDS[kind] for kind in KINDS if token.startswith(kind)), "no token of Slack")
        problem = f"`{option}` is {looks}, and {KINDS[prefix]} begins with {prefix}"
        raise SlackRefused(problem, WHERE[prefix])
    if re.search(r"[^\x21-\x7e]", token):
        raise SlackRefused(f"`{option}` has spaces or odd characters in it", AGAIN)


def call(client: WebClient, method: str, **values: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What Slack answers, with the headers by their names in lower case. Raises `SlackRefused`."""
    given = {key: value for key, value in values.items() if value}
    try:
        answer = client.api_call(method, params=given)
    except SlackApiError as error:
        raise refusal(method, error.response.data) from error
    except (SlackClientError, OSError, HTTPException, ValueError, AttributeError) as error:
        # The SDK trips over an answer that is JSON but no object with an AttributeError.
        reason = word(getattr(error, "reason", None) or str(error) or type(error).__name__)
        problem = f"{client.base_url} cannot be reached ({reason})"
        raise SlackRefused(problem, "Check the network, and `base_url`") from error
    said = answer.data if isinstance(answer.data, dict) else {}
    return said, {key.lower(): str(value) for key, value in answer.headers.items()}


def refusal(method: str, said: object) -> SlackRefused:
    """What an answer that is not ok means."""
    code = str(said.get("error", "")) if isinstance(said, dict) else ""
    if isinstance(said, dict) and code == "missing_scope":
        needed = word(said.get("needed") or "a scope")
        where = WHERE[APP] if needed == SOCKET_SCOPE else "Add it, and install the app again"
        return SlackRefused(f"{method} needs {needed}, which is missing", where)
    if not re.fullmatch(r"[a-z_]{1,60}", code):
        return SlackRefused(f"the answer to {method} is not Slack's", "Check `base_url`")
    if code in CODES:
        what, remedy = CODES[code]
        return SlackRefused(f"{what} ({code})", remedy)
    unless = {"apps.connections.open": "Turn Socket Mode on, on the app's page"}
    return SlackRefused(f"{method} says {code}", unless.get(method, "See docs/slack.md"))


def rows(value: object) -> list[dict[str, Any]]:
    """The objects of a list, whatever else stands in it."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
