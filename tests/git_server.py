"""A real `git http-backend` behind a server on loopback, with a login and with faults."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.repositories import ISOLATED


@dataclass
class GitServer:
    """What is served, to whom, and what goes wrong."""

    root: Path
    url: str = ""
    login: str = ""  # "name:token"; "": anyone is let in
    status: int = 0  # answered to all that is asked
    location: str = ""
    cut: bool = False  # contents end in the middle
    heard: list[str] = field(default_factory=list)  # Authorization of each request

    def allows(self, given: str) -> bool:
        told = base64.b64encode(self.login.encode()).decode()
        return not self.login or given == f"Basic {told}"


@contextmanager
def serving(root: Path) -> Iterator[GitServer]:
    """Serve the repositories below a folder."""
    served = GitServer(root)

    class Handler(Answering):
        git = served

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class Answering(BaseHTTPRequestHandler):
    """Answers as the backend does, unless a fault is set."""

    git: GitServer

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def answer(self, body: bytes) -> None:
        given = self.headers.get("Authorization", "")
        self.git.heard.append(given)
        if self.git.status:
            self.send_response(self.git.status)
            self.send_header("Location", self.git.location)
            self.end_headers()
        elif not self.git.allows(given):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
        else:
            self.give(self.backend(body))

    def give(self, told: bytes) -> None:
        head, _, said = told.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(lines.pop("Status", "200").split()[0]))
        for name, value in (lines | {"Content-Length": str(len(said))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(
            said[: len(said) // 2] if self.git.cut and "pack" in head.decode() else said
        )

    def backend(self, body: bytes) -> bytes:
        path, _, query = self.path.partition("?")
        told = {
            "GIT_PROJECT_ROOT": str(self.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        asked = ["git", "http-backend"]
        env = os.environ | ISOLATED | told
        return subprocess.run(asked, input=body, env=env, capture_output=True, check=True).stdout

    def log_message(self, *_: object) -> None:
        """Say nothing."""
