"""Servers of the tests' own that listen in a thread."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listening(server: socketserver.BaseServer, over: threading.Event) -> Iterator[None]:
    """The server answers within the block; `over` is set at its end, for answers that wait."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        server.shutdown()
        thread.join()
