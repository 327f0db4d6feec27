"""Values as `--json` gives them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.conversation import Citation, Interaction
from bot.store import SyncPass
from knowledge.documents import Passage
from knowledge.sync import SyncReport


def put(value: Mapping[str, Any]) -> None:
    """One JSON object on a line of stdout; nothing else is ever printed there with `--json`."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=plain) + "\n")
    sys.stdout.flush()


def plain(value: object) -> str:
    """What JSON has no word for: times as ISO 8601 has them, all else as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def interaction_json(interaction: Interaction, id: object = None) -> dict[str, Any]:
    """An interaction; `id` is the question's own in a batch."""
    route, answer = interaction.route, interaction.answer
    told: dict[str, Any] = {
        "id": interaction.id if id is None else id,
        "question": interaction.question.text,
        "mode": str(route.mode),
        "task": route.task,
        "route_reason": route.reason,
        "outcome": str(answer.outcome),
        "answer": answer.text,
        "citations": [citation_json(citation) for citation in answer.citations],
        "passages": [passage_json(passage) for passage in answer.passages],
        "model": answer.model,
        "version": answer.version,
        "confidence": None if answer.confidence is None else round(answer.confidence, 3),
        "cached_from": None if answer.cached_from is None else asdict(answer.cached_from),
        "curated_from": answer.curated_from,
        "timings": asdict(interaction.timings),
        "interaction": interaction.id,
        "asked_at": interaction.asked_at.isoformat(),
    }
    return told | ({"code": answer.code} if answer.code else {})


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation."""
    return asdict(citation)


def passage_json(passage: Passage) -> dict[str, Any]:
    """A passage with its scores."""
    chunk = passage.chunk
    return {
        "source": chunk.source,
        "key": chunk.key,
        "title": chunk.title,
        "headings": list(chunk.headings),
        "url": chunk.url,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "score": passage.score,
        "scores": dict(passage.scores),
    }


def report_json(report: SyncReport) -> dict[str, Any]:
    """What a pass over a source changed."""
    return asdict(report)


def sync_json(done: SyncPass | None) -> dict[str, Any] | None:
    """A pass as it is kept."""
    return None if done is None else asdict(done)
