"""Asks Zendesk's help center: its articles, where they are filed, what was said, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from knowledge.net.answers import Answer
from knowledge.net.errors import Missing, Refused
from knowledge.net.urls import shown
from knowledge.sources._services.refusals import Json
from knowledge.sources.zendesk import articles
from knowledge.sources.zendesk.articles import Article, Comment, Odd, Place
from knowledge.sources.zendesk.files import File, file
from knowledge.sources.zendesk.service import Service, entries

CENTER = "/help_center"
OLDEST = {"sort_by": "created_at", "sort_order": "asc"}  # stays while others change
READERS = "Give an agent's token, or set `restricted = true` if the readers may see every article"
Made = TypeVar("Made")


@dataclass(frozen=True)
class HelpCenter:
    """The help center of a Zendesk. All methods raise `NetError`."""

    service: Service
    restricted: bool  # also what only some may read
    filed: dict[str, Mapping[str, Place]] = field(default_factory=dict)  # by locale

    # -- articles --------------------------------------------------------------------

    def listed(self, view: str) -> Iterator[Article]:
        """All articles that there are in a language."""
        for told in self.service.listed(f"{within(view)}/articles.json", "articles", OLDEST):
            yield self.taken(told, view)

    def count(self, view: str) -> int:
        """How many there are; -1 where that is not told."""
        told = self.service.get(f"{within(view)}/articles.json", {"per_page": 1}).json_object()
        count = told.get("count")
        return count if isinstance(count, int) else -1

    def changed(self, since_s: float) -> Iterator[Article]:
        """The articles that changed since, each in its own language; some may come twice."""
        start = max(1, int(since_s))
        while True:
            answer = self.service.get(f"{CENTER}/incremental/articles.json", {"start_time": start})
            some = entries(answer, "articles")
            yield from (self.taken((answer, one), "") for one in some)
            told = answer.json_object()
            end = told.get("end_time")
            if not some or not told.get("next_page") or not isinstance(end, int) or end <= start:
                return
            start = end

    def shown(self, id: str, view: str) -> Article | None:
        """An article in a language; None where there is none."""
        try:
            answer = self.service.get(f"{within(view)}/articles/{id}.json")
        except Missing:
            return None
        told = answer.json_object().get("article")
        if not isinstance(told, Mapping) or str(told.get("id")) != id:
            raise answer.garbled("answered what was not asked for")
        return self.taken((answer, told), view)

    def taken(self, told: tuple[Answer, Json], view: str) -> Article:
        """An article of an answer, of which it is known who may read it."""
        one = made(told, lambda each: articles.article(each, view))
        if one.closed is None and not self.restricted and self.service.site.token:
            problem = "does not tell who may read an article"
            raise Refused(shown(told[0].url), problem, READERS)
        return one

    # -- what belongs to them --------------------------------------------------------

    def places(self, view: str) -> Mapping[str, Place]:
        """Where articles are filed, by the section's id; asked for once."""
        if view not in self.filed:
            sections, categories = (
                [one for _, one in self.service.listed(f"{within(view)}/{name}.json", name)]
                for name in ("sections", "categories")
            )
            self.filed[view] = articles.places(sections, categories)
        return self.filed[view]

    def comments(self, one: Article) -> Sequence[Comment]:
        """What was said on an article, in its language."""
        path = f"{within(one.view)}/articles/{one.id}/comments.json"
        return [made(told, articles.comment) for told in self.service.listed(path, "comments")]

    def files(self, id: str) -> Sequence[File]:
        """The files on an article."""
        path = f"{CENTER}/articles/{id}/attachments.json"
        return [made(told, file) for told in self.service.listed(path, "article_attachments")]


def within(view: str) -> str:
    """The help center, in a language where one is named."""
    return f"{CENTER}/{view}" if view else CENTER


def made(told: tuple[Answer, Json], by: Callable[[Json], Made]) -> Made:
    """A value of what an answer told."""
    try:
        return by(told[1])
    except Odd as error:
        raise told[0].garbled(f"answered no list ({error})") from error
