"""Examples, judged passages and curated answers into rows of SQL, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from bot.learning.words import Curated, Judged
from bot.rows import EXCERPT_CHARS
from bot.tables import clean_json, clean_text
from knowledge.documents import Chunk, Passage
from model.examples import Example, Origin, Review, Shown, What

AnyRow = Row[*tuple[Any, ...]]  # all columns of its table
JUDGED_CHARS = 2000  # of a passage's text
TEXTS = ("task", "text", "chosen", "rejected", "wish", "doubt", "came_from")


def clean(example: Example) -> Example:
    """As every database stores it: its digest is that of what comes back."""
    texts: dict[str, Any] = {name: clean_text(getattr(example, name)) for name in TEXTS}
    shown = tuple(shown_of(clean_json(asdict(passage))) for passage in example.passages)
    return replace(example, **texts, passages=shown)


def shown_of(told: Mapping[str, Any]) -> Shown:
    """A passage that was shown."""
    return Shown(**told)


def columns_of(example: Example) -> dict[str, object]:
    """The columns of an example that say what it teaches, and on which side it is."""
    return {
        "held_out": example.held_out,
        "what": str(example.what),
        "passages": [asdict(passage) for passage in example.passages],
        "weight": example.weight,
        "origin": str(example.origin),
        "review": str(example.review),
        **{name: getattr(example, name) for name in TEXTS},
    }


def example_of(row: AnyRow, interactions: Sequence[int]) -> Example:
    """The example that a row tells of."""
    return Example(
        what=What(row.what),
        passages=tuple(shown_of(told) for told in row.passages),
        weight=row.weight,
        origin=Origin(row.origin),
        review=Review(row.review),
        interactions=tuple(sorted(interactions)),
        id=row.id,
        **{name: getattr(row, name) for name in TEXTS},
    )


def example_from(body: Mapping[str, Any]) -> Example:
    """The example that a snapshot tells of, as `asdict` gave it."""
    told = {field.name: body[field.name] for field in fields(Example) if field.name in body}
    return Example(
        **told
        | {
            "what": What(body["what"]),
            "origin": Origin(body["origin"]),
            "review": Review(body["review"]),
            "passages": tuple(shown_of(one) for one in body["passages"]),
            "interactions": tuple(body["interactions"]),
        }
    )


def judged_columns(judged: Judged) -> dict[str, object]:
    """The columns of a judged passage, but for its vector."""
    return {
        "interaction_id": judged.interaction,
        "question": judged.question,
        "source": judged.source,
        "key": judged.key,
        "ordinal": judged.ordinal,
        "chunk": judged.chunk,
        "text": judged.text[:JUDGED_CHARS],
        "value": judged.value,
        "judged_at": judged.judged_at,
        "platform": judged.platform,
        "workspace": judged.workspace,
        "voters": list(judged.voters),
    }


def judged_of(row: AnyRow) -> Judged:
    """The judged passage that a row tells of."""
    return Judged(
        question=row.question,
        source=row.source,
        key=row.key,
        ordinal=row.ordinal,
        chunk=row.chunk,
        text=row.text,
        value=row.value,
        interaction=row.interaction_id,
        judged_at=row.judged_at,
        platform=row.platform,
        workspace=row.workspace,
        voters=tuple(row.voters),
        vector=row.vector,
        embedder=row.embedder,
        id=row.id,
    )


def judged_body(judged: Judged) -> dict[str, object]:
    """A judged passage for a snapshot."""
    return asdict(judged) | {"vector": None, "judged_at": judged.judged_at.isoformat()}


def judged_from(body: Mapping[str, Any]) -> Judged:
    """The judged passage that a snapshot tells of, without its vector."""
    when, voters = datetime.fromisoformat(body["judged_at"]), tuple(body["voters"])
    return Judged(**{**body, "judged_at": when, "voters": voters, "vector": b"", "embedder": ""})


def curated_columns(curated: Curated) -> dict[str, object]:
    """The columns of a curated answer, but for what was decided and its vector."""
    return {
        "interaction_id": curated.interaction,
        "question": curated.question,
        "answer": curated.answer,
        "sources": list(curated.sources),
        "trace": curated.trace,
        "author": curated.author,
        "written_at": curated.written_at,
        "platform": curated.platform,
        "workspace": curated.workspace,
    }


def curated_of(row: AnyRow) -> Curated:
    """The curated answer that a row tells of."""
    return Curated(
        question=row.question,
        answer=row.answer,
        sources=tuple(row.sources),
        trace=row.trace,
        interaction=row.interaction_id,
        author=row.author,
        written_at=row.written_at,
        review=Review(row.review),
        vector=row.vector,
        platform=row.platform,
        workspace=row.workspace,
        id=row.id,
        doubt=row.doubt,
        rests_on=tuple(map(resting_of, row.rests_on)),
        embedder=row.embedder,
    )


def resting_body(passage: Passage) -> dict[str, object]:
    """A passage that a curated answer rests on, with the beginning of its text."""
    chunk = clean_json(asdict(replace(passage.chunk, modified_at=None)))
    return {**chunk, "text": chunk["text"][:EXCERPT_CHARS]}


def resting_of(told: Mapping[str, Any]) -> Passage:
    """The passage that this tells of."""
    return Passage(Chunk(**{**told, "headings": tuple(told["headings"])}), score=0.0)
