"""The github source: who asks, how often, and with which settings."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from knowledge.documents import Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.github import source
from knowledge.sources.github.login import Keys
from knowledge.sources.github.passing import GitHubSource
from knowledge.sources.github.places import Site, served_at
from knowledge.sync import SyncReport, sync
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.faults import Asked, Reply, Server, Still, as_json, serving
from tests.github.reading import LATER, github, read, release
from tests.github.service import Repository, Service

pytest_plugins = ["tests.github.fixtures"]


@cache
def pem() -> str:
    from cryptography.hazmat.primitives import serialization as words
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    how = words.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(words.Encoding.PEM, how, words.NoEncryption()).decode()


def test_an_app_gets_tokens_and_renews_them(
    server: Server, service: Service, web: Repository
) -> None:
    del web
    given: list[str] = []

    def token(asked: Asked) -> Reply:
        assert asked.headers["authorization"].count(".") == 2  # a JWT
        given.append(f"ghs_{len(given)}")
        service.tokens = {given[-1]}
        return as_json({"token": given[-1], "expires_at": "2026-11-18T23:00:00Z"}, 201)

    service.rest["/orgs/acme/installation"] = lambda asked: as_json({}, 404)
    service.rest["/users/acme/installation"] = lambda asked: as_json({"id": 7})
    service.rest["/app/installations/7/access_tokens"] = token
    time = Still(1_795_000_000.0 - 7 * 86400)
    made = github(server, keys=Keys(app_id="12", private_key=pem()), time=time)
    assert len(read(made)) == 5
    assert given == ["ghs_0"]
    server.then(3, lambda: service.tokens.clear())  # revoked before its time, in mid-sync
    assert len(read(made)) == 5
    assert given == ["ghs_0", "ghs_1", "ghs_2"]


def test_an_app_that_is_not_installed_or_has_no_key_is_told(
    server: Server, service: Service, web: Repository
) -> None:
    del web
    for path in ("/users/acme/installation", "/orgs/acme/installation"):
        service.rest[path] = lambda asked: as_json({"message": "Not Found"}, 404)
    with pytest.raises(SourceUnreadable, match="the app is not installed at acme"):
        read(github(server, keys=Keys(app_id="12", private_key=pem())))
    with pytest.raises(SourceUnreadable, match="`private_key` is no private key") as caught:
        read(github(server, keys=Keys(app_id="12", private_key="hunter2")))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "refusal",
    [
        as_json({"message": "You have exceeded a secondary rate limit."}, 403),
        as_json({"message": "API rate limit exceeded"}, 403, X_RateLimit_Remaining="0",
                X_RateLimit_Reset="1795000040"),
        as_json({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}),
    ],
)  # fmt: skip
def test_limits_are_waited_for(server: Server, web: Repository, refusal: Reply) -> None:
    del web
    time = Still()
    made = github(server, time=time)
    right, left = server.routes["/api/graphql"], [refusal]
    server.routes["/api/graphql"] = lambda asked: left.pop() if left else right(asked)
    assert len(read(made)) == 5
    assert 30 < sum(time.slept) < 70


def test_a_limit_that_lasts_is_told_and_nothing_is_lost(server: Server, web: Repository) -> None:
    index, made = FakeIndex(), github(server)
    assert report(made, index).new == 4
    web.touch(1, LATER, title="Another")
    reset = str(int(Still().now) + 3000)
    refusal = as_json({"message": "No"}, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)
    server.routes["/api/graphql"], right = lambda asked: refusal, server.routes["/api/graphql"]
    with pytest.raises(SourceUnreadable, match="it wants a pause of 3000 s"):
        report(made, index)
    server.routes["/api/graphql"] = right
    told = report(made, index)
    assert (told.changed, told.unchanged, told.gone) == (1, 3, 0)


def report(made: GitHubSource, index: FakeIndex) -> SyncReport:
    return sync(made, index, FakeEmbedder(), paragraphs)


def test_what_the_token_may_not_see_is_told_and_the_rest_is_read(
    server: Server, service: Service, web: Repository
) -> None:
    del web
    service.errors = [{"type": "FORBIDDEN", "message": "Resource not accessible by token"}]
    found = read(github(server))
    issues = found["acme/web/issues"]
    assert isinstance(issues, Unreadable)
    assert "Resource not accessible by token" in issues.reason
    assert {"acme/web/2.discussion", "acme/web/3.pull"} < set(found)


def test_the_token_goes_to_no_other_host(server: Server, web: Repository) -> None:
    web.releases += [release(f"v{n}", "x") for n in range(5)]
    with serving() as other:
        right = server.beginning["/api/v3/"]

        def elsewhere(asked: Asked) -> Reply:
            told = right(asked)
            link = told.headers.get("Link", "").replace(server.url, other.url)
            return Reply(told.status, told.body, {**told.headers, "Link": link})

        server.beginning["/api/v3/"] = elsewhere
        with pytest.raises(SourceUnreadable, match="is another host than GitHub's"):
            read(github(server, kinds=("releases",)))
        assert other.asked == []


def test_tokens_are_never_logged_nor_shown(
    server: Server, web: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    del web
    caplog.set_level(logging.DEBUG)
    made = github(server)
    read(made)
    with pytest.raises(SourceUnreadable) as caught:
        read(github(server, keys=Keys("hunter2wrong")))
    assert "hunter2" not in caplog.text + str(caught.value) + repr(made)
    assert "Renew the credentials" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"repositories": []}, "`repositories` is empty"),
        ({"repositories": ["https://github.com/acme/web"]}, "which is no `owner/name`"),
        ({"token": ""}, "either a `token` or an app"),
        ({"app_id": "12"}, "an app needs both"),
        ({"token": "a\nb"}, "characters that no token has"),
        ({"base_url": "github.acme.example"}, "`base_url` is no address"),
        ({"base_url": "http://github.acme.example"}, "credentials would be sent over http"),
    ],
)
def test_wrong_settings_are_told(given: dict[str, Any], problem: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"repositories": ["acme/web"], "token": "hunter2", **given}
    with pytest.raises(SourceUnreadable, match=problem):
        read(source("hub", tmp_path, **options))


def test_each_github_has_its_addresses() -> None:
    assert served_at("https://api.github.com") == Site(
        "https://api.github.com", "https://api.github.com/graphql", "https://github.com"
    )
    assert served_at("https://github.com/") == served_at("https://api.github.com")
    assert served_at("https://api.acme.ghe.com/").web == "https://acme.ghe.com"
    for own in ("https://git.acme.example", "https://git.acme.example/api/v3/"):
        assert served_at(own) == Site(
            "https://git.acme.example/api/v3",
            "https://git.acme.example/api/graphql",
            "https://git.acme.example",
        )
