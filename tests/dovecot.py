"""A real dovecot on loopback, in a temporary folder, ended with the test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

USER, PASSWORD = "ana", "hunter2"
CONFIG = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
mail_location = maildir:{home}/mail
first_valid_uid = 0
auth_mechanisms = plain
default_internal_user = {owner}
default_login_user = {owner}
default_internal_group = {group}
mail_max_userip_connections = 50
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """Where it listens, and the authority of its certificate."""

    plain: int
    tls: int
    certificate: Path
    running: subprocess.Popen[bytes]


def installed() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certified(path: Path) -> Path:
    """A key and its certificate for localhost in one file."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", path, "-out", f"{path}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@contextmanager
def serving(home: Path) -> Iterator[Dovecot]:
    """Dovecot, ready to be logged into; skips where none is installed."""
    import grp
    import pwd

    binary = installed()
    if binary is None:
        pytest.skip("dovecot-imapd is not installed")
    mail = pwd.getpwnam("dovecot") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    plain, tls, certificate = free_port(), free_port(), certified(home / "both.pem")
    (home / "mail").mkdir()
    config = home / "dovecot.conf"
    config.write_text(
        CONFIG.format(
            home=home, certificate=certificate, owner=mail.pw_name, password=PASSWORD,
            group=grp.getgrgid(mail.pw_gid).gr_name, uid=mail.pw_uid, gid=mail.pw_gid,
            plain=plain, tls=tls,
        )
    )  # fmt: skip
    if os.geteuid() == 0:
        os.chown(home / "mail", mail.pw_uid, mail.pw_gid)
    running = subprocess.Popen([binary, "-F", "-c", str(config)])
    try:
        wait_for(plain, running, home / "log")
        yield Dovecot(plain, tls, Path(f"{certificate}.crt"), running)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE_S)


def wait_for(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers; `log` is shown where it does not."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if running.poll() is not None:
            break
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    told = log.read_text() if log.exists() else ""
    raise AssertionError(f"{running.args!r} does not answer: {told}")
