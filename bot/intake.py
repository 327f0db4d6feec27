"""What a question must be before it is accepted."""

from __future__ import annotations

import unicodedata

from bot.errors import QuestionRefused

BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str, limit: int) -> str:
    """The text without control characters, trimmed. Raises `QuestionRefused`.

    `limit` is in characters; a longer question is refused rather than cut.
    """
    kept = "".join(map(_kept, unicodedata.normalize("NFC", text))).strip()
    if not kept:
        what = "only characters that cannot be seen" if text.strip() else ""
        raise QuestionRefused(what, "There is no question in that. Write what you want to know.")
    if len(kept) > limit:
        raise QuestionRefused(
            kept[:60] + "…",
            f"That is {len(kept):,} characters long, and I read at most {limit:,}. "
            "Shorten it, or ask about a part of it.",
        )
    return kept


def _kept(character: str) -> str:
    if character in "\n\t":
        return character
    if character in BIDI or unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
        return " " if character in "\r\v\f" else ""
    return character
