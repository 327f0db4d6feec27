"""The control API: what tests and benches ask of the server, `POST /control/NAME` with JSON."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any

from aiohttp import web

from tests.discord import acts, orders, rooms, showing
from tests.discord.faults import Fault
from tests.discord.gateway import Gateway
from tests.discord.interactions import Interactions
from tests.discord.refusals import Json, Refused
from tests.discord.timings import timings
from tests.discord.world import World

MOST_WAIT_S = 30.0
OF_WORLD = (
    *(acts.say, acts.edit, acts.delete, acts.unfurl, acts.forward, acts.types),
    *(acts.react, acts.unreact, acts.clear, acts.begin_thread, acts.post_in_forum),
    *(rooms.add_person, rooms.join, rooms.leave),
    *(rooms.add_role, rooms.delete_role, rooms.grant, rooms.revoke, rooms.add_channel),
    *(rooms.delete_channel, rooms.overwrite, rooms.rename_guild, rooms.archive_thread),
    *(showing.calls, showing.told),
)
OF_GATEWAY = (
    *(orders.cut, orders.close, orders.reconnect, orders.invalidate, orders.expire),
    *(orders.tell_again, orders.drained, orders.answer_heartbeats, orders.emit, orders.send),
    orders.send_bytes,
)
CLICKS = ("command", "autocomplete", "menu", "press", "choose", "submit", "close_form")
Do = Callable[..., Any]


@dataclass(frozen=True)
class Control:
    """What can be ordered, of the world and of its gateway."""

    world: World
    gateway: Gateway

    async def answer(self, request: web.Request) -> web.Response:
        """Do what is asked; `{"error": …}` with 400, where that cannot be."""
        name = request.match_info["name"]
        order = self.known().get(name)
        if order is None:
            return web.json_response({"error": f"no such control: {name}"}, status=404)
        try:
            return web.json_response(plain(await finished(order(**await request.json()))))
        except Refused as refusal:
            return web.json_response({"error": str(refusal)}, status=400)
        except (TypeError, ValueError, KeyError) as error:
            told = f"{name}: {type(error).__name__} {error}"
            return web.json_response({"error": told}, status=400)

    def known(self) -> dict[str, Do]:
        """All orders by name."""
        clicks = Interactions(self.world)
        found = {act.__name__: bound(act, self.world) for act in OF_WORLD}
        found |= {order.__name__: bound(order, self.gateway) for order in OF_GATEWAY}
        found |= {name: getattr(clicks, name) for name in CLICKS}
        own = (self.look, self.changes, self.configure, self.fault, self.clear_faults)
        more = (self.add_guild, self.move_clock, self.registered, self.pings, self.timings)
        return found | {order.__name__: order for order in (*own, *more)}

    def look(self, channel: str = "") -> Json:
        """All that people see, in one channel or in all."""
        return showing.look(self.world, self.gateway, channel)

    async def changes(self, seen: int, timeout_s: float = MOST_WAIT_S) -> int:
        """Wait for more changes than `seen`, or until the time is over; the count."""
        return await self.world.changes.beyond(seen, min(timeout_s, MOST_WAIT_S))

    def configure(self, **changes: Any) -> None:
        """Turn dials of `Settings` while it runs."""
        self.world.settings = replace(self.world.settings, **changes)

    def fault(self, **fault: Any) -> None:
        """Let something go wrong; the fields of `Fault`."""
        self.world.faults.coming.append(Fault(**fault))

    def clear_faults(self) -> None:
        """Let all go well again."""
        self.world.faults.coming.clear()

    def add_guild(self, id: str, name: str = "") -> None:
        """Found a guild, in which the bot is; its shard is told."""
        self.gateway.join(rooms.add_guild(self.world, id, name))

    def move_clock(self, seconds: float) -> None:
        """Let the time go by: of tokens, nonces and snowflakes, not of sockets."""
        self.world.clock.ahead_s += seconds

    def registered(self) -> Json:
        """The application commands that are registered, and every write of them."""
        commands = [asdict(command) for command in self.world.commands.values()]
        return {"commands": commands, "writes": self.world.command_writes}

    def timings(self) -> list[Json]:
        """How soon the bot answered; see `timings.Timing`."""
        return [asdict(timing) for timing in timings(self.world.ledger)]

    def pings(self) -> list[str]:
        """Everybody whom a message of the bot notified, each time."""
        mine = [m for c in self.world.messages.values() for m in c.values()]
        return [who for m in mine if self.world.users[m.author].bot for who in m.pinged]


def bound(act: Do, to: World | Gateway) -> Do:
    """An order that knows what it is given to."""
    return lambda **args: act(to, **args)


async def finished(made: Any) -> Any:
    """What was made, waited for where it takes time."""
    return await made if inspect.isawaitable(made) else made


def plain(made: Any) -> Any:
    """As JSON: a value by its fields."""
    return asdict(made) if is_dataclass(made) and not isinstance(made, type) else made
