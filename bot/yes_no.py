"""A yes or no that a model puts before its sentence: it stands only where the quote bears it out.

The sentence is checked word by word; a "Yes" has no words to check. So it is taken off unless
everything tells for it: the question asks for it, one clause of the quote speaks of all that is
asked and of nobody else, in the same mood, and its negations are as the word says. In doubt the
word goes and the sentence stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.words import stems

STOPS = r"\s*[,.!:;\u2013\u2014-]+\s*"
AGREES = r"yeah|yep|correct|certainly|absolutely|definitely|of course|sure|indeed|true"
DIFFERS = r"nope|incorrect|false|not really|not at all"
WORD = re.compile(
    rf"^\W*(?:(?P<torn>yes and no|yes or no)\b(?:{STOPS})?"
    rf"|(?P<yes>yes\b(?:{STOPS}|\s+|$)|(?:{AGREES})\b{STOPS})"
    rf"|(?P<no>no\b(?!\.\d)(?:{STOPS}|$|\s+(?=(?:you|we|they|it|he|she|i|there|this|that)\b))"
    rf"|(?:{DIFFERS})\b{STOPS}))",
    re.IGNORECASE,
)
VERB = (
    r"is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had"
)
ASKS = re.compile(rf"(?:^|[.,:;!?]\s+)(?:and |so |but )?(?:{VERB}|need)\s+\w", re.IGNORECASE)
FIRST_VERB = re.compile(rf"\b(?:{VERB}|needs?|cannot)\b|\w+n['’]t\b", re.IGNORECASE)
DENIES = re.compile(
    r"\b(?:not|no|never|none|cannot|without|nor|neither|nobody|nothing|prohibit\w*|forb[ia]d\w*"
    r"|disallow\w*|ineligible|unable|exclud\w*|exempt\w*|refus\w*|reject\w*|den(?:y|ied|ies)"
    r"|illegal|unlawful|lacks?|fails?|hardly|rarely|seldom|few|little|stops?)\b|n['’]t\b",
    re.IGNORECASE,
)
RESTRICTS = re.compile(
    r"\b(?:only|unless|except\w*|but|however|instead|rather|other than|or|if|whether|depend\w*)\b",
    re.IGNORECASE,
)
OBLIGES = re.compile(
    r"\b(?:must|shall|should|needs?|needed|(?:have|has|had|got) to|required?|requires|mandatory"
    r"|necessary|obliged|obligatory|compulsory|supposed)\b",
    re.IGNORECASE,
)
SPARES = re.compile(  # "need not", "is not required", but not "must not"
    r"\b(?:needs?|needed|(?:have|has|had) to|required?|mandatory|necessary|obliged|obligatory"
    r"|compulsory)\b",
    re.IGNORECASE,
)
PERMITS = re.compile(
    r"\b(?:can|cannot|may|might|could|allow\w*|permitted|able|possible|welcome|entitled)\b"
    r"|can['’]t\b",
    re.IGNORECASE,
)
BARS = re.compile(
    r"\b(?:must|shall|should|prohibit\w*|forb[ia]d\w*|disallow\w*|unable)\b", re.IGNORECASE
)
MAYBE = re.compile(r"\b(?:may|might|could|should|can)\b", re.IGNORECASE)
CLAUSE = re.compile(
    r"[,;:()\u2013\u2014.!?]+(?:\s|$)|\b(?:and|because|so|which|that|who|when|where|while|though)\b",
    re.IGNORECASE,
)
BEARING = frozenset(  # words without a stem that yet change what is asked
    "only all both before after until under over off out once through own up again".split()
)
ANYBODY = frozenset(
    stems(
        "staff employee employees everyone everybody anyone anybody people person persons member"
        " members team teams user users worker workers colleague colleagues"
    )
)
MOOD = frozenset(
    stems(
        "need needs needed required require requires mandatory necessary obliged obligatory"
        " compulsory supposed allow allowed able possible welcome entitled"
        " cannot might"
    )
)


@dataclass(frozen=True)
class Reply:
    """A sentence of a model, and the yes or no before it: True, False, or none that tells."""

    sentence: str  # without the word
    word: str  # with its comma, as it stood; empty: none
    says: bool | None = None


def parted(text: str) -> Reply:
    """The sentence and the word before it. "No approval is needed" has none: it denies."""
    found = WORD.match(text)
    if found is None:
        return Reply(text, "")
    says = None if found["torn"] else found["yes"] is not None
    rest = text[found.end() :]
    return Reply(rest[:1].upper() + rest[1:], found[0], says)


def stands(reply: Reply, asked: str, quote: str) -> bool:
    """Does the quote bear out the yes or no?"""
    if reply.says is None or not plainly_asked(asked):
        return False
    if RESTRICTS.search(quote) or RESTRICTS.search(reply.sentence):
        return False
    if (DENIES.search(reply.sentence) is None) != reply.says:
        return False
    wanted = 0 if reply.says else 1
    if len(DENIES.findall(quote)) != wanted:
        return False
    clauses = [clause for clause in CLAUSE.split(quote) if tells(clause, asked)]
    return any(
        len(DENIES.findall(clause)) == wanted and in_mood(clause, asked, reply.says)
        for clause in clauses
    )


def plainly_asked(asked: str) -> bool:
    """Is it a question for yes or no, without a negation or a choice of its own?"""
    return not (ASKS.search(asked) is None or DENIES.search(asked) or RESTRICTS.search(asked))


def tells(clause: str, asked: str) -> bool:
    """Does it speak of all that is asked, and of nobody whom the question does not name?"""
    wanted = frozenset(stems(asked)) - MOOD
    if not wanted or not wanted <= frozenset(stems(clause)):
        return False
    if not BEARING & _words(asked) <= _words(clause):
        return False
    return frozenset(stems(_subject(clause, wanted))) <= ANYBODY | MOOD


def in_mood(clause: str, asked: str, says: bool) -> bool:
    """Does it speak of duty where duty is asked, of leave where leave is, else of what is?"""
    if OBLIGES.search(asked):
        return (OBLIGES if says else SPARES).search(clause) is not None
    if PERMITS.search(asked):
        if says:
            return PERMITS.search(clause) is not None or OBLIGES.search(clause) is None
        return (PERMITS.search(clause) or BARS.search(clause)) is not None
    return MAYBE.search(clause) is None


def _subject(clause: str, wanted: frozenset[str]) -> str:
    """What stands before the first verb that we know and before the first word that is asked."""
    verb = FIRST_VERB.search(clause)
    before = clause[: verb.start()] if verb else clause
    words = before.split()
    asked = (at for at, word in enumerate(words) if wanted & frozenset(stems(word)))
    return " ".join(words[: next(asked, len(words))])


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower()))
