"""Asks Confluence's search, page after page, by its `_links.next`: a cursor or an offset."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from knowledge.net.answers import Answer
from knowledge.sources._atlassian.service import Service
from knowledge.sources._services.refusals import Json
from knowledge.sources.confluence.cql import among
from knowledge.sources.confluence.entries import Entry, Odd, current, entry, many, mapping

CONTENT, SEARCH = "/rest/api/content/search", "/rest/api/search"
ONLY_CURRENT = json.dumps({"contentStatuses": ["current"]})
SHOWN = "version,ancestors"
READERS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
OF_PAGES = "version,container"  # of what belongs to pages
LISTED, ASKED = 100, 50  # entries of a page; ids in one question
Entries = dict[str, Entry]


@dataclass(frozen=True)
class Lists:
    """The search of a Confluence. All methods raise `NetError`."""

    service: Service

    def entries(self, cql: str, types: Collection[str], expand: str) -> Entries:
        """All that a question finds, by id."""
        return {each.id: each for each, _ in self.found(cql, types, expand)}

    def by_ids(
        self, clause: str, ids: Iterable[str], types: Collection[str], expand: str
    ) -> Entries:
        """Those of the named that still fit the clause."""
        made: Entries = {}
        for some in cut_up(sorted(set(ids)), ASKED):
            asked = among(clause, "id", some)
            made |= {each.id: each for each, _ in self.found(asked, types, expand, some)}
        return made

    def found(
        self, cql: str, types: Collection[str], expand: str, ids: Collection[str] = ()
    ) -> Iterator[tuple[Entry, Json]]:
        """Entries, and all that was told of them; an answer with others than asked is wrong."""
        for answer, told in self.pages(cql, expand):
            base = str(mapping(told, "_links").get("base") or self.service.site.url)
            for each in taken(answer, told):
                try:
                    made = entry(each, base)
                except Odd as error:
                    raise answer.garbled(f"answered no list ({error})") from error
                if (types and made.type not in types) or (ids and made.id not in ids):
                    raise answer.garbled("answered what was not asked for")
                if current(each):
                    yield made, each

    def pages(self, cql: str, expand: str) -> Iterator[tuple[Answer, Json]]:
        """Page after page. One may be empty in the midst, where the login may not see them."""
        first = {"cql": cql, "expand": expand, "limit": str(LISTED), "cqlcontext": ONLY_CURRENT}
        params, seen = first, {""}
        while True:
            answer = self.service.get(CONTENT, params)
            told = answer.json_object()
            yield answer, told
            following = str(mapping(told, "_links").get("next") or "")
            if not following:
                return
            if following in seen:
                raise answer.garbled("gives a page of its list again")
            seen.add(following)
            params = {**first, **dict(parse_qsl(urlsplit(following).query))}

    def count(self, cql: str) -> int:
        """How many a question finds; -1 where that is not told."""
        told = self.service.get(SEARCH, {"cql": cql, "limit": 1}).json_object()
        total = told.get("totalSize")
        return total if isinstance(total, int) else -1


def taken(answer: Answer, told: Json) -> Sequence[Json]:
    """The entries of a page."""
    if not isinstance(told.get("results"), list):
        raise answer.garbled("answered no list")
    return many(told, "results")


def cut_up(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Values, some at a time."""
    return (values[at : at + size] for at in range(0, len(values), size))
