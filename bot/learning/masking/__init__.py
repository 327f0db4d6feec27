"""Masks secrets and personal data in a text before it is kept to learn from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.learning.masking.identities import identities
from bot.learning.masking.keys import keys
from bot.learning.masking.payments import payments
from bot.learning.masking.phones import phones
from bot.learning.masking.spans import MARK, Span, joined, plainly

LITTLE_LEFT = "little is left of it once secrets are masked"  # why what is `mostly` marks waits
PASSES = 4  # at most: a mark may uncover what its neighbour hid
EMAIL = re.compile(
    r"(?<![\w.+-])(?!git@[\w.-]+:)[\w.%+'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![^\W_]|-)"
)

DISGUISED = re.compile(  # "jo [at] acme.com", "jo (at) acme (dot) com", "jo@acme[.]com"
    r"(?<![\w.+-])[\w.%+'-]{1,64}(?: ?[\[({] ?(?:at|ät|@) ?[\])}] ?|@(?=[\w-]{1,63} ?[\[({]))"
    r"(?:[\w-]{1,63}(?:\.| ?[\[({] ?(?:dot|punkt|\.) ?[\])}] ?)){1,8}[^\W\d_]{2,24}(?![^\W_]|-)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Masked:
    """A text without its secrets, and how many of each kind there were."""

    text: str  # with "[email]", "[phone]", "[card]", "[iban]", "[key]", "[number]" in their places
    kinds: Counter[str] = field(default_factory=Counter)  # "email", "phone", ...

    @property
    def mostly(self) -> bool:
        """Is little left beside the marks? Fewer than three words, or fewer words than marks."""
        words = re.findall(r"[^\W\d_]{2,}", MARK.sub(" ", self.text))
        marks = len(MARK.findall(self.text))
        return marks > 0 and (len(words) < 3 or len(words) < marks)


def masked(text: str) -> Masked:
    """The text with marks in the place of secrets; masking it again changes nothing.

    Time grows with the text's length, whatever it holds.
    """
    kinds = Counter[str]()
    for _ in range(PASSES):
        found = joined(_found(plainly(text)))
        if not found:
            break
        kinds.update(span.kind for span in found)
        text = _marked(text, found)
    return Masked(text, kinds)


def _found(text: str) -> Iterator[Span]:
    yield from keys(text)
    for pattern in (EMAIL, DISGUISED):
        yield from (Span(*found.span(), "email") for found in pattern.finditer(text))
    yield from payments(text)
    yield from identities(text)
    yield from phones(text)


def _marked(text: str, found: list[Span]) -> str:
    pieces, end = list[str](), 0
    for span in found:
        pieces += (text[end : span.start], f"[{span.kind}]")
        end = span.end
    return "".join([*pieces, text[end:]])
