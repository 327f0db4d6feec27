"""How likely both sides find the answers that people liked or disliked; nothing is read twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.learning.cases import Cases
from bot.learning.outputs import LIKELIHOODS, Output, append, held_back, latest, outputs
from bot.learning.sides import Measuring, Side, orders, outputs_file, wish_for
from bot.learning.words import ModelVersion
from model.backends import Prompt
from model.errors import LikelihoodsUnknown, VersionUnusable
from model.evaluation.likelihood import Asked
from model.evaluation.thumbs import Thumb, evaluate_thumbs
from model.evaluation.trials import TaskCompared, Trial
from model.examples import Example, What
from model.progress import Progress, quiet
from model.tasks import Task

Pair = tuple[float | None, float | None]
"""Mean log-probabilities of an example's liked and disliked answer; None: there is none."""
Weighs = Callable[[Sequence[Asked]], Iterator[tuple[int, float | None]]]
UNWEIGHED = "`tandem evaluate` was not run with both of them yet"


@dataclass(frozen=True)
class Weighed:
    """How likely both sides find the judged answers, by the example's digest."""

    version: Mapping[str, Pair]
    against: Mapping[str, Pair]
    note: str = ""  # why it is not known


NOTHING = Weighed({}, {})


@dataclass(frozen=True)
class _Judged:
    """An example and what its writer is told."""

    example: Example
    prompt: Prompt

    @property
    def answers(self) -> tuple[str, str]:
        return self.example.chosen.strip(), self.example.rejected.strip()

    def mark(self, writer: str) -> str:
        """Marks all that the likelihoods follow from; 32 hex digits."""
        told = [writer, self.prompt.begun, *self.answers]
        told += [f"{message.role}\0{message.text}" for message in self.prompt.messages]
        return hashlib.sha256("\x1f".join(told).encode("utf-8", "replace")).hexdigest()[:32]


def weigh(parts: Measuring, sides: Sequence[Side], found: Sequence[Cases]) -> Weighed:
    """How likely both sides find the judged answers, as each is asked when it serves.

    Each model is loaded once, and only if an answer is left that it did not read yet.
    """
    if not any(some.judged for some in found):
        return NOTHING
    versions = {side.name: side.version for side in sides}
    writers = sorted({side.writer(some.task) for side in sides for some in found if some.judged})
    told = dict[str, dict[str, Pair]]()
    try:
        for writer in writers:
            judged = _asked(parts, found, writer, sides)
            told[writer] = _by_one(parts, sides[0].what, versions.get(writer), judged)
    except LikelihoodsUnknown as error:
        return Weighed({}, {}, str(error).rstrip("."))
    one, other = (_of_side(side, found, told) for side in sides)
    return Weighed(one, other)


def _asked(
    parts: Measuring, found: Sequence[Cases], writer: str, sides: Sequence[Side]
) -> list[_Judged]:
    """What a writer is to read, each example once."""
    mine = [s for s in found if any(side.writer(s.task) == writer for side in sides)]
    judged = {e.digest: e for some in mine for e in some.judged}
    return [_Judged(e, wish_for(parts, e, writer).prompt) for e in judged.values()]


def _by_one(
    parts: Measuring, what: What, version: ModelVersion | None, judged: Sequence[_Judged]
) -> dict[str, Pair]:
    name = version.name if version else ""
    file = likelihoods_file(parts.home, what, name)
    weighs = partial(parts.weighs, what, version)
    return weigh_all(file, judged, name or parts.base(what), weighs, parts.progress)


def likelihoods_file(home: Path, what: What, writer: str) -> Path:
    """Where it is kept how likely a writer finds answers: beside what it wrote."""
    return outputs_file(home, what, writer).with_name(LIKELIHOODS)


def _of_side(
    side: Side, found: Sequence[Cases], told: Mapping[str, Mapping[str, Pair]]
) -> dict[str, Pair]:
    return {e.digest: told[side.writer(s.task)][e.digest] for s in found for e in s.judged}


def weigh_all(
    file: Path,
    judged: Sequence[_Judged],
    writer: str,
    weighs: Weighs,
    progress: Progress = quiet,
) -> dict[str, Pair]:
    """How likely each answer is, by the example; what the file holds is not read again.

    An example is on the disk as soon as it is known, so that a run that was interrupted goes on.
    Raises `LikelihoodsUnknown`, and `VersionUnusable` for a damaged file.
    """
    with held_back(file):
        held = {line.mark: _pair(file, line.written) for line in outputs(file)}
        missing = [each for each in judged if each.mark(writer) not in held]
        for each, pair in _read(missing, weighs, progress) if missing else ():
            held[each.mark(writer)] = pair
            append(file, Output(each.example.digest, each.mark(writer), json.dumps(pair)))
    return {each.example.digest: held[each.mark(writer)] for each in judged}


def _read(
    judged: Sequence[_Judged], weighs: Weighs, progress: Progress
) -> Iterator[tuple[_Judged, Pair]]:
    """Each example once both of its answers were read."""
    places = [(n, side) for n, each in enumerate(judged) for side in (0, 1) if each.answers[side]]
    asked = [Asked(judged[n].prompt, judged[n].answers[side]) for n, side in places]
    pairs = [list[float | None]([None, None]) for _ in judged]
    left = [sum(map(bool, each.answers)) for each in judged]
    step = "Reading liked and disliked answers"
    progress(step, 0, len(asked))
    for done, (at, value) in enumerate(weighs(asked), start=1):
        number, side = places[at]
        pairs[number][side] = None if value is None else round(value, 6)
        left[number] -= 1
        if not left[number]:
            yield judged[number], (pairs[number][0], pairs[number][1])
        progress(step, done, len(asked))


def _pair(file: Path, told: str) -> Pair:
    try:
        good, bad = (None if each is None else float(each) for each in json.loads(told))
    except (ValueError, TypeError) as error:
        problem = f"{file} is damaged ({error})"
        remedy = "Delete that file; `tandem evaluate` writes it again"
        raise VersionUnusable(file.parent.name, problem, remedy) from error
    return good, bad


def weighed_before(parts: Measuring, sides: Sequence[Side], found: Sequence[Cases]) -> Weighed:
    """What is kept of that for both sides; nothing is read now."""
    if not any(some.judged for some in found):
        return NOTHING
    kept = [_kept(parts, side, found) for side in sides]
    both = kept[0].keys() & kept[1].keys()
    one, other = ({key: pairs[key] for key in both} for pairs in kept)
    return Weighed(one, other, "" if both else UNWEIGHED)


def _kept(parts: Measuring, side: Side, found: Sequence[Cases]) -> dict[str, Pair]:
    writers = {some.task: side.writer(some.task) for some in found if some.judged}
    files = {w: likelihoods_file(parts.home, side.what, w) for w in writers.values()}
    before = {
        writer: {key: _pair(file, told) for key, told in latest(file).items()}
        for writer, file in files.items()
    }
    asked = [(e.digest, before[writers[some.task]]) for some in found for e in some.judged]
    return {key: pairs[key] for key, pairs in asked if key in pairs}


def by_thumbs(
    task: Task,
    some: Cases,
    written: tuple[Mapping[str, str], Mapping[str, str]],
    weighed: Weighed,
) -> TaskCompared:
    """Both sides beside each other on texts to which there are judged answers only."""
    one, other = (_trials(task, some, texts) for texts in written)
    thumbs = [thumb for example in some.judged for thumb in _thumbs(example, weighed)]
    made = evaluate_thumbs(task, thumbs, one, other, some.set, weighed.note)
    if thumbs:
        return made
    liked, disliked = (
        sum(bool(answer) for answer in answers)
        for answers in zip(*((e.chosen, e.rejected) for e in some.judged), strict=True)
    )
    return replace(made, liked=liked, disliked=disliked)


def _trials(task: Task, some: Cases, written: Mapping[str, str]) -> list[Trial]:
    """A liked answer stands for a reference only where the question is what may be written."""
    told = orders(task)
    return [
        Trial(e.text, e.chosen, written[e.digest], e.wish, told, e.digest) for e in some.examples
    ]


def _thumbs(example: Example, weighed: Weighed) -> Iterator[Thumb]:
    one, other = weighed.version.get(example.digest), weighed.against.get(example.digest)
    if one is None or other is None:
        return
    for liked, mine, theirs in zip((True, False), one, other, strict=True):
        if mine is not None and theirs is not None:
            yield Thumb(example.group, liked, mine, theirs)
