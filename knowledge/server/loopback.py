"""Keeps Weaviate on loopback: it has settings for some of its ports, but not for all.

gRPC and the port between nodes are bound on every interface, whatever is set. On Linux the
kernel asks us at each `bind` (seccomp's user notification, which needs no rights), and we put
loopback where it says "every interface". Elsewhere keys alone guard these two ports, and
`exposed` tells.
"""

from __future__ import annotations

import ctypes
import logging
import os
import select
import socket
import struct
import threading
from pathlib import Path

log = logging.getLogger(__name__)

RECEIVE, SEND = 0xC0502100, 0xC0182101  # ioctls
CONTINUE = 1
NOTICE = "=QIIiIQ6Q"  # id, thread, flags, call, architecture, place, arguments
ANSWER = "=QqiI"  # id, value, error, flags
IPV4 = (socket.AF_INET, 4, bytes(4), socket.inet_aton("127.0.0.1"))  # family, offset, any, ours
IPV6 = (socket.AF_INET6, 8, bytes(16), socket.inet_pton(socket.AF_INET6, "::ffff:127.0.0.1"))


def answer_binds(given: socket.socket) -> None:
    """Have a thread answer the process at the other end, if its kernel asks, until it ends."""
    given.settimeout(10)
    try:
        _, listeners, _, _ = socket.recv_fds(given, 1, 1)
    except OSError:
        listeners = []
    finally:
        given.close()
    for listener in listeners:
        threading.Thread(target=_answer, args=(listener,), daemon=True).start()


def exposed(pid: int) -> list[int]:
    """The ports of the process that can be reached from other machines."""
    import psutil

    try:
        open_now = psutil.Process(pid).net_connections("inet")
    except psutil.Error:  # it has just died
        return []
    waiting = (c.laddr for c in open_now if c.status in (psutil.CONN_LISTEN, psutil.CONN_NONE))
    return sorted({address.port for address in waiting if address and not _near(address.ip)})


def _near(address: str) -> bool:
    return address.startswith(("127.", "::1", "::ffff:127."))


def _answer(listener: int) -> None:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        while not poll.poll()[0][1] & (select.POLLHUP | select.POLLERR):
            notice = ctypes.create_string_buffer(struct.calcsize(NOTICE))
            if libc.ioctl(listener, ctypes.c_ulong(RECEIVE), notice) == 0:
                asked = struct.unpack(NOTICE, notice.raw[: struct.calcsize(NOTICE)])
                _bring_home(asked[1], place=asked[7], size=asked[8])
                answer = ctypes.create_string_buffer(struct.pack(ANSWER, asked[0], 0, 0, CONTINUE))
                libc.ioctl(listener, ctypes.c_ulong(SEND), answer)
    finally:
        os.close(listener)


def _bring_home(thread: int, place: int, size: int) -> None:
    """Replace "every interface" in the address that the thread is about to bind."""
    try:
        with Path(f"/proc/{thread}/mem").open("r+b", buffering=0) as memory:
            memory.seek(place)
            address = memory.read(min(size, 128))
            family, port = struct.unpack("=H", address[:2])[0], address[2:4]
            for known, offset, anywhere, ours in (IPV4, IPV6):
                found = address[offset : offset + len(anywhere)]
                if family == known and found == anywhere and port != b"\0\0":
                    memory.seek(place + offset)
                    memory.write(ours)
    except (OSError, struct.error):
        log.exception("an address could not be changed; `exposed` will tell")
