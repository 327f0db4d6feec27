"""Classification that learns: 77 intents of bank customers, told apart after training.

    python -m bench.intents [FOLDER] [--base NAME] [--recipe TOML] [--few N] [--on-dev] [--short]

The rows are those of banking77's train.csv. Which is which follows from the hash of a row's words
alone (`model.examples.group_of`): the split is the product's, one text in five is held out; within
it the rows are taken in the order of their hashes, the same number of each intent as far as there
are so many. 500 held-out rows are asked, 2,000 of the others taught (all of them: the training is
not stopped early), and 154 further held-out rows are the dev part, on which dials are chosen
(`--on-dev` measures on them, and the 500 are not even imported). A row that nearly repeats one that
was taken is left out. Labels are written as words ("card arrival").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import team
from bench.common import Goal, Line, Table, about, publish, say
from bench.corpora import BANKING, banking
from bot.learning.merging import Texts
from model.examples import Example, Review, What, group_of, held_out
from model.training.recipe import Recipe

if TYPE_CHECKING:
    from bot.app import App
    from bot.learning.parts import Learning
    from bot.learning.words import ModelVersion
    from model.evaluation import TaskScores

TASK = "intent"
INSTRUCTION = "Say what the customer of the bank wants."
LONGEST_LABEL = 16  # tokens
GOAL, SECONDS = 0.8, 1800.0
COMMON = Recipe("sft", dropout=0.0, longest=128, plain=0.0, stop_early=0, looks=1)
RECIPES: Mapping[str, Recipe] = {
    team.SMALL: replace(COMMON, rate=1e-3, epochs=2.5, batch=16),
    "tiny": replace(COMMON, rank=4, alpha=8, rate=1e-2, epochs=1.0, longest=768),
}
OTHERS = replace(COMMON, rate=5e-4, epochs=1.0)


@dataclass(frozen=True)
class Row:
    """What a customer wrote, and the intent as words."""

    text: str
    label: str


@dataclass(frozen=True)
class Sizes:
    """How many rows, and how many of the intents."""

    train: int = 2000
    dev: int = 154
    test: int = 500
    labels: int | None = None  # all


@dataclass(frozen=True)
class Parts:
    """The rows by what they are for."""

    train: Sequence[Row]
    dev: Sequence[Row]
    test: Sequence[Row]

    @property
    def labels(self) -> list[str]:
        """All intents, in the order of the alphabet."""
        return sorted({row.label for row in self.train})


def rows() -> list[Row]:
    """All of the file, in its order."""
    return [Row(row["text"].strip(), worded(row["category"])) for row in banking()]


def worded(category: str) -> str:
    """An intent's name as words: "Refund_not_showing_up" is "refund not showing up"."""
    return category.replace("_", " ").strip(" ?").lower()


def parted(found: Sequence[Row], sizes: Sizes) -> Parts:
    """The parts, by the hash of each text alone."""
    chosen = sorted({row.label for row in found})[: sizes.labels]
    known = [row for row in found if row.label in chosen]
    held = [row for row in known if held_out(group_of(row.text))]
    others = [row for row in known if not held_out(group_of(row.text))]
    taken = Texts()
    test = dealt(held, sizes.test, taken)
    asked = {*test}
    dev = dealt([row for row in held if row not in asked], sizes.dev, taken)
    return Parts(dealt(others, sizes.train, taken), dev, test)


def dealt(found: Iterable[Row], count: int, taken: Texts) -> list[Row]:
    """So many rows, one of each intent in turn; none that nearly repeats one of `taken`."""
    made: list[Row] = []
    for row in ranked(found):
        if len(made) < count and taken.find(row.text) is None:
            taken.add(row.text)
            made.append(row)
    return made


def ranked(found: Iterable[Row]) -> list[Row]:
    """The first row of each intent by the order of hashes, then the second of each, and so on."""
    turn, placed = Counter[str](), list[tuple[int, str, Row]]()
    for row in sorted(found, key=lambda row: group_of(row.text)):
        placed.append((turn[row.label], group_of(row.text), row))
        turn[row.label] += 1
    return [row for *_, row in sorted(placed, key=lambda each: each[:2])]


# -- the contestants -------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """What is done, and where."""

    work: Path
    parts: Parts
    base: str
    recipe: Recipe
    on_dev: bool = False
    few: int | None = None  # rows that the default model is asked; None: all

    @property
    def asked(self) -> Sequence[Row]:
        """What is measured on."""
        return self.parts.dev if self.on_dev else self.parts.test

    @property
    def sections(self) -> dict[str, dict[str, object]]:
        """The settings of the task."""
        told = {"instruction": INSTRUCTION, "labels": self.parts.labels}
        return {f"tasks.{TASK}": {**told, "max_tokens": LONGEST_LABEL}}


@dataclass
class Found:
    """The scores by contestant, and what else is told."""

    scores: dict[str, TaskScores] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def taught(bench: Bench, app: App) -> ModelVersion:
    """The version that was taught the intents."""
    learning = app.learning
    version = team.last_version(learning)
    if version is None:
        take(bench, learning, "train", bench.parts.train)
        version = team.trained(learning, (TASK,), bench.recipe)
    return version


def take(bench: Bench, learning: Learning, name: str, some: Sequence[Row]) -> None:
    """Import rows."""
    file = team.put(bench.work / f"{name}.jsonl", [(row.text, row.label) for row in some])
    team.keep(learning, file, TASK)


def hold(bench: Bench, learning: Learning) -> list[Example]:
    """Let exactly the rows that are asked be held out; gives them as examples."""
    from bot.learning.book_words import Wanted

    wanted = Wanted(What.STYLE, TASK, Review.ACCEPTED, held_out=True)
    asked = {row.text for row in bench.asked}
    gone = [each.id for each in learning.book.examples(wanted) if each.text not in asked]
    learning.book.remove(gone)
    take(bench, learning, "asked", bench.asked)
    return learning.book.examples(wanted)


def tuned(bench: Bench, found: Found) -> None:
    """The base, with the few examples that the product shows it, and taught."""
    work = bench.work / "taught"
    work.mkdir(exist_ok=True)
    with team.team(work, bench.base, bench.sections) as app:
        version = taught(bench, app)
        held = hold(bench, app.learning)
        found.notes.append(team.gate(app.learning, version))
        took = team.cost(app.learning.home, version)
        for name, each in ((f"{bench.base}, taught", version), (few_shot(bench.base), None)):
            found.scores[name] = scores(app, held, each)
    small = bench.base == team.SMALL
    limit = Goal("<=", SECONDS) if small else None
    found.lines.append(Line("training", took.seconds, "s", f"{took.steps} steps", goal=limit))
    found.lines.append(Line("training, loading and looks included", took.rate, "tokens/s"))


def few_shot(base: str) -> str:
    """What a base with examples in its prompt is called."""
    return f"{base}, few-shot"


def shown(bench: Bench, base: str, found: Found) -> None:
    """Another base with the few examples that the product shows it."""
    from bot.learning.cases import cases

    work = bench.work / "shown"
    work.mkdir(exist_ok=True)
    with team.team(work, base, bench.sections) as app:
        take(bench, app.learning, "train", bench.parts.train)
        hold(bench, app.learning)
        task, learning = app.tasks[TASK], app.learning
        (some,) = cases(learning.book, learning.home, What.STYLE, [task], bench.few)
        found.scores[few_shot(base)] = scores(app, some.examples, None)


def scores(app: App, held: Sequence[Example], version: ModelVersion | None) -> TaskScores:
    """How good a version, or the base, is; what was written before is not written again."""
    from bot.learning.cases import Cases
    from bot.learning.opening import measuring
    from bot.learning.sides import Side, write
    from model.evaluation import Set

    side, parts = Side(What.STYLE, version), measuring(app.learning)
    ordered = sorted(held, key=lambda each: each.group)
    some = Cases(TASK, Set.HELD_OUT, tuple(ordered))
    written = write(parts, [side], [some], ())
    return team.scored(app.tasks[TASK], ordered, written[side.writer(TASK)])


def regression(bench: Bench, found: Found) -> None:
    """Logistic regression on vectors of the default embedder; its dial is chosen on dev."""
    from bench import parts
    from model.evaluation import Trial, evaluate
    from model.tasks import Task

    embed = parts.embedder().embed
    train, dev, asked = bench.parts.train, bench.parts.dev, bench.asked
    x, y = embed([row.text for row in train]), [row.label for row in train]
    told = [row.label for row in dev]
    vectors = embed([row.text for row in dev])
    tried = {c: fitted(x, y, c).score(vectors, told) for c in (1.0, 10.0, 100.0, 1000.0)}
    best = max(tried, key=lambda c: tried[c])
    said = fitted(x, y, best).predict(embed([row.text for row in asked]))
    rows_ = sorted(zip(asked, said, strict=True), key=lambda each: group_of(each[0].text))
    trials = [Trial(row.text, row.label, str(label), key=row.text) for row, label in rows_]
    task = Task(TASK, INSTRUCTION, labels=tuple(bench.parts.labels))
    found.scores[f"logistic regression on {parts.EMBEDDER}"] = evaluate(task, trials)
    found.notes.append(f"Logistic regression with C = {best:g} of 1 to 1000, chosen on dev.")


def fitted(x: Any, y: Sequence[str], c: float) -> Any:
    """A classifier of vectors."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=2000).fit(x, y)


# -- the table -------------------------------------------------------------------------


def lines(bench: Bench, found: Found) -> Iterator[Line]:
    """A line for each contestant, then the training."""
    first = f"{bench.base}, taught"
    for name, told in found.scores.items():
        goal = Goal(">=", GOAL) if name == first and bench.base == team.SMALL else None
        yield Line(name, told.figures["accuracy"].value, "accuracy", beside(told), goal=goal)
    yield from found.lines


def beside(told: TaskScores) -> str:
    """Wilson's interval of the accuracy, macro-F1, and what was no label as it was written."""
    count = len(told.keys)
    right, off = (round(told.figures[name].value * count) for name in ("accuracy", "off_list"))
    low, high = team.wilson(right, count)
    f1 = told.figures["macro_f1"].value
    return f"{low:.3f} to {high:.3f}; {right} of {count}, macro-F1 {f1:.3f}, {off} off list"


def gains(bench: Bench, found: Found) -> Iterator[str]:
    """How much better the taught one is than those that answered all of the same rows."""
    from model.evaluation import paired_bootstrap

    first = found.scores[f"{bench.base}, taught"].figures["accuracy"].items
    for name, told in found.scores.items():
        items = told.figures["accuracy"].items
        if not name.endswith(", taught") and items.shape == first.shape:
            at = paired_bootstrap(first, items)
            yield (
                f"Taught over {name}: by {at.difference:+.3f}, {at.low:+.3f} to {at.high:+.3f} "
                f"(paired bootstrap, p = {at.p:.3g})."
            )


def table(bench: Bench, details: dict[str, str]) -> Table:
    """Everything in its turn."""
    found = Found()
    tuned(bench, found)
    regression(bench, found)
    if bench.base not in (team.USUAL, "tiny"):
        shown(bench, team.USUAL, found)
    part = "dev rows, on which dials are chosen" if bench.on_dev else "held-out rows"
    count = f"{len(bench.parts.train)} rows were taught, {len(bench.asked)} {part} asked, "
    about_rows = f"{count}{len(bench.parts.labels)} intents. Beside the accuracy its 95 % interval."
    notes = (about_rows, *found.notes, *gains(bench, found))
    return Table("bench.intents", "ratio", tuple(lines(bench, found)), notes, details)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = team.asked(__doc__ or "", team.SMALL)
    parser.add_argument("--few", type=int, help="rows that the default model is asked (all)")
    given = parser.parse_args(arguments)
    details = about()
    if not BANKING.is_file():
        missing = Table("bench.intents", "ratio", (), (f"{BANKING} is missing",), details)
        publish(missing, given.json)
        return
    sizes = Sizes(30, 6, 9, 3) if given.short else Sizes()
    base = "tiny" if given.short else given.base
    recipe = team.recipe(given.recipe, RECIPES.get(base, OTHERS))
    with team.place(given.folder) as work:
        bench = Bench(work, parted(rows(), sizes), base, recipe, given.on_dev, given.few)
        say(f"{base} in {work}")
        publish(table(bench, details), given.json)


if __name__ == "__main__":
    main()
