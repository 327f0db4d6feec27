"""The gateway, version 10: hello, identify, heartbeats, dispatches, resume."""

from __future__ import annotations

import logging
import time

from aiohttp import web

from tests.discord import intents
from tests.discord.ids import BOT, shard_of
from tests.discord.ledger import Told
from tests.discord.payloads import guild_create_payload, user_payload
from tests.discord.privileges import application_flags
from tests.discord.refusals import Json
from tests.discord.sessions import Line, Session
from tests.discord.talks import Closing, Talk
from tests.discord.things import Guild
from tests.discord.world import Event, World

log = logging.getLogger(__name__)


class Gateway:
    """Tells the bot's sessions what happens in the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, Session] = {}
        self.talks: set[Talk] = set()  # one per socket
        self.closes: list[str] = []  # why clients were thrown out
        self.identified = 0  # how often
        self.resumed = 0
        self.heartbeats = 0
        self.acks = True  # heartbeats are acknowledged
        self._last_identify: dict[int, float] = {}  # by rate limit key
        world.listeners.append(self.told)

    def told(self, event: Event) -> None:
        """Something happened: who should know is told."""
        self.forget_old()
        for session in self.sessions.values():
            if session.fits(event):
                self._tell(session, event.name, self.readable(session, event))

    def readable(self, session: Session, event: Event) -> Json:
        """An event as that session may read it."""
        content = (
            bool(session.intents & intents.MESSAGE_CONTENT) and self.world.settings.content_intent
        )
        return intents.seen(event.name, event.payload, event.guild, content)

    def connected(self) -> list[Session]:
        """The sessions that are ready and have a socket."""
        return [s for s in self.sessions.values() if s.line is not None and s.ready]

    def of_shard(self, shard: int | None) -> list[Session]:
        """The sessions of a shard, or of all; those without a socket too."""
        return [s for s in self.sessions.values() if shard in (None, s.shard[0])]

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it closes."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        line = Line(socket, request)
        talk = Talk(self, line)
        self.talks.add(talk)
        try:
            await talk.listen(request)
        except Closing as closing:
            self.closes.append(str(closing))
            await line.close(closing.code)
        except ConnectionError as error:
            log.info("a socket broke: %s", error)
        finally:
            self._gone(talk)
        return socket

    def begin(self, session: Session) -> None:
        """READY, then the guilds of the shard."""
        world = self.world
        self.sessions[session.id] = session
        guilds = [g for g in world.guilds_of_bot() if self._mine(session, g)]
        self._tell(session, "READY", ready_payload(world, session, guilds))
        for guild in guilds:
            if session.intents & intents.GUILDS:
                told = guild_create_payload(world, guild, session.intents)
                self._tell(session, "GUILD_CREATE", told)
        session.ready = True
        self.identified += 1
        world.changes.tell()

    def join(self, guild: Guild) -> None:
        """The bot came into a guild: its sessions are told of it."""
        for session in self.sessions.values():
            if self._mine(session, guild):
                told = guild_create_payload(self.world, guild, session.intents)
                del told["unavailable"]  # by that clients know that it is not one of before
                self._tell(session, "GUILD_CREATE", told)
        self.world.changes.tell()

    def forget_old(self) -> None:
        """Drop the sessions that nobody came back to in time."""
        limit = time.monotonic() - self.world.settings.resume_window_s
        old = [s.id for s in self.sessions.values() if s.line is None and s.left_at < limit]
        for id in old:
            del self.sessions[id]

    def early(self, shard: int) -> bool:
        """Does this shard identify before its turn? Notes that it did."""
        key, now = shard % self.world.settings.max_concurrency, time.monotonic()
        before = self._last_identify.get(key, -1e9)
        self._last_identify[key] = now
        return now - before < self.world.settings.identify_every_s

    def _mine(self, session: Session, guild: Guild) -> bool:
        return shard_of(guild.id, session.shard[1]) == session.shard[0]

    def _tell(self, session: Session, name: str, payload: Json) -> None:
        frame, shard = session.tell(name, payload), session.shard[0]
        about = str(payload.get("id") or payload.get("message_id") or "")
        author = str(payload.get("author", {}).get("id", ""))
        told = Told(time.monotonic(), session.id, shard, frame.seq, name, about, author)
        self.world.ledger.told.append(told)

    def _gone(self, talk: Talk) -> None:
        line, session = talk.line, talk.session
        self.talks.discard(talk)
        line.end()
        if session is not None and session.line is line:
            session.leave()
            if line.said_goodbye:
                self.sessions.pop(session.id, None)
        self.world.changes.tell()


def gateway_url(world: World) -> str:
    """Where the gateway listens."""
    return world.base.replace("http", "ws", 1) + "/gateway"


def session_starts(world: World, gateway: Gateway) -> Json:
    """What `GET /gateway/bot` answers."""
    settings = world.settings
    return {
        "url": gateway_url(world),
        "shards": settings.shards,
        "session_start_limit": {
            "total": settings.session_starts,
            "remaining": max(0, settings.session_starts - gateway.identified),
            "reset_after": 86_400_000,
            "max_concurrency": settings.max_concurrency,
        },
    }


def ready_payload(world: World, session: Session, guilds: list[Guild]) -> Json:
    """READY; the guilds follow, each with its GUILD_CREATE."""
    about_us = {"verified": True, "mfa_enabled": False, "flags": 0, "email": None}
    return {
        "v": 10,
        "user": user_payload(world.user(BOT)) | about_us,
        "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
        "session_id": session.id,
        "resume_gateway_url": gateway_url(world),
        "shard": list(session.shard),
        "application": {"id": BOT, "flags": application_flags(world)},
        "user_settings": {},
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "session_type": "normal",
    }
