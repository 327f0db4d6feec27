"""The form of a message: where its request stands, whether it brings a text, how it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

HEAD, TAIL = 32, 16  # words of a message that the router looks at, from its begin and its end
BINS = 2048  # that words and pairs of words are hashed into
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
QUOTED = re.compile(r"[\"“”«»`]([^\"“”«»`]{2,})[\"“”«»`]|(?<!\w)['‘]([^'’\n]{4,})['’](?!\w)")
CARRIED = re.compile(r"(?:(?<!\d):(?!\d|//)|\n|->|=>|→|⇒|↓|--| [–—-] )\s*(?=\S)")
POLITE = (
    r"(?:(?:please|pls|plz|hey|hi|hello|ok|okay|now|so|and|kindly|bot|(?:can|could|would|will) "
    r"(?:you|u|someone|somebody)|help me|i need(?: to)?)[,\s]+)*"
)
TASK_VERB = re.compile(
    rf"^\W*{POLITE}(?:re-?\w*(?:write|phras|word|work)|paraphrase|polish|proof|edit|fix|make|turn|"
    r"soften|simplif|shorten|summ?ar|sum up|tl;?dr|condens|boil|recap|classif|categori|label|tag|"
    r"sort|rate|draft|compose|write|create|generate|translat|put|say|convert|reply|answer|respond)",
    re.IGNORECASE,
)
ASKING = re.compile(
    rf"^\W*{POLITE}(?:what|where|who|whom|whose|when|which|why|how|do|does|did|is|are|was|were|am|"
    r"should|may|has|have|any|anyone|anybody|if|by|in what|to wh\w+)(?:'?s|'?re)?\b",
    re.IGNORECASE,
)
TELLING = re.compile(r"^\W*(?:i|i'?m|i'?ve|my|we|our|there|it|the|you|somebody)\b", re.IGNORECASE)
POINTING = re.compile(r"\b(?:this|that|these|it|following|below|above)\b", re.IGNORECASE)
OURS = re.compile(r"\b(?:our|we|us|my|i|handbook|policy|rules?)\b", re.IGNORECASE)
OFFERING = re.compile(r"\b[\w-]+(?:,? or |/)[\w-]+", re.IGNORECASE)  # "spam or not", "bug/idea"
EARLIER = re.compile(
    r"\b(?:thread|above|discussion|conversation|your (?:last )?(?:answer|reply)|all that|"
    r"(?:it|that|this|one) (?:up|down|for|to|in)|(?:that|it|one|one line)\W*$)",
    re.IGNORECASE,
)
LANGUAGE = re.compile(
    r"\b(?:english|englis\w*|anglais|inglés|french|fran[çz]\w+|german|deutsch\w*|spanish|español|"
    r"espanol|italian\w*|portuguese|dutch|polish|polnisch|russian|ukrainian|czech|slovak|"
    r"hungarian|romanian|bulgarian|greek|turkish|arabic|hebrew|hindi|urdu|chinese|mandarin|"
    r"japanese|korean|thai|vietnamese|indonesian|filipino|swahili|latin|swedish|danish|norwegian|"
    r"finnish|icelandic|estonian|latvian|lithuanian|croatian|serbian|slovene|catalan|basque|"
    r"welsh|irish|mongolian|translat\w*)\b",
    re.IGNORECASE,
)
PIECE = re.compile(
    r"\b(?:announcement|e-?mail|mail|message|msg|reply|response|answer|post|note|notice|memo|text|"
    r"letter|card|invite|invitation|reminder|tweet|headline|slogan|title|caption|speech|toast|"
    r"poem|blurb|ad|sign|sms|wording|thank-?you|apology|out-of-office|agenda|minutes|bio)s?\b",
    re.IGNORECASE,
)
WANTED = re.compile(
    r"\b(?:draft|compose|write|create|generate|prepare|need|have to|must|put together|come up|"
    r"help me|say|give me|suggest|turn)\b",
    re.IGNORECASE,
)
SHORTENING = re.compile(
    r"\b(?:summ?[ae]r\w*|sum|tl;?dr|recap|gist|digest|short\w*|brief\w*|condense|nutshell|essence|"
    r"(?:key|main|action) (?:points?|items?)|takeaways?|highlights|upshot|bottom line|boil\w*|"
    r"in (?:one|a|two|three|\d+) (?:line|sentence|bullet)s?)\b",
    re.IGNORECASE,
)
TRAITS = 33
BARE = frozenset(
    "a about above again all an and answer as at be below bit bot bullet bullets can casual "
    "classify clear clearer clearly condense could do draft email english find fix for formal "
    "formally french friendlier friendly from german give got gist help here hey hi how i in into "
    "is it italian its just kind kinder less letter like line list little longer mail make me "
    "mean message more much my need nice nicer no not now of ok on one or out paragraph part "
    "please pls plz points polish polite politely post put quick quickly recap rephrase reply "
    "rewrite reword said same say sentence sentences short shorten shorter simple simpler simply "
    "so softer something sound sounds spanish speech sum summarise summarize summary text than "
    "that the their them then these they thing this thread tl dr tldr to tone too translate "
    "translation try turn two u up us version very want warmer way what with word words would "
    "write you your".split()
)


def excerpt(text: str) -> str:
    """The begin and the end, where a request stands; a pasted text between is left out."""
    words = text.split()
    if len(words) <= HEAD + TAIL:
        return text
    return " ".join([*words[:HEAD], "…", *words[-TAIL:]])


def parted(text: str) -> tuple[str, str]:
    """The request, and the text that it brings: in quotes, after a colon or on a new line.

    What comes first decides: quotes inside of a pasted text are a part of it.
    """
    carried, quoted = CARRIED.search(text), QUOTED.search(text)
    if quoted and (carried is None or quoted.start() <= carried.end()):
        quotes = [one or other for one, other in QUOTED.findall(text)]
        return " ".join(QUOTED.sub(" ", text).split()).strip(" :"), max(quotes, key=len).strip()
    if carried:
        return text[: carried.start()].strip(), text[carried.end() :].strip()
    return text.strip(), ""


def brings_text(text: str) -> bool:
    """Is there anything in the message to work on, beside the words of the request itself?"""
    if WORD.search(parted(text)[1]):
        return True
    return sum(word.casefold() not in BARE for word in WORD.findall(text)) >= 2


def features(text: str) -> npt.NDArray[np.float32]:
    """What the words and the form of a message say; float32, (BINS + TRAITS,)."""
    return np.concatenate([_words(text), np.asarray(_traits(text), np.float32)])


def _words(text: str) -> npt.NDArray[np.float32]:
    """Words and pairs of them, hashed, with unit length."""
    bins = np.zeros(BINS, np.float32)
    for gram in _grams(text):
        bins[crc32(gram.encode()) % BINS] += 1
    length = float(np.linalg.norm(bins))
    return bins / length if length else bins


def _grams(text: str) -> Iterator[str]:
    """Of the request, and of the end where that is no part of it."""
    asked = WORD.findall(parted(excerpt(text))[0].casefold())
    words = ["^", *asked[:HEAD]]
    yield from words[1:]
    yield from map(" ".join, pairwise(words))
    if len(asked) > 3:
        return
    for word in WORD.findall(text.casefold())[-6:]:
        yield f"…{word}"


def _traits(text: str) -> list[float]:
    """Yes and no, as 1 and 0, and two lengths."""
    asked, carried = parted(text)
    size, carries = len(WORD.findall(asked)), len(WORD.findall(carried))
    verb, asks = bool(TASK_VERB.search(text)), bool(ASKING.search(text))
    ends, few = asked.rstrip().endswith("?"), len(WORD.findall(text)) <= 6
    offers = bool(OFFERING.search(" ".join(asked.split()[:10])))
    earlier, tongue = bool(EARLIER.search(asked)), bool(LANGUAGE.search(asked))
    piece, wanted = bool(PIECE.search(asked)), bool(WANTED.search(asked))
    shortens = bool(SHORTENING.search(text))
    truths = [
        verb,
        asks,
        bool(TELLING.search(text)),
        bool(POINTING.search(asked)),
        bool(OURS.search(asked)),
        carries > 0,
        carries > 3,
        ":" in text,
        "\n" in text.strip(),
        bool(QUOTED.search(text)),
        text.rstrip().endswith("?"),
        ends,
        verb and carries > 0,
        asks and carries > 0,
        verb and carries == 0,
        asks and carries == 0,
        carries > 0 and carried.endswith("?"),
        offers,
        offers and carries > 0,
        earlier,
        earlier and few,
        tongue,
        tongue and few,
        tongue and carries > 0,
        piece and wanted,
        piece and wanted and not asks,
        shortens,
        shortens and (carries > 3 or earlier),
        shortens and few,
        few,
        bool(re.search(r"[^\x00-\u024f\u2000-\u2bff\U0001f000-\U0001faff]", text)),
    ]
    return [*map(float, truths), min(size, 30) / 30, min(carries, 60) / 60]
