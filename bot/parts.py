"""A question that asks two things is taken apart, so that each is searched and answered."""

from __future__ import annotations

import re

ASKS = (
    r"(?:(?:by|at|for|in|on|to|from|until|since)\s+)?(?:when|what|whats|what['’]s|which|who|whom|"
    r"whose|where|how|why)\b"
)
JOINT = re.compile(
    rf"\s*[,;]?\s+(?:and|n|&|vs\.?|versus|also|plus)\s+(?={ASKS})|\?\s+(?:and\s+|also\s+)?(?={ASKS})",
    re.IGNORECASE,
)
LEANS = re.compile(  # "and does it cost extra?": the second thing needs the first to be understood
    r"\b(?:it|its|that|this|they|them|their|those|these|ones|one|then|there|he|she)\b", re.I
)
LEADING = re.compile(r"^(?:.*[.!:]\s+)(?=\S)", re.DOTALL)  # what is told before it is asked
LEAST, MOST = 5, 3  # words of a part, with fewer it leans on the one before; parts


def parts(question: str) -> list[str]:
    """The things asked, each readable alone; the question itself where it is one thing.

    What is told first ("My laptop was stolen.") goes with each part.
    """
    pieces = [piece.strip(" ,;") for piece in JOINT.split(question)]
    told = LEADING.match(pieces[0])
    first = pieces[0][told.end() :] if told else pieces[0]
    asked = [first, *pieces[1:]]
    apart = 1 < len(asked) <= MOST and all(len(piece.split()) >= LEAST for piece in asked)
    if not apart or any(LEANS.search(piece) for piece in asked[1:]):
        return [question]
    before = told.group() if told else ""
    return [f"{before}{piece}" for piece in asked]
