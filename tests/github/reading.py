"""Reading the GitHub of the tests: the source, and what a pass over it yields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from knowledge.documents import Checkpoint, Document, Item, Reached
from knowledge.net.guard import guarding
from knowledge.sources.github import KINDS
from knowledge.sources.github.bodies import Taste
from knowledge.sources.github.finding import Wanted
from knowledge.sources.github.login import Keys
from knowledge.sources.github.passing import GitHubSource
from knowledge.sources.github.places import served_at
from tests.faults import Server, Still, limits_for

LATER = "2026-11-02T08:00:00Z"
TOKEN = Keys("hunter2")
NO_BOTS = Taste(False, frozenset({"codecov-commenter"}))


def release(tag: str, text: str, **more: Any) -> dict[str, Any]:
    told = {"tag_name": tag, "name": "", "body": text, "published_at": LATER, "draft": False}
    url = f"https://github.example/acme/web/releases/tag/{tag}"
    return {**told, "author": {"login": "ana"}, "html_url": url, "prerelease": False, **more}


def github(server: Server, *repositories: str, **given: Any) -> GitHubSource:
    """The source, let to reach this machine, in a world in which nothing is waited for."""
    limits, time = given.get("limits", limits_for()), given.get("time", Still())
    site = given.get("site", served_at(server.url))
    kinds = given.get("kinds", KINDS)
    wanted = Wanted(repositories or ("acme/web",), given.get("exclude", ()), kinds)
    outside = given.get("outside", time.outside)
    keys, cache = given.get("keys", TOKEN), given.get("cache", Path("/dev/null/nowhere"))
    taste, guard = given.get("taste", NO_BOTS), guarding(True)
    return GitHubSource("hub", cache, site, wanted, taste, keys, guard, limits, outside)


def read(made: GitHubSource, since: Checkpoint | None = None) -> dict[str, Item]:
    """What a pass yields, by key; the state under ""."""
    found = {"" if isinstance(i, Reached) else i.key: i for i in made.documents(since)}
    return dict(found)


def document(found: dict[str, Item], key: str) -> Document:
    item = found[key]
    assert isinstance(item, Document), item
    return item


def held(found: dict[str, Item]) -> Checkpoint:
    """What the next pass is given, after one that went well."""
    documents = [item for item in found.values() if isinstance(item, Document)]
    state = found[""]
    assert isinstance(state, Reached)
    return Checkpoint({d.key: d.fingerprint for d in documents}, state.state)


def again(before: Checkpoint, found: dict[str, Item]) -> Checkpoint:
    """The same after a further pass."""
    kept = {key: before.held[key] for key in found if key in before.held}
    now = held(found)
    return Checkpoint(kept | dict(now.held), now.state)
