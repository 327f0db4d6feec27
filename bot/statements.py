"""What the asker says in a thread with the bot that asks nothing: thanks, a farewell, news, plans.

Much that is no question in form asks for something there: "shorter please", "and for part-timers",
"I work in Berlin". So only such words are passed over as say by themselves that nothing is wanted,
clause by clause; whatever is not known is taken for a request.
"""

from __future__ import annotations

import re

from bot.gate import asks
from bot.statement_words import ABROAD, LEADS, LEAVE, SOCIAL, TELLS
from bot.thanks import CARRIES, EMOJI_NAME, nothing_asked

LONGEST = 300  # characters; who writes more has more to say than thanks
CLAUSE = re.compile(r"[.!…\n]+(?=\s|$)|[,;:–—()]\s*|\s[-–—]\s")
EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def only_tells(text: str) -> bool:
    """Is nothing asked, in so many words? False where that is not sure."""
    said = EMOJI_NAME.sub(" ", text.replace("’", "'")).strip()
    if not said or len(said) > LONGEST or CARRIES.search(said) or asks(said):
        return False
    clauses = [EDGES.sub("", clause) for clause in CLAUSE.split(said)]
    return all(_tells(clause) for clause in clauses if clause)


def _tells(clause: str) -> bool:
    """Does one clause ask nothing?"""
    return any(map(_said_plainly, (clause, LEADS.sub("", clause))))


def _said_plainly(clause: str) -> bool:
    known = (SOCIAL, LEAVE, ABROAD, TELLS)
    return nothing_asked(clause) or any(words.fullmatch(clause) for words in known)
