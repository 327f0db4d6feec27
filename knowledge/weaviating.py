"""Calls to Weaviate with its failures turned into ours, at once or after trying again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from knowledge.errors import IndexUnavailable

if TYPE_CHECKING:
    from weaviate import WeaviateClient

log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE_S = 45.0  # a dead embedded server is back within this
SIGNS = ("non-existing index", "cannot find index", "could not find class")  # of no collection
LOADING_S = 10.0  # a server that starts answers before it has loaded its collections
CHANNEL = {
    # A call waits, up to its own time limit, for a server that is just coming back. Otherwise it
    # fails at once, the client tries again by itself after 1, 2, 4 ... 32 s, and a person who
    # asks while Weaviate is down waits for a minute.
    "grpc.service_config": '{"methodConfig": [{"name": [{}], "waitForReady": true}]}',
    "grpc.enable_retries": 1,
    "grpc.initial_reconnect_backoff_ms": 250,
    "grpc.max_reconnect_backoff_ms": 2000,  # by default 2 minutes, after a long absence
}


def connect(
    host: str,
    http_port: int,
    grpc_port: int,
    api_key: str | None,
    secure: bool,
    grpc_host: str | None = None,
) -> WeaviateClient:
    """A connected client. Raises `IndexUnavailable`."""
    import weaviate
    from weaviate.classes.init import AdditionalConfig, Auth, Timeout
    from weaviate.config import GrpcConfig

    limits = Timeout(init=10, query=30, insert=120)
    channel = GrpcConfig(channel_options=list(CHANNEL.items()))
    try:
        client = weaviate.connect_to_custom(
            http_host=host,
            http_port=http_port,
            http_secure=secure,
            grpc_host=grpc_host or host,
            grpc_port=grpc_port,
            grpc_secure=secure,
            auth_credentials=Auth.api_key(api_key) if api_key else None,
            additional_config=AdditionalConfig(timeout=limits, grpc_config=channel),
            skip_init_checks=True,  # they ask the internet for the newest version
        )
        client.get_meta()
    except Exception as error:
        where = f"{'https' if secure else 'http'}://{host}:{http_port}"
        problem = f"no answer from {where} ({first_line(error)})"
        raise IndexUnavailable(problem, "Check that Weaviate runs there and the key") from error
    return client


def elsewhere(url: str, grpc_url: str | None, key: str | None) -> WeaviateClient:
    """A connection to a Weaviate that somebody else runs."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    grpc = urlsplit(grpc_url) if grpc_url else None
    return connect(
        parts.hostname or "",
        parts.port or (443 if secure else 8080),
        (grpc and grpc.port) or (443 if secure else 50051),
        key,
        secure,
        grpc_host=(grpc and grpc.hostname) or None,
    )


def asking(call: Callable[[], T]) -> T:
    """Do it once; somebody waits for the answer."""
    from weaviate.exceptions import WeaviateBaseError

    try:
        return call()
    except (WeaviateBaseError, OSError, ValueError) as error:
        raise unavailable(error) from error


def insisting(
    call: Callable[[], T],
    but: type[Exception] | tuple[()] = (),
    patience_s: float = PATIENCE_S,
    pause_s: float = 0.5,
) -> T:
    """Do it, again and again while Weaviate is away: for work that nobody waits for.

    An error of the kind `but` is left to the caller as it is.
    """
    from weaviate.exceptions import WeaviateBaseError

    began, pause = time.monotonic(), pause_s
    until = began + patience_s
    while True:
        try:
            return call()
        except but:
            raise
        except (WeaviateBaseError, OSError) as error:
            limit = until if away(error) else min(until, began + LOADING_S * loading(error))
            if time.monotonic() + pause > limit:
                raise unavailable(error) from error
            log.warning("Weaviate is away (%s); trying again in %.1f s", first_line(error), pause)
            time.sleep(pause)
            pause = min(pause * 2, 5.0)


def away(error: BaseException | None) -> bool:
    """Is this the kind of failure that passes by itself?"""
    from weaviate.exceptions import (
        UnexpectedStatusCodeError,
        WeaviateConnectionError,
        WeaviateTimeoutError,
    )

    if isinstance(error, UnexpectedStatusCodeError):
        return error.status_code in (429, 500, 502, 503, 504)
    passing = ("unavailable", "deadline", "connect")
    kinds = (WeaviateConnectionError, WeaviateTimeoutError, OSError)
    return isinstance(error, kinds) or any(sign in str(error).lower() for sign in passing)


def loading(error: Exception) -> bool:
    """Is a collection not there: either it is not yet loaded, or it was dropped?"""
    told = str(error).lower()
    return any(sign in told for sign in SIGNS)


def unavailable(error: Exception) -> IndexUnavailable:
    """Our error for one of Weaviate's."""
    remedy = "See `tandem check` and Weaviate's log"
    return IndexUnavailable(f"Weaviate did not answer as asked ({first_line(error)})", remedy)


def first_line(error: Exception) -> str:
    """The beginning of an error's text."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:300]
