"""The block of ports that one server takes, picked free and kept from start to start."""

from __future__ import annotations

import random
import socket

from knowledge.errors import ServerUnavailable

HTTP, GRPC, GOSSIP, DATA, RAFT, RAFT_RPC = range(6)  # places in the block
BLOCK = 6
# Below the ports that Linux (32768 on) and macOS (49152 on) hand out to outgoing connections,
# which could otherwise sit on a remembered port by the next start.
LOWEST, HIGHEST = 20_000, 32_000


def choose(remembered: int | None, wanted: int | None) -> int:
    """The first port of a free block: the one wanted, else the one remembered, else any.

    Raises `ServerUnavailable` when the block that is wanted is not free.
    """
    if wanted is not None:
        _require_free(wanted)
        return wanted
    if remembered is not None and not taken(remembered):
        return remembered
    return _any()


def taken(first: int) -> list[int]:
    """The ports of the block that something else listens on."""
    return [port for port in range(first, first + BLOCK) if not _free(port)]


def _any() -> int:
    for _ in range(200):
        first = random.randrange(LOWEST, HIGHEST, BLOCK)  # noqa: S311, no secret
        if not taken(first):
            return first
    problem = f"no {BLOCK} free ports in a row between {LOWEST} and {HIGHEST}"
    raise ServerUnavailable(problem, "Set `weaviate.port` to the first of a free block")


def _require_free(first: int) -> None:
    if not 1024 <= first <= 65535 - BLOCK:
        problem = f"port {first} is out of range"
        raise ServerUnavailable(problem, f"Set `weaviate.port` between 1024 and {65535 - BLOCK}")
    if busy := taken(first):
        ports = ", ".join(map(str, busy))
        problem = f"`weaviate.port` is {first}, but another program listens on {ports}"
        remedy = f"Stop that program, or set another port ({BLOCK} in a row are used), or none"
        raise ServerUnavailable(problem, remedy)


def _free(port: int) -> bool:
    """Could a server have this port, on loopback and on every interface, by TCP and UDP?"""
    if _answers(port):  # macOS lets us bind loopback beside another's listener on all interfaces
        return False
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for host in ("127.0.0.1", ""):
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind == socket.SOCK_STREAM:  # as Go does: a past connection is no obstacle
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError:
                    return False
    return True


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
