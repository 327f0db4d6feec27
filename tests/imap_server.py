"""A local IMAP server that speaks what the mailbox source uses, and can break in many ways.

It has the words of `tests.faults.Server` (`asked`, `break_with`, `then`, `mend`), so that
`tests.networked.NetworkedSourceContract` can be held against it: a command is a request.
"""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes

from tests.faults import Line
from tests.listening import listening

USER, PASSWORD, TOKEN = "ana@acme.example", "hunter2", "ya29.hunter2-access"
CAPABILITIES = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 CONDSTORE"


@dataclass
class Message:
    """A message in a folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    arrived: datetime = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Folder:
    """A folder with its messages in order."""

    validity: int = 7
    next: int = 1
    changes: int = 1  # HIGHESTMODSEQ
    messages: list[Message] = field(default_factory=list)

    def put(self, raw: bytes, **told: object) -> Message:
        made = Message(self.next, raw, **told)  # type: ignore[arg-type]
        self.messages.append(made)
        self.next += 1
        self.changes += 1
        return made

    def expunge(self, *messages: Message) -> None:
        self.messages = [message for message in self.messages if message not in messages]


@dataclass(frozen=True)
class Command:
    """A command as the server saw it."""

    name: str
    rest: str

    @property
    def path(self) -> str:
        return self.name


Fault = Callable[["Talk", Command, bytes, bytes], None]
"""Given the tag and the answer that would be right."""


@dataclass
class ImapServer:
    """What is served, what breaks, and what was asked."""

    port: int = 0
    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder()})
    capabilities: str = CAPABILITIES
    context: ssl.SSLContext | None = None
    tls: bool = False  # from the first byte
    asked: list[Command] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    broken: list[list[object]] = field(default_factory=list)
    acts: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def count(self, name: str) -> int:
        """How many commands began so."""
        return sum(command.name.startswith(name) for command in self.asked)

    def break_with(self, fault: str, path: str = "", times: int = 10**9, after: int = 0) -> None:
        self.broken.append([FAULTS[fault], path, times, after])

    def then(self, after: int, act: Callable[[], None]) -> None:
        self.acts.append((len(self.asked) + after, act))

    def mend(self) -> None:
        with self.lock:
            self.broken.clear()

    def struck(self, command: Command) -> Fault | None:
        """Note a command, and what breaks at it."""
        with self.lock:
            self.asked.append(command)
            due = [act for at, act in self.acts if at < len(self.asked)]
            self.acts = [(at, act) for at, act in self.acts if at >= len(self.asked)]
            fault = next((one[0] for one in self.broken if strikes(one, command.name)), None)
        for act in due:
            act()
        return fault  # type: ignore[return-value]


def strikes(broken: list[object], name: str) -> bool:
    _, path, times, after = broken
    if not name.startswith(str(path)) or int(str(times)) <= 0:
        return False
    if int(str(after)) > 0:
        broken[3] = int(str(after)) - 1
        return False
    broken[2] = int(str(times)) - 1
    return True


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    disable_nagle_algorithm = True

    @property
    def served(self) -> ImapServer:
        return self.server.served  # type: ignore[attr-defined, no-any-return]

    @property
    def line(self) -> Line:
        return Line(self.connection, self.served)  # type: ignore[arg-type]

    def handle(self) -> None:
        self.folder = ""
        with suppress(OSError, ValueError):
            if self.served.tls:
                self.secure()
            self.say(b"* OK ready\r\n")
            while (said := self.rfile.readline()) and self.answer(said.decode().rstrip("\r\n")):
                pass
        self.rfile.close()
        self.connection.close()

    def secure(self) -> None:
        assert self.served.context
        self.connection = self.request = self.served.context.wrap_socket(
            self.connection, server_side=True
        )
        self.rfile = self.connection.makefile("rb", -1)

    def reset(self) -> None:
        """End it as a crashed host would."""
        self.rfile.close()
        self.line.reset()

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self, said: str) -> bool:
        """Answer a command; False: that was the last."""
        tag, _, rest = said.partition(" ")
        name, _, rest = rest.partition(" ")
        if name.upper() == "UID":
            more, _, rest = rest.partition(" ")
            name = f"UID {more}"
        command = Command(name.upper(), rest)
        fault = self.served.struck(command)
        right = self.right(command)
        if fault is not None:
            fault(self, command, tag.encode(), right)
            return True
        *lines, last = right.rsplit(b"\r\n", 1)
        self.say(b"".join(line + b"\r\n" for line in lines) + tag.encode() + b" " + last + b"\r\n")
        if command.name == "STARTTLS" and last.startswith(b"OK"):
            self.secure()
        return command.name != "LOGOUT"

    def right(self, command: Command) -> bytes:
        """What is right: lines, and the end without its tag."""
        known = getattr(self, "on_" + command.name.lower().replace(" ", "_"), None)
        told: bytes = known(command.rest) if known else b"BAD what?"
        return told

    # -- commands --------------------------------------------------------------------

    def on_capability(self, rest: str) -> bytes:
        del rest
        return f"* CAPABILITY {self.served.capabilities}\r\nOK done".encode()

    def on_starttls(self, rest: str) -> bytes:
        del rest
        return b"OK begin"

    def on_logout(self, rest: str) -> bytes:
        del rest
        return b"* BYE\r\nOK done"

    def on_login(self, rest: str) -> bytes:
        self.served.logins.append(rest)
        return self.let_in(rest.replace('"', "") == f"{USER} {PASSWORD}")

    def on_authenticate(self, rest: str) -> bytes:
        self.say(b"+ \r\n")
        said = base64.b64decode(self.rfile.readline()).decode()
        self.served.logins.append(said)
        known = {
            "XOAUTH2": f"user={USER}\1auth=Bearer {TOKEN}\1\1",
            "PLAIN": f"\0{USER}\0{PASSWORD}",
        }
        if known.get(rest) != said and rest == "XOAUTH2":
            self.say(b"+ " + base64.b64encode(b'{"status":"400"}') + b"\r\n")
            self.rfile.readline()
        return self.let_in(known.get(rest) == said)

    def let_in(self, right: bool) -> bytes:
        return b"OK come in" if right else b"NO [AUTHENTICATIONFAILED] Invalid credentials."

    def on_list(self, rest: str) -> bytes:
        del rest
        names = "".join(
            f'* LIST (\\HasNoChildren) "/" "{name}"\r\n' for name in self.served.folders
        )
        return f'* LIST (\\Noselect) "/" "[Gmail]"\r\n{names}OK done'.encode()

    def on_status(self, rest: str) -> bytes:
        name = rest[: rest.rindex("(")].strip().strip('"')
        folder = self.served.folders[name]
        modseq = f" HIGHESTMODSEQ {folder.changes}" if "HIGHESTMODSEQ" in rest else ""
        counts = f"MESSAGES {len(folder.messages)} UIDNEXT {folder.next}"
        return (
            f'* STATUS "{name}" ({counts} UIDVALIDITY {folder.validity}{modseq})\r\nOK done'
        ).encode()

    def on_examine(self, rest: str) -> bytes:
        self.folder = rest.strip('"')
        folder = self.served.folders[self.folder]
        return (
            f"* {len(folder.messages)} EXISTS\r\n* OK [UIDVALIDITY {folder.validity}] x\r\n"
            "* OK [PERMANENTFLAGS ()] x\r\nOK [READ-ONLY] done"
        ).encode()

    @property
    def here(self) -> Folder:
        return self.served.folders[self.folder]

    def on_uid_search(self, rest: str) -> bytes:
        wanted = re.search(r"UID ([\d:,]+)", rest)
        since = re.search(r"SINCE (\S+)", rest)
        first = datetime.strptime(since[1], "%d-%b-%Y").date() if since else None
        found = [
            str(m.uid)
            for m in self.here.messages
            if ("UNDELETED" not in rest or "\\Deleted" not in m.flags)
            and ("UNDRAFT" not in rest or "\\Draft" not in m.flags)
            and (not wanted or m.uid in numbers(wanted[1]))
            and (first is None or m.arrived.date() >= first)
        ]
        return f"* SEARCH {' '.join(found)}\r\nOK done".encode()

    def on_uid_fetch(self, rest: str) -> bytes:
        wanted = numbers(rest.split(" ", 1)[0])
        told = [
            self.fetched(number, m, rest)
            for number, m in enumerate(self.here.messages, 1)
            if m.uid in wanted
        ]
        return b"".join(told) + b"OK done"

    def fetched(self, number: int, message: Message, rest: str) -> bytes:
        most = re.search(r"<0\.(\d+)>", rest)
        raw = message.raw
        if heads := re.search(r"HEADER\.FIELDS \(([^)]*)\)", rest):
            told = message_from_bytes(raw)
            lines = [f"{k}: {v}\r\n" for k, v in told.items() if k.upper() in heads[1].split()]
            raw = "".join(lines).encode() + b"\r\n"
        raw = raw[: int(most[1])] if most else raw
        when = f"{message.arrived:%d-%b-%Y %H:%M:%S +0000}"
        item = rest[rest.index("BODY") : rest.rindex(")")].replace(".PEEK", "")
        item = re.sub(r"<0\.\d+>", "<0>", item)
        return (
            (
                f"* {number} FETCH (UID {message.uid} RFC822.SIZE {len(message.raw)} "
                f'INTERNALDATE "{when}" {item} {{{len(raw)}}}\r\n'
            ).encode()
            + raw
            + b")\r\n"
        )


def numbers(told: str) -> set[int]:
    found: set[int] = set()
    for part in told.split(","):
        first, _, last = part.partition(":")
        found |= set(range(int(first), int(last or first) + 1))
    return found


@contextmanager
def serving(context: ssl.SSLContext | None = None, tls: bool = False) -> Iterator[ImapServer]:
    """A server on a free port of loopback."""
    made = ImapServer(context=context, tls=tls)

    class Listening(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        served = made

        def handle_error(self, *_: object) -> None: ...

    with Listening(("127.0.0.1", 0), Talk) as server:
        made.port = server.server_address[1]
        with listening(server, made.over):
            yield made


# -- faults --------------------------------------------------------------------------


def raw(speak: Callable[[Talk, bytes, bytes], None]) -> Fault:
    """Write to the connection what is not right, then end it."""

    def fault(talk: Talk, command: Command, tag: bytes, right: bytes) -> None:
        del command
        speak(talk, tag, right)
        raise ConnectionAbortedError

    return fault


def end(words: bytes) -> Fault:
    """Another end than the right one, and nothing before it."""
    return lambda talk, command, tag, right: talk.say(tag + b" " + words + b"\r\n")


def right_but(change: Callable[[bytes], bytes]) -> Fault:
    """The right answer, changed."""

    def fault(talk: Talk, command: Command, tag: bytes, right: bytes) -> None:
        del command
        lines, _, last = change(right).rpartition(b"\r\n")
        told = lines + b"\r\n" if lines else b""
        talk.say(told + tag + b" " + last + b"\r\n")

    return fault


FAULTS: Mapping[str, Fault] = {
    "connection reset": raw(lambda talk, tag, right: talk.reset()),
    "closed": raw(lambda talk, tag, right: None),
    "half an answer": raw(lambda talk, tag, right: talk.say(right[: len(right) // 2])),
    "goodbye": raw(lambda talk, tag, right: talk.say(b"* BYE server is going down\r\n")),
    "no answer": raw(lambda talk, tag, right: talk.line.hang()),
    "slow drip": raw(lambda talk, tag, right: talk.line.drip(b"* OK " + b"x" * 90_000)),
    "not IMAP": raw(lambda talk, tag, right: talk.say(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "HTTP": raw(lambda talk, tag, right: talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "unavailable": end(b"NO [UNAVAILABLE] try again"),
    "in use": end(b"NO [INUSE] mailbox is locked"),
    "limit": end(b"NO [LIMIT] too many connections"),
    "refused": end(b"NO [NOPERM] not yours"),
    "credentials": end(b"NO [AUTHENTICATIONFAILED] hunter2 has expired"),
    "bad": end(b"BAD syntax"),
    "wrong tag": raw(lambda talk, tag, right: talk.say(b"XYZ1 OK done\r\n")),
    "nothing in it": end(b"OK done"),
    "a huge literal": raw(lambda talk, tag, right: talk.say(b"* 1 FETCH (BODY[] {999999999}\r\nx")),
    "an endless line": raw(lambda talk, tag, right: talk.say(b"* OK " + b"x" * 3 * 2**20)),
    "a flood": raw(lambda talk, tag, right: talk.say((b"* OK " + b"x" * 990 + b"\r\n") * 2500)),
    "malformed": raw(lambda talk, tag, right: talk.say(b"* SEARCH 1 x\xff {\r\n" + tag)),
    "other numbers": right_but(lambda right: re.sub(rb"UID (\d+)", rb"UID 9\1", right)),
    "an empty body": right_but(
        lambda right: re.sub(rb"\{\d+\}\r\n.*?\)\r\n", b"{0}\r\n)\r\n", right, flags=re.S)
    ),
    "another validity": right_but(lambda right: right.replace(b"UIDVALIDITY 7", b"UIDVALIDITY 8")),
}  # fmt: skip
HEALING = (
    "connection reset",
    "closed",
    "half an answer",
    "goodbye",
    "unavailable",
    "in use",
    "limit",
)
