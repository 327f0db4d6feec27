"""The conversation over one socket of the gateway: what a client says, and how it is answered."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import WSMessage, WSMsgType, web

from tests.discord import intents
from tests.discord.ids import TOKEN
from tests.discord.payloads import member_payload
from tests.discord.privileges import PRIVILEGED, allowed_intents
from tests.discord.refusals import Json
from tests.discord.sessions import ACK, HEARTBEAT, HELLO, INVALID_SESSION, Line, Session
from tests.discord.world import World

if TYPE_CHECKING:
    from tests.discord.gateway import Gateway

IDENTIFY, PRESENCE, VOICE, RESUME, MEMBERS = 2, 3, 4, 6, 8
UNKNOWN_OP, DECODE_ERROR, NOT_IDENTIFIED, WRONG_TOKEN, TWICE = 4001, 4002, 4003, 4004, 4005
INVALID_SEQ, RATE_LIMITED, SILENT, INVALID_SHARD, WRONG_VERSION = 4007, 4008, 4009, 4010, 4012
INVALID_INTENTS, DISALLOWED_INTENTS = 4013, 4014
MOST_BYTES, MOST_A_MINUTE = 4096, 120


class Closing(Exception):
    """The client is thrown out, with this code."""

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        super().__init__(f"{code}: {words}")


class Talk:
    """The conversation over one socket."""

    def __init__(self, gateway: Gateway, line: Line) -> None:
        self.gateway, self.line = gateway, line
        self.world = gateway.world
        self.session: Session | None = None
        self._times: deque[float] = deque(maxlen=MOST_A_MINUTE)
        self._ops: dict[int, Callable[[Json], None]] = {
            IDENTIFY: self._identify,
            RESUME: self._resume,
            MEMBERS: self._members,
            PRESENCE: self._nothing,
            VOICE: self._nothing,
        }

    async def listen(self, request: web.Request) -> None:
        """Greet, then take what comes. Raises `Closing`."""
        query, interval = request.query, self.world.settings.heartbeat_s
        if query.get("v", "10") != "10" or query.get("encoding", "json") != "json":
            raise Closing(WRONG_VERSION, f"this is version 10 in JSON: {dict(query)}")
        self.line.op(HELLO, {"heartbeat_interval": int(interval * 1000), "_trace": ["local"]})
        patience = interval * self.world.settings.zombie_after
        while True:
            try:
                message = await self.line.socket.receive(timeout=patience)
            except TimeoutError:
                raise Closing(SILENT, "no heartbeat") from None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            self._take(message)

    def _take(self, message: WSMessage) -> None:
        self._count()
        told = decoded(message)
        op = told.get("op")
        if op == HEARTBEAT:
            self._heartbeat(told.get("d"))
        elif not isinstance(op, int) or op not in self._ops:
            raise Closing(UNKNOWN_OP, f"op {op!r}")
        elif op not in (IDENTIFY, RESUME) and self.session is None:
            raise Closing(NOT_IDENTIFIED, f"op {op} before it identified")
        else:
            inside = told.get("d")
            self._ops[op](inside if isinstance(inside, dict) else {})

    def _count(self) -> None:
        now = time.monotonic()
        if len(self._times) == MOST_A_MINUTE and now - self._times[0] < 60:
            raise Closing(RATE_LIMITED, "more than 120 payloads in 60 s")
        self._times.append(now)

    def _heartbeat(self, seq: object) -> None:
        self.gateway.heartbeats += 1
        if self.session is not None and isinstance(seq, int):
            self.session.heard = seq
        if self.gateway.acks:
            self.line.op(ACK, None)
        self.world.changes.tell()

    def _nothing(self, _: Json) -> None:
        """Presence and voice are nothing here."""

    def _identify(self, asked: Json) -> None:
        if self.session is not None:
            raise Closing(TWICE, "it has identified")
        self._authenticate(asked)
        wanted = self._intents(asked)
        shard = self._shard(asked)
        if self.gateway.early(shard[0]):
            self.line.op(INVALID_SESSION, False)
            return
        made = Session(shard, wanted, self.world.settings.resume_events)
        self.session, made.line = made, self.line
        self.gateway.begin(made)

    def _authenticate(self, asked: Json) -> None:
        if str(asked.get("token", "")).removeprefix("Bot ") != TOKEN:
            raise Closing(WRONG_TOKEN, "authentication failed")

    def _intents(self, asked: Json) -> int:
        wanted = asked.get("intents")
        if not isinstance(wanted, int) or not 0 <= wanted <= intents.KNOWN:
            raise Closing(INVALID_INTENTS, f"intents {wanted!r}")
        if withheld := wanted & ~allowed_intents(self.world) & PRIVILEGED:
            raise Closing(DISALLOWED_INTENTS, f"disallowed intents {withheld:#x}")
        return wanted

    def _shard(self, asked: Json) -> tuple[int, int]:
        given = asked.get("shard") or [0, 1]
        if len(given) != 2 or not 0 <= given[0] < given[1]:
            raise Closing(INVALID_SHARD, f"shard {given!r}")
        return given[0], given[1]

    def _resume(self, asked: Json) -> None:
        self._authenticate(asked)
        self.gateway.forget_old()
        seq, id = asked.get("seq"), str(asked.get("session_id"))
        session = self.gateway.sessions.get(id)
        if session is None or not isinstance(seq, int) or not session.holds(seq):
            self.line.op(INVALID_SESSION, False)
            return
        if seq > session.seq:
            raise Closing(INVALID_SEQ, f"seq {seq} of {session.seq}")
        self._replay(session, seq)

    def _replay(self, session: Session, seq: int) -> None:
        if session.line is not None:
            session.line.cut()
        for frame in session.missed(seq):
            self.line.put(frame.text)
        self.session, session.line = session, self.line
        session.tell("RESUMED", {"_trace": ["local"]})
        self.gateway.resumed += 1
        self.world.changes.tell()

    def _members(self, asked: Json) -> None:
        """Request Guild Members: one chunk with all who are meant."""
        assert self.session is not None
        guild = str(asked.get("guild_id"))
        if guild in self.world.guilds:
            self.session.tell("GUILD_MEMBERS_CHUNK", chunk(self.world, guild, asked))


def chunk(world: World, guild: str, asked: Json) -> Json:
    """The members of a guild that were asked for, by their ids or by how their names begin."""
    ids, begin = asked.get("user_ids") or [], str(asked.get("query") or "")
    wanted = [str(id) for id in (ids if isinstance(ids, list) else [ids])]
    members = world.guilds[guild].members
    meant = [m for m in members.values() if m.user in wanted or not wanted]
    found = [m for m in meant if world.user(m.user).name.startswith(begin)]
    told: Json = {"guild_id": guild, "chunk_index": 0, "chunk_count": 1}
    told["members"] = [member_payload(world, member) for member in found]
    told["not_found"] = [id for id in wanted if id not in members]
    return told | ({"nonce": asked["nonce"]} if "nonce" in asked else {})


def decoded(message: WSMessage) -> Json:
    """The payload that a client sent. Raises `Closing`."""
    text = message.data if isinstance(message.data, str) else message.data.decode(errors="replace")
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict) or len(text.encode()) > MOST_BYTES:
        raise Closing(DECODE_ERROR, text[:100])
    return told
