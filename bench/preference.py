"""Preference: what thumbs alone teach, of a team whose taste nobody tells the model.

    python -m bench.preference [FOLDER] [--base NAME] [--recipe TOML] [--on-dev] [--short]

A simulated team (bench/taste.py) likes answers of fewer than 40 words in the active voice that
have five words of the text, and says so by thumbs alone; one thumb in twenty is a slip. A round
is what the product does: the serving model answers texts (sampled, so that there is something to
choose from), one of the team votes on each, `tandem harvest` makes examples of it, `tandem train`
teaches by KTO, and what comes out goes live and writes the next round. Examples stay: the second
training begins at the base again, and learns from the votes of both rounds. Before the first
round and after each the live model is asked the held-out texts, greedily, by the way that people
are served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench import team
from bench.common import Goal, Line, Table, about, publish, say
from bench.prose import HELP, pieces
from bench.taste import TOLD, WORDS, passive, told, words
from bench.thumbs import (
    OTHERS,
    RECIPES,
    ROUNDS,
    SHORT,
    SLIPS,
    TASK,
    Bench,
    Sizes,
    answers,
    greedy,
    parted,
    sampling,
    vote,
)
from model.examples import What
from model.training.recipe import Recipe

if TYPE_CHECKING:
    from bot.app import App
    from bot.learning.words import ModelVersion

BEFORE, SHOWN = "before", "shown liked answers"
GAIN = 20.0  # points


@dataclass
class Found:
    """The answers to what is measured on, by way; and what else is told."""

    ways: dict[str, list[str]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# -- a round ---------------------------------------------------------------------------


def turn(bench: Bench, found: Found, number: int) -> ModelVersion:
    """One round, up to the version that it made live; what was done before is not done again."""
    from bot.harvest import harvest, parts_of

    texts, name = bench.parts.rounds[number - 1], f"round {number}"
    with bench.opened() as app:
        before = versions(app)[number - 2].name if number > 1 else ""
        given = answers(app.store, sampling(app), texts, name, before)
        share = vote(bench, app, given)
        found.lines.append(Line(f"liked of what was voted on: {name}", 100 * share, "%"))
        say(str(harvest(parts_of(app.learning))))
    with bench.opened() as app:  # the base is shown what was liked
        if number == 1:
            found.ways[SHOWN] = greedy(bench, app, SHOWN, "")
        version = trained(bench, app, number)
        found.lines += costs(app, version, name)
        live(app, version)
    return version


def versions(app: App) -> list[ModelVersion]:
    """Those of all rounds so far, the first one first."""
    from bot.learning import training

    training.adopt(app.learning)
    return sorted(app.learning.registry.versions(What.STYLE), key=lambda each: each.run)


def trained(bench: Bench, app: App, number: int) -> ModelVersion:
    """The version of a round."""
    made = versions(app)
    if len(made) >= number:
        return made[number - 1]
    return team.trained(app.learning, (TASK,), bench.recipe)


def live(app: App, version: ModelVersion) -> None:
    """Let everybody be served by it. The gate knows no taste, so it is overruled, and told why."""
    from bot.learning.promoting import promote

    why = "the bench measures it: no example says how an answer should have been"
    promote(app.learning, version.name, "bench.preference", why, forced=True)


def costs(app: App, version: ModelVersion, name: str) -> Iterator[Line]:
    """What a training took."""
    took = team.cost(app.learning.home, version)
    told = f"{took.steps} steps, {took.rate:.0f} tokens/s with loading"
    yield Line(f"training: {name}", took.seconds, "s", told)


# -- measuring -------------------------------------------------------------------------


def lines(bench: Bench, ways: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    """The share liked each way, what the rounds gained, and what else became of the answers."""
    for way, written in ways.items():
        liked = sum(map(bench.likes, bench.asked, written))
        yield Line(f"liked: {way}", 100 * liked / len(written), "%", interval(liked, len(written)))
    first, one, two = (ways[way] for way in (BEFORE, after(1), after(2)))
    yield gained(bench, "the first round", one, first, GAIN)
    yield gained(bench, "the second round", two, one, 0.0)
    for name, measure in MEASURES.items():
        for way, written in ways.items():
            told = [measure(*each) for each in zip(bench.asked, written, strict=True)]
            yield Line(f"{name}: {way}", sum(told) / len(told))


def after(number: int) -> str:
    """What the answers after a round are called."""
    return f"after round {number}"


def interval(right: int, count: int) -> str:
    """Wilson's interval of a share, in per cent."""
    low, high = team.wilson(right, count)
    return f"{100 * low:.1f} to {100 * high:.1f}; {right} of {count}"


def gained(
    bench: Bench, name: str, now: Sequence[str], before: Sequence[str], least: float
) -> Line:
    """How many points more are liked."""
    from model.evaluation import paired_bootstrap

    one, other = ([*map(float, map(bench.likes, bench.asked, each))] for each in (now, before))
    at = paired_bootstrap(one, other)
    spread = f"{100 * at.low:+.1f} to {100 * at.high:+.1f}, p = {at.p:.3g}"
    goal = Goal(">=", least)
    return Line(f"gained by {name}", round(100 * at.difference, 2), "points", spread, goal=goal)


def taken(text: str, answer: str) -> float:
    """The share of an answer's words that stand in the text too, by their stems."""
    from knowledge.words import stems

    said, known = stems(answer), {*stems(text)}
    return sum(stem in known for stem in said) / len(said) if said else 0.0


def unsound(_text: str, answer: str) -> float:
    """1 for an answer that is empty or goes round in circles."""
    from model.repetition import loops

    return float(not words(answer) or loops(answer))


MEASURES: Mapping[str, Callable[[str, str], float]] = {
    f"share under {WORDS} words": lambda _, answer: float(words(answer) < WORDS),
    "share in the active voice": lambda _, answer: float(not passive(answer)),
    f"share with {TOLD} words of the text": lambda *given: float(told(*given) >= TOLD),
    "words, mean": lambda _, answer: float(words(answer)),
    "share of its words that the text has": taken,
    "share empty or in circles": unsound,
}


# -- the table -------------------------------------------------------------------------


def table(bench: Bench, details: dict[str, str]) -> Table:
    """Everything in its turn."""
    found = Found()
    with bench.opened() as app:
        found.ways[BEFORE] = greedy(bench, app, BEFORE, "")
    for number in range(1, ROUNDS + 1):
        version = turn(bench, found, number)
        with bench.opened() as app:
            found.ways[after(number)] = greedy(bench, app, after(number), version.name)
    told = (*lines(bench, found.ways), *found.lines)
    return Table("bench.preference", "ratio", told, notes(bench), details)


def notes(bench: Bench) -> tuple[str, ...]:
    """What was done, and how it is to be read."""
    part = "dev texts, on which dials are chosen" if bench.on_dev else "held-out texts"
    return (
        f"{bench.base}, {len(bench.parts.rounds[0])} texts voted on in each round, one thumb each, "
        f"{SLIPS:.0%} of them slips; {len(bench.asked)} {part} asked, greedily.",
        "Beside each share its 95 % interval (Wilson), beside a gain that of the paired bootstrap.",
        f"{SHOWN}: the base after the first votes, with the three most alike of the liked answers "
        "in its prompt, as the product shows them before anything is trained.",
        "Each training begins at the base, with the votes of all rounds so far.",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    given = team.asked(__doc__ or "", team.SMALL).parse_args(arguments)
    details = about()
    if not (HELP.is_file() or given.short):
        missing = Table("bench.preference", "ratio", (), (f"{HELP} is missing",), details)
        publish(missing, given.json)
        return
    base = "tiny" if given.short else given.base
    recipe = team.recipe(given.recipe, RECIPES.get(base, OTHERS))
    with team.place(given.folder) as work:
        say(f"{base} in {work}")
        bench = short(work, recipe) if given.short else long(work, base, recipe, given.on_dev)
        publish(table(bench, details), given.json)


def long(work: Path, base: str, recipe: Recipe, on_dev: bool) -> Bench:
    """What is told in README."""
    sizes = Sizes()
    return Bench(work, base, recipe, parted(pieces(), sizes), sizes, on_dev=on_dev)


def short(work: Path, recipe: Recipe) -> Bench:
    """To see that it runs: random weights have their own taste, else nothing of theirs is liked."""
    parts = parted(pieces(80), SHORT)
    return Bench(work, "tiny", recipe, parts, SHORT, lambda _, answer: len(answer) % 2 == 0)


if __name__ == "__main__":
    main()
