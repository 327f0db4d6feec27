"""What a person may run: commands as they are registered, with their options filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.discord.events import channel_payload, member_payload, role_payload, user_payload
from tests.discord.permissions import (
    ADMINISTRATOR,
    SEND_MESSAGES,
    USE_APPLICATION_COMMANDS,
    allowed,
    may,
)
from tests.discord.refusals import FORM, Json, Problem, Refused
from tests.discord.things import Channel, Command, User
from tests.discord.world import World

SLASH, MESSAGE_MENU = 1, 3
SUBCOMMAND, GROUP, TEXT, WHOLE, YES_NO, USER, CHANNEL, ROLE = 1, 2, 3, 4, 5, 6, 7, 8
NUMBER = 10
KINDS: dict[int, type | tuple[type, ...]] = {
    TEXT: str,
    WHOLE: int,
    YES_NO: bool,
    NUMBER: (int, float),
}
IN_GUILD, IN_DM = 0, 1  # contexts


def impossible(at: str, told: str) -> Refused:
    """What Discord's client does not let a person do."""
    return Refused(FORM, [Problem(at, "NOT_POSSIBLE", told)], told)


@dataclass(frozen=True)
class Invoked:
    """A command with the options of the subcommand that is meant."""

    command: Command
    path: tuple[tuple[str, int], ...]  # names and types of the group and the subcommand
    options: tuple[Json, ...]

    def inside(self, filled: Sequence[Json]) -> Json:
        """The `data` of the interaction; the options stand within their subcommand."""
        inner = list(filled)
        for name, kind in reversed(self.path):
            inner = [{"name": name, "type": kind, "options": inner}]
        command = self.command
        told: Json = {"id": command.id, "name": command.name, "type": command.type}
        told |= {"guild_id": command.guild} if command.guild else {}
        return told | ({"options": inner} if inner else {})


def invoked(
    world: World, user: User, channel: Channel, name: str, kind: int, stale: bool = False
) -> Invoked:
    """The command that a person means there: "ask", "tandem mute", "Ask Tandem about this".

    `stale`: the client still offers subcommands that are not registered any more.
    """
    check_may_run(world, user, channel)
    for command in offered(world, user, channel, kind):
        if command.name == name or (kind == SLASH and command.name == name.split()[0]):
            rest = name.split()[1:] if kind == SLASH else []
            if stale:
                return Invoked(command, tuple((word, SUBCOMMAND) for word in rest), ())
            return descended(command, tuple(rest), command.told.get("options") or [])
    there = sorted(command.name for command in offered(world, user, channel, kind))
    raise impossible("name", f"no command {name!r} here; there are: {there}")


def check_may_run(world: World, user: User, channel: Channel) -> None:
    """Refuse who sees no commands there; in a thread it is the parent's permission that counts."""
    needed = USE_APPLICATION_COMMANDS | SEND_MESSAGES
    if channel.guild and not may(world, user.id, channel, needed):
        raise impossible("channel", f"{user.name} may not run commands there")
    if channel.is_dm and user.id not in channel.recipients:
        raise impossible("channel", f"that is not the DM of {user.name}")


def offered(world: World, user: User, channel: Channel, kind: int) -> Iterator[Command]:
    """The commands that the client offers somebody in a channel: the guild's own first."""
    known = [command for command in world.commands.values() if command.type == kind]
    for command in sorted(known, key=lambda command: not command.guild):
        allowed_to = may(world, user.id, channel, needed(command, channel))
        if allowed_to and command.guild in ("", channel.guild) and fits(command, channel):
            yield command


def needed(command: Command, channel: Channel) -> int:
    """The permissions that a member needs to be offered it; 0 is for administrators alone."""
    told = command.told.get("default_member_permissions")
    if told is None or not channel.guild:
        return 0
    return int(told) or ADMINISTRATOR


def fits(command: Command, channel: Channel) -> bool:
    """Is a command meant for such a place?"""
    if channel.is_dm and command.guild:
        return False
    contexts = command.told.get("contexts")
    if contexts is not None:
        return (IN_DM if channel.is_dm else IN_GUILD) in contexts
    return not channel.is_dm or command.told.get("dm_permission") is not False


def descended(command: Command, rest: tuple[str, ...], options: Sequence[Json]) -> Invoked:
    """Go down into the group and the subcommand."""
    path: list[tuple[str, int]] = []
    for name in rest:
        inner = [o for o in options if o["name"] == name and o["type"] in (SUBCOMMAND, GROUP)]
        if not inner:
            raise impossible("name", f"{command.name} has no {name!r}")
        path.append((name, inner[0]["type"]))
        options = inner[0].get("options") or []
    if any(option["type"] in (SUBCOMMAND, GROUP) for option in options):
        raise impossible("name", f"{command.name}: which of {[o['name'] for o in options]}?")
    return Invoked(command, tuple(path), tuple(options))


def filled(world: World, options: Sequence[Json], given: Mapping[str, object]) -> list[Json]:
    """The options as they are sent; what the client would not send is refused."""
    unknown = sorted(given.keys() - {option["name"] for option in options})
    if unknown:
        raise impossible(unknown[0], f"there is no option {unknown[0]!r}")
    for option in options:
        if option.get("required") and given.get(option["name"]) is None:
            raise impossible(option["name"], f"needs a value: {option['name']}")
    return [
        {"name": o["name"], "type": o["type"], "value": entered(world, o, given[o["name"]])}
        for o in options
        if given.get(o["name"]) is not None
    ]


def entered(world: World, option: Json, value: object) -> object:
    """A value as Discord sends it: choices by their value, people by their id."""
    name, kind = option["name"], option["type"]
    if kind == USER:
        return world.user(str(value)).id
    if kind == CHANNEL:
        return world.channel(str(value)).id
    wanted = KINDS.get(kind)
    if wanted is not None and (
        not isinstance(value, wanted) or isinstance(value, bool) != (kind == YES_NO)
    ):
        raise impossible(name, f"{name}: {value!r} is of another kind")
    if option.get("choices"):
        return chosen(option, value)
    if isinstance(value, str):
        least, most = option.get("min_length", 0), option.get("max_length", 6000)
        if not least <= len(value) <= most:
            raise impossible(name, f"{name}: {least} to {most} characters")
    return value


def chosen(option: Json, value: object) -> object:
    """The choice of this value or name."""
    for choice in option["choices"]:
        if value in (choice["value"], choice["name"]):
            told: object = choice["value"]
            return told
    raise impossible(option["name"], f"no such choice: {value!r}")


def resolved(world: World, channel: Channel, options: Sequence[Json]) -> Json:
    """What the ids in the options stand for."""
    told: Json = {}
    members = world.guilds[channel.guild].members if channel.guild else {}
    for option in options:
        id = str(option["value"])
        if option["type"] == USER:
            told.setdefault("users", {})[id] = user_payload(world.user(id))
            if id in members:
                member = member_payload(world, members[id], with_user=False)
                may = {"permissions": str(allowed(world, id, channel))}
                told.setdefault("members", {})[id] = member | may
        if option["type"] == CHANNEL:
            there = world.channel(id)
            told.setdefault("channels", {})[id] = channel_payload(world, there)
        if option["type"] == ROLE:
            told.setdefault("roles", {})[id] = role_payload(world.role(channel.guild, id))
    return told
