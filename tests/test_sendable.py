"""A report with half a character in it ends no session."""

from __future__ import annotations

from tests.sendable import sendable


def test_half_characters_are_spelled_out_wherever_they_stand() -> None:
    told = {
        "nodeid": "a",
        "sections": [("log \ud83d", "b\udc00c")],
        "when": None,
        "took": (1, "é😀"),
    }
    assert sendable(told) == {
        "nodeid": "a",
        "sections": [("log \\ud83d", "b\\udc00c")],
        "when": None,
        "took": (1, "é😀"),
    }
