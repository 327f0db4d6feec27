"""A local HTTP server whose routes a test writes, and the faults that it can have, by name.

How a connector's test uses it:

    @pytest.fixture
    def server() -> Iterator[Server]:
        with serving() as made:
            yield made

    def test_…(server: Server) -> None:
        server.page("/page/1", "<p>Hello</p>")                # a fixed answer, with an ETag
        server.json("/api/items", {"items": []})              # fixed JSON
        server.routes["/api/list"] = lambda asked: Reply(…)   # written by the test: asked.query …
        server.beginning["/wiki/"] = lambda asked: Reply(…)   # all paths that begin so
        server.break_with("429", "/api/items", times=2)       # then it is well again
        server.then(3, lambda: server.page("/page/1", "…"))   # changed in the midst of a pass
        server.break_with("half a body")                      # every path, until `mend()`
        source = …(base_url=server.url, allow_private=True, outside=still())
        assert [asked.path for asked in server.asked] == […]

`still()` is an `Outside` whose time stands still but for what is slept: nothing is waited for.
`limits_for(fault)` are `Limits` for tests, with a short patience where a fault hangs. A
connector that asks over the network inherits `tests.networked.NetworkedSourceContract`, which
puts every fault of `FAULTS` into it.

Faults with a `times` that a client outlasts by trying again heal; the others are named by an
error. "the answer before" repeats what the path (whatever its query) answered first: a page of a
list that comes twice, a cursor that goes round for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from knowledge.net.asking import Limits, Outside
from tests.listening import listening

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it."""

    method: str
    target: str  # path and query
    headers: Headers  # names in lower case
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self.queries.items()}

    @property
    def queries(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer of the server; `send` writes to the socket by itself what no HTTP server would."""

    status: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=dict)
    send: Callable[[Line], None] | None = None


@dataclass(frozen=True)
class Line:
    """The connection, for what is no proper HTTP."""

    socket: socket.socket
    server: Server

    def write(self, data: bytes) -> None:
        with suppress(OSError):
            self.socket.sendall(data)

    def reset(self) -> None:
        """End it as a crashed host would."""
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()

    def hang(self, seconds: float = 30.0) -> None:
        """Say nothing until the test is over, or the client leaves."""
        self.server.over.wait(seconds)

    def drip(self, data: bytes, pause_s: float = 0.02) -> None:
        """A byte at a time."""
        for at in range(len(data)):
            if self.server.over.wait(pause_s):
                return
            try:
                self.socket.sendall(data[at : at + 1])
            except OSError:
                return


Route = Callable[[Asked], Reply]
Fault = Callable[[Asked, Reply], Reply]
"""Makes of the answer that would be right one that is not."""


@dataclass
class Server:
    """What is served, what breaks, and what was asked."""

    port: int = 0
    scheme: str = "http"
    routes: dict[str, Route] = field(default_factory=dict)  # by path
    beginning: dict[str, Route] = field(default_factory=dict)  # by what paths begin with
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    broken: list[Breakage] = field(default_factory=list)
    acts: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    first: dict[str, Reply] = field(default_factory=dict)  # by path, since it is broken
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.asked]

    def page(
        self, path: str, text: str, media: str = "text/html; charset=utf-8", **headers: str
    ) -> None:
        """Serve a text with an ETag, and 304 to who has it."""
        body = text.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        told = {"Content-Type": media, "ETag": etag}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}

        def route(asked: Asked) -> Reply:
            if asked.headers.get("if-none-match") == etag:
                return Reply(304, headers={"ETag": etag})
            return Reply(200, body, told)

        self.routes[path] = route

    def json(self, path: str, value: object, status: int = 200, **headers: str) -> None:
        """Serve a value as JSON."""
        self.routes[path] = lambda asked: as_json(value, status, **headers)

    def redirect(self, path: str, target: str, status: int = 302) -> None:
        self.routes[path] = lambda asked: Reply(status, headers={"Location": target})

    def break_with(self, fault: str, path: str = "", times: int = 10**9, after: int = 0) -> None:
        """Answer so many times with a fault of `FAULTS`, only at paths that begin so.

        `after`: so many answers are right before it begins.
        """
        self.first.clear()
        self.broken.append(Breakage(FAULTS[fault], path, times, after))

    def then(self, after: int, act: Callable[[], None]) -> None:
        """Do something when so many more requests were answered, before the next is."""
        self.acts.append((len(self.asked) + after, act))

    def mend(self) -> None:
        """Nothing is broken any more."""
        with self.lock:
            self.broken.clear()

    def reply(self, asked: Asked) -> Reply:
        """What a request is answered with."""
        with self.lock:
            self.asked.append(asked)
            fault = next((b.fault for b in self.broken if b.strikes(asked.path)), None)
            due = [act for at, act in self.acts if at < len(self.asked)]
            self.acts = [(at, act) for at, act in self.acts if at >= len(self.asked)]
        for act in due:
            act()
        right = self.route(asked.path)(asked)
        if fault is the_answer_before:
            with self.lock:
                return self.first.setdefault(asked.path, right)
        return fault(asked, right) if fault is not None else right

    def route(self, path: str) -> Route:
        begun = (route for start, route in self.beginning.items() if path.startswith(start))
        return self.routes.get(path) or next(begun, not_found)


@dataclass
class Breakage:
    """A fault for some answers to come."""

    fault: Fault
    path: str
    times: int
    after: int

    def strikes(self, path: str) -> bool:
        if not path.startswith(self.path) or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


def as_json(value: object, status: int = 200, **headers: str) -> Reply:
    """JSON as a reply; `Retry_After="3"` is a header."""
    told = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **told})


def not_found(asked: Asked) -> Reply:
    return Reply(404, b"no such page", {"Content-Type": "text/plain"})


@contextmanager
def serving(secure: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on a free port of loopback; over TLS where it is told how."""
    made = Server(scheme="https" if secure else "http")

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            reply = made.reply(asked)
            if reply.send is not None:
                reply.send(Line(self.connection, made))
                self.close_connection = True
                return
            put(self, reply)

        do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_: object) -> None: ...

    class Listening(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None: ...

    with Listening(("127.0.0.1", 0), Answering) as server:
        made.port = server.server_address[1]
        if secure is not None:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        with listening(server, made.over):
            yield made


def put(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Send a reply as HTTP has it."""
    with suppress(OSError):
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        bare = reply.status in (204, 304)
        if not bare and "Content-Length" not in reply.headers:
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if not bare and handler.command != "HEAD":
            handler.wfile.write(reply.body)


# -- faults --------------------------------------------------------------------------


def status(code: int, **headers: str) -> Fault:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"message": HTTPStatus(code).phrase}).encode()
    reply = Reply(code, body, {"Content-Type": "application/json", **told})
    return lambda asked, right: reply


def raw(speak: Callable[[Line, Asked, Reply], None]) -> Fault:
    """A fault that writes to the connection itself."""
    return lambda asked, right: Reply(send=lambda line: speak(line, asked, right))


def head(reply: Reply, **headers: str) -> bytes:
    """The beginning of an answer as it goes over the line."""
    told = {**reply.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {reply.status} OK\r\n{lines}\r\n".encode("latin-1")


def half(line: Line, asked: Asked, right: Reply) -> None:
    line.write(head(right, Content_Length=str(len(right.body) + 100)) + right.body)


def cut_chunk(line: Line, asked: Asked, right: Reply) -> None:
    size = f"{len(right.body) + 100:x}".encode()
    line.write(head(right, Transfer_Encoding="chunked") + size + b"\r\n" + right.body)


def slow_drip(line: Line, asked: Asked, right: Reply) -> None:
    line.write(head(right, Content_Length="100000"))
    line.drip(b" " * 100_000)


def slow_head(line: Line, asked: Asked, right: Reply) -> None:
    line.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 60_000)


def with_body(body: bytes, **headers: str) -> Fault:
    told = {name.replace("_", "-"): value for name, value in headers.items()}

    def fault(asked: Asked, right: Reply) -> Reply:
        kept = {name: text for name, text in right.headers.items() if name != "ETag"}
        return Reply(200, body, {**kept, **told})

    return fault


BOMB = gzip.compress(b" " * 2**23)  # 8 MiB in 8 kB


def bomb(asked: Asked, right: Reply) -> Reply:
    return Reply(200, BOMB, {**right.headers, "Content-Encoding": "gzip"})


def bad_gzip(asked: Asked, right: Reply) -> Reply:
    body = gzip.compress(right.body + b"x" * 1000)
    return Reply(200, body[: len(body) // 2], {**right.headers, "Content-Encoding": "gzip"})


def elsewhere(target: str) -> Fault:
    return lambda asked, right: Reply(302, b"", {"Location": target})


def the_answer_before(asked: Asked, right: Reply) -> Reply:
    """What the path answered first: a page of a list comes twice, a cursor goes round."""
    raise AssertionError("the server knows what it answered before")


FAULTS: Mapping[str, Fault] = {
    "429": status(429),
    "429, wait 3 s": status(429, Retry_After="3"),
    "429, wait an hour": status(429, Retry_After="3600"),
    "403, limit used up": status(403, X_RateLimit_Remaining="0", X_RateLimit_Reset="30"),
    "500": status(500),
    "502": status(502),
    "503": status(503, Retry_After="1"),
    "connection reset": raw(lambda line, asked, right: line.reset()),
    "closed before headers": raw(lambda line, asked, right: None),
    "half a body": raw(half),
    "chunked, cut off": raw(cut_chunk),
    "slow drip": raw(slow_drip),
    "slow headers": raw(slow_head),
    "no answer": raw(lambda line, asked, right: line.hang()),
    "not HTTP": raw(lambda line, asked, right: line.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")),
    "wrong type": with_body(b"\x89PNG\r\n\x1a\n" + b"\0" * 64, Content_Type="image/png"),
    "a page of HTML": with_body(b"<html><h1>Sign in</h1></html>", Content_Type="text/html"),
    "bad gzip": bad_gzip,
    "zip bomb": bomb,
    "bad encoding": with_body(b"\xff\xfe\x00\xd8{\xc3\x28", Content_Type="text/html; charset=x-no"),
    "empty body": with_body(b""),
    "malformed": with_body(b'{"items": [1, 2', Content_Type="application/json"),
    "redirect loop": lambda asked, right: Reply(302, b"", {"Location": asked.target}),
    "redirect to metadata": elsewhere("http://169.254.169.254/latest/meta-data/"),
    "redirect to a file": elsewhere("file:///etc/passwd"),
    "401": status(401, WWW_Authenticate="Bearer error=invalid_token"),
    "403": status(403),
    "404": status(404),
    "the answer before": the_answer_before,
}
HANGING = frozenset({"slow drip", "slow headers", "no answer"})
HEALING = tuple(  # a client that tries again outlasts two of these
    name
    for name in FAULTS
    if name.startswith(("429", "50", "403, ", "con", "clo", "half", "chu", "slow", "no", "bad g"))
    and name != "429, wait an hour"
)


def limits_for(fault: str = "", **limits: Any) -> Limits:
    """Limits for tests: 1 MiB and three tries; a short patience only where a fault hangs."""
    short = {"read_s": 0.5, "total_s": 0.7} if fault in HANGING else {}
    return Limits(**{"max_bytes": 2**20, "tries": 3, **short, **limits})


@dataclass
class Still:
    """A time that passes only while somebody sleeps; `slept` has how long each time."""

    now: float = 1_795_000_000.0  # in November 2026
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def outside(self) -> Outside:
        return Outside(clock=lambda: self.now, sleep=self.sleep, chance=lambda: 0.5)


def still() -> Outside:
    """A world in which nothing is waited for."""
    return Still().outside
