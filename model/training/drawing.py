"""The loss curve as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Points = Sequence[Mapping[str, float]]


def draw_loss(stages: Mapping[str, Points], title: str, file: Path) -> None:
    """A panel for each stage: the loss in training, and that of validation."""
    import matplotlib as mpl

    mpl.use("Agg")  # there is no screen
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4 * max(1, len(stages)), 4.0), layout="constrained")
    panels: Any = figure.subplots(1, max(1, len(stages)), squeeze=False)
    for panel, (name, points) in zip(panels[0], stages.items(), strict=True):
        for key, label in (("loss", "training"), ("validation", "validation")):
            some = [point for point in points if key in point]
            if some:
                steps = [point["step"] for point in some]
                panel.plot(steps, [point[key] for point in some], label=label, marker=".")
        panel.set(xlabel="step", ylabel="loss", title=name)
        panel.grid(visible=True, alpha=0.3)
        if points:
            panel.legend()
    figure.suptitle(title)
    half = file.with_name(f"half-{file.name}")
    figure.savefig(half, dpi=110)
    half.replace(file)
