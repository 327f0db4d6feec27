"""`tandem check` against the local Slack, by the tokens, scopes and channels that it knows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.platforms.slack.checking import checks
from bot.platforms.slack.scopes import SCOPES
from bot.settings import Settings, load_settings
from tests.slack import APP_TOKEN, BOT_TOKEN, SlackServer
from tests.slack.faults import Fault

SETTINGS = """
[sources.docs]
use = "folder"
path = "docs"
spaces = ["eng"]
[spaces.eng]
slack_channels = ["C0TEAM", "C0AWAY", "C0SHARED", "G0TRIO"]
groups = ["S0ENG"]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tandem.toml").write_text(SETTINGS)
    return load_settings(environ={"TANDEM_HOME": str(tmp_path)}, folder=tmp_path)


@pytest.fixture
def slack(slack: SlackServer) -> SlackServer:
    """With the app that our manifest makes."""
    slack.workspace.configure(scopes=frozenset(scope.name for scope in SCOPES))
    return slack


async def told(slack: SlackServer, settings: Settings, **options: str) -> dict[str, str]:
    """What is found, with a mark before what is wrong."""
    given = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "base_url": slack.api} | options
    found = await asyncio.to_thread(lambda: list(checks("slack", given, settings)))
    return {one.name.removeprefix("slack "): ("" if one.ok else "! ") + one.told for one in found}


async def test_only_the_channel_that_it_is_not_in_is_wrong(
    slack: SlackServer, settings: Settings
) -> None:
    assert await told(slack, settings) == {
        "Socket Mode": "on, and a socket can be opened",
        "bot token": "@tandem (U0TANDEM) in Tandem tests (T0TANDEM)",
        "scopes": "all are there",
        "channels": "a member of 6",
        "channel C0AWAY": "! the bot is no member. Write /invite @tandem in #away.",
        "channel C0SHARED": "a member of #shared; shared with another organisation:"
        " only public sources are used there",
        "channel C0TEAM": "a member of #team",
        "channel G0TRIO": "a member of #trio",
        "user group S0ENG": "@engineers",
    }


@pytest.mark.parametrize(
    ("scope", "part"), [("channels:read", "channels"), ("usergroups:read", "user groups")]
)
async def test_a_missing_scope_is_told_beside_what_could_not_be_looked_at(
    slack: SlackServer, settings: Settings, scope: str, part: str
) -> None:
    granted = slack.workspace.settings.scopes - {scope}
    slack.workspace.configure(scopes=granted)
    found = await told(slack, settings)
    assert found["scopes"].startswith(f"! {scope} is missing: ")
    assert f"needs {scope}, which is missing. Add it, and install the app again" in found[part]


async def test_tokens_that_were_exchanged_are_told(slack: SlackServer, settings: Settings) -> None:
    found = await told(slack, settings, bot_token=APP_TOKEN, app_token=BOT_TOKEN)
    assert found["bot token"].startswith("! `bot_token` is an app-level token")
    assert found["Socket Mode"].startswith("! `app_token` is a bot token")


async def test_a_token_that_nobody_knows_is_told(slack: SlackServer, settings: Settings) -> None:
    found = await told(slack, settings, bot_token="xoxb-of-another-app")
    assert found["bot token"].startswith("! Slack does not know the token (invalid_auth)")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("auth.test", status=429, retry_after_s=30), "asked too often (ratelimited)"),
        (Fault("auth.test", status=503), "the answer to auth.test is not Slack's"),
        (Fault("auth.test", times=9, cut="before"), "cannot be reached"),
    ],
)
async def test_trouble_on_the_way_is_told_and_no_crash(
    slack: SlackServer, settings: Settings, fault: Fault, says: str
) -> None:
    slack.workspace.faults.coming.append(fault)
    found = await told(slack, settings)
    assert says in found["bot token"]
    assert found["bot token"].startswith("! ")
