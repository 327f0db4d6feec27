"""What a service's refusal means, with its own words, and whether all of it is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from knowledge.net.answers import Answer
from knowledge.net.errors import Denied, NetError, RateLimited, Refused
from knowledge.net.meaning import meant

Json = Mapping[str, Any]


def whole(error: NetError) -> bool:
    """Does it concern the whole service, and not only what was asked for?"""
    return isinstance(error, RateLimited) or (isinstance(error, Denied) and "401" in error.problem)


def worded(answer: Answer, words: Callable[[Json], object]) -> NetError:
    """What a refusal means; `words` finds what the service says to it in a body in JSON."""
    error = meant(answer)
    if type(error) not in (Refused, Denied):
        return error
    return type(error)(error.where, f"{error.problem}{said(answer, words)}", error.remedy)


def said(answer: Answer, words: Callable[[Json], object]) -> str:
    """The service's own words, in brackets."""
    try:
        told = words(answer.json_object())
    except NetError:
        return ""
    line = " ".join(str(told or "").split())[:200].rstrip(".")
    return f" ({line})" if line else ""
