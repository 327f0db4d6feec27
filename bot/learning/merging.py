"""Finds the text that a new one nearly repeats, among many, without comparing all with all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from model.examples import group_of

Numbers = npt.NDArray[np.uint32]
ALIKE = 0.85  # of the pairs of neighbouring words that either has, both have
FEWEST = 8  # words; shorter texts are one only where all words are the same
BANDS, ROWS = 12, 7  # of a signature: two texts that are alike agree in a band 99 times of 100
NEAR = 0.72  # of the numbers of two signatures that agree where the texts may be alike
TRIED = 20  # texts of a band that a new one is compared with
_CHANCE = np.random.default_rng(7)
TIMES = _CHANCE.integers(1, 2**63, BANDS * ROWS, np.uint64) * np.uint64(2) + np.uint64(1)
PLUS = _CHANCE.integers(0, 2**63, BANDS * ROWS, np.uint64)
WORD = re.compile(r"\w+(?:['’]\w+)*")
TELLS = re.compile(r"\d|^[^\W\d_]*[A-Z]|^(?:no|not|never|none|without|cannot|\w+n['’]t)$")


class Texts:
    """Texts by their words; the first of those that are nearly the same stands for all.

    Each text has a signature (MinHash): two texts agree in about as many of its numbers as the
    share of their pairs of words that both have. Only texts that agree in one of its `BANDS` are
    compared, number by number at first, and word by word only what is near by that.
    """

    def __init__(self) -> None:
        self._same: dict[str, str] = {}  # by the words in their order
        self._texts: list[str] = []  # those that are long enough to be nearly the same
        self._signatures: list[Numbers] = []
        self._banded: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, text: str) -> str:
        """The text that stands for it: an earlier one, or itself from now on."""
        found, signed = self._look_up(text)
        if found is not None:
            return found
        if not WORD.search(text):
            return text  # signs alone: nobody can say that two of these mean the same
        self._same[group_of(text)] = text
        if signed is not None:
            self._put(text, signed)
        return text

    def find(self, text: str) -> str | None:
        """The earlier text that is nearly the same."""
        return self._look_up(text)[0]

    def _look_up(self, text: str) -> tuple[str | None, Numbers | None]:
        """The earlier text that is nearly the same; the signature, where one was needed."""
        if (same := self._same.get(group_of(text))) is not None and WORD.search(text):
            return same, None
        signed = signature(text)
        tried = [] if signed is None else self._near(signed)
        return next((held for held in tried if nearly_same(held, text)), None), signed

    def _put(self, text: str, signed: Numbers) -> None:
        for band in bands(signed):
            if len(self._banded[band]) < TRIED:
                self._banded[band].append(len(self._texts))
        self._texts.append(text)
        self._signatures.append(signed)

    def _near(self, signed: Numbers) -> list[str]:
        """The texts that are near by their signatures, the oldest first."""
        found = sorted({place for band in bands(signed) for place in self._banded.get(band, ())})
        if not found:
            return []
        agree = (np.stack([self._signatures[place] for place in found]) == signed).mean(axis=1)
        return [
            self._texts[place] for place, share in zip(found, agree, strict=True) if share >= NEAR
        ]


def nearly_same(one: str, other: str) -> bool:
    """Do both say the same but for a small word or two?

    Not where a name, a figure or a "not" is among the words that only one has.
    """
    first, second = pairs(one), pairs(other)
    if min(len(first), len(second)) < FEWEST - 1:
        return group_of(one) == group_of(other)
    if len(first & second) < ALIKE * len(first | second):
        return False
    return not any(TELLS.search(word) for word in _apart(one, other))


def pairs(text: str) -> set[int]:
    """A number for each two words that stand together."""
    words = WORD.findall(text.casefold())
    return {crc32(f"{a} {b}".encode("utf-8", "replace")) for a, b in pairwise(words)}


def signature(text: str) -> Numbers | None:
    """The smallest of its pairs in each of many orders; None: it is too short."""
    found = pairs(text)
    if len(found) < FEWEST - 1:
        return None
    mixed = (TIMES[:, None] * np.fromiter(found, np.uint64) + PLUS[:, None]) >> np.uint64(32)
    return np.asarray(mixed.min(axis=1), np.uint32)


def bands(signed: Numbers) -> list[int]:
    """A number for each part of a signature."""
    return [hash((n, part.tobytes())) for n, part in enumerate(signed.reshape(BANDS, ROWS))]


def _apart(one: str, other: str) -> Iterable[str]:
    """The words that only one of the two has, as they stand."""
    first = {word.casefold(): word for word in WORD.findall(one)}
    second = {word.casefold(): word for word in WORD.findall(other)}
    yield from (word for key, word in first.items() if key not in second)
    yield from (word for key, word in second.items() if key not in first)
