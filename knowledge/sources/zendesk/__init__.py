"""Zendesk: a help center's articles with their files, and solved tickets with what was said.

A pass asks for the articles that changed (the incremental export), and how many there are; where
that does not add up, and once a day, all are listed, so that what was archived is forgotten. The
export of tickets tells deleted ones by itself. What only some may read is left out, unless asked
for: drafts, articles for a segment of the users, internal notes.

It asks the documented REST interface by our own client. Zendesk keeps no library for Python; of
the others, zenpy is under the GPL, python-zendesk-sdk is asynchronous and has no incremental
exports, zendesk-toolkit had one release, libzapi wants a newer Python than we do; and each makes
its own session with its own tries, without a place for ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from knowledge.net.asking import MEBIBYTE, Limits
from knowledge.net.guard import guarding
from knowledge.sources.zendesk.guiding import Chosen
from knowledge.sources.zendesk.passing import ZendeskSource
from knowledge.sources.zendesk.site import Site
from knowledge.sources.zendesk.tickets import Wanted

MOST = 20 * MEBIBYTE  # of a file; Zendesk takes no larger ones
ANSWER = 100 * MEBIBYTE  # of an answer: an export has up to a thousand tickets


def source(
    name: str,
    url: str,
    token: str = "",
    user: str = "",
    articles: bool = True,
    locales: Sequence[str] = (),
    categories: Sequence[str] = (),
    sections: Sequence[str] = (),
    labels: Sequence[str] = (),
    exclude_labels: Sequence[str] = (),
    comments: bool = False,
    attachments: bool = True,
    drafts: bool = False,
    restricted: bool = False,
    tickets: bool = False,
    tickets_since: str = "",
    tags: Sequence[str] = (),
    exclude_tags: Sequence[str] = (),
    internal: bool = False,
    max_bytes: Annotated[int, Field(ge=1)] = MOST,
    allow_private: bool | tuple[str, ...] = False,
) -> ZendeskSource:
    """Read the Zendesk at `url`, as `user` with an API token, or by an OAuth `token` alone.

    Without a token, what everyone may read of a public help center is read. `locales` (`en-us`):
    each article in these languages; none: in the one that it was written in. `tickets`: solved
    and closed ones, which takes an administrator's token; `internal`: with agents' notes.
    """
    site = Site(url.strip().rstrip("/"), user, token)
    chosen = Chosen(
        tuple(locale.lower() for locale in locales),
        tuple(categories),
        tuple(sections),
        tuple(labels),
        tuple(exclude_labels),
        comments,
        attachments,
        drafts,
        restricted,
    )
    wanted = Wanted(tickets_since.strip(), tuple(tags), tuple(exclude_tags), internal)
    limits = Limits(max_bytes=max(ANSWER, max_bytes))
    return ZendeskSource(
        name,
        site,
        chosen if articles else None,
        wanted if tickets else None,
        guarding(allow_private),
        max_bytes,
        limits,
    )
