"""A voice that is learnt: announcements as the example company writes them (examples/voice).

    python -m bench.voice [FOLDER] [--base NAME] [--recipe TOML] [--on-dev] [--short]

The pairs are split by the product (`model.examples.held_out`, by the hash of the plain text): 86
of 400 are held out and asked of the same model three ways: with the instruction alone, with the
examples that the product shows it (those of the others that are nearest to the text), and taught
the others (with the plain answers of other tasks mixed in). What is written is measured beside
the company's own announcement and by the rules that can be checked. The training is not stopped
early, so that all of the others are taught; `--on-dev` takes 50 of them away from training and
measures on them instead, which is for choosing dials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bench import corpora, team
from bench.common import ROOT, Goal, Line, Table, about, publish, say
from bench.voice_facts import DATED, TIMED, mentions
from bench.voice_rules import kept
from model.examples import Example, What, group_of, held_out
from model.training.recipe import Recipe

if TYPE_CHECKING:
    from bot.app import App
    from bot.learning.words import ModelVersion
    from model.evaluation import StyleJudge
    from model.evaluation.trials import Figure

VOICE = ROOT / "examples" / "voice"
TASK = "announce"
INSTRUCTION = "Write it as we write announcements."
LONGEST = 300  # tokens of an announcement
DEV = 50  # pairs
SURE = 0.05
INSTRUCTED, SHOWN, TAUGHT = "instruction alone", "few-shot", "taught"
FIDELITY = ("figures", "names")  # rules of any good rewriting, not of this voice
FIGURES = {"dates": DATED, "times": TIMED, "amounts": ("amount",)}  # what they are rules of
JUDGED = ("chrf", "style", "rules")  # at which the taught one must be better than both
TOLD = (*JUDGED, "all rules", *FIDELITY)
MEANS = {
    "chrf": "chrF",
    "style": "style score",
    "rules": "rules of the voice kept",
    "all rules": "all rules of the voice kept",
    "figures": "figures kept, none added",
    "names": "names kept, none added",
}
COMMON = Recipe(
    "sft", dropout=0.0, epochs=3.0, batch=2, accumulate=4, longest=512, stop_early=0, looks=1
)
RECIPES: Mapping[str, Recipe] = {
    team.SMALL: replace(COMMON, rate=1e-3, batch=4, accumulate=2),
    "tiny": replace(COMMON, rank=4, alpha=8, rate=1e-2, epochs=0.3, longest=2000, plain=0.0),
}
OTHERS = replace(COMMON, rate=3e-4)


@dataclass(frozen=True)
class Bench:
    """What is done, and where."""

    work: Path
    base: str
    recipe: Recipe
    on_dev: bool = False
    pairs: int | None = None  # the first so many; None: all

    @property
    def short(self) -> bool:
        """Only to see that it runs?"""
        return self.base == "tiny"

    @property
    def sections(self) -> dict[str, dict[str, object]]:
        """The settings of the task; its examples are imported, so that some are held out."""
        longest = 6 if self.short else LONGEST
        return {f"tasks.{TASK}": {"instruction": INSTRUCTION, "max_tokens": longest}}


@dataclass(frozen=True)
class Pair:
    """A plain text, and the announcement that was made of it."""

    text: str
    answer: str

    @property
    def held(self) -> bool:
        """Is it kept from training by the product?"""
        return held_out(group_of(self.text))


def pairs(most: int | None) -> list[Pair]:
    """The company's pairs, in the order of the file."""
    rows = islice(corpora.lines(VOICE / "pairs.jsonl"), most)
    return [Pair(str(row["text"]).strip(), str(row["answer"]).strip()) for row in rows]


def dev(found: Sequence[Pair]) -> list[Pair]:
    """The part for choosing dials: of those that are not held out the last by their hash."""
    others = [pair for pair in found if not pair.held]
    return sorted(others, key=lambda pair: group_of(pair.text))[-DEV:]


# -- writing ---------------------------------------------------------------------------


def taught(bench: Bench, app: App, found: Sequence[Pair]) -> ModelVersion:
    """The version that was taught the voice."""
    learning = app.learning
    version = team.last_version(learning)
    if version is None:
        rows = [(pair.text, pair.answer) for pair in found]
        team.keep(learning, team.put(bench.work / "pairs.jsonl", rows), TASK)
        if not bench.short:
            team.keep(learning, VOICE / "plain.jsonl")
        version = team.trained(learning, (TASK,), bench.recipe)
    return version


@dataclass(frozen=True)
class Written:
    """The three ways' texts by the example's digest, and what tells the company's voice."""

    asked: Sequence[Example]
    ways: Mapping[str, Mapping[str, str]]
    judge: StyleJudge


def written(app: App, version: ModelVersion, asked: Sequence[Example]) -> Written:
    """Ask the base two ways, and the version; what was written before is not written again."""
    from bot.learning.cases import Cases
    from bot.learning.evaluating import PLAIN, judges_from, styled
    from bot.learning.opening import measuring
    from bot.learning.sides import Side, write
    from model.evaluation import Set

    parts, base, mine = measuring(app.learning), Side(What.STYLE), Side(What.STYLE, version)
    some = [Cases(TASK, Set.HELD_OUT, tuple(asked))]
    learned = styled(parts, some)
    plain = write(parts, [base], [], learned.get(TASK, ())[:PLAIN]).get("", {})
    ways = {
        INSTRUCTED: write(parts, [base], [], asked)[""],
        SHOWN: write(parts, [base], some, ())[""],
        TAUGHT: write(parts, [mine], some, ())[version.name],
    }
    return Written(asked, ways, judges_from(learned, plain)[TASK])


def held(app: App) -> list[Example]:
    """The pairs that the product keeps from training."""
    from bot.learning.cases import cases

    task, learning = app.tasks[TASK], app.learning
    (some,) = cases(learning.book, learning.home, What.STYLE, [task])
    return [*some.examples]


def example(pair: Pair) -> Example:
    """A pair that is only asked."""
    return Example(What.STYLE, TASK, pair.text, pair.answer)


# -- measuring -------------------------------------------------------------------------


def figures(app: App, told: Written, way: str) -> dict[str, Figure]:
    """The measures of what was written one way; each is a mean over the texts."""
    texts = [told.ways[way][each.digest] for each in told.asked]
    ruled = [rules(each.text, text) for each, text in zip(told.asked, texts, strict=True)]
    voice = [[v for name, v in each.items() if name not in FIDELITY] for each in ruled]
    scores = team.scored(app.tasks[TASK], told.asked, told.ways[way])
    style = told.judge.probabilities(texts).tolist()
    return {
        "chrf": scores.figures["chrf"],
        "style": figure(style),
        "rules": figure([sum(each) / len(each) for each in voice]),
        "all rules": figure([float(all(each)) for each in voice]),
        **{name: figure([float(each[name]) for each in ruled]) for name in FIDELITY},
    }


def rules(source: str, text: str) -> dict[str, bool]:
    """Which rules were kept, of those that there was something to keep of.

    How dates, times and amounts are written is asked only where the source has one.
    """
    there = {mention.kind for mention in mentions(source)}
    return {
        name: holds
        for name, holds in kept(source, text).items()
        if name not in FIGURES or there & {*FIGURES[name]}
    }


def figure(values: Sequence[float]) -> Figure:
    """A number for each text, of which the mean is told."""
    from model.evaluation.resampling import mean, numbers
    from model.evaluation.trials import Figure

    return Figure(numbers([float(value) for value in values]), mean)


# -- the table -------------------------------------------------------------------------


def lines(told: Mapping[str, Mapping[str, Figure]]) -> Iterator[Line]:
    """By measure the three ways, and how sure it is that the taught one is better."""
    for measure in TOLD:
        for way, found in told.items():
            yield Line(f"{MEANS[measure]}: {way}", found[measure].value, "", bounds(found[measure]))
        for way in (INSTRUCTED, SHOWN) if measure in JUDGED else ():
            yield better(measure, told[TAUGHT][measure], told[way][measure], way)


def bounds(found: Figure) -> str:
    """The 95 % interval of a mean."""
    from model.evaluation import paired_bootstrap

    at = paired_bootstrap(found.items, figure([0.0] * len(found.items)).items)
    return f"{max(0.0, at.low):.3f} to {min(1.0, at.high):.3f}"


def better(measure: str, taught: Figure, other: Figure, way: str) -> Line:
    """The chance of such a gain where there is none; 1 where there is no gain."""
    from model.evaluation import paired_bootstrap

    at = paired_bootstrap(taught.items, other.items)
    gain = f"by {at.difference:+.3f}, {at.low:+.3f} to {at.high:+.3f}"
    chance = at.p if at.difference > 0 else 1.0
    what = f"{MEANS[measure]}: taught over {way}, p"
    return Line(what, chance, "", gain, goal=Goal("<=", SURE))


def table(bench: Bench, details: dict[str, str]) -> Table:
    """Everything in its turn."""
    found = pairs(bench.pairs)
    aside = dev(found) if bench.on_dev else []
    with team.team(bench.work, bench.base, bench.sections) as app:
        version = taught(bench, app, [pair for pair in found if pair not in aside])
        gate = () if bench.on_dev else (team.gate(app.learning, version),)
        asked = [example(pair) for pair in aside] if bench.on_dev else held(app)
        told = written(app, version, sorted(asked, key=lambda each: each.group))
        measured = {way: figures(app, told, way) for way in told.ways}
        took = team.cost(app.learning.home, version)
    training = (
        Line("training", took.seconds, "s", f"{took.steps} steps"),
        Line("training, loading and looks included", took.rate, "tokens/s"),
    )
    notes = (*said(bench, told), *gate)
    return Table("bench.voice", "ratio", (*lines(measured), *training), notes, details)


def said(bench: Bench, told: Written) -> tuple[str, ...]:
    """What was done, and how the measures are to be read."""
    part = "dev pairs, on which dials are chosen" if bench.on_dev else "held-out pairs"
    return (
        f"{bench.base}, {len(told.asked)} {part}; beside each mean its 95 % interval.",
        f"The style score tells the voice from plain text with an area of {told.judge.auc:.3f} on "
        f"texts it was not taught; it was taught {told.judge.texts}, none of those asked.",
        "p: of the paired bootstrap over texts, two-sided; 1 where there is no gain.",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    given = team.asked(__doc__ or "", team.SMALL).parse_args(arguments)
    details, base = about(), "tiny" if given.short else given.base
    recipe = team.recipe(given.recipe, RECIPES.get(base, OTHERS))
    with team.place(given.folder) as work:
        say(f"{base} in {work}")
        bench = Bench(work, base, recipe, given.on_dev, 30 if given.short else None)
        publish(table(bench, details), given.json)


if __name__ == "__main__":
    main()
