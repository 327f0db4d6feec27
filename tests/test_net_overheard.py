"""Credentials go where nobody on the way can read them, whoever asks and whatever redirects."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from knowledge.errors import SourceUnreadable
from knowledge.net.adapters import session, transport
from knowledge.net.asking import Credentials
from knowledge.net.client import Client
from knowledge.net.errors import Refused
from knowledge.net.guard import Guard
from knowledge.net.overheard import has_credentials, overheard
from knowledge.sources.confluence import source as confluence
from knowledge.sources.discord import source as discord
from knowledge.sources.git import source as git
from knowledge.sources.github import source as github
from knowledge.sources.googledrive import source as googledrive
from knowledge.sources.jira import source as jira
from knowledge.sources.mailbox import source as mailbox
from knowledge.sources.mailbox.account import OAuth
from knowledge.sources.notion import source as notion
from knowledge.sources.slack import source as slack
from knowledge.sources.zendesk import source as zendesk
from tests.dovecot import certified
from tests.faults import Server, limits_for, serving, still

SAID = "credentials would be sent over http"
SECRET = "hunter2"


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def plain_server(opened: ExitStack) -> Server:
    made = opened.enter_context(serving())
    made.page("/page", "Hello")
    return made


@pytest.fixture
def secure_client(opened: ExitStack, tmp_path: Path) -> tuple[Server, Client]:
    """A server over TLS, and who is known to it."""
    certificate = certified(tmp_path / "both.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = opened.enter_context(serving(context))
    own = Credentials(server.url, {"Authorization": SECRET})
    made = anyone(credentials=own, certificates=f"{certificate}.crt")
    return server, opened.enter_context(made)


def anyone(**given: Any) -> Client:
    """A client for whom every name is this machine, so that what it sends does arrive."""
    guard = Guard(private=True, resolve=lambda host: ["127.0.0.1"])
    return Client(guard, limits_for(), outside=still(), **given)


@pytest.mark.parametrize(
    ("url", "others"),
    [
        ("http://docs.example/a", True),
        ("HTTP://docs.example/a", True),
        ("http://10.0.0.7:8080/a", True),
        ("http://localhost.example/a", True),
        ("http://0.0.0.0/a", True),
        ("https://docs.example/a", False),
        ("http://localhost:8080/a", False),
        ("http://127.0.0.3/a", False),
        ("http://[::1]/a", False),
        ("http://[::ffff:127.0.0.1]/a", False),
    ],
)
def test_http_is_overheard_beyond_this_machine(url: str, others: bool) -> None:
    assert overheard(url) is others


@pytest.mark.parametrize("name", ["Authorization", "COOKIE", "X-Api-Key", "PRIVATE-TOKEN"])
def test_a_header_is_a_credential_by_its_name(name: str) -> None:
    assert has_credentials(["Accept", name])


def test_what_every_request_says_is_none() -> None:
    told = ["Host", "User-Agent", "Accept", "Accept-Encoding", "Content-Type", "If-None-Match"]
    assert not has_credentials([*told, "Notion-Version", "X-GitHub-Api-Version"])


Send = Callable[[Client, str], object]
WAYS: dict[str, Send] = {
    "a header": lambda client, url: client.get(url, headers={"Authorization": SECRET}),
    "a cookie": lambda client, url: client.get(url, headers={"Cookie": SECRET}),
    "a key": lambda client, url: client.get(url, headers={"X-Api-Key": SECRET}),
    "a form": lambda client, url: client.exchange("POST", url, body=b"hunter2", secret=True),
    "a parameter": lambda client, url: client.exchange(
        "GET", url, params={"k": SECRET}, secret=True
    ),
    "httpx": lambda client, url: httpx.Client(transport=transport(client)).get(
        url, auth=("u", SECRET)
    ),
    "requests": lambda client, url: session(client).get(url, auth=("u", SECRET)),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_credential_is_sent_over_http_to_another_machine(plain_server: Server, way: str) -> None:
    with anyone() as client, pytest.raises(Refused, match=SAID) as caught:
        WAYS[way](client, f"http://docs.example:{plain_server.port}/page")
    assert "https://" in caught.value.remedy
    assert SECRET not in str(caught.value)
    assert plain_server.asked == []


@pytest.mark.parametrize("way", WAYS)
def test_to_this_machine_it_is(plain_server: Server, way: str) -> None:
    with anyone() as client:
        WAYS[way](client, f"{plain_server.url}/page")
    assert plain_server.paths == ["/page"]


def test_a_login_is_a_credential_whatever_its_header_is_called(plain_server: Server) -> None:
    url = f"http://docs.example:{plain_server.port}"
    with (
        anyone(credentials=Credentials(url, {"X-Acme": SECRET})) as client,
        pytest.raises(Refused, match=SAID),
    ):
        client.get(f"{url}/page")
    assert plain_server.asked == []


def test_what_carries_no_credential_is_asked_over_http(plain_server: Server) -> None:
    own = Credentials("https://docs.example", {"Authorization": SECRET})
    with anyone(credentials=own) as client:
        assert client.get(f"http://docs.example:{plain_server.port}/page").text == "Hello"
    assert "authorization" not in plain_server.asked[0].headers


def test_a_user_in_an_address_is_refused_also_after_a_redirect(plain_server: Server) -> None:
    target = f"http://u:{SECRET}@127.0.0.1:{plain_server.port}/page"
    plain_server.redirect("/away", target)
    with anyone() as client:
        for url in (target, f"{plain_server.url}/away"):
            with pytest.raises(Refused, match="a user or a password") as caught:
                client.get(url)
            assert SECRET not in str(caught.value)
    assert plain_server.paths == ["/away"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_from_https_to_http_carries_no_credential(
    plain_server: Server, secure_client: tuple[Server, Client], status: int
) -> None:
    """To the same name, to another, and to this machine, where a credential could go."""
    server, client = secure_client
    for host in ("localhost", "docs.example", "127.0.0.1"):
        server.redirect("/away", f"http://{host}:{plain_server.port}/page", status)
        url = f"https://localhost:{server.port}/away"
        answer = client.get(url, headers={"Cookie": SECRET, "X-Api-Key": SECRET})
        assert (answer.text, answer.url.startswith("http:")) == ("Hello", True)
    assert len(plain_server.asked) == 3
    assert SECRET not in "".join(str(asked.headers) for asked in plain_server.asked)


def test_a_redirect_to_another_host_over_tls_carries_no_credential(
    secure_client: tuple[Server, Client],
) -> None:
    """The login is for 127.0.0.1, and `localhost` is another host at the same port."""
    server, client = secure_client
    server.page("/there", "Hello")
    server.redirect("/away", f"https://localhost:{server.port}/there")
    assert client.get(f"{server.url}/away", headers={"Cookie": SECRET}).text == "Hello"
    first, second = server.asked
    assert (first.headers["authorization"], first.headers["cookie"]) == (SECRET, SECRET)
    assert SECRET not in str(second.headers)


def test_a_form_with_a_credential_follows_no_redirect_to_http(
    plain_server: Server, secure_client: tuple[Server, Client]
) -> None:
    server, client = secure_client
    server.redirect("/away", f"{plain_server.url}/page", 307)
    with pytest.raises(Refused, match="to another host"):
        client.exchange("POST", f"{server.url}/away", body=SECRET.encode(), secret=True)
    assert plain_server.asked == []


# -- the sources ---------------------------------------------------------------------

PLACE = "http://service.example"
USER = {"type": "authorized_user", "client_id": "1", "client_secret": "2", "refresh_token": SECRET}
SOURCES: dict[str, Callable[[Path], Any]] = {
    "confluence": lambda _: confluence("it", PLACE, SECRET),
    "jira": lambda _: jira("it", PLACE, SECRET, projects=("ENG",)),
    "zendesk": lambda _: zendesk("it", PLACE, SECRET, "anna@acme.example"),
    "notion": lambda _: notion("it", SECRET, url=PLACE),
    "github": lambda cache: github("it", cache, ("acme/web",), token=SECRET, base_url=PLACE),
    "slack": lambda _: slack("it", ("C1",), token=SECRET, base_url=f"{PLACE}/api/"),
    "discord": lambda _: discord("it", SECRET, ("100200300400500600",), base_url=PLACE),
    "googledrive": lambda _: googledrive(
        "it", credentials=json.dumps({**USER, "token_uri": PLACE}), folders=("abcdefghijkl",)
    ),
    "git": lambda cache: git("it", cache, f"{PLACE}/wiki.git", token=SECRET),
    "mailbox": lambda _: mailbox(
        "it", "imap.example", "anna",
        oauth=OAuth(PLACE, "1", SECRET),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SOURCES)
def test_no_source_sends_its_credentials_over_http(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=SAID) as caught:
        list(SOURCES[kind](tmp_path).documents(None))
    assert "service.example" in caught.value.problem
    assert "https://" in caught.value.remedy
    assert SECRET not in str(caught.value)
