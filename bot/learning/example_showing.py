"""Examples as the commands print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.errors import UnknownInteraction
from bot.listing import cut
from model.examples import Example, What

if TYPE_CHECKING:
    from bot.learning.parts import Learning
    from bot.learning.words import ModelVersion


def example_json(example: Example) -> dict[str, object]:
    """All of an example."""
    told = asdict(example)
    side = {"group": example.group, "held_out": example.held_out}
    return {"id": told.pop("id"), **told, **side}


def listed(examples: Sequence[Example]) -> Table:
    """A line for each; what is the same for all is left out."""
    doubted = any(each.doubt for each in examples)
    weighed = any(each.weight != 1 for each in examples)
    table = Table("id", "task", "origin", "review", expand=True)
    for name in ("weight",) if weighed else ():
        table.add_column(name)
    for name in ("text", "answer", "doubt") if doubted else ("text", "answer"):
        table.add_column(name, ratio=1, no_wrap=True, overflow="ellipsis")
    for each in examples:
        named = [str(each.id), each.task, str(each.origin), str(each.review)]
        named += [f"{each.weight:g}"] if weighed else []
        texts = (each.text, answer(each), each.doubt)[: 3 if doubted else 2]
        table.add_row(*named, *(escape(cut(text, 100)) for text in texts))
    return table


def answer(example: Example) -> str:
    """What it says of the answer, in a line."""
    if example.what is What.ANSWERS and not example.chosen and example.all_wrong:
        return "the sources don't say"
    return example.chosen or f"not: {example.rejected}"


def shown(example: Example) -> str:
    """The whole of an example, in lines, as an operator reads it."""
    side = "held out, to measure with" if example.held_out else "to train with"
    state = f"{example.review}: {example.doubt}" if example.doubt else str(example.review)
    head = f"#{example.id} {example.what} {example.task}, {example.origin}, {state}"
    parts = {
        "wish": example.wish,
        "text": example.text,
        "not wanted": example.rejected,
        "wanted": answer(example) if not example.rejected or example.chosen else "",
    }
    told = [f"{name}:\n{_indented(text)}" for name, text in parts.items() if text]
    marks = {True: "right", False: "wrong", None: "unknown"}
    pages = [f"  {marks[p.right]:8} {p.title}: {cut(p.text, 70)}" for p in example.passages]
    passages = ["passages:", *pages] if pages else []
    return "\n".join([head, *told, *passages, f"weight {example.weight:g}, {side}"])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def lineage(learning: Learning, example: Example) -> dict[str, object]:
    """From the votes that an example was made from, to the versions that learned it."""
    versions = learning.registry.trained_on([example.id])
    return {
        "came_from": example.came_from,
        "interactions": [_interaction(learning, id) for id in example.interactions],
        "versions": [_version(version) for version in versions],
    }


def _interaction(learning: Learning, id: int) -> dict[str, object]:
    store = learning.app.store
    try:
        asked = store.interaction(id)
    except UnknownInteraction:
        return {"id": id}
    votes = [
        {"verdict": str(v.verdict), "reason": v.reason, "corrected": bool(v.correction)}
        for v in store.verdicts(id)
    ]
    return {
        "id": id,
        "asked_at": asked.asked_at.isoformat(),
        "platform": asked.question.place.platform,
        "model": asked.answer.version or asked.answer.model or "?",
        "votes": votes,
    }


def _version(version: ModelVersion) -> dict[str, object]:
    return {"name": version.name, "state": str(version.state), "retrain": version.retrain}


def told_lineage(lineage: Mapping[str, object]) -> str:
    """The same in lines; nothing is told of what is not known."""
    told = [f"came from: {lineage['came_from']}"] if lineage["came_from"] else []
    told += [f"made from: {_asked(each)}" for each in _each(lineage["interactions"])]
    taught = [f"taught: {_learned(each)}" for each in _each(lineage["versions"])]
    return "\n".join([*told, *(taught or ["taught: no version yet"])])


def _each(told: object) -> list[Mapping[str, object]]:
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []


def _asked(told: Mapping[str, object]) -> str:
    """`interaction #12, discord, 2026-11-22 12:00, by style-3: 1 up, 2 down (1 corrected)`."""
    if "votes" not in told:
        return f"interaction #{told['id']}, which is gone"
    votes = _each(told["votes"])
    counted = Counter(str(vote["verdict"]) for vote in votes)
    corrected = sum(bool(vote["corrected"]) for vote in votes)
    thumbs = ", ".join(f"{n} {verdict}" for verdict, n in counted.items()) or "no vote"
    written = f" ({corrected} corrected)" if corrected else ""
    at = str(told["asked_at"])[:16].replace("T", " ")
    where = f"interaction #{told['id']}, {told['platform']}, {at}"
    return f"{where}, written by {told['model']}: {thumbs}{written}"


def _learned(told: Mapping[str, object]) -> str:
    again = f", to be trained again: {told['retrain']}" if told["retrain"] else ""
    return f"{told['name']} ({told['state']}{again})"


def print_list(examples: Iterable[Example]) -> None:
    """The list on stdout; that there is nothing, on stderr."""
    found = list(examples)
    if found:
        Console().print(listed(found))
    else:
        Console(stderr=True).print("No such example. Votes and `tandem import` make some.")
