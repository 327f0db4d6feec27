"""What the keyword half of a search matches: stems, pairs of neighbours, and codes as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from knowledge.documents import Chunk
from knowledge.words import stems

PIECE = re.compile(r"[^\s()\[\]{}<>|`\"'“”‘’«»,;*]+")
DASHES = str.maketrans("‐‑‒–−", "-----")  # typed alike, and meant alike
EDGES = re.compile(r"^[^\w#$/@-]+|[^\w]+$")
LITERAL = re.compile(
    r"(?:--?|[#$/@])[^\W_]\S*"  # --no-verify, #1234, $HOME, /rag
    r"|\S*\w[-_./:@=+\\#]+\w\S*"  # foo_bar, 10.0.0.1, CVE-2024-1234, app.search
)
CODE = re.compile(r"([^\W\d_]{1,6})[-_]?(\d+)")
LONGEST = 80  # characters of a code: what is longer is an address or a mishap
MOST = 128  # different words of a question
SURE = re.compile(r"--?\w|.*[\d_]")  # what a code has, and words with a hyphen have not
TIMES = 3  # as much as a word, a code weighs that somebody typed


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning, and codes in lower case beside their parts."""
    return [*stems(text), *literals(text)]


def literals(text: str) -> Iterator[str]:
    """Codes, names of files, flags and addresses, which stemming and parting would lose.

    A code such as `E-19` is also given as `e19`, so that it is found however it is typed.
    """
    for piece in PIECE.findall(text.translate(DASHES)):
        bare = EDGES.sub("", piece).strip("_").lower()
        if not bare or len(bare) > LONGEST or not LITERAL.fullmatch(bare):
            continue
        yield bare
        code = CODE.fullmatch(bare)
        if code and code[1] + code[2] != bare:
            yield code[1] + code[2]


def pairs(words: Sequence[str]) -> list[str]:
    """Each two words that stand together, as one."""
    return [f"{one}+{other}" for one, other in pairwise(words)]


def chunk_terms(chunk: Chunk) -> dict[str, str]:
    """The keyword properties of a chunk; title and headings count twice."""
    heads = [chunk.title, *(each for each in chunk.headings if each != chunk.title)]
    named = [word for head in heads for word in terms(head)]
    doubled = [pair for head in heads for pair in pairs(stems(head))]
    return {
        "stems": " ".join([*named, *named, *terms(chunk.text)]),
        "pairs": " ".join([*doubled, *doubled, *pairs(stems(chunk.text))]),
    }


def query_terms(text: str) -> str:
    """The words to look for, each once; codes several times, which Weaviate adds up."""
    codes = [code for code in dict.fromkeys(literals(text)) if SURE.match(code)][:MOST]
    wanted = [*dict.fromkeys(terms(text))][:MOST]
    return " ".join([*wanted, *codes * (TIMES - 1), *dict.fromkeys(pairs(stems(text)[:MOST]))])
