"""Who and what there is: the bot itself, its application, its guilds, channels, roles, members."""

from __future__ import annotations

from tests.discord import refusals
from tests.discord.access import seen_channel, seen_guild
from tests.discord.calls import Answer, Call, Endpoint, snowflake
from tests.discord.events import (
    channel_payload,
    guild_payload,
    member_payload,
    role_payload,
    user_payload,
)
from tests.discord.ids import BOT, OWNER
from tests.discord.permissions import INVITED, by_roles
from tests.discord.refusals import FORM, Json, Refused, required
from tests.discord.things import THREADS
from tests.discord.world import World

PRESENCE_LIMITED, MEMBERS_LIMITED, CONTENT_LIMITED = 1 << 13, 1 << 15, 1 << 19


def get_me(call: Call) -> Answer:
    """The bot's own user."""
    told = user_payload(call.world.user(BOT))
    return told | {"mfa_enabled": False, "locale": "en-US", "verified": True, "flags": 0}


def get_user(call: Call) -> Answer:
    """Somebody, member or not."""
    return user_payload(call.world.user(call.id("user")))


def get_application(call: Call) -> Answer:
    """The application: its flags say which privileged intents it may use."""
    return application(call.world)


def patch_application(call: Call) -> Answer:
    """Change what the application says of itself; its intents are not changed here."""
    return application(call.world) | {
        name: call.given[name] for name in ("description",) if name in call.given
    }


def application(world: World) -> Json:
    """The application of the bot."""
    install = {"scopes": ["applications.commands", "bot"], "permissions": str(INVITED)}
    return {
        "id": BOT,
        "name": "tandem",
        "icon": None,
        "description": "Answers the team's questions.",
        "summary": "",
        "type": None,
        "bot": user_payload(world.user(BOT)),
        "bot_public": world.settings.public,
        "bot_require_code_grant": world.settings.code_grant,
        "owner": user_payload(world.user(OWNER)),
        "team": None,
        "verify_key": "0" * 64,
        "flags": flags(world),
        "hook": True,
        "install_params": install,
        "integration_types_config": {"0": {"oauth2_install_params": install}},
        "redirect_uris": [],
        "interactions_endpoint_url": world.settings.interactions_url or None,
        "approximate_guild_count": len(list(world.guilds_of_bot())),
    }


def flags(world: World) -> int:
    """Which privileged intents an application of few guilds may use."""
    granted = (
        (world.settings.content_intent, CONTENT_LIMITED),
        (world.settings.members_intent, MEMBERS_LIMITED),
        (world.settings.presence_intent, PRESENCE_LIMITED),
    )
    return sum(flag for may, flag in granted if may)


def get_guilds(call: Call) -> Answer:
    """The guilds that the bot is in."""
    limit, after = call.number("limit", 200, 1, 200), call.asked_id("after") or "0"
    guilds = sorted(call.world.guilds_of_bot(), key=lambda guild: int(guild.id))
    return [
        {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(by_roles(guild, BOT)),
            "features": [],
        }
        for guild in guilds
        if int(guild.id) > int(after)
    ][:limit]


def post_dm(call: Call) -> Answer:
    """The DM channel with somebody; it opens even for who takes no messages."""
    told = call.given.get("recipient_id")
    if told is None:
        raise Refused(FORM, [required("recipient_id")])
    user = call.world.user(snowflake(told, "recipient_id"))
    if user.id == BOT:
        raise Refused(refusals.CANNOT_DM)
    channel = call.world.direct(user.id)
    return channel_payload(call.world, channel)


def get_channel(call: Call) -> Answer:
    """A channel, a thread, a DM."""
    return channel_payload(call.world, seen_channel(call.world, call.id("channel")))


def get_guild(call: Call) -> Answer:
    """A guild with its roles."""
    guild = seen_guild(call.world, call.id("guild"))
    told = guild_payload(call.world, guild)
    if call.flag("with_counts"):
        told |= {"approximate_member_count": len(guild.members)}
        told["approximate_presence_count"] = 1
    return told


def get_channels(call: Call) -> Answer:
    """The channels of a guild, also those that the bot does not see; without threads."""
    guild = seen_guild(call.world, call.id("guild"))
    mine = [c for c in call.world.channels.values() if c.guild == guild.id]
    return [channel_payload(call.world, c) for c in mine if c.kind not in THREADS]


def get_roles(call: Call) -> Answer:
    """The roles of a guild."""
    guild = seen_guild(call.world, call.id("guild"))
    return [role_payload(role) for role in guild.roles.values()]


def get_member(call: Call) -> Answer:
    """A member of a guild, or Unknown Member; Unknown User, where there is nobody of that id."""
    guild = seen_guild(call.world, call.id("guild"))
    user = BOT if call.path["user"] == "@me" else call.id("user")
    if user not in call.world.users:
        raise Refused(refusals.UNKNOWN_USER)
    return member_payload(call.world, call.world.member(guild.id, user))


def get_members(call: Call) -> Answer:
    """The members of a guild by their ids, where the application may know them."""
    guild = seen_guild(call.world, call.id("guild"))
    if not call.world.settings.members_intent:
        raise Refused(refusals.NO_ACCESS)
    limit, after = call.number("limit", 1, 1, 1000), call.asked_id("after") or "0"
    users = sorted((user for user in guild.members if int(user) > int(after)), key=int)
    return [member_payload(call.world, guild.members[user]) for user in users[:limit]]


def leave_guild(call: Call) -> Answer:
    """The bot leaves a guild."""
    guild = seen_guild(call.world, call.id("guild"))
    del guild.members[BOT]
    call.world.tell("GUILD_DELETE", {"id": guild.id}, guild.id)
    return None


ENDPOINTS = (
    Endpoint("GET", "/users/@me", get_me),
    Endpoint("GET", "/users/@me/guilds", get_guilds),
    Endpoint("POST", "/users/@me/channels", post_dm),
    Endpoint("DELETE", "/users/@me/guilds/{guild}", leave_guild),
    Endpoint("GET", "/users/{user}", get_user),
    Endpoint("GET", "/oauth2/applications/@me", get_application),
    Endpoint("GET", "/applications/@me", get_application),
    Endpoint("PATCH", "/applications/@me", patch_application),
    Endpoint("GET", "/channels/{channel}", get_channel),
    Endpoint("GET", "/guilds/{guild}", get_guild),
    Endpoint("GET", "/guilds/{guild}/channels", get_channels),
    Endpoint("GET", "/guilds/{guild}/roles", get_roles),
    Endpoint("GET", "/guilds/{guild}/members", get_members),
    Endpoint("GET", "/guilds/{guild}/members/{user}", get_member),
)
