"""Slack's part of `tandem check`: tokens, scopes, Socket Mode, channels, user groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.health import Finding, word
from bot.platforms.slack.probing import (
    APP,
    BOT,
    KINDS,
    SDK,
    TIMEOUT_S,
    SlackRefused,
    call,
    rows,
    shaped,
)
from bot.platforms.slack.scopes import missing, unused
from bot.settings import Settings
from bot.spaces import channels_named, groups_named

PAGES = 50  # of 999 channels each, at most


@dataclass(frozen=True)
class Setup:
    """The options of the platform that are looked at; an empty text is not given."""

    name: str
    bot_token: str
    app_token: str
    signing_secret: str
    mode: str
    base_url: str
    channels: tuple[str, ...]  # that its own settings name

    @classmethod
    def of(cls, name: str, options: Mapping[str, object]) -> Setup:
        """Read from the options of `platform(...)`."""
        text = {key: str(options.get(key) or "") for key in ("bot_token", "app_token")}
        secret, mode = str(options.get("signing_secret") or ""), str(options.get("mode", "socket"))
        url = str(options.get("base_url") or WebClient.BASE_URL)
        channels = options.get("channels")
        named = tuple(channels) if isinstance(channels, Mapping | list | tuple) else ()
        return cls(name, text["bot_token"], text["app_token"], secret, mode, url, named)

    def client(self, token: str) -> WebClient:
        """Calls Slack with a token."""
        return WebClient(token, base_url=self.base_url, timeout=TIMEOUT_S, logger=SDK)


@dataclass(frozen=True)
class Identity:
    """Who the bot token is, and what it may do."""

    team: str
    team_id: str
    user: str  # the bot's handle, without @
    user_id: str
    scopes: frozenset[str] | None  # None: Slack did not say


def checks(name: str, options: Mapping[str, object], settings: Settings) -> Iterator[Finding]:
    """One finding for each part of the platform called `name`; nothing at Slack is changed."""
    setup = Setup.of(name, options)
    yield from door(setup)
    try:
        me = identity(setup)
    except SlackRefused as refused:
        yield Finding(f"{name} bot token", False, str(refused))
        return
    told = f"@{me.user} ({me.user_id}) in {me.team} ({me.team_id})"
    yield Finding(f"{name} bot token", True, told)
    yield from scopes(setup, me)
    yield from channels(setup, me, settings)
    yield from groups(setup, settings)


def door(setup: Setup) -> Iterator[Finding]:
    """How events come in: by a socket, or by HTTP."""
    if setup.mode == "http":
        yield signing(setup)
        return
    try:
        shaped(setup.app_token, APP, "app_token")
        call(setup.client(setup.app_token), "apps.connections.open")
    except SlackRefused as refused:
        yield Finding(f"{setup.name} Socket Mode", False, str(refused))
    else:
        yield Finding(f"{setup.name} Socket Mode", True, "on, and a socket can be opened")


def signing(setup: Setup) -> Finding:
    """Is there a signing secret, without which anybody could post events?"""
    name, secret = f"{setup.name} signing secret", setup.signing_secret
    remedy = "Copy it from Basic Information of the app's page into `signing_secret`."
    if not secret:
        return Finding(name, False, f'it is missing, and `mode = "http"` needs it. {remedy}')
    if any(secret.startswith(prefix) for prefix in KINDS):
        return Finding(name, False, f"this is a token, not the signing secret. {remedy}")
    told = "is given; whether Slack reaches this machine shows on the app's page, under Events"
    return Finding(name, True, told)


def identity(setup: Setup) -> Identity:
    """Whose token it is. Raises `SlackRefused`."""
    shaped(setup.bot_token, BOT, "bot_token")
    client = setup.client(setup.bot_token)
    said, headers = call(client, "auth.test")
    listed = headers.get("x-oauth-scopes")
    scopes = None if listed is None else frozenset(re.findall(r"[^\s,]+", listed))
    team, team_id, user, user_id = (
        word(said.get(key)) for key in ("team", "team_id", "user", "user_id")
    )
    return Identity(team, team_id, user, user_id, scopes)


def scopes(setup: Setup, me: Identity) -> Iterator[Finding]:
    """A finding for each scope that is missing, or one that none is."""
    name = f"{setup.name} scopes"
    if me.scopes is None:
        yield Finding(name, True, "not known: the answer of Slack did not name them")
        return
    lacking = missing(me.scopes)
    for scope in lacking:
        remedy = "Put it into the app's manifest, and install the app again."
        yield Finding(name, False, f"{scope.name} is missing: {scope.without}. {remedy}")
    if not lacking:
        more = ", ".join(word(scope) for scope in unused(me.scopes))
        yield Finding(name, True, "all are there" + (f"; not needed: {more}" if more else ""))


def channels(setup: Setup, me: Identity, settings: Settings) -> Iterator[Finding]:
    """Is the bot a member of each channel that the settings name?"""
    name = f"{setup.name} channels"
    try:
        joined = memberships(setup.client(setup.bot_token))
    except SlackRefused as refused:
        yield Finding(name, False, str(refused))
        return
    told = f"a member of {len(joined)}" if joined else f"a member of none yet: /invite @{me.user}"
    yield Finding(name, True, told)
    for id in sorted({*setup.channels, *channels_named(settings, "slack")}):
        yield channel(setup, me, id, joined.get(id))


def channel(setup: Setup, me: Identity, id: str, joined: Mapping[str, Any] | None) -> Finding:
    """One channel that the settings name; `joined` is what Slack says of it to a member."""
    name = f"{setup.name} channel {id}"
    if not re.fullmatch(r"[CDG][A-Z0-9]+", id):
        remedy = "Write the id, which stands at the end of the channel's details."
        return Finding(name, False, f"this is not the id of a channel. {remedy}")
    if id.startswith("D"):
        return Finding(name, True, "a direct message")
    if joined is None:
        return outside(setup, me, id)
    if joined.get("is_archived"):
        told = f"#{word(joined.get('name'))} is archived. Take it out of the settings."
        return Finding(name, False, told)
    shared = "; shared with another organisation: only public sources are used there"
    told = f"a member of #{word(joined.get('name'))}"
    return Finding(name, True, told + (shared if joined.get("is_ext_shared") else ""))


def outside(setup: Setup, me: Identity, id: str) -> Finding:
    """A channel that the bot is no member of."""
    name = f"{setup.name} channel {id}"
    try:
        said, _ = call(setup.client(setup.bot_token), "conversations.info", channel=id)
    except SlackRefused as refused:
        return Finding(name, False, str(refused))
    called = rows([said.get("channel")])
    if called and called[0].get("is_member"):  # beyond the pages that were read
        return Finding(name, True, f"a member of #{word(called[0].get('name'))}")
    where = f"#{word(called[0].get('name'))}" if called else id
    return Finding(name, False, f"the bot is no member. Write /invite @{me.user} in {where}.")


def groups(setup: Setup, settings: Settings) -> Iterator[Finding]:
    """Is each user group there that the spaces name?"""
    wanted = sorted(groups_named(settings))
    if not wanted:
        return
    try:
        said, _ = call(setup.client(setup.bot_token), "usergroups.list", include_disabled="true")
    except SlackRefused as refused:
        yield Finding(f"{setup.name} user groups", False, str(refused))
        return
    found = rows(said.get("usergroups"))
    for id in wanted:
        yield group(setup, id, found)


def group(setup: Setup, id: str, found: list[dict[str, Any]]) -> Finding:
    """One user group that a space names, among those that there are."""
    name = f"{setup.name} user group {id}"
    for one in found:
        if one.get("id") == id and one.get("date_delete"):
            return Finding(
                name, False, f"@{word(one.get('handle'))} is disabled. Enable it in Slack."
            )
        if one.get("id") == id:
            return Finding(name, True, f"@{word(one.get('handle'))}")
        if one.get("handle") == id.lstrip("@"):
            return Finding(name, False, f"this is its handle. Write its id: {word(one.get('id'))}.")
    return Finding(name, False, "there is no such user group. Write its id, which begins with S.")


def memberships(client: WebClient) -> dict[str, dict[str, Any]]:
    """The channels that the bot is a member of, by their id. Raises `SlackRefused`."""
    found: dict[str, dict[str, Any]] = {}
    cursor, kinds = "", "public_channel,private_channel,mpim"
    for _ in range(PAGES):
        said, _ = call(client, "users.conversations", types=kinds, limit="999", cursor=cursor)
        found |= {str(one.get("id")): one for one in rows(said.get("channels"))}
        after = said.get("response_metadata")
        cursor = str(after.get("next_cursor") or "") if isinstance(after, dict) else ""
        if not cursor:
            break
    return found
