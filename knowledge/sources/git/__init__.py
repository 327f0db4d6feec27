"""The files of a git repository, each a document; only what changed between two passes is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from knowledge.files import EXCLUDED, HIDDEN, Patterns
from knowledge.net.asking import MEBIBYTE
from knowledge.sources.git.addresses import Access
from knowledge.sources.git.repository import GitSource, Wanted


def source(
    name: str,
    cache: Path,
    url: str = "",
    path: str = "",
    branch: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    hidden: bool = False,
    max_bytes: int = 50 * MEBIBYTE,
    link: str = "",
    at: Literal["branch", "commit"] = "branch",
    lines: bool = True,
    username: str = "",
    token: str = "",
    ssh_key: str = "",
) -> GitSource:
    """Read the files of the repository at `url` (https, ssh, file) or in the folder `path`.

    `branch` is a branch or a tag, by default the repository's own. `include`, `exclude`,
    `hidden` and `max_bytes` are those of a folder. Links lead to the file at the branch or at
    the very commit; `link` is `github`, `gitlab`, `bitbucket`, `gitea`, or an address with
    `{path}` and `{branch}` or `{commit}`, also `{line}`, in it; by default it is seen from the
    address. They lead to the line, or with `lines` off to the heading, where a passage begins.
    """
    barred = (*exclude, *EXCLUDED, *(() if hidden else HIDDEN))
    wanted = Wanted(Patterns(tuple(include), barred), max_bytes, branch, link, at, lines)
    return GitSource(name, cache / "git", Access(url, path, username, token, ssh_key), wanted)
