"""The app manifest: all that Slack has to know of Tandem, and the link that makes an app of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from bot.errors import WrongUse
from bot.platforms.slack.scopes import EVENTS, SCOPES

NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_json="
PATH = "/slack/events"  # where Slack posts to, in HTTP mode
NAME_LIMIT = 35  # characters of an app's name
URL_LIMIT = 3000  # characters of an address that Slack posts to

DESCRIPTION = "Answers a team's questions from its documents, with sources, in its own voice."
ABOUT = (
    "Mention Tandem in a channel, write to it directly, or use a slash command. It answers in the"
    " thread from your team's own documents and shows which sentence rests on which page. Where"
    " the documents say nothing, it says so. Thumbs and corrections teach it."
)
PROMPTS = (  # of the agent view: a title, and what is asked when it is chosen
    ("Ask the handbook", "How many days of leave do I get?"),
    ("Make a text kinder", "tuned rewrite: send me the numbers by friday, no excuses"),
    ("Shorten a text", "tuned summarize: the meeting is moved to Tuesday since the room is taken"),
)
COMMANDS = (  # the command, what it does, what follows it
    ("/ask", "Ask Tandem; it chooses how to answer, and says so", "your question"),
    ("/rag", "Answer from the documents only", "your question"),
    ("/tuned", "Answer in our style, without the documents", "[task] your text"),
    ("/tandem", "Help and settings", "help | status | mute | unmute | privacy | forget-me"),
)
SHORTCUTS = (  # of a message's menu: callback id, name, description
    ("ask_tandem", "Ask Tandem about this", "Answer the question in this message"),
    ("summarize_style", "Summarize in our style", "Summarize this message as we write"),
    ("rewrite_style", "Rewrite in our style", "Rewrite this message as we write"),
)


class ManifestWrong(WrongUse):
    """A manifest cannot be made with this name or address."""

    def __init__(self, option: str, problem: str, remedy: str) -> None:
        self.option, self.problem, self.remedy = option, problem, remedy
        super().__init__(f"{option}: {problem}. {remedy}.")


def manifest(name: str = "Tandem", http: str = "") -> dict[str, object]:
    """The manifest of an app called `name`, as Slack reads it.

    `http` is the public address that Slack posts to; empty: Socket Mode, which needs none.
    Raises `ManifestWrong`.
    """
    name, url = checked_name(name), events_url(http)
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": DESCRIPTION,
            "long_description": ABOUT,
            "background_color": "#2b2f42",
        },
        "features": features(name, url),
        "oauth_config": {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": settings(url),
    }


def features(name: str, url: str) -> dict[str, object]:
    """What people see of the app; `url` is empty in Socket Mode."""
    reached = {"url": url} if url else {}
    return {
        "bot_user": {"display_name": name, "always_online": True},
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "agent_view": {
            "agent_description": DESCRIPTION,
            "suggested_prompts": [{"title": title, "message": says} for title, says in PROMPTS],
        },
        "slash_commands": [
            {"command": command, "description": does, "usage_hint": follows, **reached}
            for command, does, follows in COMMANDS
        ],
        "shortcuts": [
            {"name": called, "type": "message", "callback_id": id, "description": does}
            for id, called, does in SHORTCUTS
        ],
    }


def settings(url: str) -> dict[str, object]:
    """How Slack reaches the app; `url` is empty in Socket Mode."""
    reached = {"request_url": url} if url else {}
    return {
        "event_subscriptions": {"bot_events": [event.name for event in EVENTS], **reached},
        "interactivity": {"is_enabled": True, **reached},
        "org_deploy_enabled": False,
        "socket_mode_enabled": not url,
        "token_rotation_enabled": False,
    }


def checked_name(name: str) -> str:
    """A name that Slack takes. Raises `ManifestWrong`."""
    name = " ".join(name.split())
    if not name.isprintable():
        raise ManifestWrong("--name", "has characters that cannot be seen", "Leave them out")
    if not 1 <= len(name) <= NAME_LIMIT:
        problem = f"has {len(name)} characters, and Slack takes 1 to {NAME_LIMIT}"
        raise ManifestWrong("--name", problem, "Choose a shorter one" if name else "Give a name")
    return name


def events_url(http: str) -> str:
    """The whole address that Slack posts to; empty where none is given. Raises `ManifestWrong`."""
    if not http:
        return ""
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", http):
        remedy = "Give the address that Slack reaches, such as https://tandem.example.com"
        raise ManifestWrong("--http", f"{http!r} is not a web address", remedy)
    url = http.rstrip("/").removesuffix(PATH) + PATH
    if len(url) > URL_LIMIT:
        problem = f"the address has {len(url)} characters, and Slack takes {URL_LIMIT}"
        raise ManifestWrong("--http", problem, "Give a shorter one")
    return url


def printed(made: Mapping[str, object], indent: int | None = 2) -> str:
    """The manifest as JSON, which Slack takes as it takes YAML; `indent` None: one line."""
    return json.dumps(made, ensure_ascii=False, indent=indent)


def link(made: Mapping[str, object]) -> str:
    """The address that creates an app from a manifest, once a person has looked at it."""
    return NEW_APP + quote(json.dumps(made, ensure_ascii=False, separators=(",", ":")), safe="")
