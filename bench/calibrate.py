"""Fits the weights of `bot/confidence.py` on questions that nothing was trained on.

They are those to the council of `examples/training`, which was held out of both trainings, and
those to `examples/handbook` that the tests ask. The pages are indexed, the questions searched,
read and put to the model as in use; an answer is right when what would be shown holds what must be
in it. Questions that ask two things, which are judged one by one, are left out. `--write` puts the
new weights in the place of those that ship.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import corpora, parts
from bench.commands import settle
from bench.common import ROOT, options, say, scratch
from bot.app import App, build
from bot.confidence import WEIGHTS
from bot.conversation import Place, Question, Turn
from bot.followups import standalone
from bot.judging import Bar, judge
from bot.parts import asks_several
from bot.parts import parts as asked_in
from bot.ports import Manner
from bot.settings import load_settings
from knowledge.focus import focus
from knowledge.reranker.evidence import flat
from model.backends import Prompt, Sampling

TRAINING = ROOT / "examples" / "training"
SIGNS = ("answers", "share", "answered", "pointed", "named")  # that are weighed
STRENGTH = 0.3  # of the regression: less is more regular
FEW = 6  # questions of each set in the short form
Case = tuple[Mapping[str, float], bool]


@dataclass(frozen=True)
class Held:
    """Pages, and questions to them."""

    pages: Path
    questions: Path
    root: Path  # where the questions have their pages begin


HELD_OUT = (
    Held(TRAINING / "wexcombe", TRAINING / "questions" / "wexcombe.jsonl", TRAINING),
    Held(corpora.EXAMPLE, corpora.EXAMPLE_QUESTIONS, corpora.EXAMPLE),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how well right answers are told from wrong ones, and the weights."""
    parser = options(__doc__ or "")
    parser.add_argument("--write", action="store_true", help="replace the weights that ship")
    given = parser.parse_args(arguments)
    cases = [case for held in HELD_OUT for case in judged(held, FEW if given.short else None)]
    weights, auc = fitted(cases)
    say(f"{len(cases)} questions, {sum(right for _, right in cases)} right, AUC {auc:.3f}")
    print(json.dumps(weights, indent=1))
    if given.write:
        WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def judged(held: Held, most: int | None = None) -> Iterator[Case]:
    """The signs of each question, and whether what would be shown is right."""
    rows, pages = list(corpora.lines(held.questions)), held.pages
    with scratch() as work:
        if most is not None:
            rows = rows[:: -(-len(rows) // most)]  # some of each kind, the unanswerable too
            pages = corpora.pages_of(rows, held.root, work / "pages")
        source = {"use": "folder", "path": str(pages)}
        settle(work, {"sources.pages": source, "weaviate": {"linger": "0s"}})
        environment = {"TANDEM_HOME": str(work / "home"), "TANDEM_CACHE": str(parts.cache())}
        with build(load_settings(environment, work)) as app:
            app.set_up()
            app.syncing.first_sync()
            yield from (case for row in rows for case in cases_of(app, row))


def cases_of(app: App, row: Mapping[str, Any]) -> Iterator[Case]:
    """One question as in use, but answered whatever its confidence; none if it asks two things."""
    thread = tuple(Turn(turn["role"], turn["text"]) for turn in row.get("thread", ()))
    asked = standalone(Question(row["question"], "bench", Place("terminal"), thread))
    if len(asked_in(asked)) > 1 or asks_several(asked):
        return

    def write(prompt: Prompt) -> str:
        return "".join(app.backend.complete(prompt, Sampling(max_tokens=Manner().max_tokens)))

    focused = focus(asked, app.search(asked, None), app.reader)
    told = judge(asked, focused, app.backend, write, Bar(), None)
    if told.signs:
        yield told.signs, right(row, " ".join(claim.text for claim in told.claims))


def right(row: Mapping[str, Any], shown: str) -> bool:
    """Is all in it that must be?"""
    must = row["must"] if "must" in row else [[words] for words in row["evidence"]]
    text = flat(shown)
    return bool(must) and all(any(flat(one) in text for one in several) for several in must)


def fitted(cases: Sequence[Case]) -> tuple[dict[str, Any], float]:
    """The weights, and the area under the curve on the same cases by five folds."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    signs = np.array([[signs[name] for name in SIGNS] for signs, _ in cases])
    right = np.array([right for _, right in cases])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH))
    folds = max(2, min(5, int(right.sum()), int((~right).sum())))
    seen = cross_val_predict(model, signs, right, cv=folds, method="predict_proba")
    scaler, regression = model.fit(signs, right)
    weights = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    held = {name: round(float(w), 4) for name, w in zip(SIGNS, weights, strict=True)}
    about = f"{len(cases)} held-out questions, bench.calibrate"
    told = {"bias": round(bias, 4), "weights": held, "fitted_on": about}
    return told, float(roc_auc_score(right, seen[:, 1]))


if __name__ == "__main__":
    main()
