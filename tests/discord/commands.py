"""Application commands: registered for all guilds or for one, changed, taken away."""

from __future__ import annotations

from tests.discord import refusals
from tests.discord.access import seen_guild
from tests.discord.calls import Answer, Call, Endpoint
from tests.discord.command_limits import MOST, check_command, check_commands
from tests.discord.ids import BOT
from tests.discord.refusals import COMMANDS_FULL, Json, Refused
from tests.discord.things import Command
from tests.discord.world import World

ROUTE = "/applications/{application}/commands"
GUILD_ROUTE = "/applications/{application}/guilds/{guild}/commands"
SLASH = 1
LEFT_AWAY_WHEN_FALSE = ("required", "autocomplete")
LOCALIZED = ("name_localizations", "description_localizations")


def home(call: Call) -> str:
    """Where the commands are registered: a guild's id; empty: everywhere."""
    if call.id("application") != BOT:
        raise Refused(refusals.UNKNOWN_APPLICATION)
    return seen_guild(call.world, call.id("guild")).id if "guild" in call.path else ""


def registered(world: World, guild: str) -> list[Command]:
    """The commands of one guild, or the global ones."""
    return [command for command in world.commands.values() if command.guild == guild]


def get_commands(call: Call) -> Answer:
    """All commands that are registered there."""
    localized = call.flag("with_localizations")
    return [payload(command, localized) for command in registered(call.world, home(call))]


def get_command(call: Call) -> Answer:
    """One command."""
    return payload(a_command(call), localized=True)


def a_command(call: Call) -> Command:
    """The command that is meant, or Unknown application command."""
    found = call.world.commands.get(call.id("command"))
    if found is None or found.guild != home(call):
        raise Refused(refusals.UNKNOWN_COMMAND)
    return found


def post_command(call: Call) -> Answer:
    """Register a command; one of the same name and type is replaced."""
    guild, given = home(call), call.given
    check_command(given)
    before = namesake(call.world, guild, given)
    type = kind(given)
    there = [one for one in registered(call.world, guild) if one.type == type]
    if before is None and len(there) >= MOST[type]:
        raise Refused(COMMANDS_FULL)
    note(call, f"POST {given['name']}")
    return payload(put(call.world, guild, given), True) | {"status_": 200 if before else 201}


def put_commands(call: Call) -> Answer:
    """Register exactly these commands; others go. The same ones keep their ids and versions."""
    guild, several = home(call), call.several
    check_commands(several)
    note(call, f"PUT {' '.join(str(given.get('name')) for given in several)}")
    kept = [put(call.world, guild, given) for given in several]
    for gone in registered(call.world, guild):
        if gone not in kept:
            del call.world.commands[gone.id]
    return [payload(command, localized=True) for command in kept]


def patch_command(call: Call) -> Answer:
    """Change what is given of a command."""
    command = a_command(call)
    given = {**command.told, **call.given, "type": command.type}
    check_command(given)
    note(call, f"PATCH {command.name}")
    command.told, command.name = given, given["name"]
    command.version = call.world.clock.snowflake()
    return payload(command, localized=True)


def delete_command(call: Call) -> Answer:
    """Take a command away."""
    command = a_command(call)
    note(call, f"DELETE {command.name}")
    del call.world.commands[command.id]
    return None


def note(call: Call, what: str) -> None:
    """Remember that commands were written: a second run that changes nothing writes nothing."""
    where = call.path.get("guild", "")
    verb, _, names = what.partition(" ")
    path = f"/guilds/{where}/commands" if where else "/commands"
    call.world.command_writes.append(f"{verb} {path} {names}".strip())
    call.world.changes.tell()


def put(world: World, guild: str, given: Json) -> Command:
    """Make a command stand as it is given."""
    before = namesake(world, guild, given)
    if before is not None:
        if before.told != given:
            before.told, before.version = given, world.clock.snowflake()
        return before
    id, version = world.clock.snowflake(), world.clock.snowflake()
    made = Command(id, given["name"], kind(given), guild, version, given)
    world.commands[id] = made
    return made


def namesake(world: World, guild: str, given: Json) -> Command | None:
    """The command of the same name and type."""
    for command in registered(world, guild):
        if (command.name, command.type) == (given["name"], kind(given)):
            return command
    return None


def kind(given: Json) -> int:
    """1: slash, 2: of a user's menu, 3: of a message's."""
    return int(given.get("type") or SLASH)


def payload(command: Command, localized: bool) -> Json:
    """A command as Discord tells it: what was not said has its default."""
    given = command.told
    told: Json = {
        "id": command.id,
        "application_id": BOT,
        "version": command.version,
        "default_member_permissions": given.get("default_member_permissions"),
        "type": command.type,
        "name": command.name,
        "description": given.get("description") or "",
        "dm_permission": given.get("dm_permission", True),
        "contexts": given.get("contexts"),
        "integration_types": given.get("integration_types") or [0],
        "nsfw": bool(given.get("nsfw")),
    }
    if command.guild:
        told |= {"guild_id": command.guild, "contexts": None}
        del told["dm_permission"]
    if given.get("options"):
        told["options"] = [option_payload(one, localized) for one in given["options"]]
    return told | ({name: given.get(name) for name in LOCALIZED} if localized else {})


def option_payload(option: Json, localized: bool) -> Json:
    """An option: what is false, or empty, is not told."""
    told = {name: value for name, value in option.items() if value not in (None, [], {})}
    for name in LEFT_AWAY_WHEN_FALSE:
        if not told.get(name):
            told.pop(name, None)
    for name in LOCALIZED:
        told.pop(name, None)
        if localized:
            told[name] = option.get(name)
    if "options" in told:
        told["options"] = [option_payload(one, localized) for one in told["options"]]
    return told


ENDPOINTS = tuple(
    endpoint
    for route in (ROUTE, GUILD_ROUTE)
    for endpoint in (
        Endpoint("GET", route, get_commands),
        Endpoint("POST", route, post_command, 201),
        Endpoint("PUT", route, put_commands),
        Endpoint("GET", route + "/{command}", get_command),
        Endpoint("PATCH", route + "/{command}", patch_command),
        Endpoint("DELETE", route + "/{command}", delete_command),
    )
)
