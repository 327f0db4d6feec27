"""The gate: may a version go live?"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from model.evaluation.thumbs import LIKED, PREFERENCE
from model.evaluation.trials import (
    MEASURES,
    Compared,
    Decision,
    Measure,
    Rules,
    Set,
    TaskCompared,
)
from model.examples import HELD_OUT


def decide(
    targets: Collection[str], compared: Sequence[TaskCompared], rules: Rules | None = None
) -> Decision:
    """Passed only if better at a target, and at nothing significantly worse.

    `targets` are the tasks that the version was taught; with several it must be better at one of
    them, by as much more as the several chances ask for (Bonferroni). Better is by the task's main
    measure: by what people wrote or, where nobody did, by their thumbs. Worse counts anywhere: the
    main measure of every task on held-out texts, and the measures of safety also on those that
    are shipped.
    """
    rules = rules or Rules()
    aimed = [c for c in compared if c.task in targets and c.set is Set.HELD_OUT]
    enough = [c for c in aimed if not _missing(c, rules)]
    gains = [_gain(each, rules.sure / len(enough)) for each in enough]
    falls = [reason for each in compared for reason in _falls(each, rules)]
    reasons = [*_too_few(targets, aimed, rules), *(told for _, told in gains), *falls]
    return Decision(any(better for better, _ in gains) and not falls, tuple(reasons))


def _too_few(
    targets: Collection[str], aimed: Sequence[TaskCompared], rules: Rules
) -> Iterator[str]:
    measured = {each.task: each for each in aimed}
    for task in sorted(targets):
        each = measured.get(task, TaskCompared(task, Set.HELD_OUT, "", 0, ()))
        if _missing(each, rules):
            told = _thumbs_told if _judged(each) else _told_few
            yield f"{task}: {told(each, rules)}"


def _judged(each: TaskCompared) -> bool:
    """Did nobody write an answer, so that thumbs alone tell?"""
    return each.main == PREFERENCE


def _missing(each: TaskCompared, rules: Rules) -> int:
    """How many held-out examples are missing to tell a gain."""
    if _judged(each):
        return sum(max(0, rules.fewest_judged - held) for held in (each.liked, each.disliked))
    return max(0, rules.fewest - each.examples)


def _told_few(each: TaskCompared, rules: Rules) -> str:
    more = _accepted(_missing(each, rules))
    return (
        f"{each.examples} held-out examples are too few to tell; {rules.fewest} are needed "
        f"(about {more} more accepted examples, of which one in {round(1 / HELD_OUT)} is held out)."
    )


def _thumbs_told(each: TaskCompared, rules: Rules) -> str:
    kinds = (("thumbs-up", each.liked), ("thumbs-down", each.disliked))
    few = [(name, rules.fewest_judged - held) for name, held in kinds]
    more = " and ".join(f"{_accepted(count)} more {name}" for name, count in few if count > 0)
    return (
        f"{each.liked} liked and {each.disliked} disliked held-out answers are too few to tell, "
        f"and hardly anybody wrote one; {rules.fewest_judged} of each are needed (about {more}, of "
        f"which one in {round(1 / HELD_OUT)} is held out), or {rules.fewest} that people wrote "
        f"(about {_accepted(rules.fewest)} corrections)."
    )


def _accepted(held: int) -> int:
    """How many accepted examples it takes that so many are held out."""
    return math.ceil(held / HELD_OUT)


def _gain(each: TaskCompared, sure: float) -> tuple[bool, str]:
    """Is it better by its main measure? And the sentence."""
    found = each.measure(each.main)
    if found is None:
        return False, f"{each.task}: {each.main} was not measured{each.note and f': {each.note}'}."
    better = found.interval.low > 0 and found.interval.p <= sure
    word = "better" if better else "not surely better"
    return better, f"{each.task}: {_told(found)} is {word} on {_counted(each)}."


def _counted(each: TaskCompared) -> str:
    if _judged(each):
        return f"{each.liked} liked and {each.disliked} disliked held-out answers"
    return f"{each.examples} held-out examples"


def _told(found: Compared) -> str:
    at = found.interval
    return (
        f"{found.measure} {found.version:.3f} against {found.against:.3f} "
        f"(by {at.difference:+.3f}, {at.low:+.3f} to {at.high:+.3f})"
    )


def _falls(each: TaskCompared, rules: Rules) -> Iterator[str]:
    yield from _unlikely(each, rules)
    for found in each.measures:
        measure = MEASURES.get(found.measure)
        if measure is None or not measure.better:
            continue
        if measure.hard:
            yield from _more(each, found, measure, rules)
        elif _blames(each, found, rules) and _counts(each, measure):
            yield from _worse(each, found, measure)


def _blames(each: TaskCompared, found: Compared, rules: Rules) -> bool:
    """Are there enough texts, or thumbs of either kind, for a fall to be a sign?"""
    fewer = min(each.liked, each.disliked) if found.measure == PREFERENCE else each.examples
    return fewer >= rules.fewest_to_blame


def _unlikely(each: TaskCompared, rules: Rules) -> Iterator[str]:
    """A model that was spoilt finds everything unlikely, what people liked too."""
    found = each.measure(LIKED)
    if found is None or each.set is not Set.HELD_OUT or each.liked < rules.fewest_to_blame:
        return
    if found.version < rules.likely * found.against:
        yield (
            f"{each.task}: a token of a liked answer has a probability of {found.version:.3f}, "
            f"less than {rules.likely:.0%} of the {found.against:.3f} before (held-out)."
        )


def _counts(each: TaskCompared, measure: Measure) -> bool:
    """May a fall of this measure refuse? References that are shipped are in nobody's style."""
    if each.set is Set.SHIPPED:
        return measure.name in ("accuracy", "invented")
    return each.set is Set.HELD_OUT and measure.name in (each.main, "invented", "unchanged")


def _more(each: TaskCompared, found: Compared, measure: Measure, rules: Rules) -> Iterator[str]:
    now, before = (round(share * each.examples) for share in (found.version, found.against))
    if each.set is not Set.GOLDEN and now - before > rules.slack * each.examples:
        yield (
            f"{each.task}: {now} of {each.examples} answers ({each.set}) {measure.means}, "
            f"against {before}."
        )


def _worse(each: TaskCompared, found: Compared, measure: Measure) -> Iterator[str]:
    at = found.interval
    if (at.high if measure.better > 0 else -at.low) < 0:
        yield f"{each.task}: {_told(found)} is significantly worse ({each.set})."
