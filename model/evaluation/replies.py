"""The measures of answers from numbered notes: the right note, the words, silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from model.backends import Prompt
from model.evaluation.measuring import found
from model.evaluation.resampling import mean, numbers
from model.evaluation.trials import Figure, Set, TaskScores
from model.examples import ANSWERS
from model.examples import Example as Taught
from model.grounding import read_reply
from model.repetition import loops
from model.training.answering import named_right, shared
from model.training.answers import Example, Written, examples
from model.training.lessons import case_of, tells


def asked(example: Taught) -> Example:
    """The question with its notes, laid out as in training, and the reply that is wanted.

    Raises `ValueError` where it is not known what that is, or where no passage has a word.
    """
    if tells(example):
        for made in examples([replace(case_of(example), withheld=0.0)], seed=0):
            return made
    raise ValueError(f"{example.text!r}: nobody knows what should be answered")


def prompt(example: Taught) -> Prompt:
    """What the model is told. Raises what `asked` raises."""
    return asked(example).prompt


def measurable(example: Taught) -> bool:
    """Can a reply to it be judged?"""
    return tells(example) and any(passage.text.strip() for passage in example.passages)


def evaluate_replies(
    given: Sequence[Taught], written: Sequence[str], set: Set = Set.HELD_OUT
) -> TaskScores:
    """How good replies to questions with passages are, in the same order.

    `grounded`, the main figure: where a note tells, the words shared if the right one is named;
    where none does, silence. Raises `ValueError` without examples.
    """
    if not given:
        raise ValueError(f"{ANSWERS}: there is nothing to measure")
    made = [Written(asked(e), text, 0.0) for e, text in zip(given, written, strict=True)]
    told = [bool(each.example.right) for each in made]
    scores = found(ANSWERS, [e.digest for e in given], {"grounded": [*map(_grounded, made)]})
    figures = {
        "right_note": _among(made, told, named_right),
        "word_f1": _among(made, told, shared),
        "silent": _among(made, [not each for each in told], _silent),
        **found(ANSWERS, scores.keys, _safety(made)).figures,
    }
    return replace(scores, set=set, figures={**scores.figures, **figures})


def _grounded(each: Written) -> float:
    if not each.example.right:
        return float(_silent(each))
    return shared(each) if named_right(each) else 0.0


def _silent(each: Written) -> bool:
    return not read_reply(each.text).text


def _safety(made: Sequence[Written]) -> dict[str, list[float]]:
    """A reply may be silent, but not nothing."""
    return {
        "empty": [float(not each.text.strip()) for each in made],
        "looping": [float(loops(each.text)) for each in made],
    }


def _among(
    made: Sequence[Written], counts: Sequence[bool], score: Callable[[Written], float]
) -> Figure:
    """A figure of those that count."""
    values = [score(each) if is_so else 0.0 for each, is_so in zip(made, counts, strict=True)]
    return Figure(numbers(values, counts), mean)
