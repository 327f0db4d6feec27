"""Text as chats measure it, in UTF-16 units, and without what nobody can see."""

from __future__ import annotations

import re
import unicodedata

from knowledge.visible import seen

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000\ufdd0-\ufdef]")
LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
GAP = "\u200b"  # nothing to see, but it parts what would be read as one


def tidy(text: str) -> str:
    """The text without characters that cannot be seen, and with one kind of line end."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return CONTROL.sub("", seen(LINE_END.sub("\n", text)))


def size(text: str) -> int:
    """How long a text is in UTF-16 units, of which it never has fewer than characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clipped(text: str, most: int) -> str:
    """The beginning of a text, at most `most` UTF-16 units long."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis, at most `most` UTF-16 units long."""
    return text if size(text) <= most else f"{clipped(text, most - 1)}…"


def isolated(line: str, most: int) -> str:
    """A line of at most `most` UTF-16 units; cut with an ellipsis where it is longer.

    Right-to-left words are isolated, so that they turn round nothing that stands beside them.
    """
    turned = any(unicodedata.bidirectional(character) in ("R", "AL") for character in line)
    short = shortened(line, most - 2 * turned)
    return f"\u2068{short}\u2069" if turned else short
