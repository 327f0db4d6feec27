"""Fits the weights of `bot/confidence.py` on questions that nothing was trained on.

The council of `examples/training` was held out of both trainings. Its pages are indexed, its
questions searched, read and put to the model as in use; an answer counts as right when what it
would quote holds the evidence. `--write` puts the new weights in the place of those that ship.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import parts
from bench.commands import settle
from bench.common import ROOT, options, say
from bot.answering import compose, deciding, pointed
from bot.app import App, build
from bot.confidence import UNNAMED, WEIGHTS, answers
from bot.conversation import Place, Question, Turn
from bot.followups import standalone
from bot.settings import load_settings
from knowledge.focus import focus, log_odds
from knowledge.reranker.evidence import flat
from model.backends import Sampling
from model.grounding import ANSWERED, UNKNOWN, read_reply

HELD_OUT = "wexcombe"
TRAINING = ROOT / "examples" / "training"
STRENGTH = 0.3  # of the regression: less is more regular
FEW = 24  # questions of the short form
Case = tuple[dict[str, float], bool]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how well right answers are told from wrong ones, and the weights."""
    parser = options(__doc__ or "")
    parser.add_argument("--write", action="store_true", help="replace the weights that ship")
    given = parser.parse_args(arguments)
    told = (TRAINING / "questions" / f"{HELD_OUT}.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in told][: FEW if given.short else None]
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as made:
        cases = list(judged(rows, Path(made).resolve()))
    weights, auc = fitted(cases)
    say(f"{len(cases)} questions, {sum(right for _, right in cases)} right, AUC {auc:.3f}")
    print(json.dumps(weights, indent=1))
    if given.write:
        WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def judged(rows: Sequence[dict[str, Any]], work: Path) -> Iterator[Case]:
    """The signs of each question, and whether what would be quoted is right."""
    settle(work, {"sources.pages": {"use": "folder", "path": str(TRAINING / HELD_OUT)}})
    environment = {"TANDEM_HOME": str(work / "home"), "TANDEM_CACHE": str(parts.cache())}
    with build(load_settings(environment, work)) as app:
        app.set_up()
        app.first_sync()
        yield from (case(app, row) for row in rows)


def case(app: App, row: dict[str, Any]) -> Case:
    """One question as in use, but answered whatever its confidence."""
    thread = tuple(Turn(turn["role"], turn["text"]) for turn in row.get("thread", ()))
    asked = standalone(Question(row["question"], "bench", Place("terminal"), thread))
    focused = focus(asked, app.search(asked, None), app.reader)
    composed = compose(asked, focused.findings)
    likely = app.backend.likelihoods(composed.prompt, (ANSWERED, UNKNOWN))
    reply = read_reply("".join(app.backend.complete(composed.prompt, Sampling(max_tokens=60))))
    named = composed.named(reply)
    near = pointed(focused.findings, named)
    signs = asdict(focused.signs) | {"answered": log_odds(answers(likely, bool(reply.text)))}
    signs["pointed"] = UNNAMED if near is None else near
    quoted = [flat(f.statement.whole) for f in deciding(asked, focused.findings, named, 3)]
    wanted = [flat(words) for words in row["evidence"]]
    return signs, any(words in text for words in wanted for text in quoted)


def fitted(cases: Sequence[Case]) -> tuple[dict[str, Any], float]:
    """The weights, and the area under the curve on the same cases by five folds."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    names = list(cases[0][0])
    signs = np.array([[signs[name] for name in names] for signs, _ in cases])
    right = np.array([right for _, right in cases])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH))
    folds = max(2, min(5, int(right.sum()), int((~right).sum())))
    seen = cross_val_predict(model, signs, right, cv=folds, method="predict_proba")
    scaler, regression = model.fit(signs, right)
    weights = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    held = {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}
    about = f"{len(cases)} held-out questions of {HELD_OUT}, bench.calibrate"
    told = {"bias": round(bias, 4), "weights": held, "fitted_on": about}
    return told, float(roc_auc_score(right, seen[:, 1]))


if __name__ == "__main__":
    main()
