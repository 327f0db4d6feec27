"""What there is to be learned: the stages of a training, and the part that ends them in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model.errors import TrainingFailed
from model.examples import Example
from model.training.lessons import lessons
from model.training.recipe import Recipe
from model.training.room import Lengths
from model.training.rows import (
    FEWEST_VALIDATION,
    Speller,
    Stage,
    Written,
    looked_at,
    speller,
    stage,
    units_of,
    written,
)
from model.training.words import TRAIN, Method, Plan, read_examples

MANY = 400  # examples whose tokens are counted before it is known whether they fit into memory


@dataclass(frozen=True)
class Work:
    """What there is to be learned."""

    stages: Sequence[Stage]
    notes: Sequence[str]
    examples: int  # that are taught

    @property
    def steps(self) -> int:
        """In all."""
        return sum(each.steps for each in self.stages)


@dataclass(frozen=True)
class Sides:
    """Lessons in tokens that are not too long."""

    train: Sequence[Written]
    aside: Sequence[Written]  # the validation part, which is looked at and not taught
    notes: tuple[str, ...]  # what is left out


def work_of(plan: Plan, how: Recipe, folder: Path) -> Work:
    """The stages that the examples allow. Raises `TrainingFailed` where there is none.

    The validation part is set aside for all stages, so that none looks at what another was taught.
    Where it is too small for any of them nothing is stopped early and all examples are taught: a
    version begins with its base, so it does not matter what another one was taught. What is held
    out to measure versions with is not here at all.
    """
    if not (Path(plan.weights) / "config.json").is_file():
        raise TrainingFailed(f"the base is not in {plan.weights} any more; train anew")
    given, spell = [*read_examples(folder / TRAIN)], speller(Path(plan.weights))
    why: tuple[str, ...] = ()
    if how.stop_early:
        some = sides(plan, how, given, spell)
        work = laid_out(some, how)
        if any(each.validation for each in work.stages):
            return work
        why = (too_few(work.stages, some, how),)
    whole = laid_out(sides(plan, replace(how, stop_early=0), given, spell), how)
    if not whole.stages:
        left = "; ".join(whole.notes) or how.method
        raise TrainingFailed(f"no example is left to learn from ({left})")
    return replace(whole, notes=(*whole.notes, *why))


def sides(plan: Plan, how: Recipe, given: Sequence[Example], spell: Speller) -> Sides:
    """The lessons; without `stop_early` none is set aside."""
    aside = [each for each in given if how.stop_early and each.validation]
    train = [each for each in given if not (how.stop_early and each.validation)]
    made = [
        [written(spell, lesson) for lesson in lessons(plan, recipe, some)]
        for recipe, some in ((how, train), (replace(how, plain=0.0), aside))
    ]
    fits = [[each for each in side if each.size <= how.longest] for side in made]
    left_out = sum(map(len, made)) - sum(map(len, fits))
    note = f"left out: {left_out} examples with more than {how.longest} tokens"
    return Sides(fits[0], fits[1], (note,) if left_out else ())


def laid_out(some: Sides, how: Recipe) -> Work:
    """The stages, maybe none; a note tells which are not stopped early, though others are."""
    stages = [staged(method, some, how) for method in methods_for(how, some.train)]
    blind = [each.method for each in stages if some.aside and not each.validation]
    told = (f"{method} is not stopped early: its validation part is too small" for method in blind)
    return Work(stages, (*some.notes, *told), len(some.train))


def staged(method: Method, some: Sides, how: Recipe) -> Stage:
    """A stage."""
    return stage(method, fit_for(method, some.train, how), fit_for(method, some.aside, how), how)


def fit_for(method: Method, some: Sequence[Written], how: Recipe) -> list[Written]:
    """SFT leaves out answers that were only found good, where the recipe says so."""
    return [each for each in some if method != "sft" or how.thumbs or not each.thumb]


def too_few(stages: Sequence[Stage], some: Sides, how: Recipe) -> str:
    """Why nothing is stopped early."""
    if not stages:
        return "not stopped early: beside the validation part there is too little to learn from"
    found = max(len(looked_at(s.method, fit_for(s.method, some.aside, how))) for s in stages)
    return (
        f"not stopped early: the validation part has {found} of the {FEWEST_VALIDATION} examples "
        "that are needed; they are taught with the others"
    )


def methods_for(how: Recipe, train: Sequence[Written]) -> list[Method]:
    """The methods in their order."""
    wrote = [each for each in train if each.good and (how.thumbs or not each.thumb)]
    alone = [each for each in train if bool(each.good) != bool(each.bad)]
    pairs = units_of("dpo", train)
    kinds = {
        bool(each.good) for each in (alone if how.method == "auto" else units_of("kto", train))
    }
    found: list[Method] = []
    if wrote and how.method in ("auto", "sft"):
        found.append("sft")
    enough = how.method == "kto" or (len(alone) >= how.fewest_unpaired and how.batch > 1)
    if how.method in ("auto", "kto") and len(kinds) == 2 and enough:
        found.append("kto")
    if pairs and (how.method == "dpo" or (how.method == "auto" and len(pairs) >= how.fewest_pairs)):
        found.append("dpo")
    return found


def longest(
    plan: Plan, how: Recipe, taught: Sequence[Example], others: Sequence[Example]
) -> Lengths:
    """How long the longest lesson and the longest answer of these are. Raises `TrainingFailed`.

    Only those with most bytes are spelt, with all that is mixed in.
    """
    some = [*sorted(taught, key=_bytes)[-MANY:], *sorted(others, key=_bytes)[-MANY:]]
    every = replace(how, plain=float(MANY) if how.plain else 0.0)
    spell = speller(Path(plan.weights))
    made = [written(spell, each) for each in dict.fromkeys(lessons(plan, every, some))]
    answers = (max(len(each.good), len(each.bad)) for each in made)
    return Lengths(max((each.size for each in made), default=0), max(answers, default=0))


def _bytes(example: Example) -> int:
    words = (example.text, example.chosen, example.rejected, *(p.text for p in example.passages))
    return sum(len(each.encode("utf-8", "replace")) for each in words)
