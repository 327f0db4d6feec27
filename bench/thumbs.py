"""A simulated team that votes: its texts, its app, what it asks, and its thumbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import team
from bench.common import say
from bench.lively import Lively
from bench.taste import likes
from bot.conversation import Feedback, Interaction, Mode, Outcome, Place, Question, Verdict
from bot.errors import OnlyRepeats
from model.examples import group_of, held_out
from model.training.recipe import Recipe

if TYPE_CHECKING:
    from bot.app import App
    from bot.assistant import Assistant
    from bot.store import Store

TASK = "brief"
INSTRUCTION = "Tell a colleague in a few words what the text says."
LONGEST = 80  # tokens of an answer
ROUNDS = 2
ASKER = "asker"
PEOPLE = ("ada", "bo", "cleo", "dan", "eve")  # who vote, each on a fifth of the answers
SLIPS = 0.05  # of the thumbs
AT_ONCE = 8
MANY = 100_000
COMMON = Recipe(
    "kto",
    dropout=0.0,
    epochs=1.5,
    batch=4,
    accumulate=2,
    longest=320,
    plain=0.0,
    stop_early=0,
    keep_every=10,
)
RECIPES: Mapping[str, Recipe] = {
    team.SMALL: replace(COMMON, preference_rate=5e-4),
    "tiny": replace(COMMON, rank=4, alpha=8, preference_rate=1e-2, epochs=0.5, longest=2000),
}
OTHERS = replace(COMMON, preference_rate=2e-4)


@dataclass(frozen=True)
class Sizes:
    """How many texts."""

    asked: int = 144  # in each round
    held: int = 150
    dev: int = 100
    longest: int = LONGEST
    fewest: int = 20  # examples, without which nothing is trained


SHORT = Sizes(20, 6, 4, 6, 10)


@dataclass(frozen=True)
class Parts:
    """The texts by what they are for."""

    rounds: tuple[Sequence[str], ...]
    dev: Sequence[str]  # on which dials are chosen
    held: Sequence[str]


def parted(found: Sequence[str], sizes: Sizes) -> Parts:
    """The parts, by the hash of each text alone: those held out are what the product holds out."""
    ranked = sorted(found, key=group_of)
    held = [text for text in ranked if held_out(group_of(text))]
    others = [text for text in ranked if not held_out(group_of(text))]
    rounds = [others[n * sizes.asked : (n + 1) * sizes.asked] for n in range(ROUNDS)]
    return Parts(tuple(rounds), others[ROUNDS * sizes.asked :][-sizes.dev :], held[: sizes.held])


@dataclass(frozen=True)
class Bench:
    """What is done, and where."""

    work: Path
    base: str
    recipe: Recipe
    parts: Parts
    sizes: Sizes
    likes: Callable[[str, str], bool] = likes
    on_dev: bool = False

    @property
    def asked(self) -> Sequence[str]:
        """What is measured on."""
        return self.parts.dev if self.on_dev else self.parts.held

    def opened(self) -> AbstractContextManager[App]:
        """The team's app: what is live now serves from its first answer on."""
        sections: dict[str, dict[str, object]] = {
            f"tasks.{TASK}": {"instruction": INSTRUCTION, "max_tokens": self.sizes.longest},
            "learning": {"policy": "auto", "fewest": self.sizes.fewest},
            "answers": {"at_once": AT_ONCE},
        }
        return team.team(self.work, self.base, sections)


# -- asking ----------------------------------------------------------------------------


def answers(
    store: Store, assistant: Assistant, texts: Sequence[str], channel: str, version: str
) -> list[Interaction]:
    """The answers of a version to these texts; what was answered in the channel is kept."""
    from bot.wanted import Wanted

    written = Wanted(channel=channel, task=TASK, outcome=Outcome.WRITTEN, version=version)
    failed = Wanted(channel=channel, outcome=Outcome.FAILED)
    kept = [each for each in store.interactions(MANY, failed) if repeats(store, each)]
    kept += store.interactions(MANY, written)
    held = {each.question.text: each for each in kept}
    missing = [text for text in texts if text not in held]
    say(f"{channel}: {len(missing)} of {len(texts)} texts are asked")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        given = pool.map(lambda text: assistant.ask(question(text, channel)), missing)
        for text, interaction in zip(missing, given, strict=True):
            alike = repeats(store, interaction)
            held[text] = interaction if alike else written_by(version, interaction)
    return [held[text] for text in texts]


def question(text: str, channel: str) -> Question:
    """A text, handed in as a person does."""
    return Question(text, ASKER, Place("terminal", channel=channel), mode=Mode.TUNED, task=TASK)


def shown(interaction: Interaction) -> str:
    """What the model wrote; empty where it only repeated itself, for which there is an apology."""
    answer = interaction.answer
    return answer.text if answer.outcome is Outcome.WRITTEN else ""


def repeats(store: Store, interaction: Interaction) -> bool:
    """Did the model only repeat itself, so that nothing was shown?"""
    return store.error_detail(interaction.id).startswith(OnlyRepeats.__name__)


def written_by(version: str, interaction: Interaction) -> Interaction:
    """The same; the bench ends where something else answered than what it measures."""
    answer = interaction.answer
    if answer.outcome is not Outcome.WRITTEN or answer.version != version:
        told = answer.version or "the base"
        raise SystemExit(f"{told} answered, not {version or 'the base'}: {answer.text}")
    return interaction


def greedy(bench: Bench, app: App, way: str, version: str) -> list[str]:
    """What is served for the texts that are measured on."""
    channel = f"{'dev' if bench.on_dev else 'held out'}, {way}"
    given = answers(app.store, app.assistant, bench.asked, channel, version)
    return [shown(each) for each in given]


def sampling(app: App) -> Assistant:
    """The answer service, with what serves now, but sampling."""
    from bot.assistant import Assistant

    usual = app.assistant
    return Assistant(
        usual.search,
        usual.focus,
        usual.backend,
        usual.memory,
        usual.tasks,
        line=usual.line,
        serves=Lively(usual.serves),
    )


# -- voting ----------------------------------------------------------------------------


def vote(bench: Bench, app: App, given: Sequence[Interaction]) -> float:
    """One of the team votes on each answer, once; the share of answers that are to its taste.

    Nobody votes on an apology, which is none.
    """
    for each in given:
        if shown(each) and not app.store.verdicts(each.id):
            verdict = thumb(bench, each.question.text, each.answer.text)
            person = PEOPLE[int(group_of(each.question.text), 16) % len(PEOPLE)]
            app.assistant.rate(Feedback(each.id, person, verdict, datetime.now(UTC)))
    return sum(bench.likes(each.question.text, shown(each)) for each in given) / len(given)


def thumb(bench: Bench, text: str, answer: str) -> Verdict:
    """What a person presses: their taste, but for slips; which those are follows from the text."""
    slip = held_out(group_of(f"slip {text}"), SLIPS)
    return Verdict.UP if bench.likes(text, answer) is not slip else Verdict.DOWN
