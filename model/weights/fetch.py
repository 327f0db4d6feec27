"""Downloads that go on where they stopped, are checked, and never leave half a file."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from model.errors import ModelError
from model.progress import Progress

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 5
SPARE = 256 << 20  # bytes that are left free on the disk


class FetchFailed(ModelError):
    """A file could not be had from one place; others may have it."""

    def __init__(self, place: str, problem: str) -> None:
        self.place, self.problem = place, problem
        super().__init__(f"{place}: {problem}")


@dataclass(frozen=True)
class Link:
    """An address, with the name and password that it needs kept apart so that they stay unseen."""

    url: str  # without user and password
    auth: tuple[str, str] | None = None

    def beside(self, url: str) -> Link:
        """Another address; the password goes along only to the same server."""
        other = link(url)
        same = urlsplit(other.url)[:2] == urlsplit(self.url)[:2]
        return other if other.auth or not same else Link(other.url, self.auth)

    def __repr__(self) -> str:
        return f"Link({shown(self.url)!r})"


def link(url: str) -> Link:
    """Split the user and password off an address."""
    from urllib.parse import unquote

    parts = urlsplit(url)
    if parts.username is None:
        return Link(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return Link(bare, (unquote(parts.username), unquote(parts.password or "")))


def shown(url: str) -> str:
    """An address as it may be shown: no user, no password, no query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def client(timeout: float = 30.0) -> httpx.Client:
    """An HTTP client that follows redirects and trusts the certificates that pip trusts."""
    import httpx

    named = (environ.get(n) for n in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"))
    trusted = next((path for path in named if path and Path(path).is_file()), None)
    verify = ssl.create_default_context(cafile=trusted) if trusted else True
    limits = httpx.Timeout(timeout, connect=min(timeout, 10.0))
    return httpx.Client(verify=verify, timeout=limits, follow_redirects=True)


def need_room(folder: Path, needed: int, what: str) -> None:
    """Raise `FetchFailed` when `folder`'s disk has no room for `needed` bytes more."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        short = (needed + SPARE - free) / 1e6
        raise FetchFailed(
            what,
            f"the disk of {folder} has {free / 1e6:,.0f} MB free, {needed / 1e6:,.0f} MB are "
            f"needed (and {SPARE / 1e6:,.0f} MB stay free): make {short:,.0f} MB of room or set "
            "TANDEM_CACHE to a folder on another disk",
        )


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(
    source: Link,
    target: Path,
    what: str,
    progress: Progress,
    digest: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch `source` into `target`; what a killed download left behind is gone on from.

    A file whose sha256 is not `digest` is dropped and fetched once more from its beginning.
    Raises `FetchFailed`.
    """
    if target.exists() and digest in (None, sha256(target)):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    for _ in range(2):
        resumed = part.exists() and part.stat().st_size > 0
        _fetch(source, part, what, progress, pause)
        found = sha256(part)
        if digest in (None, found):
            return part.replace(target)
        part.unlink()
        if not resumed:
            break
    raise FetchFailed(shown(source.url), f"sha256 is {found} and must be {digest}")


def _fetch(
    source: Link, part: Path, what: str, progress: Progress, pause: Callable[[float], None]
) -> None:
    """Bring `part` to its full length, trying again when the line breaks."""
    import httpx

    problem = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(min(2.0 ** (attempt - 1), 8.0))
        try:
            with client() as http:
                return _append(http, source, part, what, progress)
        except httpx.HTTPStatusError as error:
            problem = f"HTTP {error.response.status_code}"
            if error.response.status_code < 500 and error.response.status_code != 429:
                break
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        except OSError as error:
            problem = f"cannot write {part}: {error.strerror or error}"
            break
    raise FetchFailed(shown(source.url), problem)


def _append(http: httpx.Client, source: Link, part: Path, what: str, progress: Progress) -> None:
    """Read from where `part` ends, or from the beginning when the server cannot do that."""
    import httpx

    held = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
    with http.stream("GET", source.url, headers=headers, auth=source.auth) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and held:
            return  # all of it is here; the digest will tell
        answer.raise_for_status()
        held = held if answer.status_code == httpx.codes.PARTIAL_CONTENT else 0
        coming = answer.headers.get("Content-Length")
        total = held + int(coming) if coming else None
        need_room(part.parent, (total or held) - held, what)
        with part.open("r+b" if held else "wb") as file:
            file.seek(held)
            for block in answer.iter_raw():  # no larger blocks: a break would lose a part of one
                file.write(block)
                held += len(block)
                progress(what, held, total)
    if total is not None and held < total:
        raise httpx.RemoteProtocolError(f"{total - held} of {total} bytes are missing")
