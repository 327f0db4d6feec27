"""A pass over the wiki of one repository, which is a git repository itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from knowledge.documents import Checkpoint, Document, Keyed, Reached
from knowledge.errors import SourceUnreadable
from knowledge.net.errors import Refused
from knowledge.sources.git import source as git
from knowledge.sources.git.repository import GitSource
from knowledge.sources.github.talking import Place

ENDINGS = "md markdown mediawiki rst asciidoc adoc org textile creole pod rdoc txt"
PAGES = tuple(f"**/*.{ending}" for ending in ENDINGS.split())
FRAMES = ("**/_Sidebar.*", "**/_Footer.*", "**/_Header.*")  # round every page
NOWHERE = "there is no repository"  # as the git source says it


@dataclass
class Wiki:
    """See the module."""

    place: Place
    cache: Path

    @property
    def start(self) -> str:
        """What its keys begin with."""
        return f"{self.place.facts.full}/wiki/"

    def items(self) -> Iterator[Keyed]:
        """Every page. Raises `NetError`.

        A repository that may have a wiki need not have one: while nothing of it is held, nothing
        there is no failure.
        """
        keys, marks = self.held(), self.place.held.held
        held = Checkpoint({key.removeprefix(self.start): marks[key] for key in keys})
        try:
            for item in self.pages().documents(held):
                if not isinstance(item, Reached):
                    yield self.placed(item)
        except SourceUnreadable as error:
            if keys or not error.problem.startswith(NOWHERE):
                raise Refused(self.url, error.problem, error.remedy) from error

    def held(self) -> list[str]:
        """The keys of pages that the index holds."""
        return self.place.held_keys("", within="wiki/")

    @property
    def url(self) -> str:
        """Where git finds it."""
        return f"{self.place.github.site.web}/{self.place.facts.full}.wiki.git"

    def pages(self) -> GitSource:
        """The wiki as a git repository. Raises `NetError` when its host may not be reached."""
        github, owner = self.place.github, self.place.facts.owner
        github.client.guard.addresses(urlsplit(self.url).hostname or "")
        token, user = github.login.token(owner), "x-access-token"
        name = self.place.source
        return git(
            name, self.cache, self.url, include=PAGES, exclude=FRAMES, lines=False,
            username=user, token=token,
        )  # fmt: skip

    def placed(self, item: Keyed) -> Keyed:
        """A page under its key and at its address."""
        key = f"{self.start}{item.key}"
        if not isinstance(item, Document):
            return replace(item, key=key)
        stem = PurePosixPath(item.key).stem
        url = f"{self.place.github.site.web}/{self.place.facts.full}/wiki/{quote(stem)}"
        return replace(item, key=key, url=url)
