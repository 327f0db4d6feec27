"""Logs: to a rotated file under the home folder, and warnings to stderr."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

import structlog
from structlog.typing import Processor

SIZE, KEPT = 5_000_000, 3  # bytes of a log file, older files kept
NOISY = (
    "weaviate-client",
    "httpx",
    "httpcore",
    "urllib3",
    "filelock",
    "trafilatura",
    "pdfminer",
    "pypdf",
    "alembic.runtime.plugins",
    "fontTools",
)


def begin(home: Path | None, level: str, form: str, aloud: bool = False) -> None:
    """Log from now on; where there is no folder, or none that takes it, to stderr only.

    `aloud`: stderr gets all that the file gets, as is usual of a service.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.setLevel(level.upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they report is raised as well
    console = logging.StreamHandler()
    console.setLevel(level.upper() if aloud or level == "debug" else logging.WARNING)
    console.setFormatter(formatter(form, traces=level == "debug"))
    root.addHandler(console)
    if home is None:
        return
    try:
        root.addHandler(log_file(home, form))
    except OSError as error:
        root.warning("nothing is logged to %s (%s)", home, str(error.strerror).lower())


def log_file(home: Path, form: str) -> logging.Handler:
    """The rotated file `tandem.log`, traces included."""
    home.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        home / "tandem.log", maxBytes=SIZE, backupCount=KEPT, encoding="utf-8", delay=True
    )
    handler.setFormatter(formatter(form, traces=True))
    return handler


def formatter(form: str, traces: bool) -> logging.Formatter:
    """Lines of text or of JSON; a trace is for the file, not for a person at the terminal."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    tail: list[Processor] = [structlog.processors.format_exc_info] if traces else [untraced]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail, last],
    )


def untraced(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The event without its trace."""
    event.pop("exc_info", None)
    event.pop("exception", None)
    return event
