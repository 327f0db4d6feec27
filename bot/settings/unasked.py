"""The sections of tandem.toml that say what the bot says by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from bot.settings.sections import Count, Duration, Section, Share

CHANNEL = re.compile(r"(?:slack:[A-Z0-9]+|discord:\d+(?:/\d+)?)?")


def channel_named(value: str) -> str:
    """A channel of a platform; empty: none."""
    if not CHANNEL.fullmatch(value):
        raise ValueError('must be "slack:CHANNEL" or "discord:SERVER/CHANNEL", by their ids')
    return value


class Gaps(Section):
    """What people asked and the sources did not answer: docs/gaps.md."""

    channel: Annotated[str, AfterValidator(channel_named)] = ""  # of the digest; "": none
    period: Duration = timedelta(days=7)  # that a digest tells of
    shown: Count = 5  # gaps of a digest
    alike: Share = 0.8  # the least cosine of questions that count as one gap


class Stale(Section):
    """Answers whose sources changed: docs/gaps.md."""

    within: Duration | None = timedelta(days=14)  # how old an answer may be; None ("never"): off
    notes: bool = True  # are they corrected where they stand?
    channels: Mapping[str, bool] = Field(default_factory=dict)  # otherwise in these, by their ids

    @model_validator(mode="before")
    @classmethod
    def _never(cls, given: Any) -> Any:
        never = isinstance(given, dict) and given.get("within") == "never"
        return given | {"within": None} if never else given
