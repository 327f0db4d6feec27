"""Folders behind a URL, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from knowledge.documents import Checkpoint, Document, Unchanged
from knowledge.errors import SourceUnreadable
from knowledge.sources.folder import source


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A static site with an index made by the server."""
    (tmp_path / "docs" / "more").mkdir(parents=True)
    (tmp_path / "docs" / "lunch.md").write_text("# Lunch\nLunch is at noon.")
    (tmp_path / "docs" / "more" / "tea.md").write_text("# Tea\nTea is at four.")
    serve = partial(Quiet, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_listing_of_a_web_server_is_a_folder(site: str) -> None:
    given = list(source("s", f"{site}/docs/").documents(None))
    found = [item for item in given if isinstance(item, Document)]
    assert [item.key for item in found] == ["lunch.md", "more/tea.md"]
    assert len(given) == len(found)
    held = {item.key: item.fingerprint for item in found}
    again = source("s", f"{site}/docs/").documents(Checkpoint(held))
    assert all(isinstance(item, Unchanged) for item in again)


def test_a_page_of_a_web_server_is_a_file(site: str) -> None:
    [page] = source("s", f"{site}/docs/lunch.md").documents(None)
    assert isinstance(page, Document)
    assert (page.title, page.url) == ("Lunch", f"{site}/docs/lunch.md")


def test_a_web_server_that_is_away_is_said(site: str) -> None:
    with pytest.raises(SourceUnreadable, match="Check `path`"):
        list(source("s", "http://127.0.0.1:9/docs/").documents(None))
