"""Fakes of our own ports; a library is never patched."""

from __future__ import annotations
