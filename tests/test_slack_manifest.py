"""The manifest of the Slack app: what it holds, and that Slack takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.manifest import ManifestWrong, link, manifest, printed
from bot.platforms.slack.scopes import EVENTS, SCOPES, Scope, missing, unused
from tests.commands import Terminal

# The limits of Slack's published manifest schema, restated (slackapi/manifest-schema,
# schemas/manifest.schema.1.0.0.json, and for `agent_view` the app manifest reference): of each
# text its shortest and longest, or its pattern; of each list how many it may have. What has no
# entry here Slack refuses, since every object of its schema is closed.
FLAG, NUMBER = bool, int
WEB = re.compile(r"https?://.{1,3000}")
ALLOWED: dict[str, object] = {
    "_metadata.major_version": NUMBER,
    "_metadata.minor_version": NUMBER,
    "display_information.name": (1, 35),
    "display_information.description": (1, 140),
    "display_information.long_description": (175, 4000),
    "display_information.background_color": re.compile(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?"),
    "features.bot_user.display_name": (1, 80),
    "features.bot_user.always_online": FLAG,
    "features.app_home.home_tab_enabled": FLAG,
    "features.app_home.messages_tab_enabled": FLAG,
    "features.app_home.messages_tab_read_only_enabled": FLAG,
    "features.agent_view.agent_description": (1, 300),
    "features.agent_view.suggested_prompts": (0, 4),
    "features.agent_view.suggested_prompts[].title": (1, 300),
    "features.agent_view.suggested_prompts[].message": (1, 300),
    "features.slash_commands": (1, 50),
    "features.slash_commands[].command": re.compile(r"/[a-z0-9_-]{1,31}"),
    "features.slash_commands[].description": (1, 2000),
    "features.slash_commands[].usage_hint": (1, 1000),
    "features.slash_commands[].url": WEB,
    "features.shortcuts": (1, 10),
    "features.shortcuts[].name": (1, 24),
    "features.shortcuts[].type": re.compile("message|global"),
    "features.shortcuts[].callback_id": (1, 255),
    "features.shortcuts[].description": (1, 150),
    "oauth_config.scopes.bot": (0, 255),
    "oauth_config.scopes.bot[]": (1, 50),
    "settings.event_subscriptions.bot_events": (0, 100),
    "settings.event_subscriptions.bot_events[]": (1, 50),
    "settings.event_subscriptions.request_url": WEB,
    "settings.interactivity.is_enabled": FLAG,
    "settings.interactivity.request_url": WEB,
    "settings.org_deploy_enabled": FLAG,
    "settings.socket_mode_enabled": FLAG,
    "settings.token_rotation_enabled": FLAG,
}


def parts(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each list and each leaf of a manifest with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from parts(inner, f"{path}.{key}" if path else key)
        return
    yield path, value
    if isinstance(value, list):
        for inner in value:
            yield from parts(inner, f"{path}[]")


def refused(made: object) -> list[str]:
    """The paths that Slack would refuse."""
    return [path for path, value in parts(made) if not fits(value, ALLOWED.get(path))]


def fits(value: object, limit: object) -> bool:
    match limit:
        case (int(least), int(most)) if isinstance(value, str | list):
            once = isinstance(value, str) or len(value) == len({str(one) for one in value})
            return least <= len(value) <= most and once
        case re.Pattern():
            return isinstance(value, str) and limit.fullmatch(value) is not None
        case type():
            return type(value) is limit
    return False


def at(made: object, path: str) -> list[object]:
    """All that stands at a path."""
    return [value for where, value in parts(made) if where == path]


@pytest.mark.parametrize("http", ["", "https://tandem.example.com"])
def test_slack_takes_the_manifest(http: str) -> None:
    assert refused(manifest(http=http)) == []


def test_what_slack_refuses_is_seen() -> None:
    made: dict[str, object] = {
        "display_information": {"name": "x" * 36, "logo": "tandem.png"},
        "features": {"shortcuts": [], "app_home": {"home_tab_enabled": "yes"}},
        "oauth_config": {"scopes": {"bot": ["commands", "commands"]}},
    }
    assert refused(made) == [
        "display_information.name",
        "display_information.logo",
        "features.shortcuts",
        "features.app_home.home_tab_enabled",
        "oauth_config.scopes.bot",
    ]


def test_socket_mode_is_the_default_and_needs_no_address() -> None:
    made = manifest()
    assert at(made, "settings.socket_mode_enabled") == [True]
    assert not [path for path, _ in parts(made) if path.endswith("url")]


@pytest.mark.parametrize("http", ["https://t.example.com", "https://t.example.com/slack/events/"])
def test_in_http_mode_all_comes_to_one_address(http: str) -> None:
    made = manifest(http=http)
    urls = [value for path, value in parts(made) if path.endswith("url")]
    assert at(made, "settings.socket_mode_enabled") == [False]
    assert urls == ["https://t.example.com/slack/events"] * 6  # four commands, events, buttons


def test_the_doors_are_there() -> None:
    made = manifest()
    assert at(made, "features.slash_commands[].command") == ["/ask", "/rag", "/tuned", "/tandem"]
    assert at(made, "features.shortcuts[].callback_id") == [
        "ask_tandem",
        "summarize_style",
        "rewrite_style",
    ]


def test_no_event_is_asked_for_without_a_scope_that_lets_it_through() -> None:
    granted = {scope.name for scope in SCOPES}
    assert [
        event.name for event in EVENTS if event.scopes and not granted & set(event.scopes)
    ] == []


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_each_scope_says_what_it_is_for_and_what_fails_without_it(scope: Scope) -> None:
    assert scope.reason.endswith(".")
    assert scope.without
    assert missing({one.name for one in SCOPES} - {scope.name}) == (scope,)


def test_a_scope_that_is_not_needed_is_named() -> None:
    assert unused(["chat:write", "files:write", "admin"]) == ("admin", "files:write")


def test_the_link_carries_the_whole_manifest() -> None:
    made = manifest(http="https://tandem.example.com")
    address = urlsplit(link(made))
    assert json.loads(parse_qs(address.query)["manifest_json"][0]) == made
    assert len(link(made)) < 8000  # of which browsers and servers are known to cut nothing


def amiss(name: str = "Tandem", http: str = "") -> list[str]:
    """What Slack would refuse in the manifest, where we do not refuse to make it, in words."""
    try:
        return refused(manifest(name, http))
    except ManifestWrong as error:
        return [] if re.match(r"--(name|http): .+\. [A-Z].+\.", str(error)) else [str(error)]


@given(st.text(max_size=50))
def test_any_name_is_taken_or_refused_in_words(name: str) -> None:
    assert amiss(name=name) == []


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z./?#-]{0,30}", fullmatch=True))
def test_any_address_is_taken_or_refused_in_words(http: str) -> None:
    assert amiss(http=http) == []


def test_it_is_printed_as_json_that_reads_back() -> None:
    assert json.loads(printed(manifest())) == json.loads(printed(manifest(), None)) == manifest()
    assert "\n" not in printed(manifest(), None)


def test_the_command_prints_the_manifest_and_beside_it_the_link(tmp_path: Path) -> None:
    person = Terminal(tmp_path / "home", tmp_path)
    told = person.tandem("slack", "manifest", "--name", "Tandem (test)", "--json")
    assert (told.code, told.rows) == (0, [manifest("Tandem (test)")])
    assert link(manifest("Tandem (test)")) in told.err


def test_the_command_says_what_is_wrong_with_an_address(tmp_path: Path) -> None:
    told = Terminal(tmp_path / "home", tmp_path).tandem("slack", "manifest", "--http", "tandem")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("--http: 'tandem' is not a web address. Give the address")
