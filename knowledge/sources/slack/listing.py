"""What stands in a channel, day by day, and in its threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.net.answers import Answer
from knowledge.sources._talk.since import midnight_s
from knowledge.sources.slack.api import Slack
from knowledge.sources.slack.posts import Post, posts


@dataclass(frozen=True)
class Lists:
    """The methods raise `NetError`."""

    slack: Slack
    channel: str  # its id

    def days(self, oldest_s: float) -> Iterator[list[Post]]:
        """The messages of each day (UTC) since then, the latest day first, oldest first in it.

        With what only tells that a thread was answered; answers themselves stand in no list.
        """
        day: list[Post] = []
        for post in self.latest_first(oldest_s):
            if day and midnight_s(post.said_s) != midnight_s(day[-1].said_s):
                yield day[::-1]
                day = []
            day.append(post)
        if day:
            yield day[::-1]

    def latest_first(self, oldest_s: float) -> Iterator[Post]:
        """The messages since then. A list that does not go back in time is garbled."""
        since: dict[str, str | int] = {"oldest": f"{oldest_s:.6f}"} if oldest_s else {}
        since |= {"inclusive": "true"} if since else {}
        before = ""
        pages = self.slack.pages(
            "conversations.history", channel=self.channel, limit=self.slack.page, **since
        )
        for page in pages:
            for post in posts(page):
                if before and not earlier(post.ts, before):
                    raise page.garbled("gives messages of its list again")
                before = post.ts
                yield post

    def thread(self, ts: str) -> list[Post]:
        """A thread, oldest first. Its first message may come again with each page."""
        found: dict[str, Post] = {}
        pages = self.slack.pages(
            "conversations.replies", channel=self.channel, ts=ts, limit=self.slack.page
        )
        for page in pages:
            check_thread(page, told := posts(page), ts)
            new = {post.ts: post for post in told if post.ts not in found}
            if found and told and not new:
                raise page.garbled("gives a page of a thread again")
            found |= new
        return sorted(found.values(), key=lambda post: moment(post.ts))


def check_thread(page: Answer, told: Sequence[Post], ts: str) -> None:
    """Are these the messages of that thread? Raises `Garbled`."""
    if any(ts not in (post.thread, post.ts) for post in told):
        raise page.garbled("answered another thread than was asked for")


def moment(ts: str) -> tuple[int, str]:
    """A ts, as it sorts: exact, which a float is not."""
    seconds, _, rest = ts.partition(".")
    return int(seconds), rest.ljust(9, "0")


def earlier(ts: str, than: str) -> bool:
    """Was it said before?"""
    return moment(ts) < moment(than)
