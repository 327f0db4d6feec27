"""From thumbs on cited answers to passages that are moved in the next search."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import Feedback, Interaction, Outcome, Verdict
from bot.followups import standalone
from bot.learning.masking import masked
from bot.learning.words import Judged
from bot.rows import EXCERPT_CHARS
from knowledge.documents import Passage

WRONG_SOURCE = frozenset({"wrong_source", "off_topic", "outdated"})  # reasons that blame the pages
PARTED = " … "  # between the quotes of one citation


def judgements(interaction: Interaction, verdicts: Sequence[Feedback]) -> list[Judged]:
    """What verdicts on a cited answer say of the passages that it cites.

    A thumbs-up says that they were right for the question, a thumbs-down whose reason is the
    source that they were wrong; other thumbs-down say nothing of them. Give the verdicts of
    those only who may be learned from.
    """
    told = {f.author: value for f in verdicts if (value := said(f))}
    if interaction.answer.outcome is not Outcome.CITED or not told:
        return []
    place, latest = interaction.question.place, max(verdicts, key=lambda f: f.given_at)
    question = masked(standalone(interaction.question)).text
    return [
        Judged(
            question,
            *passage.chunk.page,
            passage.chunk.ordinal,
            passage.chunk.digest,
            passage.chunk.text[:EXCERPT_CHARS],
            sum(told.values()) / len(told),
            interaction.id,
            latest.given_at,
            place.platform,
            place.workspace,
            tuple(f"{place.platform}:{author}" for author in sorted(told)),
        )
        for passage in relied_on(interaction)
    ]


def said(feedback: Feedback) -> float:
    """What one verdict says of the passages: 1 right, -1 wrong, 0 nothing."""
    if feedback.verdict is Verdict.UP:
        return 1.0
    return -1.0 if feedback.reason in WRONG_SOURCE else 0.0


def relied_on(interaction: Interaction) -> list[Passage]:
    """The passages that hold the words which the answer's citations quote."""
    found = list[Passage]()
    for cited in interaction.answer.citations:
        pages = [
            p for p in interaction.answer.passages if p.chunk.page == (cited.source, cited.key)
        ]
        quotes = cited.quote.split(PARTED)
        holding = [p for p in pages if any(quote in p.chunk.text for quote in quotes)]
        found += [p for p in holding or pages[:1] if p not in found]
    return found
