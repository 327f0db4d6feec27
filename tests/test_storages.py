"""Folders behind a URL: the web is left to the source that asks it with care."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import PluginOptionsWrong
from bot.plugins import load
from knowledge.errors import SourceUnreadable
from knowledge.sources.folder import source


@pytest.fixture
def unasked() -> Iterator[str]:
    """The host of a server that nobody is to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


WEB = [
    ("http://{}/docs/", {}),
    ("HTTP://{}/docs/lunch.md", {}),
    ("simplecache::http://{}/docs/lunch.md", {}),
    ("zip://docs::http://{}/docs.zip", {}),
    ("zip://docs", {"fo": "http://{}/docs.zip"}),
]


@pytest.mark.parametrize(("path", "options"), WEB)
def test_the_web_is_not_read_as_a_folder(unasked: str, path: str, options: dict[str, Any]) -> None:
    given = {name: told.format(unasked) for name, told in options.items()}
    folder = source("s", path.format(unasked), options=given)
    with pytest.raises(SourceUnreadable, match='use = "website"'):
        list(folder.documents(None))


@pytest.mark.parametrize("path", [path for path, options in WEB if not options])
def test_settings_that_would_read_the_web_as_a_folder_are_refused(path: str) -> None:
    with pytest.raises(PluginOptionsWrong, match=r'`path` leads over http.*use = "website"'):
        load("source", "folder", {"name": "s", "path": path.format("files.example")})
    assert load("source", "folder", {"name": "s", "path": "s3://https.example/docs"})
