"""The connection to an IMAP server: only to judged addresses, within time and size."""

from __future__ import annotations

import imaplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from imap_tools import BaseMailBox

from knowledge.net.asking import Limits
from knowledge.net.errors import Denied
from knowledge.net.guard import Guard
from knowledge.sources.mailbox.account import Account

STEP = 65536  # bytes read at a time
SPARE = 2**16  # of an answer, beside what it carries


class AnswerTooLarge(Exception):
    """The server sends more than was asked for, or than may be."""


class Wire(imaplib.IMAP4):
    """An IMAP connection whose every read and write has an end, in time and in size."""

    def __init__(self, account: Account, guard: Guard, limits: Limits) -> None:
        self.account, self.guard, self.limits = account, guard, limits
        self.context = account.context() if account.security != "plain" else None
        self.come, self.taken = bytearray(), 0
        self.until = time.monotonic() + limits.total_s
        super().__init__(*account.reached_at)

    @contextmanager
    def within(self) -> Iterator[None]:
        """One command: its time and size begin anew."""
        self.until, self.taken = time.monotonic() + self.limits.total_s, 0
        yield

    # -- what imaplib lets others do ---------------------------------------------------

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect to the first judged address that answers. Raises `NetError` and `OSError`."""
        del timeout  # ours are the limits
        self.host, self.port = host, port
        plain = self.connected(host, port)
        secured = self.context is not None and self.account.security == "tls"
        self.sock = self.secured(plain) if secured else plain

    def connected(self, host: str, port: int) -> socket.socket:
        """A connection that is not secured yet."""
        failed: OSError = OSError("no address")
        for address in self.guard.addresses(host):
            try:
                return socket.create_connection((str(address), port), self.limits.connect_s)
            except OSError as error:
                failed = error
        raise failed

    def secured(self, plain: socket.socket) -> ssl.SSLSocket:
        """The same connection by TLS; the certificate is that of the name, not of the address."""
        assert self.context is not None
        plain.settimeout(self.left())
        try:
            return self.context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        self.count(size)
        while len(self.come) < size and self.more():
            pass
        return self.cut(size)

    def readline(self) -> bytes:
        """A line with its end."""
        seen = 0
        while (at := self.come.find(b"\n", seen)) < 0:
            seen = len(self.come)
            if seen > self.most:
                raise AnswerTooLarge("a line")
            if not self.more():
                return self.cut(len(self.come))
        self.count(at + 1)
        return self.cut(at + 1)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """All of it."""
        self.sock.settimeout(self.left())
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self.sock.close()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[str, list[bytes]]:  # type: ignore[override]
        """Secure the connection; what came before it is not believed."""
        del ssl_context  # ours is the account's
        if "STARTTLS" not in self.capabilities or self.state != "NONAUTH":
            raise ssl.SSLError("the server offers no STARTTLS")
        kind, told = self._simple_command("STARTTLS")
        if kind != "OK" or self.come:
            raise ssl.SSLError("the server did not begin TLS as it should")
        self.untagged_responses.clear()
        self.sock = self.secured(self.sock)
        self._tls_established = True
        self._get_capabilities()
        return kind, told

    # -- reading ---------------------------------------------------------------------

    @property
    def most(self) -> int:
        """Bytes of one answer."""
        return 2 * self.limits.max_bytes + SPARE

    def count(self, size: int) -> None:
        """Raise `AnswerTooLarge` where so much more is too much."""
        self.taken += size
        if size < 0 or size > self.limits.max_bytes + SPARE or self.taken > self.most:
            raise AnswerTooLarge("an answer")

    def cut(self, size: int) -> bytes:
        """Take so many bytes of what came."""
        told = bytes(self.come[:size])
        del self.come[:size]
        return told

    def more(self) -> bool:
        """Take what comes; False at the end."""
        self.sock.settimeout(self.left())
        piece = self.sock.recv(STEP)
        self.come += piece
        return bool(piece)

    def left(self) -> float:
        """Seconds that the next read or write may take."""
        rest = self.until - time.monotonic()
        if rest <= 0:
            raise TimeoutError("the answer took too long in all")
        return min(rest, self.limits.read_s)


class MailBox(BaseMailBox):
    """imap-tools' mailbox over our connection."""

    client: Wire

    def __init__(self, account: Account, guard: Guard, limits: Limits) -> None:
        self.given = account, guard, limits
        super().__init__()

    def _get_mailbox_client(self) -> Wire:
        made = Wire(*self.given)
        if self.given[0].security == "starttls":
            try:
                made.starttls()
            except BaseException:
                made.shutdown()
                raise
        return made


def logged_in(box: MailBox, account: Account, token: str) -> None:
    """Make the owner known. Raises `imaplib.IMAP4.error` with what the server says."""
    if token:
        said = iter([f"user={account.user}\1auth=Bearer {token}\1\1".encode()])
        box.client.authenticate("XOAUTH2", lambda _: next(said, b""))
    elif (account.user + account.password).isascii():
        if "LOGINDISABLED" in box.client.capabilities:
            remedy = 'Set `security` to "tls" or "starttls"'
            raise Denied(account.where, "takes no password on this connection", remedy)
        box.login(account.user, account.password, None)
    else:
        box.login_utf8(account.user, account.password, None)
