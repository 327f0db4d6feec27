"""What people wrote on GitHub: issues, pull requests, discussions, releases and wikis.

It asks by our own client, not by a library: githubkit is the kept one, but it validates each
answer by 50 MB of schemas, has tries, a cache and a throttle of its own, and knows GraphQL (by
which alone discussions are read, and ten threads at once) only as text, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from knowledge.net.guard import guarding
from knowledge.sources.github.bodies import Taste
from knowledge.sources.github.finding import Wanted
from knowledge.sources.github.login import Keys
from knowledge.sources.github.passing import GitHubSource
from knowledge.sources.github.places import served_at

Kind = Literal["issues", "pulls", "discussions", "releases", "wiki"]
KINDS: tuple[Kind, ...] = ("issues", "pulls", "discussions", "releases", "wiki")
AUTOMATED = (  # accounts of people's kind that only machines use; GitHub's own bots it tells itself
    "codecov-commenter",
    "codecov-io",
    "googlebot",
    "k8s-ci-robot",
    "coveralls",
    "CLAassistant",
    "greenkeeperio-bot",
)


def source(
    name: str,
    cache: Path,
    repositories: Sequence[str],
    token: str = "",
    exclude: Sequence[str] = (),
    kinds: Sequence[Kind] = KINDS,
    bots: bool = False,
    ignored: Sequence[str] = AUTOMATED,
    base_url: str = "https://api.github.com",
    app_id: str = "",
    private_key: str = "",
    installation_id: str = "",
    allow_private: bool | tuple[str, ...] = False,
) -> GitHubSource:
    """Read what people wrote in `repositories`: `owner/name`, or `owner/pattern` (`acme/web-*`).

    Forks are only read where they are named. `token` is a personal access token; or an app's
    `app_id` and `private_key` are given, and `installation_id` where its owner does not tell.
    What bots (`bots = false`) and the accounts in `ignored` wrote is left out. For GitHub
    Enterprise, `base_url` is `https://HOST/api/v3`.
    """
    keys = Keys(token, app_id, private_key, installation_id)
    wanted = Wanted(tuple(repositories), tuple(exclude), tuple(kinds))
    taste = Taste(bots, frozenset(login.lower() for login in ignored))
    guard = guarding(allow_private)
    return GitHubSource(name, cache, served_at(base_url), wanted, taste, keys, guard)
