"""What people would be served where a version is live: which model writes which task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.learning.cases import Cases, Examples
from bot.learning.outputs import LIKELIHOODS, OUTPUTS, Wish, latest, write_all
from bot.learning.words import Evaluation, ModelVersion
from model.backends import Backend
from model.errors import LikelihoodsUnknown, VersionUnusable
from model.evaluation.likelihood import Asked
from model.evaluation.replies import prompt as reply_prompt
from model.examples import Example, What
from model.progress import Progress, quiet
from model.tasks import Shot, Task, not_showing, task_named, task_prompt, taught_prompt
from model.versions import read_manifest, version_folder

BASE, LIVE = "base", "live"  # what a person calls the model without a version, and what is served
REPLY_TOKENS = 80


class Versions(Protocol):
    """What knows the versions."""

    def version(self, name: str) -> ModelVersion:
        """One version. Raises `UnknownVersion`."""

    def versions(self, what: What | None = None) -> Sequence[ModelVersion]:
        """All versions, newest first."""

    def live(self, what: What) -> ModelVersion | None:
        """What everybody is served; None: the base."""

    def candidates(self, what: What) -> Sequence[ModelVersion]:
        """Those that might go live, newest first."""

    def evaluate(self, evaluation: Evaluation) -> Evaluation:
        """Keep an evaluation, with its id."""

    def evaluations(self, version: str) -> Sequence[Evaluation]:
        """Those of a version (empty: the base), newest first."""


@dataclass(frozen=True)
class Searched:
    """How well an embedder finds what people found right."""

    questions: tuple[str, ...]  # ids of those that are held out, in the order of the figures
    figures: Mapping[str, Sequence[float]]  # by measure, each 0 to 1; "ndcg@10" comes first
    headings: Searched | None = None  # sections by their headings: found no worse than before


def searched_nothing(_version: ModelVersion | None) -> Searched:
    """Nothing is measured of a search."""
    return Searched((), {})


Weighs = Callable[[What, ModelVersion | None, Sequence[Asked]], Iterator[tuple[int, float | None]]]
"""As `model.evaluation.likelihood.log_probs`, of a version (None: of the base)."""


def weighs_nothing(
    what: What, version: ModelVersion | None, _asked: Sequence[Asked]
) -> Iterator[tuple[int, float | None]]:
    """Nothing is known of how likely a model finds an answer."""
    name = version.name if version else what
    raise LikelihoodsUnknown(name, "as nothing here can load it", "Measure it where it is loaded")


Opens = Callable[[What, ModelVersion | None], AbstractContextManager[Backend]]
"""What writes as a version does (None: as the base), until the context ends."""


@dataclass(frozen=True)
class Measuring:
    """What measuring works with."""

    home: Path
    tasks: Mapping[str, Task]
    book: Examples
    registry: Versions
    opens: Opens
    base: Callable[[What], str]  # which model the base is
    shots: Callable[[str], tuple[Shot, ...]] = lambda _: ()  # that people wrote, by task
    search: Callable[[ModelVersion | None], Searched] = searched_nothing  # None: the base
    weighs: Weighs = weighs_nothing
    at_once: int = 1
    reply_tokens: int = REPLY_TOKENS  # of an answer from passages
    progress: Progress = quiet
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Side:
    """The service with a version live; without one it is the base model's."""

    what: What
    version: ModelVersion | None = None

    @property
    def name(self) -> str:
        """The version's; empty: the base."""
        return self.version.name if self.version else ""

    def writer(self, task: str) -> str:
        """Who writes a task: the version, if it was taught that, else the base (empty)."""
        if self.version is None or (self.what is What.STYLE and task not in self.version.tasks):
            return ""
        return self.name


def side(parts: Measuring, name: str, what: What) -> Side:
    """The side of a version, of `base`, or of what is `live`.

    Raises `UnknownVersion`; `VersionUnusable` where its folder is not whole, or where it is
    another kind of version.
    """
    if name == LIVE:
        return Side(what, parts.registry.live(what))
    if name in (BASE, ""):
        return Side(what)
    version = parts.registry.version(name)
    if version.what is not what:
        raise VersionUnusable(name, f"it is a version of {version.what}, not of {what}")
    read_manifest(version_folder(parts.home, name))
    return Side(what, version)


def what_of(parts: Measuring, names: Iterable[str]) -> What:
    """What the versions of these names are of; `base` and `live` alone: of style."""
    known = [name for name in names if name not in (BASE, LIVE, "")]
    return parts.registry.version(known[0]).what if known else What.STYLE


def outputs_file(home: Path, what: What, writer: str) -> Path:
    """Where a writer's outputs are kept: a version's in its folder."""
    if writer:
        return version_folder(home, writer) / OUTPUTS
    return home / "golden" / f"base-{what}" / OUTPUTS


def output_files(home: Path) -> list[Path]:
    """All that hold outputs, or how likely answers are."""
    folders, names = ("versions", "golden"), (OUTPUTS, LIKELIHOODS)
    return sorted(file for of in folders for name in names for file in home.glob(f"{of}/*/{name}"))


def shown_task(parts: Measuring, example: Example) -> Task:
    """The task with the examples that the base may be shown for a text. Raises `UnknownTask`.

    They are those that people are served with, but never the text itself: where the file of a
    task's examples was imported too, each held-out text is asked with all the others shown. That
    another held-out text may be among them is no leak, for the base learns nothing from one
    prompt to the next, and who serves without training shows the same file. A version that was
    taught the task is shown none (`taught_prompt`), and was taught none that is held out. Of what
    people wrote (`Measuring.shots`) only what may be trained on is shown.
    """
    task = task_named(parts.tasks, example.task)
    whole = replace(task, examples=(*task.examples, *parts.shots(task.name)))
    return not_showing(whole, example.text)


def wish_for(parts: Measuring, example: Example, writer: str) -> Wish:
    """What the writer is told, as when a person asks, but for an example of the very text."""
    if example.what is What.ANSWERS:
        return Wish(example.digest, reply_prompt(example), parts.reply_tokens)
    task = task_named(parts.tasks, example.task)
    if writer:
        told = taught_prompt(task, example.text, example.wish)
    else:
        told = task_prompt(shown_task(parts, example), example.text, example.wish)
    return Wish(example.digest, told, task.max_tokens)


def orders(task: Task) -> str:
    """What any model is told of a task beside the text: none of it belongs in an answer."""
    asked = (task_prompt(task, ""), taught_prompt(task, ""))
    return "\n".join(m.text for prompt in asked for m in prompt.messages if m.role == "system")


def plain_wish(parts: Measuring, example: Example) -> Wish:
    """What the base is told without any example: so a text looks that has no house style."""
    task = replace(task_named(parts.tasks, example.task), examples=())
    told = task_prompt(task, example.text, example.wish)
    return Wish(example.digest, told, task.max_tokens)


def write(
    parts: Measuring, sides: Sequence[Side], cases: Sequence[Cases], plain: Sequence[Example]
) -> dict[str, dict[str, str]]:
    """All that the writers of the sides write, by writer and key; the base also to `plain` texts.

    Each model is loaded once, and only if there is something left for it to write.
    """
    wanted = {"": {example.digest: plain_wish(parts, example) for example in plain}}
    for served in sides:
        for some in cases:
            writer = served.writer(some.task)
            told = {e.digest: wish_for(parts, e, writer) for e in some.examples}
            wanted.setdefault(writer, {}).update(told)
    versions = {served.name: served.version for served in sides}
    return {
        writer: _written_by(parts, sides[0].what, versions.get(writer), list(wishes.values()))
        for writer, wishes in wanted.items()
        if wishes
    }


def _written_by(
    parts: Measuring, what: What, version: ModelVersion | None, wishes: Sequence[Wish]
) -> dict[str, str]:
    name = version.name if version else ""
    file, writer = outputs_file(parts.home, what, name), name or parts.base(what)
    opens = partial(parts.opens, what, version)
    return write_all(file, wishes, writer, opens, parts.at_once, parts.progress)


def kept(parts: Measuring, served: Side, cases: Sequence[Cases]) -> dict[str, str]:
    """By key what was written before for a side; nothing is written now."""
    writers = {some.task: served.writer(some.task) for some in cases}
    files = {writer: outputs_file(parts.home, served.what, writer) for writer in writers.values()}
    before = {writer: latest(file) for writer, file in files.items()}
    asked = [(e.digest, before[writers[some.task]]) for some in cases for e in some.examples]
    return {key: texts[key] for key, texts in asked if key in texts}
