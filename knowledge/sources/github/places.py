"""Where a GitHub is: its two APIs, and the pages that people see."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

PUBLIC = {"github.com": "https://api.github.com", "www.github.com": "https://api.github.com"}


@dataclass(frozen=True)
class Site:
    """The addresses of one GitHub, none with a slash at its end."""

    rest: str
    graphql: str
    web: str  # where people see repositories, and git clones wikis from


def served_at(base_url: str) -> Site:
    """The addresses that belong to `https://api.github.com` or `https://HOST/api/v3`.

    A host alone is taken for GitHub Enterprise, unless it begins with `api.` as the clouds' do.
    """
    base = base_url.strip().rstrip("/")
    base = PUBLIC.get(urlsplit(base).hostname or "", base)
    parts = urlsplit(base)
    if (parts.hostname or "").startswith("api."):
        web = f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"
        return Site(base, f"{base}/graphql", web)
    host = f"{parts.scheme}://{parts.netloc}"
    return Site(f"{host}/api/v3", f"{host}/api/graphql", host)
