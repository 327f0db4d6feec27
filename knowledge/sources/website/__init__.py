"""The pages of a website, found by its sitemap or by following links; each is a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from knowledge.net.asking import MEBIBYTE, Limits
from knowledge.net.client import Client
from knowledge.net.guard import guarding
from knowledge.sources.website.scope import Scope
from knowledge.sources.website.site import Manners, WebsiteSource


def source(
    name: str,
    url: str,
    find: Literal["auto", "sitemap", "links"] = "auto",
    sitemap: str = "",
    prefixes: Sequence[str] = (),
    exclude: Sequence[str] = (),
    max_pages: int = 5000,
    max_depth: int = 20,
    max_minutes: float = 120.0,
    max_bytes: int = 20 * MEBIBYTE,
    delay_s: float = 0.5,
    at_once: int = 4,
    certificates: str = "",
    allow_private: bool | tuple[str, ...] = False,
) -> WebsiteSource:
    """Read the website at `url`, only addresses that begin so (or with one of `prefixes`).

    Pages are found by `sitemap` (its address, or where robots.txt names it, or /sitemap.xml), or
    by following links; `auto` takes the sitemap where there is one. `exclude` are parts of
    addresses. robots.txt is obeyed; between two requests there are `delay_s` seconds, or more
    where robots.txt asks for it. Addresses of inner networks are read only with `allow_private`:
    true, or a list of hosts, addresses and networks. `certificates` is a PEM file with authorities
    that are trusted besides the usual ones.
    """
    limits = Limits(max_bytes=max_bytes)
    client = Client(guarding(allow_private), limits, certificates=certificates)
    manners = Manners(find, sitemap, max_pages, max_depth, max_minutes * 60, delay_s, at_once)
    return WebsiteSource(name, url, Scope.of(url, prefixes, exclude), manners, client)
