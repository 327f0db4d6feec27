"""What a model wrote, brought to one of the labels of its task."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

LONGEST = 200  # characters that are read of what was written
REST = "other"  # what a text with nothing in common is, where the task has such a label


def nearest_label(text: str, labels: Sequence[str]) -> str:
    """The label that `text` means: as written, else but for case and marks, else the likest.

    A label that stands whole within the text counts before mere likeness; of several the
    earliest, then the longest. The same text always gives the same label. Raises `ValueError`
    without labels.
    """
    if not labels:
        raise ValueError("there are no labels to choose from")
    bare = text.strip()
    if bare in labels:
        return bare
    said, known = bared(bare[:LONGEST]), [bared(label) for label in labels]
    if said in known:
        return labels[known.index(said)]
    inside = _inside(said, known)
    return labels[_likest(said, known) if inside is None else inside]


def label_named(text: str, labels: Sequence[str]) -> str | None:
    """The label that is written so in any case, as the task writes it; None: it is none."""
    known = {label.casefold(): label for label in labels}
    return known.get(text.casefold())


def bared(text: str) -> str:
    """Its words in lower case, without marks."""
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def _inside(said: str, known: Sequence[str]) -> int | None:
    """Which label stands in the text as whole words."""
    padded = f" {said} "
    places = [(padded.find(f" {label} "), -len(label), n) for n, label in enumerate(known) if label]
    return min((place for place in places if place[0] >= 0), default=(0, 0, None))[2]


def _likest(said: str, known: Sequence[str]) -> int:
    """Which label shares most letters with the text; the rest's, else the first, of none."""
    likeness = [
        difflib.SequenceMatcher(None, label, said, autojunk=False).ratio() for label in known
    ]
    if max(likeness) == 0:
        return known.index(REST) if REST in known else 0
    return likeness.index(max(likeness))
