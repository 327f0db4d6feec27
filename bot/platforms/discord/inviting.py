"""The address that adds the bot to a server, with exactly the permissions that it needs."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from urllib.parse import quote, urlencode

from bot.errors import WrongUse
from bot.platforms.discord.permissions import BITS, PERMISSIONS
from bot.settings import Settings

AUTHORIZE = "https://discord.com/oauth2/authorize"
SCOPES = ("bot", "applications.commands")
TO_A_SERVER = 0  # an integration type: installed in a server, not for a person
ID = re.compile(r"\d{17,20}", re.ASCII)
ASKS_FOR = f"It asks for: {', '.join(one.label for one in PERMISSIONS)}. docs/discord.md says why."
GIVE = "Give --client-id: the Application ID under General Information of your app's page"


class InviteWrong(WrongUse):
    """An invite cannot be made; what is given or set does not say of which app, or to where."""

    def __init__(self, option: str, problem: str, remedy: str) -> None:
        self.option, self.problem, self.remedy = option, problem, remedy
        super().__init__(f"{option}: {problem}. {remedy}.")


@dataclass(frozen=True)
class Invite:
    """What an invite asks for, and its address."""

    url: str
    client_id: str
    scopes: tuple[str, ...]
    permissions: str  # their bits, as a decimal number
    guild: str  # that is chosen already; empty: whoever follows the address chooses


def invite(client_id: str, guild: str = "") -> Invite:
    """The invite of an app, by its id; `guild` is the id of a server. Raises `InviteWrong`."""
    _checked("--client-id", client_id, "the Application ID under General Information")
    asked = {
        "client_id": client_id,
        "scope": " ".join(SCOPES),
        "permissions": str(BITS),
        "integration_type": str(TO_A_SERVER),
    }
    if guild:
        _checked("--guild", guild, "a server's id: right click on it, with developer mode on")
        asked["guild_id"] = guild
    url = f"{AUTHORIZE}?{urlencode(asked, quote_via=quote)}"
    return Invite(url, client_id, SCOPES, str(BITS), guild)


def printed(made: Invite) -> str:
    """An invite as one line of JSON, with the reason of each permission."""
    needs = [
        {"permission": one.name, "label": one.label, "reason": one.reason} for one in PERMISSIONS
    ]
    return json.dumps({**asdict(made), "needs": needs}, ensure_ascii=False)


def client_id_of(settings: Settings) -> str:
    """The id of the app whose token the settings hold, asked of Discord.

    Raises `InviteWrong`, `DiscordRefused`, and what the platform's options are refused with.
    """
    from bot import plugins

    set_ = [name for name, section in settings.platforms.items() if section.use == "discord"]
    if len(set_) != 1:
        problem = "several are Discord's" if set_ else "none is Discord's, so there is no token"
        raise InviteWrong("[platforms]", problem, GIVE)
    (name,) = set_
    options = {"name": name, **settings.platforms[name].options}
    return asked(name, plugins.resolved("platform", "discord", options))


def asked(name: str, options: dict[str, object]) -> str:
    """Ask Discord which app a token belongs to. Raises `DiscordRefused`."""
    import asyncio

    from bot.platforms.discord.probing import Setup, reached

    async def ask() -> str:
        async with reached(Setup.of(name, options)) as client:
            return str(client.application_id)

    return asyncio.run(ask())


def _checked(option: str, id: str, what: str) -> None:
    if not ID.fullmatch(id):
        raise InviteWrong(option, f"{id[:40]!r} is no id of Discord's", f"Give {what}")
