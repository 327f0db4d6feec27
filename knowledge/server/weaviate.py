"""Weaviate's command line, environment, and what it answers when it is ready and ours."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.server import ports
from knowledge.server.folder import Folder
from knowledge.server.version import WEAVIATE_VERSION

HOST = "127.0.0.1"
NODE = "tandem"  # fixed, so that the data survive a change of the machine's name
KEPT = ("PATH", "HOME", "TMPDIR", "TZ", "GOMEMLIMIT", "GOMAXPROCS", "GOGC")


@dataclass(frozen=True)
class Endpoint:
    """Where a server that is ready answers, and the key that it wants."""

    port: int  # of REST, the first of the block
    api_key: str = field(repr=False)
    host: str = HOST

    @property
    def http_port(self) -> int:
        """The port of REST."""
        return self.port + ports.HTTP

    @property
    def grpc_port(self) -> int:
        """The port of gRPC."""
        return self.port + ports.GRPC

    @property
    def url(self) -> str:
        """The address of REST."""
        return f"http://{self.host}:{self.http_port}"


def command(binary: Path, folder: Folder, port: int) -> list[str]:
    """The server's command line; the marker in it is of no use but to know our process by."""
    listen = ["--host", HOST, "--port", str(port + ports.HTTP), "--scheme", "http"]
    patience = ["--read-timeout=600s", "--write-timeout=600s"]
    return [str(binary), *listen, *patience, f"--socket-path={folder.marker}"]


def environment(folder: Folder, key: str, port: int) -> dict[str, str]:
    """All that the server is told; of this process's own environment only what is harmless."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, **_access(key), **_network(port), **_habits(folder)}


def _access(key: str) -> Mapping[str, str]:
    return {
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
        "AUTHENTICATION_APIKEY_ENABLED": "true",
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": key,
        "AUTHENTICATION_APIKEY_USERS": NODE,
        "AUTHORIZATION_ADMINLIST_ENABLED": "true",
        "AUTHORIZATION_ADMINLIST_USERS": NODE,
        # The port between nodes has a door of its own, which stands open unless it gets a lock.
        "CLUSTER_BASIC_AUTH_USERNAME": NODE,
        "CLUSTER_BASIC_AUTH_PASSWORD": hashlib.sha256(f"cluster {key}".encode()).hexdigest(),
    }


def _network(port: int) -> Mapping[str, str]:
    return {
        "GRPC_PORT": str(port + ports.GRPC),
        "CLUSTER_HOSTNAME": NODE,
        "CLUSTER_IN_LOCALHOST": "true",
        "CLUSTER_BIND_ADDR": HOST,
        "CLUSTER_ADVERTISE_ADDR": HOST,
        "CLUSTER_GOSSIP_BIND_PORT": str(port + ports.GOSSIP),
        "CLUSTER_DATA_BIND_PORT": str(port + ports.DATA),
        "RAFT_PORT": str(port + ports.RAFT),
        "RAFT_INTERNAL_RPC_PORT": str(port + ports.RAFT_RPC),
        "RAFT_JOIN": f"{NODE}:{port + ports.RAFT_RPC}",
        "RAFT_BOOTSTRAP_EXPECT": "1",
        # One node waits for nobody's heartbeat: ready in 2 s, where the default of 5 takes 9.
        "RAFT_TIMEOUTS_MULTIPLIER": "1",
        "GO_PROFILING_DISABLE": "true",
        "PROMETHEUS_MONITORING_ENABLED": "false",
    }


def _habits(folder: Folder) -> Mapping[str, str]:
    return {
        "PERSISTENCE_DATA_PATH": str(folder.data),
        "DISABLE_TELEMETRY": "true",
        "ENABLE_MODULES": "",
        "API_BASED_MODULES_DISABLED": "true",
        "DEFAULT_VECTORIZER_MODULE": "none",
        "LIMIT_RESOURCES": "true",  # of the container, where there is one
        # By default a disk that is 90 % full makes it refuse to write, with many GB to spare.
        "DISK_USE_WARNING_PERCENTAGE": "97",
        "DISK_USE_READONLY_PERCENTAGE": "99",
        # Else writing to a collection that was just dropped makes one of another shape.
        "AUTOSCHEMA_ENABLED": "false",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "info",
    }


def ready(endpoint: Endpoint) -> bool:
    """Does a Weaviate of our version answer there that takes our key, and none but it?"""
    if _get(endpoint, "/v1/.well-known/ready", "")[0] != 200:
        return False
    status, body = _get(endpoint, "/v1/meta", endpoint.api_key)
    ours = status == 200 and _version(body) == WEAVIATE_VERSION
    return ours and _get(endpoint, "/v1/meta", "")[0] == 401 and _listens(endpoint.grpc_port)


def _get(endpoint: Endpoint, path: str, key: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(endpoint.host, endpoint.http_port, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        reply = connection.getresponse()
        return reply.status, reply.read(1 << 20)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _version(body: bytes) -> str:
    try:
        return str(json.loads(body)["version"])
    except (ValueError, TypeError, KeyError):
        return ""


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def complaint(lines: list[str]) -> str:
    """What of the log's last lines says best why the server ended."""
    told = [_told(line) for line in lines if line.strip()]
    grave = [text for level, text in told if level in ("error", "fatal", "panic")]
    return (grave or [text for _, text in told] or ["it said nothing"])[-1][:400]


def _told(line: str) -> tuple[str, str]:
    try:
        said = json.loads(line)
        text = ": ".join(str(said[part]) for part in ("msg", "error") if said.get(part))
        return str(said.get("level")), text
    except (ValueError, AttributeError):
        return ("panic" if re.match(r"panic:|fatal error:|\d{4}/", line) else "", line.strip())
