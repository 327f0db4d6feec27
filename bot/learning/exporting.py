"""Examples as files that other trainers read: TRL, LLaMA-Factory, Axolotl.

`sft` is one shape for all three: `messages`, of which the last is the answer. Of the others:

| format | TRL | LLaMA-Factory (sharegpt, the tags of OpenAI) | Axolotl |
|---|---|---|---|
| dpo | `prompt`, `chosen`, `rejected`: lists of messages | `messages`; `chosen`, `rejected`: a message each | the same, `chat_template.default` |
| kto | `prompt`, `completion`: lists of messages; `label` | `messages` with the answer; `label` | `prompt`, `completion`: texts; `label`, `user_defined.default` |
"""  # noqa: E501 - a table

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.errors import ExampleFileUnreadable, NothingToExport
from bot.learning.book_words import Wanted
from bot.learning.known import Shelf, all_of
from model.backends import Prompt
from model.examples import Example, Origin, Review, What
from model.tasks import Task, taught_prompt

Row = Mapping[str, object]


class Format(StrEnum):
    """What is taught by."""

    SFT = "sft"  # good answers
    KTO = "kto"  # good ones and bad ones
    DPO = "dpo"  # pairs


class Reader(StrEnum):
    """What reads the file."""

    TRL = "trl"
    LLAMA_FACTORY = "llama-factory"
    AXOLOTL = "axolotl"


@dataclass(frozen=True)
class Choice:
    """What is exported, and for whom."""

    format: Format
    reader: Reader = Reader.TRL
    what: What = What.STYLE
    task: str | None = None
    held_out: bool = False  # those that are kept from training, instead of the others


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote."""

    file: str
    format: str
    examples: int  # that were looked at
    rows: int

    def __str__(self) -> str:
        """In a line."""
        return f"{self.file}: {self.rows} rows ({self.format}) of {self.examples} examples"


@dataclass(frozen=True)
class Asked:
    """A prompt with what should be written to it, what should not, or both."""

    prompt: Prompt
    good: str
    bad: str
    origin: Origin


def export_examples(
    shelf: Shelf, tasks: Mapping[str, Task], choice: Choice, file: Path
) -> ExportReport:
    """Write the accepted examples to a file, whole or not at all; what stood there is replaced.

    Raises `NothingToExport` and `ExampleFileUnreadable`.
    """
    held = 0
    wanted = Wanted(choice.what, choice.task, Review.ACCEPTED, held_out=choice.held_out)

    def rows() -> Iterator[Row]:
        nonlocal held
        for example in all_of(shelf, wanted):
            held += 1
            asked = asked_by(example, tasks)
            yield from shaped(asked, choice) if asked is not None else ()

    written = _write(file, rows(), lambda: NothingToExport(str(choice.format), held))
    return ExportReport(str(file), str(choice.format), held, written)


def asked_by(example: Example, tasks: Mapping[str, Task]) -> Asked | None:
    """The example as a model is asked in service; None: its task is not set any more."""
    if example.what is What.ANSWERS:
        return _grounded(example)
    if example.task not in tasks:
        return None
    prompt = taught_prompt(tasks[example.task], example.text, example.wish)
    return Asked(prompt, example.chosen.strip(), example.rejected.strip(), example.origin)


def _grounded(example: Example) -> Asked | None:
    """The question with its notes, and the reply in the form that is read in service."""
    from model.grounding import ANSWERED
    from model.training.answers import GOLD, composed, within
    from model.training.lessons import case_of, tells

    case = case_of(example)
    gold = [note for note in case.notes if note.answers][:GOLD]
    others = [note for note in case.notes if not note.answers]
    if not case.notes:
        return None
    made = composed(case, [*gold, *within(others)])
    bad = f"{ANSWERED}: {example.rejected.strip()}" if example.rejected.strip() else ""
    return Asked(made.prompt, made.reply if tells(example) else "", bad, example.origin)


def shaped(asked: Asked, choice: Choice) -> Iterator[Row]:
    """The rows that an example is in a format, for a reader."""
    match choice.format:
        case Format.SFT:  # thumbs alone say that an answer will do, not how to write
            if asked.good and asked.origin is not Origin.THUMB:
                yield {"messages": [*_messages(asked.prompt), _says(asked.good)]}
        case Format.DPO:
            if asked.good and asked.bad:
                yield _pair(asked, choice.reader)
        case Format.KTO:
            if asked.good:
                yield _judged(asked.prompt, asked.good, True, choice.reader)
            if asked.bad:
                yield _judged(asked.prompt, asked.bad, False, choice.reader)


def _pair(asked: Asked, reader: Reader) -> Row:
    prompt, good, bad = _messages(asked.prompt), _says(asked.good), _says(asked.bad)
    if reader is Reader.TRL:
        return {"prompt": prompt, "chosen": [good], "rejected": [bad]}
    return {"messages": prompt, "chosen": good, "rejected": bad}


def _judged(prompt: Prompt, answer: str, label: bool, reader: Reader) -> Row:
    messages = _messages(prompt)
    match reader:
        case Reader.TRL:
            return {"prompt": messages, "completion": [_says(answer)], "label": label}
        case Reader.LLAMA_FACTORY:
            return {"messages": [*messages, _says(answer)], "label": label}
        case Reader.AXOLOTL:
            told = "\n\n".join(message["content"] for message in messages)
            return {"prompt": told, "completion": answer, "label": label}


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in prompt.messages]


def _says(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _write(file: Path, rows: Iterable[Row], nothing: Callable[[], NothingToExport]) -> int:
    """Write the rows beside the file, and give it its name when all is on the disk."""
    try:
        handle, half = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise unwritable(file, error) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as opened:
            written = 0
            for written, row in enumerate(rows, 1):  # noqa: B007 - the last number counts
                opened.write(json.dumps(row, ensure_ascii=False) + "\n")
            if not written:
                raise nothing()
            opened.flush()
            os.fsync(opened.fileno())
        Path(half).replace(file)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        with suppress(FileNotFoundError):
            Path(half).unlink()
    return written


def unwritable(file: Path, error: OSError) -> ExampleFileUnreadable:
    """The error, in words."""
    remedy = "Name a file in a folder that can be written to"
    return ExampleFileUnreadable(file, f"it cannot be written ({error.strerror})", remedy)
