"""Jira, in Atlassian's cloud or on an own server (Data Center): issues with what was said on them.

A pass asks for what changed (JQL's `updated`, with an overlap), and for how many issues there are;
where that does not add up, and once a day, all are listed, so that what was deleted or does not
fit any more is forgotten. What only some may read is left out, unless asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from knowledge.net.asking import Limits
from knowledge.net.guard import guarding
from knowledge.sources._atlassian.site import Site
from knowledge.sources.jira.passing import JiraSource, Wanted
from knowledge.sources.jira.search import Scope

MOST = 50 * 2**20


def source(
    name: str,
    url: str,
    token: str = "",
    user: str = "",
    projects: Sequence[str] = (),
    jql: str = "",
    comments: bool = True,
    attachments: bool = False,
    restricted: bool = False,
    max_bytes: Annotated[int, Field(ge=1)] = MOST,
    cloud: bool | None = None,
    allow_private: bool | tuple[str, ...] = False,
) -> JiraSource:
    """Read the Jira at `url`, as `user` with an API token, or by a `token` alone.

    `projects` are keys; `jql` narrows further, and either must be given. `restricted`: also
    issues with a security level, and comments that only some may read.
    """
    site = Site(url.strip().rstrip("/"), user, token, cloud)
    wanted = Wanted(Scope(tuple(projects), jql), comments, attachments, restricted, max_bytes)
    limits = Limits(max_bytes=max(MOST, max_bytes))
    return JiraSource(name, site, wanted, guarding(allow_private), limits)
