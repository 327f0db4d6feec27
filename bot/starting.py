"""What every command begins with: the settings, the log, the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.app import App
    from bot.bars import Bars
    from bot.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON object (or JSON Lines) on stdout.")]


def settled(aloud: bool = False) -> Settings:
    """The settings, with logging begun; `aloud` as a service logs."""
    from bot import logs
    from bot.settings import load_settings

    settings = load_settings()
    logs.begin(settings.home, settings.log.level, settings.log.format, aloud)
    return settings


@contextmanager
def started(aloud: bool = False) -> Iterator[tuple[App, Bars]]:
    """The app and its progress bars; both are ended afterwards."""
    settings = settled(aloud)

    from rich.console import Console

    from bot.app import build
    from bot.bars import Bars

    with Bars(Console(stderr=True)) as bars, build(settings, bars, bars.note) as app:
        yield app, bars
