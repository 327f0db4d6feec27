"""What an answer means that is no success, and whether asking again may help."""

from __future__ import annotations

from knowledge.net import waiting
from knowledge.net.answers import Answer
from knowledge.net.errors import Denied, Missing, NetError, Refused, Unreached
from knowledge.net.urls import shown

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that pass by themselves
LATER = "Check the service and the network; the next sync asks again"


def passing(answer: Answer) -> bool:
    """Is it a failure that passes by itself?"""
    return answer.status in AGAIN or limited(answer)


def limited(answer: Answer) -> bool:
    """Does the service say that it is asked too often?"""
    return answer.status == 429 or (answer.status == 403 and waiting.used_up(answer.headers))


def meant(answer: Answer) -> NetError:
    """What an answer that is no success means."""
    where, status = shown(answer.url), answer.status
    if status in (401, 403, 407):
        why = "does not know us (401)" if status == 401 else f"does not let us ({status})"
        return Denied(where, why, "Renew the credentials, and check what they permit")
    if status in (404, 410):
        return Missing(where, f"is not there ({status})", "Check the address, or take it out")
    if status >= 500 or status in AGAIN:
        return Unreached(where, f"the service fails ({status})", LATER)
    return Refused(where, f"the service refuses it ({status})", "Check the address and settings")


def asked_for_s(answer: Answer, now_s: float) -> float | None:
    """Seconds that the service asks to wait before the next try; None where it does not say."""
    told = waiting.asked_for_s(answer.headers, now_s)
    return waiting.in_body_s(answer.body) if told is None and answer.status == 429 else told
