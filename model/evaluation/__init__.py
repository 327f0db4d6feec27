"""How good a model is at a task, how sure that is, and whether it may go live."""

from __future__ import annotations

from model.evaluation.deciding import decide
from model.evaluation.measuring import evaluate, found, main_measure
from model.evaluation.resampling import compared, paired_bootstrap
from model.evaluation.style import StyleJudge, style_judge
from model.evaluation.thumbs import Thumb, evaluate_thumbs
from model.evaluation.trials import (
    MEASURES,
    Compared,
    Decision,
    Figure,
    Interval,
    Measure,
    Rules,
    Set,
    TaskCompared,
    TaskScores,
    Trial,
)

__all__ = [
    "MEASURES",
    "Compared",
    "Decision",
    "Figure",
    "Interval",
    "Measure",
    "Rules",
    "Set",
    "StyleJudge",
    "TaskCompared",
    "TaskScores",
    "Thumb",
    "Trial",
    "compared",
    "decide",
    "evaluate",
    "evaluate_thumbs",
    "found",
    "main_measure",
    "paired_bootstrap",
    "style_judge",
]
