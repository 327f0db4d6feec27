"""Asks the Drive API: as somebody, politely, page after page; refusals by their reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.net import waiting
from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import Denied, NetError, RateLimited, Refused, TooLarge
from knowledge.net.meaning import meant
from knowledge.net.urls import shown
from knowledge.sources._services import refusals
from knowledge.sources.googledrive.login import SCOPE, Login, Shut

Json = Mapping[str, Any]
Params = Mapping[str, str | int]
SLOWED = frozenset(  # what passes by itself, although it is told as a 403
    {"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded", "backendError"}
    | {"RATE_LIMIT_EXCEEDED"}
)
SLOWED_S = 4.0  # the first wait; the quotas are counted by the minute
USED_UP = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg", "quotaExceeded"})
TOO_LARGE = "exportSizeLimitExceeded"
ENABLE = "Enable the Google Drive API in the project that the credentials are of"
ALLOW = "Let an administrator allow it, or take another account"
AGREED = f"Let the user agree to {SCOPE}, and put the new `refresh_token` there"
WHOLE = {  # reasons that concern not only what was asked for: what is wrong, and what to do
    "accessNotConfigured": ("the Drive API is not enabled", ENABLE),
    "SERVICE_DISABLED": ("the Drive API is not enabled", ENABLE),
    "domainPolicy": ("the domain's policy forbids it", ALLOW),
    "insufficientPermissions": ("the token may not read Drive", AGREED),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": ("the token may not read Drive", AGREED),
}
SHARE = "Share it with the account that reads, or leave it out"
OWNER = "Let its owner allow viewers to download it, or leave it out"
SINGLE = {  # reasons that concern what was asked for alone
    "insufficientFilePermissions": ("the account may not read it", SHARE),
    "forbidden": ("the account may not read it", SHARE),
    "cannotDownloadFile": ("may not be downloaded", OWNER),
    "cannotDownloadAbusiveFile": ("is malware in Google's eyes", "Leave it out"),
    "downloadQuotaExceeded": ("was downloaded too often", "The next sync asks again"),
    "fileNotDownloadable": ("cannot be downloaded", "Leave it out"),
}


@dataclass(frozen=True)
class Drive:
    """The API, asked as one account. All methods raise `NetError`."""

    client: Client
    base: str
    login: Login

    def get(self, path: str, params: Params | None = None) -> Answer:
        """A success. A token that ended is renewed once; a limit told as a 403 is waited for."""
        renewed = False
        for tried in range(self.client.limits.tries):
            headers = {"Authorization": f"Bearer {self.login.token()}"}
            url = f"{self.base}{path}"
            answer = self.client.exchange("GET", url, params=params, headers=headers)
            if answer.status == 401 and not renewed:
                renewed = True
                self.login.renew()
            elif answer.status == 403 and SLOWED & reasons(answer):
                self.pause(answer, tried)
            elif 200 <= answer.status < 300:
                return answer
            else:
                raise worded(answer)
        raise worded(answer)

    def pause(self, answer: Answer, tried: int) -> None:
        """Wait, each time longer; raises `RateLimited` where that is for too long."""
        outside, limits = self.client.outside, self.client.limits
        told = waiting.asked_for_s(answer.headers, outside.clock())
        wait = SLOWED_S * 2.0**tried + outside.chance() if told is None else told
        if wait > limits.wait_s or tried + 1 == limits.tries:
            raise too_often(answer, f"is asked too often; it wants a pause of {wait:.0f} s", wait)
        outside.sleep(wait)

    def pages(self, path: str, params: Params) -> Iterator[tuple[Answer, Json]]:
        """Page after page of a list; none twice."""
        seen, more = {""}, dict(params)
        while True:
            answer = self.get(path, more)
            told = answer.json_object()
            yield answer, told
            following = str(told.get("nextPageToken") or "")
            if not following:
                return
            if following in seen or following == more.get("pageToken"):
                raise answer.garbled("gives a page of its list again")
            seen.add(following)
            more["pageToken"] = following


def reasons(answer: Answer) -> set[str]:
    """Why something was refused, in Google's own keywords."""
    try:
        error = answer.json_object().get("error")
    except NetError:
        return set()
    if not isinstance(error, Mapping):
        return set()
    listed = [error.get("errors"), error.get("details")]
    told = [each for some in listed if isinstance(some, list) for each in some]
    return {str(each["reason"]) for each in told if isinstance(each, Mapping) and "reason" in each}


def worded(answer: Answer) -> NetError:
    """What a refusal means."""
    where, told = shown(answer.url), reasons(answer)
    if answer.status == 403:
        if USED_UP & told:
            return too_often(answer, "the day's quota is used up", 3600.0)
        if TOO_LARGE in told:
            problem = "is larger than Drive exports (10 MB)"
            return TooLarge(where, problem, "Split it, or leave it out")
        for among, kind in ((WHOLE, Shut), (SINGLE, Denied)):
            for reason in sorted(told & set(among)):
                problem, remedy = among[reason]
                return kind(where, f"{problem} ({reason})", remedy)
    error = meant(answer)
    if type(error) not in (Refused, Denied) or not told:
        return error
    return type(error)(error.where, f"{error.problem}: {min(told)[:60]}", error.remedy)


def too_often(answer: Answer, problem: str, wait_s: float) -> RateLimited:
    """The error of a limit."""
    remedy = "The next sync goes on from here; sync less often"
    return RateLimited(shown(answer.url), problem, remedy, wait_s)


def whole(error: NetError) -> bool:
    """Does it concern the whole of Drive, and not only what was asked for?"""
    return refusals.whole(error) or isinstance(error, Shut)
