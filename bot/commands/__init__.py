"""The commands of learning: a file each subject, which adds its own to the command line."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import typer


def add_all(cli: typer.Typer) -> None:
    """Let every file of this folder add its commands (`add_to`)."""
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}").add_to(cli)
