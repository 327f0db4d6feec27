"""A local server that speaks as vLLM does: chat, models, and its endpoints for LoRA adapters.

Written from what vLLM documents (features/lora, "Dynamically serving LoRA Adapters") and answers:
without VLLM_ALLOW_RUNTIME_LORA_UPDATING the endpoints are not there; a name that is loaded is
refused with 400, one that is not with 404, a path without an adapter with 404; a rank above
--max-lora-rank with 500; a chat with a model that is not served with 404. A model says its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

BASE = "tiny"
NONE = "The lora adapter '{}' cannot be found."
TWICE = (
    "The lora adapter '{}' has already been loaded. If you want to load the adapter in place, set "
    "'load_inplace' to True."
)
UNSEEN = "Loading lora {} failed: No adapter found for {}"
UNSERVED = "The model `{}` does not exist."


@dataclass
class Vllm:
    """What the server has, and what it was asked."""

    url: str = ""
    updating: bool = True  # VLLM_ALLOW_RUNTIME_LORA_UPDATING
    key: str = ""
    max_rank: int = 16
    mounts: dict[str, Path] = field(default_factory=dict)  # by prefix: another file system
    adapters: dict[str, str] = field(default_factory=dict)  # paths by name
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    writing: Event | None = None  # an answer waits for it after its first word
    loading: Event | None = None  # an adapter's loading waits for it
    begun: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def restart(self) -> None:
        """Forget what was loaded while it ran."""
        with self.lock:
            self.adapters.clear()

    def seen(self, path: str) -> Path:
        """Where a path lies as the server sees it."""
        if not self.mounts:
            return Path(path)
        for prefix, folder in self.mounts.items():
            if path.startswith(prefix):
                return folder / path.removeprefix(prefix).lstrip("/")
        return Path("/nowhere")

    def load(self, told: dict[str, Any]) -> tuple[int, Any]:
        """The endpoint that loads."""
        name, path = told.get("lora_name"), told.get("lora_path")
        if not name or not path:
            return 400, error("Both 'lora_name' and 'lora_path' must be provided.", 400)
        config = self.seen(path) / "adapter_config.json"
        with self.lock:
            if name in self.adapters:
                return 400, error(TWICE.format(name), 400)
            if not config.is_file():
                return 404, error(UNSEEN.format(name, path), 404, "NotFoundError")
            rank = json.loads(config.read_text())["r"]
            if rank > self.max_rank:
                said = f"LoRA rank {rank} is greater than max_lora_rank {self.max_rank}."
                return 500, error(said, 500, "InternalServerError")
            self.adapters[name] = path
        return 200, f"Success: LoRA adapter '{name}' added successfully."

    def unload(self, told: dict[str, Any]) -> tuple[int, Any]:
        """The endpoint that unloads."""
        name = told.get("lora_name")
        with self.lock:
            if self.adapters.pop(str(name), None) is None:
                return 404, error(NONE.format(name), 404, "NotFoundError")
        return 200, f"Success: LoRA adapter '{name}' removed successfully."

    def models(self) -> dict[str, Any]:
        """The list of models."""
        cards = [{"id": BASE, "object": "model", "root": f"/weights/{BASE}", "parent": None}]
        with self.lock:
            cards += [
                {"id": name, "object": "model", "root": path, "parent": BASE}
                for name, path in self.adapters.items()
            ]
        return {"object": "list", "data": cards}


def error(said: str, code: int, kind: str = "InvalidUserInput") -> dict[str, Any]:
    """A refusal in vLLM's form."""
    return {"error": {"message": said, "type": kind, "param": None, "code": code}}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def do_GET(self) -> None:
        if self.allowed():
            known = self.path == "/v1/models"
            self.answer(*((200, self.server.vllm.models()) if known else (404, MISSING)))

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.allowed():
            vllm, what = self.server.vllm, self.path.removeprefix("/v1/")
            if what == "chat/completions":
                self.chat(told)
            elif vllm.updating and what in ("load_lora_adapter", "unload_lora_adapter"):
                vllm.calls.append((what, told))
                if vllm.loading is not None:
                    vllm.begun.set()
                    vllm.loading.wait()
                self.answer(*(vllm.load(told) if what.startswith("load") else vllm.unload(told)))
            else:
                self.answer(404, MISSING)

    def allowed(self) -> bool:
        key = self.server.vllm.key
        fine = not key or self.headers["Authorization"] == f"Bearer {key}"
        if not fine:
            self.answer(401, {"error": "Unauthorized"})
        return fine

    def chat(self, told: dict[str, Any]) -> None:
        vllm, model = self.server.vllm, told["model"]
        vllm.asked.append(told)
        if model != BASE and model not in vllm.adapters:
            self.answer(404, error(UNSERVED.format(model), 404, "NotFoundError"))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for number, piece in enumerate((model, " writes", " this")):
            if number and vllm.writing is not None:
                vllm.begun.set()
                vllm.writing.wait()
            self.event({"content": piece}, None)
        self.event({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        told = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        self.wfile.write(f"data: {json.dumps({**told, 'choices': [choice]})}\n\n".encode())
        self.wfile.flush()

    def answer(self, status: int, told: Any) -> None:
        plain = isinstance(told, str)
        body = (told if plain else json.dumps(told)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if plain else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


MISSING = {"detail": "Not Found"}


class Server(ThreadingHTTPServer):
    """On a free port of loopback."""

    daemon_threads = True

    def __init__(self, vllm: Vllm) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.vllm = vllm
        vllm.url = f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def serving(**told: Any) -> Iterator[Vllm]:
    """A server that runs until the context ends."""
    vllm = Vllm(**told)
    server = Server(vllm)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield vllm
    finally:
        for held_up in filter(None, (vllm.writing, vllm.loading)):
            held_up.set()
        server.shutdown()
        server.server_close()
        thread.join()
