"""Which threads there are, and which of them changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from knowledge.net.errors import Garbled
from knowledge.net.urls import shown
from knowledge.sources.github.api import GitHub, Json, Params
from knowledge.sources.github.memory import Edits, Facts, Followed
from knowledge.sources.github.queries import Kind, listing
from knowledge.sources.github.threads import ODD, Listed, Odd, field, listed, moment, nodes

OVERLAP = timedelta(minutes=2)  # GitHub's lists lag behind by seconds
OLDEST, NEWEST = "CREATED_AT, direction: ASC", "UPDATED_AT, direction: DESC"
FOLLOWING = "UPDATED_AT, direction: ASC"


@dataclass(frozen=True)
class Found:
    """Threads by their numbers, and how many there are in all."""

    threads: dict[int, Listed]
    count: int

    @property
    def latest(self) -> str:
        """When the last was changed; "" when there is none."""
        return max((each.updated_at for each in self.threads.values()), default="")

    @property
    def top(self) -> int:
        """The greatest number."""
        return max(self.threads, default=0)

    def adds_up(self, before: Followed) -> bool:
        """Are there as many as before and the new ones? If not, some are gone."""
        new = sum(number > before.top for number in self.threads)
        return self.count == before.count + new


@dataclass(frozen=True)
class Lists:
    """The lists of a repository's threads of one kind. All methods raise `NetError`."""

    github: GitHub
    facts: Facts
    kind: Kind

    def full(self) -> Found:
        """All threads. What is created meanwhile comes last, so none is passed over.

        When fewer came than there are, they are listed once more.
        """
        found = self.found(OLDEST)
        return found if len(found.threads) >= found.count else self.found(OLDEST)

    def changed(self, since: str) -> Found:
        """Threads that changed since then."""
        if self.kind.type == "Issue":
            return self.found(FOLLOWING, since, filtered=True)
        return self.found(NEWEST, since)

    def found(self, order: str, since: str = "", filtered: bool = False) -> Found:
        """The threads of a list, from its beginning to the first that is older than `since`."""
        threads, count = dict[int, Listed](), 0
        for all_of_them, page in self.pages(order, since if filtered else ""):
            count = all_of_them
            threads |= {each.number: each for each in page}
            if since and not filtered and any(each.updated_at < since for each in page):
                break
        if since:
            threads = {n: each for n, each in threads.items() if each.updated_at >= since}
        return Found(threads, count)

    def pages(self, order: str, since: str) -> Iterator[tuple[int, list[Listed]]]:
        """Page after page: how many there are in all, and the threads."""
        text, seen, after = listing(self.kind, order, bool(since)), set[str](), ""
        owner, _, name = self.facts.full.partition("/")
        while True:
            place = {"owner": owner, "name": name, "after": after or None, "since": since or None}
            data = self.github.query(text, owner, **place)
            try:
                count, page, after = self.taken(data)
            except ODD as error:
                raise self.garbled(f"answered no list ({error})") from error
            yield count, page
            if not after:
                return
            if after in seen:
                raise self.garbled("gives a page of its list again")
            seen.add(after)

    def taken(self, data: Json) -> tuple[int, list[Listed], str]:
        """A page: how many there are in all, the threads, and the cursor of the next."""
        there = data.get("repository")
        if not isinstance(there, dict):
            raise Odd("there is no such repository, or the token may not see it")
        count = field(field(there, "all", dict), "totalCount", int)
        page = field(field(there, self.kind.all, dict), "pageInfo", dict)
        threads = [listed(node) for node in nodes(there, self.kind.all)]
        return count, threads, field(page, "endCursor", str) if page.get("hasNextPage") else ""

    def garbled(self, problem: str) -> Garbled:
        """An error about this list."""
        where = f"{shown(self.github.site.graphql)} ({self.facts.full}, {self.kind.name})"
        return Garbled(where, problem, "Check the service; the next sync asks again")

    # -- edited comments -------------------------------------------------------------

    def edited(self, path: str, before: Edits) -> tuple[set[int], Edits]:
        """The threads whose comments were written or edited since, and how far that goes.

        `updatedAt` of a thread need not tell of an edit.
        """
        order: Params = {"sort": "updated", "direction": "asc", "per_page": 100}
        params = {"since": before.since, **order}
        place = f"/repos/{self.facts.full}/{path}"
        first = self.github.get(place, self.facts.owner, params, before.etag)
        if first.unchanged:
            return set(), before
        entries = list(self.github.listed(first, self.facts.owner))
        try:
            latest = max((written_at(each) for each in entries), default="")
            numbers = {number_of(each) for each in entries if self.is_ours(each)}
        except ODD as error:
            raise first.garbled(f"answered no comments ({error})") from error
        same = max(latest, before.since) == before.since and "next" not in first.links
        etag = first.version.etag if same else ""
        return numbers, Edits(max(latest, before.since), etag)

    def is_ours(self, comment: Json) -> bool:
        """Is the comment on a thread of this kind?"""
        on_pull = "/pull/" in field(comment, "html_url", str)
        return on_pull == (self.kind.type == "PullRequest")


def written_at(comment: Json) -> str:
    """When a comment was last edited, as GitHub tells it. Raises `Odd`."""
    moment(comment, "updated_at")
    return str(comment["updated_at"])


def number_of(comment: Json) -> int:
    """The number of the thread that a comment is on. Raises `Odd`."""
    url = comment.get("issue_url") or comment.get("pull_request_url") or ""
    last = urlsplit(str(url)).path.rpartition("/")[2]
    if not last.isdecimal():
        raise Odd("has no thread's address")
    return int(last)


def before(time: str) -> str:
    """A little before a time of GitHub's; "" for none, after which all are listed again."""
    try:
        told = datetime.fromisoformat(time).astimezone(UTC) - OVERLAP
    except (ValueError, OverflowError):
        return ""
    return f"{told:%Y-%m-%dT%H:%M:%SZ}"
