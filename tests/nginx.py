"""A real nginx on loopback that serves a folder, ended with the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.dovecot import certified, free_port, wait_for
from tests.patience import PATIENCE_S

CONFIG = """
daemon off;
worker_processes 1;
{owner}
pid {home}/pid;
error_log {home}/log;
events {{ worker_connections 200; }}
http {{
  log_format told '$status $uri';
  access_log {home}/asked told;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  types {{ text/html html; text/plain txt; application/xml xml; application/pdf pdf; }}
  gzip on;
  gzip_types application/xml;
  gzip_min_length 200;
  keepalive_requests 10000;
  limit_req_zone $binary_remote_addr zone=often:1m rate=50r/s;
  limit_req_zone $binary_remote_addr zone=seldom:1m rate=1r/m;
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    root {home}/site;
    location = /docs/old.html {{ return 301 /docs/new.html; }}
    location /busy/ {{ limit_req zone=often; }}
    location /counted/ {{ limit_req zone=often; limit_req_status 429; }}
    location /closed/ {{ limit_req zone=seldom; limit_req_status 429; }}
  }}
}}
"""
MARK = "/the-mark-of-the-log"


@dataclass(frozen=True)
class Nginx:
    """Where it listens, what it serves, and the authority of its certificate."""

    home: Path
    plain: int
    tls: int
    certificate: Path
    running: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.plain}"

    @property
    def secure(self) -> str:
        return f"https://localhost:{self.tls}"

    def put(self, path: str, page: str | bytes) -> None:
        """What is served at a path from now on."""
        file = self.home / "site" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(page.encode() if isinstance(page, str) else page)

    def remove(self, path: str = "") -> None:
        """Nothing is there any more."""
        file = self.home / "site" / path.lstrip("/")
        shutil.rmtree(file) if file.is_dir() else file.unlink()

    def asked(self) -> list[tuple[int, str]]:
        """Status and path of each request since this was last asked, in order."""
        httpx.get(self.url + MARK)  # its one worker has written of all before
        log = self.home / "asked"
        lines = [line.split(" ", 1) for line in log.read_text().splitlines()]
        os.truncate(log, 0)
        return [(int(status), path) for status, path in lines if path != MARK]


def installed() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def serving(home: Path) -> Iterator[Nginx]:
    """Nginx, ready to be asked; skips where none is installed."""
    binary = installed()
    if binary is None:
        pytest.skip("nginx is not installed")
    plain, tls, certificate = free_port(), free_port(), certified(home / "both.pem")
    (home / "site").mkdir()
    owner = "user root;" if os.geteuid() == 0 else ""
    told = CONFIG.format(home=home, owner=owner, plain=plain, tls=tls, certificate=certificate)
    (home / "nginx.conf").write_text(told)
    command = [binary, "-p", str(home), "-e", str(home / "log"), "-c", str(home / "nginx.conf")]
    running = subprocess.Popen(command)
    try:
        wait_for(plain, running, home / "log")
        yield Nginx(home, plain, tls, Path(f"{certificate}.crt"), running)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE_S)
