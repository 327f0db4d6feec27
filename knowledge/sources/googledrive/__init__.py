"""Google Drive: what lies in named folders and shared drives, or all that an account may see.

It asks the Drive API by our own client. google-api-python-client would take it as its `http`
object, but brings the descriptions of 600 services (111 MB) to make five kinds of GET, whose
answers have no types. google-auth signs what a service account asks a token with; its own
`refresh` is not used, for it waits and tries again by itself, by a clock of its own.

A pass asks the change logs (of the account, and of each shared drive) what happened since the
last; once a day, or where a log does not go back so far, everything is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from knowledge.net.asking import Limits
from knowledge.net.guard import guarding
from knowledge.sources.googledrive.keys import Keys
from knowledge.sources.googledrive.passing import DriveSource
from knowledge.sources.googledrive.wanted import Wanted

MOST = 50 * 2**20
BASE = "https://www.googleapis.com/drive/v3"


def source(
    name: str,
    credentials: str = "",
    subject: str = "",
    client_id: str = "",
    client_secret: str = "",
    refresh_token: str = "",
    folders: Sequence[str] = (),
    drives: Sequence[str] = (),
    exclude: Sequence[str] = (),
    max_bytes: Annotated[int, Field(ge=1)] = MOST,
    base_url: str = BASE,
    allow_private: bool | tuple[str, ...] = False,
) -> DriveSource:
    """Read the `folders` and shared `drives`, by ids or addresses; neither: all there is to see.

    `credentials` is what a service account's key file says, or an authorized user's; `subject` is
    whom the service account stands in for. Instead of it, an OAuth client's `client_id`,
    `client_secret` and a user's `refresh_token`. `exclude` are patterns of paths.
    """
    keys = Keys(credentials, subject, client_id, client_secret, refresh_token)
    wanted = Wanted(tuple(folders), tuple(drives), tuple(exclude), max_bytes)
    limits = Limits(max_bytes=max(MOST, max_bytes))
    return DriveSource(name, keys, wanted, base_url.rstrip("/"), guarding(allow_private), limits)
