"""Interactions into rows of SQL, and back."""

from __future__ import annotations

from datetime import datetime

from bot.answer_cache import Kept
from bot.conversation import (
    Answer,
    Citation,
    Earlier,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Turn,
    Verdict,
)
from bot.tables import CitationRow, FeedbackRow, InteractionRow, KeptAnswerRow, PassageRow
from knowledge.documents import Chunk, Passage

KEPT_COLUMNS = (  # as the fields of `Kept`
    KeptAnswerRow.interaction_id,
    KeptAnswerRow.question,
    KeptAnswerRow.audience,
    KeptAnswerRow.edition,
    KeptAnswerRow.trace,
    KeptAnswerRow.vector,
    KeptAnswerRow.kept_at,
)
EXCERPT_CHARS = 2000  # of a passage's text; the whole stays in the index


def columns_of(
    question: Question,
    route: Route,
    answer: Answer,
    timings: Timings,
    asked_at: datetime,
    error_detail: str,
) -> dict[str, object]:
    """The columns of a question and its answer, without what hangs on them."""
    return {
        "asked_at": asked_at,
        "question": question.text,
        "asker": question.asker,
        "platform": question.place.platform,
        "workspace": question.place.workspace,
        "channel": question.place.channel,
        "thread": question.place.thread,
        "turns": [{"role": turn.role, "text": turn.text} for turn in question.thread],
        "forced_mode": str(question.mode),
        "forced_task": question.task,
        "spaces": None if question.spaces is None else list(question.spaces),
        "mode": str(route.mode),
        "task": route.task,
        "route_reason": route.reason,
        "confidence": route.confidence,
        "outcome": str(answer.outcome),
        "answer": answer.text,
        "model": answer.model,
        "version": answer.version,
        "code": answer.code,
        "error_detail": error_detail,
        "answer_confidence": answer.confidence,
        "cached_from": answer.cached_from and answer.cached_from.interaction,
        "cached_at": answer.cached_from and answer.cached_from.asked_at,
        "curated_from": answer.curated_from,
        "route_ms": timings.route_ms,
        "wait_ms": timings.wait_ms,
        "search_ms": timings.search_ms,
        "first_piece_ms": timings.first_piece_ms,
        "total_ms": timings.total_ms,
    }


def citation_columns(interaction: int, rank: int, cited: Citation) -> dict[str, object]:
    """The columns of a citation."""
    return {
        "interaction_id": interaction,
        "rank": rank,
        "number": cited.number,
        "title": cited.title,
        "url": cited.url,
        "source": cited.source,
        "key": cited.key,
        "quote": cited.quote,
    }


def passage_columns(interaction: int, rank: int, passage: Passage) -> dict[str, object]:
    """The columns of a passage, with the beginning of its text."""
    return {
        "interaction_id": interaction,
        "rank": rank,
        "source": passage.chunk.source,
        "key": passage.chunk.key,
        "ordinal": passage.chunk.ordinal,
        "title": passage.chunk.title,
        "url": passage.chunk.url,
        "headings": list(passage.chunk.headings),
        "excerpt": passage.chunk.text[:EXCERPT_CHARS],
        "score": passage.score,
        "scores": dict(passage.scores),
    }


def interaction_of(row: InteractionRow) -> Interaction:
    """The question and answer that the rows tell of."""
    return Interaction(
        id=row.id,
        question=question_of(row),
        route=Route(Mode(row.mode), row.task, row.route_reason, row.confidence),
        answer=answer_of(row),
        timings=timings_of(row),
        asked_at=row.asked_at,
    )


def question_of(row: InteractionRow) -> Question:
    """The question."""
    return Question(
        text=row.question,
        asker=row.asker,
        place=Place(row.platform, row.workspace, row.channel, row.thread),
        thread=tuple(Turn(turn["role"], turn["text"]) for turn in row.turns),
        mode=Mode(row.forced_mode),
        task=row.forced_task,
        spaces=None if row.spaces is None else tuple(row.spaces),
    )


def timings_of(row: InteractionRow) -> Timings:
    """How long the steps took."""
    return Timings(row.route_ms, row.wait_ms, row.search_ms, row.first_piece_ms, row.total_ms)


def answer_of(row: InteractionRow) -> Answer:
    """The answer, with excerpts for passages."""
    return Answer(
        text=row.answer,
        outcome=Outcome(row.outcome),
        citations=tuple(citation_of(cited) for cited in row.citations),
        passages=tuple(passage_of(passage) for passage in row.passages),
        model=row.model,
        version=row.version,
        code=row.code,
        confidence=row.answer_confidence,
        cached_from=earlier_of(row),
        curated_from=row.curated_from,
    )


def earlier_of(row: InteractionRow) -> Earlier | None:
    """The interaction whose answer was given again."""
    if row.cached_from is None or row.cached_at is None:
        return None
    return Earlier(row.cached_from, row.cached_at)


def citation_of(row: CitationRow) -> Citation:
    """A citation."""
    return Citation(row.number, row.title, row.url, row.source, row.key, row.quote)


def passage_of(row: PassageRow) -> Passage:
    """A passage; its text is the excerpt."""
    chunk = Chunk(
        source=row.source,
        key=row.key,
        title=row.title,
        url=row.url,
        headings=tuple(row.headings),
        ordinal=row.ordinal,
        text=row.excerpt,
    )
    scores = {part: score for part, score in row.scores.items() if score is not None}
    return Passage(chunk, row.score, scores)


def kept_row(kept: Kept) -> KeptAnswerRow:
    """The row of a kept answer."""
    return KeptAnswerRow(
        interaction_id=kept.interaction,
        question=kept.question,
        audience=kept.audience,
        edition=kept.edition,
        trace=kept.trace,
        vector=kept.vector,
        kept_at=kept.kept_at,
    )


def feedback_of(row: FeedbackRow) -> Feedback:
    """A verdict."""
    return Feedback(
        interaction=row.interaction_id,
        author=row.author,
        verdict=Verdict(row.verdict),
        given_at=row.given_at,
        reason=row.reason,
        correction=row.correction,
        details=row.details,
    )
