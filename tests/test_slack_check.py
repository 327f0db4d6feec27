"""`tandem check` on Slack: what it finds, and that it says what to do about it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.health import Finding, platform
from bot.platforms.slack.checking import checks
from bot.platforms.slack.scopes import SCOPES, Scope
from bot.settings import Settings, load_settings
from bot.settings.sections import Platform

BOT, APP, SECRET = "xoxb-1-abc", "xapp-1-abc", "0123456789abcdef0123456789abcdef"
ALL = ",".join(scope.name for scope in SCOPES)
ME = {"ok": True, "team": "Acme", "team_id": "T0ACME", "user": "tandem", "user_id": "U0BOT"}
ENG = {"id": "C0ENG", "name": "eng", "is_ext_shared": False}


@dataclass
class Workspace:
    """What a Slack of one's own answers to each method; what is not here it does not know."""

    answers: dict[str, object] = field(default_factory=dict)
    granted: str | None = ALL
    status: int = 200
    asked: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, token: str, values: dict[str, list[str]]) -> bytes:
        self.asked.append((method, token, values))
        said = self.answers.get(method, {"ok": False, "error": "unknown_method"})
        if isinstance(said, list) and said and isinstance(said[0], dict) and "ok" in said[0]:
            said = said[sum(1 for one, _, _ in self.asked if one == method) - 1]
        return said if isinstance(said, bytes) else json.dumps(said).encode()

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.asked]


@contextmanager
def listening(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            method, _, query = self.path.removeprefix("/api/").partition("?")
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            told = workspace.answer(method, token, parse_qs(query) | parse_qs(body))
            self.send_response(workspace.status)
            if workspace.granted is not None:
                self.send_header("X-OAuth-Scopes", workspace.granted)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        workspace.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
        try:
            yield workspace
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def acme() -> Iterator[Workspace]:
    """A workspace where all is well, and the bot is in #eng."""
    answers: dict[str, object] = {
        "auth.test": ME,
        "apps.connections.open": {"ok": True, "url": "wss://127.0.0.1/link"},
        "users.conversations": {"ok": True, "channels": [ENG]},
        "usergroups.list": {"ok": True, "usergroups": [{"id": "S0ENG", "handle": "engineers"}]},
    }
    with listening(Workspace(answers)) as workspace:
        yield workspace


def settled(folder: Path, space: str = "") -> Settings:
    """Settings with a space of those words."""
    (folder / "docs").mkdir(exist_ok=True)
    text = '[sources.docs]\nuse = "folder"\npath = "docs"\n'
    if space:
        text += f'spaces = ["eng"]\n[spaces.eng]\n{space}\n'
    (folder / "tandem.toml").write_text(text)
    return load_settings(environ={"TANDEM_HOME": str(folder)}, folder=folder)


def look(workspace: Workspace, settings: Settings, **options: object) -> dict[str, Finding]:
    """What is found, by its name without the platform's."""
    given = {"bot_token": BOT, "app_token": APP, "base_url": workspace.url} | options
    found = [*checks("slack", given, settings)]
    assert all(one.name.startswith("slack ") and "\n" not in one.told for one in found)
    return {one.name.removeprefix("slack "): one for one in found}


def wrong(found: dict[str, Finding]) -> dict[str, str]:
    return {name: one.told for name, one in found.items() if not one.ok}


def test_where_all_is_well_it_says_who_the_bot_is(acme: Workspace, tmp_path: Path) -> None:
    space = 'slack_channels = ["C0ENG"]\ngroups = ["S0ENG"]'
    found = look(acme, settled(tmp_path, space))
    assert {name: one.told for name, one in found.items()} == {
        "Socket Mode": "on, and a socket can be opened",
        "bot token": "@tandem (U0BOT) in Acme (T0ACME)",
        "scopes": "all are there",
        "channels": "a member of 1",
        "channel C0ENG": "a member of #eng",
        "user group S0ENG": "@engineers",
    }
    assert wrong(found) == {}


def test_each_token_is_given_where_it_belongs(acme: Workspace, tmp_path: Path) -> None:
    look(acme, settled(tmp_path))
    tokens = {method: token for method, token, _ in acme.asked}
    assert tokens == {"apps.connections.open": APP, "auth.test": BOT, "users.conversations": BOT}


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "`bot_token` is missing. Copy the Bot User OAuth Token from"),
        (APP, "`bot_token` is an app-level token, and a bot token begins with xoxb-."),
        ("xoxp-1", "`bot_token` is a token of a person, and a bot token begins with xoxb-."),
        ("xoxe.xoxb-1", "`bot_token` is a token that expires after 12 hours"),
        ("hunter2", "`bot_token` is no token of Slack, and"),
        ("xoxb-1 2", "`bot_token` has spaces or odd characters in it."),
        ("xoxb-\x00\u202e", "`bot_token` has spaces or odd characters in it."),
    ],
)
def test_a_token_of_the_wrong_shape_is_told_before_slack_is_asked(
    acme: Workspace, tmp_path: Path, token: str, says: str
) -> None:
    found = look(acme, settled(tmp_path), bot_token=token)
    assert wrong(found)["bot token"].startswith(says)
    assert acme.methods() == ["apps.connections.open"]


def test_no_token_is_ever_shown(acme: Workspace, tmp_path: Path) -> None:
    for bot, app in [(BOT, APP), (APP, BOT), ("xoxb-1 s3cret", "xapp- s3cret"), ("s3cret", "")]:
        found = look(acme, settled(tmp_path), bot_token=bot, app_token=app)
        told = " ".join(one.told for one in found.values())
        assert not any(token in told for token in (BOT, APP, "s3cret"))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("invalid_auth", "Slack does not know the token (invalid_auth). Copy the token anew"),
        ("account_inactive", "the app is no longer installed (account_inactive). Install it again"),
        ("some_new_code", "auth.test says some_new_code. See docs/slack.md"),
    ],
)
def test_a_token_that_slack_refuses_is_told_with_the_remedy(
    acme: Workspace, tmp_path: Path, code: str, says: str
) -> None:
    acme.answers["auth.test"] = {"ok": False, "error": code}
    found = look(acme, settled(tmp_path))
    assert wrong(found)["bot token"].startswith(says)
    assert "users.conversations" not in acme.methods()


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_a_scope_that_is_missing_is_told_with_what_fails_without_it(
    acme: Workspace, tmp_path: Path, scope: Scope
) -> None:
    acme.granted = ",".join(one.name for one in SCOPES if one is not scope)
    told = wrong(look(acme, settled(tmp_path)))["scopes"]
    assert told.startswith(f"{scope.name} is missing: {scope.without}. Put it into")


def test_each_missing_scope_is_a_finding_of_its_own(acme: Workspace, tmp_path: Path) -> None:
    acme.granted = "chat:write, files:write"
    given = {"bot_token": BOT, "app_token": APP, "base_url": acme.url}
    found = [one for one in checks("slack", given, settled(tmp_path)) if "scopes" in one.name]
    assert len(found) == len(SCOPES) - 1


def test_scopes_that_are_not_needed_are_named(acme: Workspace, tmp_path: Path) -> None:
    acme.granted = f"{ALL},files:write"
    assert look(acme, settled(tmp_path))["scopes"].told == "all are there; not needed: files:write"


def test_scopes_that_slack_did_not_name_are_not_called_missing(
    acme: Workspace, tmp_path: Path
) -> None:
    acme.granted = None
    assert look(acme, settled(tmp_path))["scopes"].told.startswith("not known")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            {"ok": False, "error": "missing_scope", "needed": "connections:write"},
            "apps.connections.open needs connections:write, which is missing. Make one with",
        ),
        ({"ok": False, "error": "not_allowed"}, "apps.connections.open says not_allowed. Turn"),
    ],
)
def test_a_socket_that_cannot_be_opened_is_told(
    acme: Workspace, tmp_path: Path, answer: object, says: str
) -> None:
    acme.answers["apps.connections.open"] = answer
    assert wrong(look(acme, settled(tmp_path)))["Socket Mode"].startswith(says)


def test_without_an_app_token_it_says_where_one_is_made(acme: Workspace, tmp_path: Path) -> None:
    told = wrong(look(acme, settled(tmp_path), app_token=None))
    assert told == {
        "Socket Mode": "`app_token` is missing. Make one with connections:write under"
        " Basic Information, App-Level Tokens."
    }


@pytest.mark.parametrize(
    ("secret", "says"),
    [(SECRET, ""), (None, "it is missing, and `mode"), (BOT, "this is a token, not the signing")],
)
def test_http_mode_asks_for_the_signing_secret_and_for_no_app_token(
    acme: Workspace, tmp_path: Path, secret: str | None, says: str
) -> None:
    found = look(acme, settled(tmp_path), mode="http", signing_secret=secret, app_token=None)
    assert wrong(found).get("signing secret", "").startswith(says)
    assert found["signing secret"].ok == (says == "")
    assert "apps.connections.open" not in acme.methods()


def test_a_channel_that_the_bot_is_not_in_is_told_with_the_invitation(
    acme: Workspace, tmp_path: Path
) -> None:
    acme.answers["conversations.info"] = {"ok": True, "channel": {"id": "C0OPS", "name": "ops"}}
    found = look(acme, settled(tmp_path), channels={"C0OPS": "auto"})
    told = {"channel C0OPS": "the bot is no member. Write /invite @tandem in #ops."}
    assert wrong(found) == told


def test_a_channel_that_is_not_there_is_told(acme: Workspace, tmp_path: Path) -> None:
    acme.answers["conversations.info"] = {"ok": False, "error": "channel_not_found"}
    told = wrong(look(acme, settled(tmp_path, 'slack_channels = ["C0GONE"]')))
    assert told["channel C0GONE"].startswith("there is no such channel, or it is private")


def test_a_name_where_an_id_is_wanted_is_told(acme: Workspace, tmp_path: Path) -> None:
    told = wrong(look(acme, settled(tmp_path), channels={"#general": "off"}))
    assert told["channel #general"].startswith("this is not the id of a channel. Write the id")


def test_archived_and_shared_channels_are_told(acme: Workspace, tmp_path: Path) -> None:
    old = {"id": "C0OLD", "name": "old", "is_archived": True}
    ours = {"id": "C0OURS", "name": "ours-and-theirs", "is_ext_shared": True}
    acme.answers["users.conversations"] = {"ok": True, "channels": [old, ours]}
    found = look(acme, settled(tmp_path), channels={"C0OLD": "auto", "C0OURS": "auto"})
    assert wrong(found) == {"channel C0OLD": "#old is archived. Take it out of the settings."}
    assert "only public sources" in found["channel C0OURS"].told


def test_all_pages_of_channels_are_read(acme: Workspace, tmp_path: Path) -> None:
    acme.answers["users.conversations"] = [
        {"ok": True, "channels": [], "response_metadata": {"next_cursor": "next"}},
        {"ok": True, "channels": [ENG], "response_metadata": {"next_cursor": ""}},
    ]
    found = look(acme, settled(tmp_path, 'slack_channels = ["C0ENG"]'))
    assert found["channel C0ENG"].ok
    cursors = [values.get("cursor") for method, _, values in acme.asked if "users." in method]
    assert cursors == [None, ["next"]]


def test_a_bot_in_no_channel_is_told_how_it_comes_into_one(acme: Workspace, tmp_path: Path) -> None:
    acme.answers["users.conversations"] = {"ok": True, "channels": []}
    told = look(acme, settled(tmp_path))["channels"].told
    assert told == "a member of none yet: /invite @tandem"


@pytest.mark.parametrize(
    ("id", "says"),
    [
        ("engineers", "this is its handle. Write its id: S0ENG."),
        ("@engineers", "this is its handle. Write its id: S0ENG."),
        ("S0OLD", "@old is disabled. Enable it in Slack."),
        ("S0GONE", "there is no such user group. Write its id, which begins with S."),
    ],
)
def test_a_user_group_that_nobody_is_in_is_told(
    acme: Workspace, tmp_path: Path, id: str, says: str
) -> None:
    there = [{"id": "S0ENG", "handle": "engineers"}, {"id": "S0OLD", "handle": "old"}]
    there[1]["date_delete"] = "1700000000"
    acme.answers["usergroups.list"] = {"ok": True, "usergroups": there}
    told = wrong(look(acme, settled(tmp_path, f'groups = ["{id}"]')))
    assert told == {f"user group {id}": says}


def test_without_a_network_there_are_findings_and_no_crash(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        nobody = Workspace(url=f"http://127.0.0.1:{taken.getsockname()[1]}/api/")
        told = wrong(look(nobody, settled(tmp_path)))
    assert told.keys() == {"Socket Mode", "bot token"}
    for line in told.values():
        assert line.startswith(f"{nobody.url} cannot be reached (")
        assert line.endswith("Check the network, and `base_url`.")


@pytest.mark.parametrize("status", [200, 429, 500])
@pytest.mark.parametrize("body", [b"", b"<html>a proxy</html>", b"[1]", b"null", b'{"ok": 0}'])
def test_what_is_not_slack_is_told_as_such(tmp_path: Path, body: bytes, status: int) -> None:
    answers: dict[str, object] = {"auth.test": body, "apps.connections.open": body}
    with listening(Workspace(answers, status=status)) as other:
        told = wrong(look(other, settled(tmp_path)))
    assert told.keys() == {"Socket Mode", "bot token"}
    assert all("`base_url`" in line for line in told.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(channels=JSON, groups=JSON, info=JSON, after=JSON)
def test_odd_answers_of_slack_are_findings_and_no_crash(
    acme: Workspace, tmp_path: Path, channels: Any, groups: Any, info: Any, after: Any
) -> None:
    acme.answers["users.conversations"] = {"ok": True, "channels": channels}
    acme.answers["usergroups.list"] = {"ok": True, "usergroups": groups}
    acme.answers["conversations.info"] = {"ok": True, "channel": info, "response_metadata": after}
    settings = settled(tmp_path, 'slack_channels = ["C0ENG"]\ngroups = ["S0ENG"]')
    assert not look(acme, settings)["user group S0ENG"].ok


def test_names_that_steer_a_terminal_are_printed_without_their_powers(
    acme: Workspace, tmp_path: Path
) -> None:
    odd = "eng\n\x1b[2J\u202egne" + "x" * 40_000
    acme.answers["auth.test"] = ME | {"team": odd, "user": odd}
    acme.answers["users.conversations"] = {"ok": True, "channels": [ENG | {"name": odd}]}
    found = look(acme, settled(tmp_path), channels={"C0ENG": "auto"})
    assert found["channel C0ENG"].told.startswith("a member of #eng [2J gnexxx")
    for one in found.values():
        assert one.told.isprintable()
        assert len(one.told) < 300


def test_a_platform_without_checks_of_its_own_is_only_named(tmp_path: Path) -> None:
    terminal = Platform.model_validate({"use": "terminal"})
    settings = settled(tmp_path).model_copy(update={"platforms": {"console": terminal}})
    assert [*platform(settings, "console")] == [Finding("platform console", True, "set")]


def test_options_that_a_platform_does_not_take_are_told(tmp_path: Path) -> None:
    terminal = Platform.model_validate({"use": "terminal", "colour": "red"})
    settings = settled(tmp_path).model_copy(update={"platforms": {"console": terminal}})
    (found,) = platform(settings, "console")
    assert (found.name, found.ok) == ("platform console", False)
    assert "`colour` is unknown" in found.told


def test_slack_is_looked_at_by_the_name_that_the_settings_give_it(
    acme: Workspace, tmp_path: Path
) -> None:
    options = {"use": "slack", "bot_token": BOT, "app_token": APP, "base_url": acme.url}
    acme_slack = Platform.model_validate(options)
    settings = settled(tmp_path).model_copy(update={"platforms": {"acme": acme_slack}})
    found = [*platform(settings, "acme")]
    assert [one.name for one in found if one.ok] == [
        "acme Socket Mode",
        "acme bot token",
        "acme scopes",
        "acme channels",
    ]
