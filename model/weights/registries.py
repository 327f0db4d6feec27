"""Where packages are: the indexes and repositories that pip, uv and Maven are set to."""

from __future__ import annotations

import configparser
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from model.progress import Progress
from model.weights.catalogue import Package
from model.weights.fetch import FetchFailed, Link, client, download, link, sha256, shown


@dataclass(frozen=True)
class Registries:
    """Where to look for packages, each in order."""

    indexes: tuple[Link, ...]  # of Python packages ("simple" pages)
    wheel_folders: tuple[Path, ...]  # pip's find-links
    maven: tuple[Link, ...]
    maven_folder: Path  # what Maven has fetched already


def registries(environ: Mapping[str, str], home: Path) -> Registries:
    """What the environment and the settings files of pip, uv and Maven say."""
    from jgo.constants import MAVEN_CENTRAL_URL
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    pip, uv = _pip_settings(environ, home), _uv_settings(environ, home)
    main = (
        environ.get("UV_DEFAULT_INDEX")
        or environ.get("UV_INDEX_URL")
        or environ.get("PIP_INDEX_URL")
        or uv.get("index-url")
        or pip.get("index-url")
        or PYPI_SIMPLE_ENDPOINT
    )
    extra = [environ.get(n, "") for n in ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")]
    extra += [said.get("extra-index-url", "") for said in (uv, pip)]
    folders = [environ.get(n, "") for n in ("UV_FIND_LINKS", "PIP_FIND_LINKS")]
    folders += [said.get("find-links", "") for said in (uv, pip)]
    settings = _maven_settings(home)
    return Registries(
        tuple(_index(url) for url in dict.fromkeys([main, *" ".join(extra).split()])),
        tuple(p for p in map(_folder, " ".join(folders).replace(",", " ").split()) if p.is_dir()),
        (*_maven_links(environ, settings), link(MAVEN_CENTRAL_URL)),
        _maven_folder(settings, home),
    )


def find(
    package: Package, where: Registries, folder: Path, progress: Progress, offline: bool
) -> Path:
    """The package's archive: one that lies on this machine, or one fetched into `folder`.

    Raises `FetchFailed` with the reason of every place.
    """
    found = next((p for p in _lying_around(package, where, folder) if _fits(p, package)), None)
    if found is not None:
        return found
    if offline:
        raise FetchFailed(_title(package), "not on this machine, and offline")
    problems: list[str] = []
    for address, digest in _addresses(package, where, problems):
        target = folder / _file_name(package)
        try:
            return download(address, target, _title(package), progress, package.sha256 or digest)
        except FetchFailed as error:
            problems.append(str(error))
    raise FetchFailed(_title(package), "; ".join(problems))


def _title(package: Package) -> str:
    return f"{package.project.rpartition(':')[2]} {package.version}"


def _file_name(package: Package) -> str:
    if package.registry == "maven":
        return f"{package.project.rpartition(':')[2]}-{package.version}.jar"
    return f"{package.project.replace('-', '_')}-{package.version}-py3-none-any.whl"


def _lying_around(package: Package, where: Registries, folder: Path) -> Iterator[Path]:
    name = _file_name(package)
    if package.registry == "maven":
        yield where.maven_folder / _maven_path(package)
    else:
        yield from (wheels / name for wheels in where.wheel_folders)
    yield folder / name


def _fits(path: Path, package: Package) -> bool:
    """Without a pinned digest the file's name is trusted: what is joined of it is checked."""
    return path.is_file() and package.sha256 in (None, sha256(path))


def _addresses(
    package: Package, where: Registries, problems: list[str]
) -> Iterator[tuple[Link, str | None]]:
    """Addresses of the archive, each with the digest that its registry gives."""
    if package.registry == "maven":
        for repository in where.maven:
            path = quote(_maven_path(package))
            yield repository.beside(f"{repository.url.rstrip('/')}/{path}"), None
        return
    for index in where.indexes:
        try:
            yield _on_index(package, index)
        except FetchFailed as error:
            problems.append(str(error))


def _on_index(package: Package, index: Link) -> tuple[Link, str | None]:
    """The wheel's address on an index, from the page of its project."""
    import httpx
    from pypi_simple import ACCEPT_ANY, DistributionPackage

    url = f"{index.url.rstrip('/')}/{package.project}/"
    try:
        with client() as http:
            answer = http.get(url, auth=index.auth, headers={"Accept": ACCEPT_ANY})
            answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise FetchFailed(shown(url), f"HTTP {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise FetchFailed(shown(url), f"{type(error).__name__} {error}".strip()) from error
    page = _page(package.project, answer)
    wheel: DistributionPackage | None = next(
        (w for w in page.packages if w.filename == _file_name(package)), None
    )
    if wheel is None:
        raise FetchFailed(shown(url), f"has no {_file_name(package)}")
    return index.beside(wheel.url), wheel.digests.get("sha256")


def _page(project: str, answer: Any) -> Any:
    """A project's page, in whichever of its two forms the index speaks."""
    from pypi_simple import ProjectPage

    address = str(answer.url)
    if "json" in answer.headers.get("Content-Type", ""):
        return ProjectPage.from_json_data(answer.json(), address)
    return ProjectPage.from_html(project, answer.text, address)


def _index(setting: str) -> Link:
    """An index as uv writes it: `name=url`, or only the url."""
    name, equals, url = setting.partition("=")
    return link(url if equals and "/" not in name else setting)


def _folder(setting: str) -> Path:
    return Path(setting.removeprefix("file://")).expanduser()


def _pip_settings(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """What pip is set to; the files that come later override."""
    own = environ.get("PIP_CONFIG_FILE")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", config / "pip/pip.conf"]
    files += [home / "Library/Application Support/pip/pip.conf"]
    files += [Path(environ.get("APPDATA") or home) / "pip/pip.ini"]
    files += [Path(sys.prefix) / "pip.conf", *([Path(own)] if own else [])]
    parser = configparser.RawConfigParser()
    try:
        parser.read([file for file in files if file.is_file()], encoding="utf-8")
    except configparser.Error:
        return {}  # pip itself will tell
    sections = [s for s in ("global", "install", "download") if parser.has_section(s)]
    return {key: value for section in sections for key, value in parser.items(section)}


def _uv_settings(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """What uv is set to, in pip's words."""
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    own = environ.get("UV_CONFIG_FILE")
    files = [Path(own)] if own else [config / "uv/uv.toml", Path("/etc/uv/uv.toml")]
    for file in files:
        if file.is_file():
            return _uv_indexes(tomllib.loads(file.read_text("utf-8")))
    return {}


def _uv_indexes(settings: Mapping[str, Any]) -> dict[str, str]:
    indexes = settings.get("index", [])
    default = [i["url"] for i in indexes if i.get("default")] or [settings.get("index-url", "")]
    extra = [i["url"] for i in indexes if not i.get("default")]
    extra += settings.get("extra-index-url", [])
    links = " ".join(settings.get("find-links", []))
    return {"index-url": default[0], "extra-index-url": " ".join(extra), "find-links": links}


def _maven_path(package: Package) -> str:
    group, _, artifact = package.project.partition(":")
    return f"{group.replace('.', '/')}/{artifact}/{package.version}/{_file_name(package)}"


def _maven_settings(home: Path) -> ElementTree.Element:
    """Maven's settings.xml without its namespace; an empty one when there is none."""
    file = home / ".m2/settings.xml"
    try:
        root = ElementTree.fromstring(file.read_bytes())  # noqa: S314 - the user's own settings
    except (OSError, ElementTree.ParseError):
        return ElementTree.Element("settings")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _maven_links(environ: Mapping[str, str], settings: ElementTree.Element) -> Iterator[Link]:
    """TANDEM_MAVEN_URL, then the mirrors of Maven's central repository, with their passwords."""
    if own := environ.get("TANDEM_MAVEN_URL"):
        yield link(own)
    for mirror in settings.iterfind("mirrors/mirror"):
        of = {word.strip() for word in mirror.findtext("mirrorOf", "").split(",")}
        if of & {"*", "central", "external:*"} and (url := mirror.findtext("url", "").strip()):
            yield _with_password(link(url), mirror.findtext("id", "").strip(), settings)


def _with_password(mirror: Link, name: str, settings: ElementTree.Element) -> Link:
    for server in settings.iterfind("servers/server"):
        user = server.findtext("username", "").strip()
        if user and server.findtext("id", "").strip() == name:
            return Link(mirror.url, (user, server.findtext("password", "").strip()))
    return mirror


def _maven_folder(settings: ElementTree.Element, home: Path) -> Path:
    own = settings.findtext("localRepository", "").strip()
    return Path(own.replace("${user.home}", str(home))) if own else home / ".m2/repository"
