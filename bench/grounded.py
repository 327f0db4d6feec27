"""Answers from a real handbook: right, abstained, wrong, cited; and the curve of the threshold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import corpora
from bench.commands import run, settle
from bench.common import Goal, Line
from bench.scores import ANSWERABLE, holds
from bot.ports import Manner

Row = Mapping[str, Any]
HANDBOOK = corpora.SHARED / "data" / "handbook-18f"
THRESHOLDS = (0.0, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8)
FEW = 4  # questions of the short form


def measured(short: bool, work: Path) -> tuple[list[Line], list[str]]:
    """The lines for all questions, and the curve as notes."""
    if not HANDBOOK.exists():
        return [], [f"answers: not measured, {HANDBOOK} is missing"]
    told = (HANDBOOK / "questions.jsonl").read_text("utf-8").splitlines()
    asked = {row["id"]: row for row in map(json.loads, told) if row["kind"] != "style"}
    pages = HANDBOOK / "pages"
    if short:
        asked = dict(list(asked.items())[:FEW])
        pages = corpora.pages_of(asked.values(), pages, work / "pages")
    answered = answers(list(asked.values()), pages, work)
    curve = [scored(asked, answered, threshold) for threshold in THRESHOLDS]
    notes = ["answers, at `answers.min_confidence`: right · wrong · abstained · gold citations"]
    notes += [f"  {at:.2f}: {told}" for at, told in zip(THRESHOLDS, curve, strict=True)]
    return list(lines(scored(asked, answered, Manner().min_confidence))), notes


def answers(rows: Sequence[Row], pages: Path, work: Path) -> dict[str, Row]:
    """What `tandem ask --batch` gives when everything is answered, whatever its confidence."""
    source = {"use": "folder", "path": str(pages)}
    settle(work, {"sources.handbook": source, "answers": {"min_confidence": 0.0}})
    asked = [{k: row[k] for k in ("id", "question", "thread") if k in row} for row in rows]
    batch = work / "questions.jsonl"
    batch.write_text("\n".join(map(json.dumps, asked)) + "\n", encoding="utf-8")
    run(work, "sync")
    printed = run(work, "ask", "--batch", str(batch), "--mode", "rag", "--fresh", "--json")
    run(work, "stop")
    return {row["id"]: row for row in map(json.loads, printed.splitlines())}


class Score(dict[str, float]):
    """Shares, by name."""

    def __str__(self) -> str:
        """As a row of the curve."""
        return " · ".join(f"{self[name]:.2f}" for name in ("right", "wrong", "abstained", "gold"))


def scored(asked: Mapping[str, Row], answered: Mapping[str, Row], least: float) -> Score:
    """The score if only answers of at least this confidence were shown."""
    shown = {
        key: row
        for key, row in answered.items()
        if row["outcome"] == "cited" and (row["confidence"] or 0.0) >= least
    }
    known = [key for key, row in asked.items() if row["kind"] in ANSWERABLE]
    right = {
        key for key in known if key in shown and holds(shown[key]["answer"], asked[key]["must"])
    }
    cited = [
        any(str(cited["key"]).endswith(page) for page in asked[key]["pages"])
        for key in known
        if key in shown
        for cited in shown[key]["citations"]
    ]
    unknown = [key for key in asked if key not in known]
    return Score(
        right=len(right) / max(1, len(known)),
        wrong=len(shown.keys() - right) / max(1, len(asked)),
        abstained=sum(key not in shown for key in unknown) / max(1, len(unknown)),
        gold=sum(cited) / max(1, len(cited)),
    )


def lines(score: Score) -> Iterator[Line]:
    """The rows of the table, with the issue's goals."""
    yield Line("handbook-18f: right of the answerable", score["right"], goal=Goal(">=", 0.65))
    yield Line("handbook-18f: abstained of the others", score["abstained"], goal=Goal(">=", 0.85))
    yield Line("handbook-18f: citations of gold pages", score["gold"], goal=Goal(">=", 0.85))
    yield Line("handbook-18f: wrong and shown, of all", score["wrong"], goal=Goal("<=", 0.12))
