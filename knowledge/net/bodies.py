"""The body of an answer, unpacked as it comes and never beyond a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

STEP = 65536  # bytes unpacked at a time
PACKED = ("gzip", "deflate")
ACCEPTED = ", ".join(PACKED)


class BodyTooLarge(Exception):
    """More bytes than the limit, as they came or unpacked."""


class BodyBroken(Exception):
    """The bytes are not packed as the answer says, or end too early."""


class Unpacking(Protocol):
    """Takes packed bytes; raises `BodyTooLarge` and `BodyBroken`."""

    def take(self, piece: bytes) -> bytes:
        """What comes out of one more piece."""

    def end(self) -> bytes:
        """What is left at the end."""


def whole_body(pieces: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """All of a body, unpacked; neither what came nor what it unpacks to exceeds `limit`."""
    unpacking, came, made = unpacking_of(encoding, limit), 0, bytearray()
    for piece in pieces:
        came += len(piece)
        made += unpacking.take(piece) if unpacking else piece
        if max(came, len(made)) > limit:
            raise BodyTooLarge
    return bytes(made + (unpacking.end() if unpacking and came else b""))


def unpacking_of(encoding: str, limit: int) -> Unpacking | None:
    """How a body is unpacked; None: it is not packed. Raises `BodyBroken`."""
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return None
    if len(names) > 1 or names[0].removeprefix("x-") not in PACKED:
        raise BodyBroken(f"is packed by {encoding[:60]!r}, which was not asked for")
    return Inflating(names[0].endswith("gzip"), limit)


class Inflating:
    """Gzip and deflate; of the latter also without the zlib header that many servers leave out."""

    def __init__(self, gzip: bool, limit: int) -> None:
        self.gzip, self.limit, self.made = gzip, limit, 0
        self.engine = zlib.decompressobj(31 if gzip else 15)
        self.begun = False

    def take(self, piece: bytes) -> bytes:
        """See `Unpacking`."""
        if not self.gzip and not self.begun and piece:
            self.begun = True
            if piece[0] & 0x0F != 8:
                self.engine = zlib.decompressobj(-15)
        made = bytearray()
        rest = piece
        while rest:
            made += self._step(rest)
            rest = self._rest()
        return bytes(made)

    def _step(self, piece: bytes) -> bytes:
        try:
            made = self.engine.decompress(piece, STEP)
        except zlib.error as error:
            raise BodyBroken(f"cannot be unpacked ({error})") from error
        self.made += len(made)
        if self.made > self.limit:
            raise BodyTooLarge
        return made

    def _rest(self) -> bytes:
        """What is still to be unpacked; a gzip body may be several, one after the other."""
        if self.engine.eof and self.gzip and self.engine.unused_data.startswith(b"\x1f\x8b"):
            rest, self.engine = self.engine.unused_data, zlib.decompressobj(31)
            return rest
        return self.engine.unconsumed_tail

    def end(self) -> bytes:
        """See `Unpacking`."""
        made = bytearray()
        while not self.engine.eof and (more := self._step(b"")):
            made += more
        if not self.engine.eof:
            raise BodyBroken("ends before it is complete")
        return bytes(made)
