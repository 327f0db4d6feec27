"""Lessons in tokens, in the order in which they are learned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from model.backends import Prompt
from model.errors import TrainingFailed
from model.generation import Reader
from model.spelling import Spelling, read_spelling
from model.training.fitting import dealt
from model.training.lessons import Lesson
from model.training.recipe import Recipe
from model.training.words import Method

MARK = "\u2060reply\u2060"
FEWEST_VALIDATION = 10  # without which the loss on them says nothing
MOST_WEIGHT = 4  # times that an example is there where it cannot be weighed
Row = dict[str, Any]
"""What a trainer is given of an example: `input_ids`, `labels`, … as its collator names them."""


@dataclass(frozen=True)
class Speller:
    """Puts prompts and answers into tokens, by the very way that serving does."""

    reader: Reader
    end: int  # the token that ends an answer

    def prompt(self, prompt: Prompt) -> list[int]:
        """The tokens before an answer."""
        return self.reader.ids(prompt)

    def answer(self, prompt: Prompt, text: str) -> list[int]:
        """The tokens that the model shall write, with the one that ends them."""
        whole = self.reader.ids(replace(prompt, begun=prompt.begun + text))
        return [*whole[len(self.prompt(prompt)) :], self.end]


def speller(folder: Path) -> Speller:
    """The speller of a model. Raises `TrainingFailed` where its template ends no answer."""
    try:
        spelling = read_spelling(folder)
    except (OSError, ValueError) as error:
        raise TrainingFailed(f"the tokenizer of {folder} cannot be used ({error})") from error
    reader = Reader(spelling)
    end = _end(spelling)
    if end not in reader.ends:
        raise TrainingFailed(f"the chat template of {folder} ends an answer with no known token")
    return Speller(reader, end)


def _end(spelling: Spelling) -> int | None:
    """The token with which the template ends an answer."""
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": MARK}]
    after = spelling.render(turns, False).partition(MARK)[2]
    spelling.tokenizer.encode_special_tokens = False
    found = spelling.tokenizer.encode(after, add_special_tokens=False).ids
    if found:
        return int(found[0])
    return spelling.tokenizer.token_to_id(spelling.end) if spelling.end else None


@dataclass(frozen=True)
class Written:
    """A lesson in tokens."""

    prompt: list[int]
    good: list[int]  # empty: none is known
    bad: list[int]
    weight: float
    thumb: bool

    @property
    def size(self) -> int:
        """Tokens of the longer one."""
        return len(self.prompt) + max(len(self.good), len(self.bad))


def written(speller: Speller, lesson: Lesson) -> Written:
    """The lesson in tokens."""
    ask = lesson.prompt
    good = speller.answer(ask, lesson.good) if lesson.good else []
    bad = speller.answer(ask, lesson.bad) if lesson.bad else []
    return Written(speller.prompt(ask), good, bad, lesson.weight, lesson.thumb)


@dataclass(frozen=True)
class Stage:
    """One method's part of a training: its rows in the order in which they are learned."""

    method: Method
    rows: Sequence[Row]  # batch after batch
    validation: Sequence[Row]
    batch: int
    steps: int
    epoch: int  # steps, at least 1
    tokens: Sequence[int]  # in each step
    balance: tuple[float, float] = field(default=(1.0, 1.0))  # weights of good and bad (KTO)


def stage(method: Method, train: Sequence[Written], aside: Sequence[Written], how: Recipe) -> Stage:
    """A stage with these examples, of which there is at least one (two for KTO).

    `aside` is not taught but looked at, where there is enough of it.
    """
    units = units_of(method, train)
    batch = min(how.batch, len(units))
    at_once = how.accumulate * how.processes
    steps = max(1, math.ceil(how.epochs * len(units) / (batch * at_once)))
    sizes = [len(each.prompt) if method == "kto" else each.size for each in units]
    batches = [
        [units[number] for number in dealt(len(units), batch, turn, how.seed, sizes)]
        for turn in range(steps * at_once)
    ]
    some = sorted(looked_at(method, aside), key=lambda each: each.size)
    kept = some if len(some) >= FEWEST_VALIDATION else []
    tokens = [sum(each.size for each in some) for some in batches]
    return Stage(
        method,
        [row for some in batches for row in rows_of(method, some, mean_weight(units))],
        [row for some in cut(kept, batch) for row in rows_of(method, some, 1.0)],
        batch,
        steps,
        max(1, len(units) // (batch * at_once)),
        [sum(tokens[turn : turn + at_once]) for turn in range(0, len(tokens), at_once)],
        balanced(units) if method == "kto" else (1.0, 1.0),
    )


def units_of(method: Method, given: Sequence[Written]) -> list[Written]:
    """What a method learns from: SFT weighs each, the others see some of them several times."""
    if method == "sft":
        return [each for each in given if each.good]
    if method == "dpo":
        some = [each for each in given if each.good and each.bad]
    else:
        some = [part for each in given for part in _apart(each)]
    return [each for each in some for _ in range(_times(each.weight))]


def looked_at(method: Method, aside: Sequence[Written]) -> list[Written]:
    """What a method's loss can be looked at on: each once, whatever it weighs."""
    return units_of(method, [replace(each, weight=1.0) for each in aside])


def _apart(pair: Written) -> Iterator[Written]:
    """The good and the bad answer, each by itself."""
    if pair.good:
        yield replace(pair, bad=[])
    if pair.bad:
        yield replace(pair, good=[])


def _times(weight: float) -> int:
    return min(MOST_WEIGHT, max(1, round(weight)))


def mean_weight(units: Sequence[Written]) -> float:
    """The mean of the weights, by the answers' tokens; what the loss is scaled with."""
    whole = sum(len(each.good) for each in units)
    return sum(each.weight * len(each.good) for each in units) / whole if whole else 1.0


def balanced(units: Sequence[Written]) -> tuple[float, float]:
    """The weights with which good and bad answers have the same say."""
    good = sum(bool(each.good) for each in units)
    bad = len(units) - good
    if not good or not bad:
        return 1.0, 1.0
    return (bad / good, 1.0) if good < bad else (1.0, good / bad)


def rows_of(method: Method, batch: Sequence[Written], mean: float) -> list[Row]:
    """A batch as the trainer's collator takes it."""
    if method == "sft":
        return [_weighed(each, each.weight / mean) for each in batch]
    if method == "dpo":
        return [
            {"prompt_ids": each.prompt, "chosen_ids": each.good, "rejected_ids": each.bad}
            for each in batch
        ]
    answers = [each.good or each.bad for each in batch]
    others = [answers[-1], *answers[:-1]]  # of another prompt, for the KL term
    return [
        {
            "prompt_ids": each.prompt,
            "completion_ids": answer,
            "KL_completion_ids": other,
            "label": bool(each.good),
        }
        for each, answer, other in zip(batch, answers, others, strict=True)
    ]


def _weighed(each: Written, weight: float) -> Row:
    """For SFT: the loss falls on the answer's tokens alone."""
    return {
        "input_ids": [*each.prompt, *each.good],
        "labels": [-100] * len(each.prompt) + each.good,
        "weights": weight,
    }


def cut(some: Sequence[Written], batch: int) -> Iterator[Sequence[Written]]:
    """So many at a time; the last ones may be fewer."""
    for start in range(0, len(some), batch):
        yield some[start : start + batch]


def collated(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows of SFT as tensors: ids, mask and labels (rows, longest), weights (rows,)."""
    import torch

    longest = max(len(row["input_ids"]) for row in rows)
    ids, mask = torch.zeros(2, len(rows), longest, dtype=torch.long)
    labels = torch.full((len(rows), longest), -100)
    for number, row in enumerate(rows):
        size = len(row["input_ids"])
        ids[number, :size] = torch.tensor(row["input_ids"])
        labels[number, :size] = torch.tensor(row["labels"])
        mask[number, :size] = 1
    weights = torch.tensor([row["weights"] for row in rows])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "weights": weights}
