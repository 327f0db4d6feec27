"""Where a repository is, how it lets the bot in, and where people see its files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from knowledge.errors import SourceUnreadable
from knowledge.net.overheard import PROBLEM, REMEDY, overheard
from knowledge.sources.git.command import Login

SHORT = re.compile(
    r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?!:|//)(?P<path>.+)"
)
SCHEMES = ("https", "http", "ssh", "file")
SITES = {  # by a part of the host's name
    "github": "github",
    "gitlab": "gitlab",
    "bitbucket": "bitbucket",
    "gitea": "gitea",
    "forgejo": "gitea",
    "codeberg": "gitea",
}
PAGES = {  # of a file at a branch, and at a commit
    "github": ("{site}/blob/{branch}/{path}", "{site}/blob/{commit}/{path}"),
    "gitlab": ("{site}/-/blob/{branch}/{path}", "{site}/-/blob/{commit}/{path}"),
    "bitbucket": ("{site}/src/{branch}/{path}", "{site}/src/{commit}/{path}"),
    "gitea": ("{site}/src/branch/{branch}/{path}", "{site}/src/commit/{commit}/{path}"),
}
LINES = {  # what leads to a line of a file's source, also where the file is shown rendered
    "github": "?plain=1#L{line}",
    "gitlab": "?plain=1#L{line}",
    "bitbucket": "#lines-{line}",
    "gitea": "?display=source#L{line}",
}
USERS = {"github": "x-access-token", "gitlab": "oauth2", "bitbucket": "x-token-auth"}


@dataclass(frozen=True)
class Access:
    """Where a repository is, as the settings say."""

    url: str = ""
    path: str = ""
    username: str = ""
    token: str = field(default="", repr=False)
    ssh_key: str = ""


@dataclass(frozen=True)
class Address:
    """Where a repository is, without secrets."""

    url: str  # as git is given it
    host: str = ""
    path: str = ""  # on the host, or of a folder

    @property
    def site(self) -> str:
        """Where people see the repository: its page where it has a host, else its folder."""
        if not self.host:
            return Path(self.path).as_uri()
        port = urlsplit(self.url).port if self.url.startswith("http") else None
        secure = "http" if self.url.startswith("http:") else "https"
        place = f"{self.host}:{port}" if port else self.host
        return f"{secure}://{place}/{self.path.strip('/').removesuffix('.git')}"

    @property
    def kind(self) -> str:
        """What runs at the host: "github" and the like; "" when its name does not tell."""
        return next((kind for part, kind in SITES.items() if part in self.host.lower()), "")


def located(name: str, access: Access) -> tuple[Address, Login]:
    """Where a source's repository is and how to get in. Raises `SourceUnreadable`."""
    if bool(access.url) == bool(access.path):
        problem = "it takes either a `url` or a `path`"
        raise SourceUnreadable(name, problem, "Set one of the two")
    if "PRIVATE KEY" in access.ssh_key:
        problem = "`ssh_key` holds a key itself"
        raise SourceUnreadable(name, problem, "Let it be the path of the key's file")
    if access.path or access.url.startswith(("/", "~", "./", "../")):
        return in_folder(name, access.path or access.url), Login()
    if short := SHORT.fullmatch(access.url):
        return Address(access.url, short["host"], short["path"]), Login(ssh_key=access.ssh_key)
    return at_url(name, access)


def in_folder(name: str, path: str) -> Address:
    """A repository on this machine. Raises `SourceUnreadable`."""
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise SourceUnreadable(name, f"there is no folder {folder}", "Check `path`")
    return Address(folder.as_uri(), "", str(folder))


def check_folder(name: str, address: Address) -> None:
    """Is there a repository, if it is on this machine? Raises `SourceUnreadable`."""
    folder = Path(address.path)
    if not address.host and not any((folder / kept).exists() for kept in (".git", "HEAD")):
        remedy = 'Name the folder that `.git` is in; `use = "folder"` reads plain files'
        raise SourceUnreadable(name, f"there is no repository in {folder}", remedy)


def at_url(name: str, access: Access) -> tuple[Address, Login]:
    """A repository at a URL; name and password in it are taken out. Raises `SourceUnreadable`."""
    parts = urlsplit(access.url)
    if parts.scheme not in SCHEMES or not (parts.hostname or parts.scheme == "file"):
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        problem = f"`url` is no address of a repository ({known} or user@host:path)"
        raise SourceUnreadable(name, problem, "Check `url`")
    if parts.scheme == "file":
        return in_folder(name, unquote(parts.path)), Login()
    host, token = parts.hostname or "", access.token or unquote(parts.password or "")
    place = parts.netloc.rpartition("@")[2]
    if parts.scheme == "ssh":
        user = f"{parts.username}@" if parts.username else ""
        bare = f"ssh://{user}{place}{parts.path}"
        return Address(bare, host, parts.path), Login(ssh_key=access.ssh_key)
    if token and overheard(access.url):
        raise SourceUnreadable(name, f"{parts.scheme}://{place}: {PROBLEM}", REMEDY)
    address = Address(f"{parts.scheme}://{place}{parts.path}", host, parts.path)
    told = access.username or unquote(parts.username or "") or USERS.get(address.kind, "git")
    return address, Login(f"{parts.scheme}://{place}/", told, token)


def page(address: Address, link: str, at: str, branch: str, commit: str) -> str:
    """Where people see a file: an address with `{path}` in it, to be replaced."""
    kind = link or address.kind
    if "{" in link:
        pattern = re.sub(r"#[^#]*\{line\}.*", "", link).replace("{line}", "1")
    elif kind in PAGES and address.host:
        pattern = PAGES[kind][at == "commit"]
    else:
        pattern = "{site}#{path}" if address.host else "{site}/{path}"
    return filled(pattern, address, branch, commit)


def line(address: Address, link: str, at: str, branch: str, commit: str) -> str:
    """Where people see a line of a file: with `{path}` and `{line}`; "" where that is not known."""
    kind = link or address.kind
    if "{line}" in link:
        return filled(link, address, branch, commit)
    if kind not in LINES or not address.host:
        return ""
    return page(address, link, at, branch, commit) + LINES[kind]


def filled(pattern: str, address: Address, branch: str, commit: str) -> str:
    """A pattern with all in its place but path and line."""
    parts = {"site": address.site, "branch": quote(branch), "commit": commit}
    for part, said in parts.items():
        pattern = pattern.replace(f"{{{part}}}", said)
    return pattern
