"""What Slack's errors mean; it tells them in answers whose status is 200."""

from __future__ import annotations

from knowledge.net.answers import Answer
from knowledge.net.errors import Denied, NetError, RateLimited, Refused, Unreached
from knowledge.net.urls import shown

UNKNOWN_TO_IT = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired no_permission "
    "org_login_required ekm_access_denied two_factor_setup_required not_allowed_token_type "
    "access_denied team_access_not_granted enterprise_is_restricted accesslimited".split()
)
PASSING = frozenset(
    "ratelimited rate_limited internal_error fatal_error request_timeout service_unavailable "
    "team_added_to_org".split()
)
SLOWED = frozenset({"ratelimited", "rate_limited"})
RENEW = "Check `token`: it must be the bot token (xoxb-…) of an app that is installed"
LATER = "Slack's status page may tell more; the next sync asks again"
IN_CHANNEL = {
    "channel_not_found": (
        "there is no such channel, or it is private and the bot is not in it",
        "Check its id or name, and invite the bot there; or take it out of `channels`",
    ),
    "not_in_channel": (
        "the bot is not in the channel",
        "Invite it there (/invite @NAME), or take the channel out of `channels`",
    ),
    "is_inactive": ("the channel is frozen", "Take it out of `channels`"),
    "method_not_supported_for_channel_type": (
        "is no channel whose history can be read",
        "Take it out of `channels`",
    ),
}


class Told(Refused):
    """What Slack refuses with an error of its own."""

    def __init__(self, where: str, problem: str, remedy: str, code: str) -> None:
        self.code = code
        super().__init__(where, problem, remedy)

    @property
    def of_channel(self) -> bool:
        """Does it concern one channel, and not the whole workspace?"""
        return self.code in IN_CHANNEL or self.code == "missing_scope"

    def at(self, channel: str) -> Told:
        """The same, told of a channel."""
        return Told(f"channel {channel}", self.problem, self.remedy, self.code)


def meaning(answer: Answer, code: str) -> NetError:
    """What an error in an answer means."""
    where = shown(answer.url)
    if code in UNKNOWN_TO_IT:
        return Denied(where, f"does not know us, or does not let us ({code})", RENEW)
    if code in SLOWED:
        return RateLimited(where, "is asked too often", "The next sync goes on; sync less often", 0)
    if code in PASSING:
        return Unreached(where, f"Slack fails ({code})", LATER)
    if code == "missing_scope":
        return lacking(where, answer.json_object().get("needed"))
    problem, remedy = IN_CHANNEL.get(code, (f"Slack refuses it ({code})", "Check the settings"))
    return Told(where, f"{problem} ({code})" if code in IN_CHANNEL else problem, remedy, code)


def lacking(where: str, needed: object) -> Told:
    """The error of a scope that the app does not have."""
    scope = f"`{str(needed)[:100]}`" if needed else "that it needs"
    remedy = f"Add the scope {scope} under OAuth & Permissions, and install the app anew"
    return Told(where, f"the app lacks the scope {scope} (missing_scope)", remedy, "missing_scope")


def whole(error: NetError) -> bool:
    """Does it concern the whole workspace, so that nothing else need be tried?"""
    return isinstance(error, Denied | RateLimited)
