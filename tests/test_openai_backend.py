"""OpenAI's protocol, over a real socket, from a server that behaves and one that does not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from model.backends import Message, Prompt, Sampling
from model.backends.openai import OpenAIBackend, backend
from model.errors import BackendUnavailable, PromptTooLong
from tests.contracts import BackendContract
from tests.patience import PATIENCE_S

KEY = "sk-very-secret-1234567890"
PIECES = ("You get ", "27 ", "days ", "of ", "leave ", "each ", "year.")
HELLO = Prompt((Message("system", "Be brief."), Message("user", "Hi")))
Behaviour = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """One request, answered as the server's next behaviour says."""

    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append({**asked, "authorization": self.headers["Authorization"]})
        queue = self.server.behaviours
        try:
            (queue.pop(0) if len(queue) > 1 else queue[0])(self, asked)
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def refuse(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        body = json.dumps({"error": {"message": message, "type": "x"}}).encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", "application/json")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()

    def event(self, text: str | None, finish: str | None = None) -> None:
        delta = {} if text is None else {"content": text}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        told = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        self.raw(f"data: {json.dumps({**told, 'choices': [choice]})}\n\n")

    def whole(self, text: str, chances: dict[str, float] | None) -> None:
        """One token at once, with the log probabilities of the likeliest ones."""
        tops = [{"token": t, "logprob": p, "bytes": None} for t, p in (chances or {}).items()]
        told = {"content": [{"token": text, "logprob": 0.0, "bytes": None, "top_logprobs": tops}]}
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "length"}
        choice["logprobs"] = told if chances is not None else None
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.raw(json.dumps({**body, "choices": [choice]}))

    def raw(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Behaves as told, one behaviour a request; the last one stays."""

    daemon_threads = True

    def __init__(self, *behaviours: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = list(behaviours)
        self.asked: list[dict[str, Any]] = []
        self.hung_up, self.go_on = Event(), Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Server]:
    server = Server(*behaviours)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def well(handler: Handler, asked: dict[str, Any]) -> None:
    """Answer as a good server does: obey the limit and the stop strings."""
    if not asked.get("stream"):
        handler.whole("You", {"You": -0.1, "Yes": -3.0, "N": -4.0})
        return
    text = "".join(PIECES)
    for stop in asked.get("stop") or ():
        text = text.partition(stop)[0]
    handler.begin()
    handler.event("")
    told = 0
    for piece in PIECES[: asked["max_tokens"]]:
        shown = piece[: max(0, len(text) - told)]
        told += len(piece)
        if shown:
            handler.event(shown)
    handler.event(None, "stop")
    handler.raw("data: [DONE]\n\n")


def refusing(status: int, message: str = "no") -> Behaviour:
    return lambda handler, asked: handler.refuse(status, message)


def at(server: Server, **given: Any) -> OpenAIBackend:
    return backend("m", server.url, KEY, **{"timeout": 5.0, "retries": 0, **given})


def ask(made: OpenAIBackend, **sampling: Any) -> str:
    return "".join(made.complete(HELLO, Sampling(**sampling)))


class TestOpenAI(BackendContract):
    @pytest.fixture
    def backend(self) -> Iterator[OpenAIBackend]:
        with serving(well) as server:
            yield at(server)


def test_what_was_asked_reaches_the_server() -> None:
    with serving(well) as server:
        ask(at(server), max_tokens=3, temperature=0.5, top_p=0.9, seed=7, stop=("\n",))
        ask(at(server), repetition_penalty=1.2)
    first, second = server.asked
    assert first["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    wanted = {"model": "m", "max_tokens": 3, "temperature": 0.5, "top_p": 0.9, "seed": 7}
    assert wanted.items() <= first.items()
    assert (first["stop"], first["authorization"]) == (["\n"], f"Bearer {KEY}")
    assert second["repetition_penalty"] == 1.2


def test_likelihoods_are_those_of_the_servers_first_token() -> None:
    with serving(well) as server:
        told = at(server).likelihoods(HELLO, ("Yes", "No", "Perhaps"))
    assert told == pytest.approx((0.0498, 0.0183, 0.0), abs=1e-4)
    asked = server.asked[0]
    assert (asked["logprobs"], asked["max_tokens"], asked["temperature"]) == (True, 1, 0.0)


def test_a_server_that_tells_no_likelihoods_is_not_asked_twice_for_them() -> None:
    silent: Behaviour = lambda handler, asked: handler.whole("You", None)  # noqa: E731
    for behaviour in (silent, refusing(400, "unknown option logprobs")):
        with serving(behaviour) as server:
            assert at(server).likelihoods(HELLO, ("Yes", "No")) is None
            assert len(server.asked) == 1


def test_pieces_come_while_the_server_still_writes() -> None:
    def slow(handler: Handler, asked: dict[str, Any]) -> None:
        handler.begin()
        handler.event("first")
        handler.server.go_on.wait(PATIENCE_S)
        handler.event(" last", "stop")

    with serving(slow) as server:
        pieces = at(server, timeout=30.0).complete(HELLO, Sampling())
        assert next(pieces) == "first"
        server.go_on.set()
        assert list(pieces) == [" last"]


def test_a_busy_moment_is_waited_out() -> None:
    for status in (500, 503, 429):
        with serving(refusing(status), well) as server:
            assert ask(at(server, retries=2)) == "".join(PIECES)
            assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "API key"),
        (403, "API key"),
        (404, "has the model 'm'"),
        (429, "quota"),
        (500, "server's log"),
        (422, "settings"),
    ],
)
def test_a_refusal_says_what_to_do_and_never_the_key(status: int, remedy: str) -> None:
    answers = serving(refusing(status, f"nothing for {KEY} here"))
    with answers as server, pytest.raises(BackendUnavailable, match=str(status)) as caught:
        ask(at(server))
    assert remedy in caught.value.remedy
    assert KEY not in "".join(map(str, (caught.value, caught.value.__cause__, repr(at(server)))))


def test_a_prompt_that_the_server_finds_too_long_is_said_to_be_too_long() -> None:
    message = "This model's maximum context length is 10 tokens"
    with serving(refusing(400, message)) as server, pytest.raises(PromptTooLong):
        ask(at(server))


def test_nobody_there_is_told_with_the_place() -> None:
    with serving(well) as server:
        gone = server.url
    with pytest.raises(BackendUnavailable, match="Check that the server runs") as caught:
        ask(backend("m", gone.replace("//", f"//user:{KEY}@"), KEY, retries=0))
    assert gone in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_stalled_answer_is_given_up() -> None:
    def stall(handler: Handler, asked: dict[str, Any]) -> None:
        handler.begin()
        handler.event("You")
        handler.server.go_on.wait(PATIENCE_S)

    with serving(stall) as server:
        pieces = at(server, timeout=0.3).complete(HELLO, Sampling())
        assert next(pieces) == "You"
        with pytest.raises(BackendUnavailable, match=r"0\.3 seconds"):
            next(pieces)


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    def cut(handler: Handler, asked: dict[str, Any]) -> None:
        handler.begin()
        handler.event("You get")

    def cut_inside(handler: Handler, asked: dict[str, Any]) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.raw("40\r\ndata: {")

    for behaviour in (cut, cut_inside):
        with serving(behaviour) as server, pytest.raises(BackendUnavailable):
            ask(at(server))


@pytest.mark.parametrize(
    "garbage",
    [
        "data: {not json\n\n",
        "data: 17\n\n",
        'data: {"choices": 5}\n\n',
        'data: {"error": {"message": "out of memory"}}\n\n',
        "<html>welcome</html>",
        "",
    ],
)
def test_garbage_is_no_answer(garbage: str) -> None:
    def behave(handler: Handler, asked: dict[str, Any]) -> None:
        handler.begin()
        handler.raw(garbage)

    with serving(behave) as server, pytest.raises(BackendUnavailable):
        ask(at(server))


def test_closing_hangs_up() -> None:
    def endless(handler: Handler, asked: dict[str, Any]) -> None:
        handler.begin()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            handler.event("and on ")

    with serving(endless) as server:
        pieces = at(server).complete(HELLO, Sampling())
        assert next(pieces) == "and on "
        pieces.close()  # type: ignore[attr-defined]
        assert server.hung_up.wait(PATIENCE_S)


@pytest.mark.real
def test_the_count_is_never_below_a_real_tokenizers() -> None:
    from model.backends.local import backend as local

    real, counted = local("SmolLM2-135M-Instruct"), backend("m")
    texts = [
        "Hello there",
        "ñandú 世界 🙂 " * 20,
        "xqzjkvw " * 50,
        "3.14159 " * 40,
        "{}[]()<>" * 20,
    ]
    texts += ["    \n\t\n" * 30, "The quick brown fox jumps over the lazy dog. " * 30]
    for text in texts:
        prompt = Prompt((Message("user", text),))
        assert counted.count(prompt) >= real.count(prompt)
