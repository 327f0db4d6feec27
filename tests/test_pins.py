"""What is installed is what is pinned, and no file names where it was fetched from."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = [Requirement(pin) for pin in PROJECT["tool"]["uv"]["constraint-dependencies"]]
OURS = canonicalize_name(PROJECT["project"]["name"])
TOOLS = {"pip"}  # what an environment may bring itself
HOSTS = [  # in parts, so that this file names none either
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("repo", "maven", "apache", "org"),
    ("repo1", "maven", "org"),
    ("repo", "maven", "org"),
    ("proxy", "golang", "org"),
    ("sum", "golang", "org"),
    ("registry", "npmjs", "org"),
    ("registry", "yarnpkg", "com"),
    ("deb", "debian", "org"),
    ("index", "crates", "io"),
    ("static", "crates", "io"),
]


def applying(pins: Iterable[Requirement]) -> dict[str, Requirement]:
    """The pins for this Python and system, by package."""
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): pin for pin in here}


def installed() -> dict[str, str]:
    """The version of every installed package but ours."""
    found = {canonicalize_name(each.metadata["Name"]): each.version for each in distributions()}
    return {name: version for name, version in found.items() if name not in {OURS, *TOOLS}}


def test_every_installed_package_has_its_pinned_version() -> None:
    pins = applying(PINS)
    other = {
        name: (version, str(pins[name].specifier))
        for name, version in installed().items()
        if name in pins and version not in pins[name].specifier
    }
    assert other == {}, "run `uv sync`"


def test_every_installed_package_is_pinned() -> None:
    assert installed().keys() - applying(PINS).keys() == set(), "run `scripts/pin`"


def test_every_pin_is_one_exact_version() -> None:
    for pin in PINS:
        [only] = pin.specifier
        assert (only.operator, "*" in only.version) == ("==", False), pin


def test_every_dependency_is_pinned() -> None:
    groups = [entry for group in PROJECT["dependency-groups"].values() for entry in group]
    named = [Requirement(entry) for entry in [*PROJECT["project"]["dependencies"], *groups]]
    pinned = {canonicalize_name(pin.name) for pin in PINS}
    assert {canonicalize_name(each.name) for each in named} - pinned == set(), "run `scripts/pin`"


def committed() -> list[Path]:
    """The files that are, or are about to be, committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        told = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in told.stdout.decode().split("\0") if name]


def test_no_file_names_the_host_of_a_registry() -> None:
    hosts = re.compile("|".join(rf"\b{re.escape('.'.join(host))}\b" for host in HOSTS))
    naming = {
        str(file.relative_to(ROOT)): found.group()
        for file in committed()
        if file.is_file() and (found := hosts.search(file.read_bytes().decode("latin-1")))
    }
    assert naming == {}


def test_nothing_is_depended_on_by_its_address() -> None:
    assert all(not pin.url for pin in PINS)
    sources = PROJECT["tool"]["uv"].get("sources", {})
    assert not [
        source for source in sources.values() if urlsplit(str(source.get("url", ""))).netloc
    ]
