"""Confluence, in Atlassian's cloud or on an own server (Data Center): pages, posts, files.

A pass asks for what changed (CQL's `lastmodified`, with an overlap), and for how many pages there
are; where that does not add up, and once a day, all are listed, so that what was deleted, moved
or archived is forgotten. Pages that only some may read are left out, unless asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from knowledge.net.asking import Limits
from knowledge.net.guard import guarding
from knowledge.sources._atlassian.site import Site
from knowledge.sources.confluence.cql import Scope
from knowledge.sources.confluence.passing import ConfluenceSource, Wanted

MOST = 50 * 2**20
Kind = Literal["page", "blogpost"]


def source(
    name: str,
    url: str,
    token: str = "",
    user: str = "",
    space_keys: Sequence[str] = (),
    labels: Sequence[str] = (),
    exclude_labels: Sequence[str] = (),
    cql: str = "",
    kinds: Sequence[Kind] = ("page", "blogpost"),
    comments: bool = False,
    attachments: bool = True,
    restricted: bool = False,
    body: Literal["export_view", "storage"] = "export_view",
    max_bytes: Annotated[int, Field(ge=1)] = MOST,
    cloud: bool | None = None,
    allow_private: bool | tuple[str, ...] = False,
) -> ConfluenceSource:
    """Read the Confluence at `url`, as `user` with an API token, or by a `token` alone.

    `space_keys` are keys; with `labels`, only pages that have one of them, and of these
    none of `exclude_labels`; `cql` narrows further. `restricted`: also pages that only some may
    read. `body`: as Confluence draws a page, or as it was saved.
    """
    scope = Scope(tuple(kinds), tuple(space_keys), tuple(labels), tuple(exclude_labels), cql)
    wanted = Wanted(scope, body, comments, attachments, restricted, max_bytes)
    limits = Limits(max_bytes=max(MOST, max_bytes))
    return ConfluenceSource(
        name, placed(url, user, token, cloud), wanted, guarding(allow_private), limits
    )


def placed(url: str, user: str, token: str, cloud: bool | None) -> Site:
    """The site; in Atlassian's cloud, Confluence lies below `/wiki`."""
    site = Site(url.strip().rstrip("/"), user, token, cloud)
    bare = site.url.rpartition("/")[2].lower() == site.host
    return Site(f"{site.url}/wiki", user, token, cloud) if site.cloud and bare else site
