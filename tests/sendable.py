"""Reports of tests that can be sent to the process that prints them, whatever stands in them."""

from __future__ import annotations


def sendable(told: object) -> object:
    """The same without half characters: xdist would end the whole session at one of those."""
    if isinstance(told, str):
        return told.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(told, dict):
        return {sendable(key): sendable(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return type(told)(map(sendable, told))
    return told
