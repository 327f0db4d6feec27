"""The embedded Weaviate: found or built, started on loopback, shared by several commands."""

from __future__ import annotations

from knowledge.server.sharing import LINGER_S, Running, Status, serve, status, stop
from knowledge.server.version import WEAVIATE_VERSION
from knowledge.server.weaviate import Endpoint

__all__ = [
    "LINGER_S",
    "WEAVIATE_VERSION",
    "Endpoint",
    "Running",
    "Status",
    "serve",
    "status",
    "stop",
]
