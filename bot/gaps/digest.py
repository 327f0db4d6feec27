"""The digest of knowledge gaps: queued for a channel, composed for who reads that channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from bot import gap_words
from bot.conversation import Audience, Place, Question
from bot.gaps.report import Reporting
from bot.gaps.words import Reader, Unanswered
from bot.inbox import Inbox
from bot.posts import Door, Heard, Item, Post
from bot.unasked import KnownHere, Told

ID = "gaps-"


def place_of(channel: str, workspace_of: Callable[[Place], str]) -> Place:
    """The place of "slack:CHANNEL" or "discord:SERVER/CHANNEL", as in the settings.

    Where no workspace is named it is the one that is known of the channel.
    """
    platform, _, there = channel.partition(":")
    workspace, _, id = there.rpartition("/")
    place = Place(platform, workspace, id)
    return place if workspace else replace(place, workspace=workspace_of(place))


def queue_digest(inbox: Inbox, place: Place, period: timedelta, now: datetime) -> Heard:
    """Have a digest posted, once on a day for each channel; it is composed when it is posted."""
    day = f"{ID}{now.astimezone(UTC):%Y-%m-%d}"
    text = f"{period.total_seconds():.0f}"
    note = Post("", day, place, "", text, now, Door.NOTE)
    return inbox.accept(note, quiet=True)


@dataclass(frozen=True)
class Digests:
    """Composes digests."""

    reporting: Reporting
    readable: Callable[[Question], list[str]]
    shown: int  # gaps

    def compose(self, item: Item, question: Question, known_here: KnownHere) -> Told | None:
        """What the audience of a channel may know of the gaps; None: there are none."""
        since = item.post.written_at - timedelta(seconds=float(item.post.text))
        audience = question.audience or Audience()
        quotable = quoted_in(item.post.place, audience, cache(known_here))
        reader = Reader(self.readable(question), quotable)
        report = self.reporting.report(since, reader, self.shown)
        return Told(gap_words.digest(report, item.post.written_at)) if report.questions else None


def quoted_in(
    place: Place, audience: Audience, known_here: KnownHere
) -> Callable[[Unanswered], bool]:
    """Which questions may be quoted in a channel: those that all who read it may read anyway."""
    inside = audience.members and not audience.outside

    def quotable(one: Unanswered) -> bool:
        there = one.question.place
        if one.private or (there.channel != place.channel and not inside):
            return False
        return known_here(there)

    return quotable
