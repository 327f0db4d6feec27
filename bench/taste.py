"""A simulated team with a hidden taste: short answers in the active voice that say something."""

from __future__ import annotations

import re

WORDS = 40  # an answer that is liked has fewer
TOLD = 5  # of the words that carry the text's meaning, it has as many at least
BE = r"(?:am|is|are|was|were|be|been|being|get|gets|got)(?:n't|n’t)?"
BETWEEN = r"(?:not|also|now|then|being|only|just|still|often|always|never|\w+ly)"
IRREGULAR = (
    "begun|bought|broken|brought|built|caught|chosen|cut|done|drawn|driven|eaten|fed|felt|"
    "forgotten|found|frozen|given|grown|heard|held|hidden|hit|hurt|kept|known|laid|led|left|lent|"
    "lost|made|meant|met|paid|proven|put|read|run|said|seen|sent|set|shown|sold|sought|spent|"
    "split|spoken|spread|stolen|struck|taken|taught|thought|thrown|told|understood|withdrawn|"
    "won|worn|written"
)
NO_VERB = r"(?!indeed\b|need\b|speed\b|seed\b|feed\b|weed\b|hundred\b|sacred\b|naked\b)"
PASSIVE = re.compile(
    rf"\b{BE}\s+(?:{BETWEEN}\s+){{0,2}}{NO_VERB}"
    rf"(?:\w{{2,}}ed|(?:re|un|over|under|with)?(?:{IRREGULAR}))\b",
    re.IGNORECASE,
)


def words(text: str) -> int:
    """How many words an answer has."""
    return len(text.split())


def passive(text: str) -> bool:
    """Is a verb of it in the passive voice? By form: some that describe a state count too."""
    return PASSIVE.search(text) is not None


def told(text: str, answer: str) -> int:
    """How many words of a text its answer has, each once, by their stems; "the" does not count."""
    from knowledge.words import stems

    return len({*stems(text)} & {*stems(answer)})


def likes(text: str, answer: str) -> bool:
    """Would the team give a thumbs-up to what was made of a text?"""
    return words(answer) < WORDS and not passive(answer) and told(text, answer) >= TOLD
