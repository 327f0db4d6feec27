"""Asks Notion by its kept client library, over our own client: its limits, tries and errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from knowledge.net import waiting
from knowledge.net.adapters import transport
from knowledge.net.answers import DEEPEST, Answer
from knowledge.net.asking import user_agent
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Garbled, Missing, NetError, RateLimited, Unreached
from knowledge.net.meaning import LATER, meant
from knowledge.net.urls import shown
from knowledge.sources._services.refusals import Json, said
from knowledge.sources._services.site import Site

if TYPE_CHECKING:
    import notion_client
    from notion_client.errors import HTTPResponseError

log = logging.getLogger(__name__)
VERSION = "2025-09-03"  # of the interface: databases hold data sources, which hold rows
LISTED = 100  # entries of a page of a list, the most that Notion gives
PACE_S, BURST_S = 1 / 3, 3.0  # three requests a second on average, and some at once
AGAIN = frozenset({409, 529})  # edited in that moment; overloaded
SHARE = "In Notion, share the page with the integration (••• > Connections), or take it out"
RENEW = "Renew the integration's secret at notion.so/profile/integrations"
REMEDIES: Mapping[type[NetError], str] = {
    Denied: "Give the integration the capability to read content, and comments where wanted",
    Missing: SHARE,
}


@dataclass
class Notion:
    """Notion's interface. All methods raise `NetError`."""

    client: Client
    site: Site
    free_at: float = 0.0  # when the requests so far are paid for, in seconds since 1970

    @cached_property
    def library(self) -> notion_client.Client:
        """The library, over our client, without tries, a login or a log of its own."""
        import httpx
        import notion_client

        quiet = logging.getLogger("notion_client.tandem")
        made = notion_client.Client(
            client=httpx.Client(transport=transport(self.client), trust_env=False),
            base_url=self.site.url,
            notion_version=VERSION,
            retry=False,
            logger=quiet,
            log_level=logging.CRITICAL,  # what it would say is in our errors
        )
        made.client.headers["User-Agent"] = user_agent()
        return made

    # -- what is asked ---------------------------------------------------------------

    def search(self, kind: str) -> Iterator[Json]:
        """All pages, or all data sources ("data_source"), the last edited first."""
        sort = {"timestamp": "last_edited_time", "direction": "descending"}
        filter = {"property": "object", "value": kind}
        ask = self.library.search
        return self.listed("search", lambda more: ask(filter=filter, sort=sort, **more))

    def rows(self, id: str) -> Iterator[Json]:
        """All rows of a data source."""
        ask = self.library.data_sources.query
        return self.listed(f"data_sources/{id}/query", lambda more: ask(id, **more))

    def children(self, id: str) -> Iterator[Json]:
        """The blocks directly within a page or a block."""
        ask = self.library.blocks.children.list
        return self.listed(f"blocks/{id}/children", lambda more: ask(id, **more))

    def comments(self, id: str) -> Iterator[Json]:
        """What was said on a page as a whole, and is still open."""
        ask = self.library.comments.list
        return self.listed("comments", lambda more: ask(block_id=id, **more))

    def page(self, id: str) -> Json:
        """A page with its properties."""
        return self.told(f"pages/{id}", lambda: self.library.pages.retrieve(id))

    def block(self, id: str) -> Json:
        """A block."""
        return self.told(f"blocks/{id}", lambda: self.library.blocks.retrieve(id))

    def database(self, id: str) -> Json:
        """A database, which names its data sources."""
        return self.told(f"databases/{id}", lambda: self.library.databases.retrieve(id))

    def data_source(self, id: str) -> Json:
        """A data source, which names its database."""
        return self.told(f"data_sources/{id}", lambda: self.library.data_sources.retrieve(id))

    # -- how it is asked -------------------------------------------------------------

    def listed(self, path: str, ask: Callable[[Json], Any]) -> Iterator[Json]:
        """A list, page after page."""
        cursor, seen = "", {""}
        while True:
            more = {"page_size": LISTED, **({"start_cursor": cursor} if cursor else {})}
            told = self.told(path, lambda more=more: ask(more))  # type: ignore[misc]
            entries, has_more = told.get("results"), told.get("has_more")
            if not isinstance(entries, list) or not isinstance(has_more, bool):
                raise self.garbled(path, "answered no list")
            yield from objects(entries)
            if not has_more:
                self.note_end(path, told)
                return
            cursor = str(told.get("next_cursor") or "")
            if cursor in seen:
                raise self.garbled(path, "gives a page of its list again")
            seen.add(cursor)

    def note_end(self, path: str, told: Json) -> None:
        """Some lists end before they are whole, and say so."""
        status = told.get("request_status")
        if isinstance(status, Mapping) and status.get("type") == "incomplete":
            why = status.get("incomplete_reason")
            log.warning("Notion ends the list of %s before it is whole (%s)", path, why)

    def told(self, path: str, ask: Callable[[], Any]) -> Json:
        """An object that was asked for; what passes by itself is waited for."""
        from notion_client.errors import HTTPResponseError

        limits = self.client.limits
        for tried in range(limits.tries):
            self.pace()
            try:
                told = ask()
            except HTTPResponseError as error:
                if error.status not in AGAIN or tried + 1 == limits.tries:
                    raise self.worded(path, error) from error
                self.pause(path, error, tried)
                continue
            except RecursionError as error:
                raise self.garbled(path, DEEPEST) from error
            except ValueError as error:
                raise self.garbled(path, f"answered no JSON ({str(error)[:100]})") from error
            if not isinstance(told, dict):
                raise self.garbled(path, "answered JSON that is no object")
            return cast(Json, told)
        raise AssertionError("tries are at least one")

    def pace(self) -> None:
        """Keep to the average that Notion allows."""
        outside = self.client.outside
        now = outside.clock()
        self.free_at = max(self.free_at, now) + PACE_S
        if self.free_at - now > BURST_S:
            outside.sleep(self.free_at - now - BURST_S)

    def pause(self, path: str, error: HTTPResponseError, tried: int) -> None:
        """Wait before what passes by itself is asked again. Raises `RateLimited`."""
        outside, limits = self.client.outside, self.client.limits
        headers = {name.lower(): value for name, value in error.headers.items()}
        told = waiting.asked_for_s(headers, outside.clock()) or 0.0
        if told > limits.wait_s:
            problem = f"wants a pause of {told:.0f} s"
            raise RateLimited(self.where(path), problem, LATER, told)
        outside.sleep(max(told, waiting.backed_off_s(tried, outside.chance())))

    # -- what goes wrong -------------------------------------------------------------

    def where(self, path: str) -> str:
        """An address as errors show it."""
        return shown(f"{self.site.url}/v1/{path}")

    def garbled(self, path: str, problem: str) -> Garbled:
        """An error of an answer that is none."""
        return Answer(f"{self.site.url}/v1/{path}", 200).garbled(problem)

    def worded(self, path: str, error: HTTPResponseError) -> NetError:
        """What a refusal means, with what Notion itself says to it, and what to do."""
        answer = Answer(f"{self.site.url}/v1/{path}", error.status, {}, error.body.encode())
        found = meant(answer)
        if error.status == 401:
            return Denied(found.where, found.problem, RENEW)
        if error.status == 409:
            return Unreached(found.where, "is being edited at this moment (409)", LATER)
        words = said(answer, lambda told: told.get("message"))
        remedy = REMEDIES.get(type(found), found.remedy)
        return type(found)(found.where, f"{found.problem}{words}", remedy)


def gone(error: NetError) -> bool:
    """Is what was asked for not there, or not shared? A 403 is about what the integration may."""
    return isinstance(error, Missing)


def objects(told: object) -> Sequence[Json]:
    """The objects of a list; none of what is no list."""
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def mapping(told: object) -> Json:
    """An object; an empty one of what is none."""
    return told if isinstance(told, Mapping) else {}


def part(told: object, name: str) -> Json:
    """An object within an object; an empty one where there is none."""
    return mapping(mapping(told).get(name))
