"""The votes on a candidate's answers, and on those of the same kind and time by what is live."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select

from bot.conversation import Mode, Outcome, Verdict
from bot.learning.words import ModelVersion, Votes
from bot.sessions import Sessions
from bot.tables import FeedbackRow, InteractionRow
from model.examples import What

OF_ONE = 3  # votes of one person on each side, the newest: nobody is heard more than others


@dataclass(frozen=True)
class Ballots:
    """The votes that count on a candidate's answers, person by person, and on the others."""

    theirs: Sequence[Votes]
    others: Sequence[Votes]


def trial_votes(sessions: Sessions, version: ModelVersion, live: str) -> Ballots:
    """The votes of each person, from the candidate's first answer on.

    Of style only the tasks count that it was taught: of these what is live (empty: the base) may
    have been taught some, and the base does the rest. What a person wrote is no model's. Raises
    `DatabaseUnavailable`.
    """
    given = _given(version, live).subquery()
    columns = (given.c.theirs, given.c.platform, given.c.author)
    query = select(*columns, given.c.verdict, func.count()).where(given.c.nth <= OF_ONE)
    with sessions.reading() as connection:
        rows = connection.execute(query.group_by(*columns, given.c.verdict)).all()
    found: dict[int, defaultdict[tuple[str, str], Counter[str]]]
    found = {side: defaultdict(Counter) for side in (0, 1)}
    for side, platform, author, verdict, count in rows:
        found[side][platform, author][verdict] += count
    return Ballots(_votes(found[1].values()), _votes(found[0].values()))


def _votes(people: Iterable[Mapping[str, int]]) -> tuple[Votes, ...]:
    return tuple(Votes(one.get(Verdict.UP, 0), one.get(Verdict.DOWN, 0)) for one in people)


def _given(version: ModelVersion, live: str) -> Select[Any]:
    """Rows of: is it the candidate's (1) or not (0), who, the verdict, its place from the last."""
    mine, style = InteractionRow.version == version.name, version.what is What.STYLE
    began = select(func.min(InteractionRow.asked_at)).where(mine).scalar_subquery()
    names = {version.name, live, ""} if style else {version.name, live}
    kind = InteractionRow.mode == str(Mode.TUNED if style else Mode.RAG)
    ends = [Outcome.WRITTEN] if style else [Outcome.CITED, Outcome.UNKNOWN]
    theirs = case((mine, 1), else_=0)
    who = (InteractionRow.platform, FeedbackRow.author)
    newest = (FeedbackRow.given_at.desc(), FeedbackRow.id.desc())
    nth = func.row_number().over(partition_by=(theirs, *who), order_by=newest)
    query = (
        select(theirs.label("theirs"), *who, FeedbackRow.verdict, nth.label("nth"))
        .join(InteractionRow, InteractionRow.id == FeedbackRow.interaction_id)
        .where(InteractionRow.version.in_(names), InteractionRow.asked_at >= began, kind)
        .where(InteractionRow.outcome.in_([str(end) for end in ends]))
        .where(InteractionRow.curated_from.is_(None))
    )
    return query.where(InteractionRow.task.in_(version.tasks)) if style else query
