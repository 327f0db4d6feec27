"""The git source, over HTTP and ssh: logins, links, and servers that fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.documents import Document, Item, Reached
from knowledge.errors import SourceUnreadable
from knowledge.sources.git import source
from knowledge.sources.git.addresses import Access, located, page
from knowledge.sources.git.trouble import worded
from knowledge.sync import sync
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.git_server import GitServer, serving
from tests.patience import PATIENCE_S
from tests.repositories import Repository, repository

TOKEN = "s3cret/of:the=tests"


@pytest.fixture
def theirs(tmp_path: Path) -> Repository:
    made = repository(tmp_path / "served/acme/docs.git")
    made.commit({"leave.md": "27 days."})
    return made


@pytest.fixture
def server(tmp_path: Path, theirs: Repository) -> Iterator[GitServer]:
    with serving(tmp_path / "served") as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def read(cache: Path, url: str, **options: str) -> list[Item]:
    return list(source("docs", cache, url=url, **options).documents(None))  # type: ignore[arg-type]


def texts(found: list[Item]) -> list[str]:
    return [item.text for item in found if isinstance(item, Document)]


def test_a_token_lets_in_and_is_kept_nowhere(
    cache: Path, server: GitServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.login = f"ana:{TOKEN}"
    found = read(cache, f"{server.url}/acme/docs.git", username="ana", token=TOKEN)
    assert texts(found) == ["27 days."]
    kept = b"".join(file.read_bytes() for file in cache.rglob("*") if file.is_file())
    assert TOKEN.encode() not in kept
    assert TOKEN not in "".join(capfd.readouterr()) + str(found)


def test_a_password_in_the_address_is_taken_out_of_it(cache: Path, server: GitServer) -> None:
    server.login = "ana:p@ss"
    url = f"{server.url.replace('//', '//ana:p%40ss@')}/acme/docs.git"
    (found,) = read(cache, url)
    assert isinstance(found, Document)
    assert found.url == f"{server.url}/acme/docs#leave.md"
    assert "p%40ss" not in b"".join(
        file.read_bytes() for file in cache.rglob("*") if file.is_file()
    ).decode("utf-8", "replace")


@pytest.mark.parametrize("token", ["", "wrong-token"])
def test_who_is_not_let_in_is_told(cache: Path, server: GitServer, token: str) -> None:
    server.login = f"ana:{TOKEN}"
    with pytest.raises(SourceUnreadable, match="the bot is not let in") as caught:
        read(cache, f"{server.url}/acme/docs.git", token=token)
    assert "Give a `token`" in caught.value.remedy
    assert "wrong-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "not let in"),
        (404, "no repository"),
        (301, "sends elsewhere"),
        (503, "cannot be reached"),
        pytest.param(302, "sends elsewhere", marks=pytest.mark.endurance),
        pytest.param(429, "cannot be reached", marks=pytest.mark.endurance),
        pytest.param(500, "cannot be reached", marks=pytest.mark.endurance),
    ],
)
def test_a_server_that_refuses_costs_nothing(
    cache: Path, server: GitServer, status: int, said: str
) -> None:
    index, embedder = FakeIndex(), FakeEmbedder()
    made = source("docs", cache, url=f"{server.url}/acme/docs.git")
    sync(made, index, embedder, paragraphs)
    server.status, server.location = status, f"{server.url}/other/docs.git/info/refs"
    with pytest.raises(SourceUnreadable, match=said):
        sync(made, index, embedder, paragraphs)
    assert len(index.records) == 1
    server.status = 0
    assert sync(made, index, embedder, paragraphs).unchanged == 1


def test_half_a_pack_is_fetched_again_by_the_next_sync(
    cache: Path, server: GitServer, theirs: Repository
) -> None:
    index, embedder = FakeIndex(), FakeEmbedder()
    made = source("docs", cache, url=f"{server.url}/acme/docs.git")
    sync(made, index, embedder, paragraphs)
    theirs.commit({"new.md": "New."})
    server.cut = True
    with pytest.raises(SourceUnreadable, match="cannot be reached"):
        sync(made, index, embedder, paragraphs)
    server.cut = False
    assert sync(made, index, embedder, paragraphs).new == 1


def test_a_server_that_is_away_is_told(cache: Path) -> None:
    with pytest.raises(SourceUnreadable, match="cannot be reached"):
        read(cache, "http://127.0.0.1:9/acme/docs.git")


def test_ssh_asks_nobody_and_takes_the_key_that_is_set(
    cache: Path, theirs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, key = tmp_path / "told", tmp_path / "a key"
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/ssh"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {told}\nfor last; do :; done\neval "$last"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    found = read(cache, f"git@git.acme.example:{theirs.folder}", ssh_key=str(key))
    assert texts(found) == ["27 days."]
    assert "-oBatchMode=yes" in told.read_text()
    assert f"-i {key} " in told.read_text()
    assert "git@git.acme.example" in told.read_text()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("error: cannot run ssh: No such file or directory\nfatal: unable to fork", "ssh is not"),
        ("Host key verification failed.\nfatal: Could not read from remote", "key of its host"),
        ("ben@x: Permission denied (publickey).\nfatal: Could not read", "not let in"),
        ("fatal: write error: No space left on device", "no room"),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "cannot be reached"),
        ("ERROR: Repository not found.\nfatal: Could not read from remote", "no repository"),
        ("fatal: something else", "git failed (fatal: something else)"),
        ("", "no reason given"),
    ],
)
def test_what_git_says_is_told_in_words(said: str, told: str) -> None:
    problem, remedy = worded(said)
    assert told in problem
    assert remedy


@pytest.mark.parametrize(
    ("url", "link", "expected"),
    [
        ("https://github.com/acme/docs.git", "", "https://github.com/acme/docs/blob/m/{path}"),
        ("git@github.com:acme/docs.git", "", "https://github.com/acme/docs/blob/m/{path}"),
        ("https://gitlab.acme.io/a/b", "", "https://gitlab.acme.io/a/b/-/blob/m/{path}"),
        ("ssh://git@gitlab.acme.io:2222/a/b", "", "https://gitlab.acme.io/a/b/-/blob/m/{path}"),
        ("https://bitbucket.org/a/b.git", "", "https://bitbucket.org/a/b/src/m/{path}"),
        ("https://codeberg.org/a/b.git", "", "https://codeberg.org/a/b/src/branch/m/{path}"),
        (
            "https://git.acme.io:8443/a/b",
            "gitea",
            "https://git.acme.io:8443/a/b/src/branch/m/{path}",
        ),
        ("https://git.acme.io/a/b", "", "https://git.acme.io/a/b#{path}"),
        ("git@git.acme.io:a/b", "https://x/{commit}/{path}", "https://x/c0ffee/{path}"),
        ("/", "https://x/{branch}/{path}", "https://x/m/{path}"),
    ],
)
def test_links_lead_to_the_file_at_the_branch(url: str, link: str, expected: str) -> None:
    address, _ = located("docs", Access(url))
    assert page(address, link, "branch", "m", "c0ffee") == expected


def test_links_may_lead_to_the_commit(cache: Path, theirs: Repository) -> None:
    commit = theirs.commit({"a/b é#.md": "x"})
    found = list(
        source("docs", cache, path=str(theirs.folder), link="https://x/{commit}/{path}").documents(
            None
        )
    )
    urls = {item.url for item in found if isinstance(item, Document)}
    assert f"https://x/{commit}/a/b%20%C3%A9%23.md" in urls
    github = located("docs", Access("https://github.com/a/b"))[0]
    assert page(github, "", "commit", "m", commit).endswith(f"/blob/{commit}/{{path}}")


CHILD = """
import sys
from pathlib import Path
from knowledge.sources.git import source
list(source("docs", Path(sys.argv[1]), url=sys.argv[2]).documents(None))
"""


@pytest.mark.endurance
@pytest.mark.parametrize("after_s", [0.0, 0.03, 0.1, 0.3, 0.8])
def test_a_clone_that_was_killed_is_finished_by_the_next(
    cache: Path, theirs: Repository, after_s: float
) -> None:
    theirs.commit({f"{n}.md": os.urandom(9999).hex() for n in range(300)})
    url = theirs.folder.as_uri()
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(cache), url], process_group=0)
    until = time.monotonic() + PATIENCE_S
    while not (cache / "git").exists() and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(after_s)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    found = read(cache, url)
    assert sum(isinstance(item, Document) for item in found) == 301
    assert not any(isinstance(item, Reached) for item in found)
