"""Which repositories are read: those that are named, and those of an owner that a pattern fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from knowledge.net.errors import Missing
from knowledge.sources.github.api import GitHub, Json, Params
from knowledge.sources.github.memory import Facts
from knowledge.sources.github.threads import ODD, Odd, field

OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*)"
NAMED = re.compile(rf"{OWNER}/[\w.-]+")
PATTERN = re.compile(rf"{OWNER}/[\w.*?\[\]!-]+")


@dataclass(frozen=True)
class Wanted:
    """Which repositories, and what of them."""

    repositories: Sequence[str]
    exclude: Sequence[str]
    kinds: Sequence[str]

    @property
    def problem(self) -> str:
        """What is wrong with it; "" when nothing is."""
        if not self.repositories:
            return "`repositories` is empty"
        odd = [each for each in self.repositories if not PATTERN.fullmatch(each)]
        return f"`repositories` has {odd[0]!r}, which is no `owner/name`" if odd else ""

    @property
    def named(self) -> list[str]:
        """The repositories with a name of their own."""
        return [each for each in self.repositories if NAMED.fullmatch(each)]

    @property
    def patterns(self) -> list[str]:
        """The others."""
        return [each for each in self.repositories if not NAMED.fullmatch(each)]

    def excludes(self, full: str) -> bool:
        """Is the repository not read?"""
        return any(fnmatchcase(full.lower(), each.lower()) for each in self.exclude)


def facts(told: Json) -> Facts:
    """What a repository says of itself. Raises `Odd`."""
    full = field(told, "full_name", str)
    if not NAMED.fullmatch(full):
        raise Odd("has no name that a repository has")
    issues, wiki = told.get("has_issues") is not False, told.get("has_wiki") is True
    return Facts(full, issues, told.get("has_discussions") is True, wiki)


def one(github: GitHub, named: str, known: Facts | None) -> Facts:
    """A repository as it is now, whatever it is called by now. Raises `NetError`."""
    owner = named.partition("/")[0]
    try:
        answer = github.get(f"/repos/{named}", owner, held=known.etag if known else "")
    except Missing as error:
        problem = "is not there, or the token may not see it (404)"
        remedy = "Check `repositories` and what the token permits"
        raise Missing(error.where, problem, remedy) from error
    if answer.unchanged and known:
        return known
    try:
        return replace(facts(answer.json_object()), etag=answer.version.etag)
    except ODD as error:
        raise answer.garbled(f"answered no repository ({error})") from error


def matching(github: GitHub, pattern: str) -> Iterator[Facts]:
    """An owner's repositories whose names fit, without forks. Raises `NetError`."""
    owner, _, fits = pattern.partition("/")
    params: Params = {"per_page": 100, "type": "all"}
    try:
        first = github.get(f"/orgs/{owner}/repos", owner, params)
    except Missing:  # a person, then
        first = github.get(f"/users/{owner}/repos", owner, params)
    for told in github.listed(first, owner):
        try:
            found = facts(told)
        except ODD as error:
            raise first.garbled(f"answered no repositories ({error})") from error
        name = found.full.partition("/")[2]
        if fnmatchcase(name.lower(), fits.lower()) and told.get("fork") is not True:
            yield found
