"""One line of a file of examples: the shapes in which people keep them, and what can be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.examples import Example, Origin, What
from model.labels import label_named
from model.tasks import Task

LONGEST = 20_000  # characters of a text or an answer
SHAPES = (
    '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}, '
    '{"text", "answer"}, {"prompt", "completion"}, {"prompt", "completion", "label"} or '
    '{"prompt", "chosen", "rejected"}'
)
FENCED = re.compile(r"(?:Wish: (?P<wish>[^\n]*)\n)?<text>\n(?P<text>.*)\n</text>", re.DOTALL)


class LineWrong(ValueError):
    """A line that is no example; its message says why."""


@dataclass(frozen=True)
class Said:
    """What a line teaches, before it is an example."""

    text: str
    chosen: str = ""
    rejected: str = ""
    wish: str = ""


def example_of(line: str, tasks: Mapping[str, Task], task: str | None, came_from: str) -> Example:
    """The example of a line; `task` where the line names none. Raises `LineWrong`."""
    told = _object(line)
    name = task or _word(told, "task")
    if name not in tasks:
        raise LineWrong(f"there is no task {name!r}" if name else "it names no task; give --task")
    said = _checked(_said(told))
    chosen = _label(said.chosen, tasks[name])
    return Example(
        What.STYLE,
        name,
        said.text,
        chosen,
        said.rejected,
        said.wish,
        origin=Origin.IMPORT,
        came_from=came_from,
    )


def _object(line: str) -> Mapping[str, object]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineWrong(f"bad JSON ({str(error)[:100]})") from error
    if not isinstance(told, dict):
        raise LineWrong(f"no JSON object, but {type(told).__name__}")
    return told


def _said(told: Mapping[str, object]) -> Said:
    """What the line says, by its shape."""
    if "messages" in told:
        return _conversation(told["messages"])
    if "text" in told and "answer" in told:
        return Said(_word(told, "text"), _word(told, "answer"), wish=_word(told, "wish"))
    if "prompt" in told and "chosen" in told and "rejected" in told:
        asked = _asked(told["prompt"])
        chosen, rejected = (_answer(told[key], key) for key in ("chosen", "rejected"))
        return Said(asked.text, chosen, rejected, asked.wish)
    if "prompt" in told and "completion" in told:
        return _completed(told)
    raise LineWrong(f"it has {', '.join(map(repr, told)) or 'nothing'}; known are {SHAPES}")


def _completed(told: Mapping[str, object]) -> Said:
    asked, completion = _asked(told["prompt"]), _answer(told["completion"], "completion")
    label = told.get("label", True)
    if not isinstance(label, bool):
        raise LineWrong(f"its label is {label!r}, and not true or false")
    if label:
        return Said(asked.text, completion, wish=asked.wish)
    return Said(asked.text, rejected=completion, wish=asked.wish)


def _conversation(messages: object) -> Said:
    """One question and its answer, perhaps behind a system message."""
    turns = _turns(messages, "messages")
    spoken = turns[1:] if turns and turns[0][0] == "system" else turns
    roles = [role for role, _ in spoken]
    if roles != ["user", "assistant"]:
        raise LineWrong(
            f"wrong roles: {', '.join(roles) or 'none'}; there must be user, assistant, "
            "perhaps behind one system"
        )
    asked = _asked(spoken[0][1])
    return Said(asked.text, spoken[1][1], wish=asked.wish)


def _asked(prompt: object) -> Said:
    """The text of a prompt; one that Tandem exported is unwrapped again."""
    text = prompt if isinstance(prompt, str) else _last(prompt, "prompt", "user")
    found = FENCED.fullmatch(text.strip())
    return Said(found["text"], wish=found["wish"] or "") if found else Said(text)


def _answer(told: object, key: str) -> str:
    return told if isinstance(told, str) else _last(told, key, "assistant")


def _last(told: object, key: str, role: str) -> str:
    """The last message of a list, which must be the role's and its only one."""
    turns = [turn for turn in _turns(told, key) if turn[0] != "system"]
    if [name for name, _ in turns] != [role]:
        raise LineWrong(f"wrong roles in {key!r}: there must be one message, of the {role}")
    return turns[0][1]


def _turns(told: object, key: str) -> list[tuple[str, str]]:
    if isinstance(told, Mapping):
        told = [told]
    if not isinstance(told, Sequence) or isinstance(told, str) or not told:
        raise LineWrong(f"{key!r} is no list of messages")
    return [_turn(message, key) for message in told]


def _turn(message: object, key: str) -> tuple[str, str]:
    role, content = (
        message.get(name) if isinstance(message, Mapping) else None for name in ("role", "content")
    )
    if not isinstance(role, str) or not isinstance(content, str):
        raise LineWrong(f"a message of {key!r} has no role and content that are texts")
    if role not in ("system", "user", "assistant"):
        raise LineWrong(f"wrong roles: {role[:40]!r}")
    return role, content


def _word(told: Mapping[str, object], key: str) -> str:
    value = told.get(key, "")
    if not isinstance(value, str):
        raise LineWrong(f"{key!r} is no text")
    return value


def _checked(said: Said) -> Said:
    """With white space cut off. Raises `LineWrong` where something is empty, or too much."""
    whole = Said(*(part.strip() for part in (said.text, said.chosen, said.rejected, said.wish)))
    if not whole.text:
        raise LineWrong("an empty text")
    if not (whole.chosen or whole.rejected):
        raise LineWrong("an empty answer")
    if whole.chosen == whole.rejected:
        raise LineWrong("chosen and rejected are the same")
    for part in (whole.text, whole.chosen, whole.rejected, whole.wish):
        if len(part) > LONGEST:
            raise LineWrong(f"{len(part)} characters; at most {LONGEST} are learned from")
    return whole


def _label(chosen: str, task: Task) -> str:
    """The answer; of a task with labels one of these, as the task writes it."""
    if not task.labels or not chosen:
        return chosen
    label = label_named(chosen, task.labels)
    if label is None:
        raise LineWrong(f"{chosen[:40]!r} is no label of {task.name}")
    return label
