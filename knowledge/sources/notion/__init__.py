"""Notion: pages, rows of databases with their properties, comments, and files on them.

Search tells what an integration may see, the last edited first, and does not promise to tell all.
So what seems gone is asked for by itself, pages below pages are followed, and once a day all rows
of all databases are listed as well. Where there are no more than a thousand pages, each pass lists
them all; beyond that, it goes down to the last edit that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from knowledge.net.asking import MEBIBYTE, Limits
from knowledge.net.guard import guarding
from knowledge.sources._services.site import Site
from knowledge.sources.notion.passing import NotionSource, Wanted

MOST = 50 * MEBIBYTE


def source(
    name: str,
    token: str,
    roots: Sequence[str] = (),
    exclude: Sequence[str] = (),
    comments: bool = False,
    attachments: bool = True,
    max_bytes: Annotated[int, Field(ge=1)] = MOST,
    url: str = "https://api.notion.com",
    allow_private: bool | tuple[str, ...] = False,
) -> NotionSource:
    """Read what is shared with the integration whose `token` this is.

    `roots`: only these pages and databases, with all below them; `exclude`: none of these, nor
    what is below them. Both are ids, or addresses as Notion's "Copy link" gives them.
    """
    wanted = Wanted(tuple(roots), tuple(exclude), comments, attachments, max_bytes)
    site = Site(url.strip().rstrip("/"), token=token)
    return NotionSource(name, site, wanted, guarding(allow_private), Limits())
