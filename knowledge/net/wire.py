"""The connections: made only to addresses that the guard judged, and ended when time is up."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from knowledge.net.guard import Guard
from knowledge.net.hurry import left_s


def left(timeout: float | None, late: type[Exception]) -> float | None:
    """The time limit of one read or write; raises when all time is used up."""
    rest = left_s()
    if rest <= 0:
        raise late("the answer took too long in all")
    if rest == float("inf"):
        return timeout
    return rest if timeout is None else min(timeout, rest)


class TimedStream(httpcore.NetworkStream):
    """A stream that keeps the deadline, which a slow drip would otherwise escape."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self.stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to `max_bytes`."""
        return self.stream.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of the buffer."""
        self.stream.write(buffer, left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same stream, secured; the certificate is that of the name, not of the address."""
        limit = left(timeout, httpcore.ConnectTimeout)
        return TimedStream(self.stream.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self.stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that the guard gives for a name, and to no name."""

    def __init__(self, guard: Guard) -> None:
        self.guard, self.inner = guard, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """The first address that answers. Raises `Refused` and `Unreached`."""
        failed: Exception = httpcore.ConnectError("no address")
        for address in self.guard.addresses(host):
            limit = left(timeout, httpcore.ConnectTimeout)
            try:
                made = self.inner.connect_tcp(
                    str(address), port, limit, local_address, socket_options
                )
                return TimedStream(made)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def connections(guard: Guard, secure: ssl.SSLContext, most: int = 10) -> httpcore.ConnectionPool:
    """Connections to be shared by threads, `most` at once; no proxy, which the guard can't see."""
    return httpcore.ConnectionPool(
        ssl_context=secure,
        max_connections=most,
        max_keepalive_connections=most,
        keepalive_expiry=15.0,
        network_backend=GuardedBackend(guard),
    )
