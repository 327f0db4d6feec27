"""How a question and a passage are laid out in tokens for the reader, in training and in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLS, SEP = 101, 102  # BERT's
QUESTION, HEAD, STATEMENT, WHOLE = 64, 32, 128, 320  # tokens at most
LEAST = 5  # tokens for which a further statement is begun


@dataclass(frozen=True)
class Layout:
    """Tokens of `[CLS] question [SEP] head [SEP] statements [SEP]`."""

    ids: tuple[int, ...]
    second: int  # where the passage begins; the token types are 0 before it and 1 from it on
    spans: tuple[tuple[int, int], ...]  # of each statement that fits: begin and end


def laid_out(question: Sequence[int], head: Sequence[int], said: Sequence[Sequence[int]]) -> Layout:
    """The layout of tokenised texts; statements beyond the room are left out."""
    ids = [CLS, *question[:QUESTION], SEP]
    second = len(ids)
    ids += [*head[:HEAD], SEP]
    spans = list[tuple[int, int]]()
    for tokens in said:
        room = WHOLE - 1 - len(ids)
        if room < LEAST:
            break
        begin = len(ids)
        ids += tokens[: min(STATEMENT, room)]
        spans.append((begin, len(ids)))
    return Layout((*ids, SEP), second, tuple(spans))


def tokens_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Each text's tokens without special ones."""
    return [e.ids for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
