"""`tandem train` and `tandem runs`: what is typed, what is refused, what is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.__main__ import WRONG, cli, guarded
from bot.bars import Bars
from bot.learning.asking_training import Shown, lasting, row, run_json
from bot.learning.planning import is_bot
from bot.learning.words import RunState, TrainingRun
from model.examples import What
from model.training.words import Told
from tests.commands import Terminal

BEGUN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
RUN = TrainingRun(
    What.STYLE,
    ("shout",),
    3,
    {"rank": 4},
    RunState.RUNNING,
    BEGUN,
    figures={"step": 10.0, "steps": 40.0, "loss": 1.5, "validation": 1.75},
    id=7,
)


def test_without_examples_nothing_is_trained_and_the_refusal_says_why(
    home: Path, tmp_path: Path
) -> None:
    told = Terminal(home, tmp_path).tandem("train", "--json")
    assert (told.code, told.out) == (1, "")
    assert "20 are needed for a task: there are none" in told.err
    assert "tandem examples review" in told.err


class Weightless(Terminal):
    """A person whose model is nowhere."""

    def environment(self) -> dict[str, str]:
        """With the path of no weights."""
        return super().environment() | {"TANDEM_MODEL__NAME": str(self.folder / "none")}


def test_with_a_recipe_too_examples_are_counted_before_weights_are_looked_for(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text("rank = 4\n")
    told = Weightless(home, tmp_path).tandem("train", "--recipe", "recipe.toml")
    assert (told.code, told.out) == (1, "")
    assert "20 are needed for a task: there are none" in told.err


def test_a_wrong_recipe_is_told_before_that(home: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("rnak = 4\n")
    told = Weightless(home, tmp_path).tandem("train", "--recipe", "recipe.toml")
    assert "rnak" in told.err


def test_with_too_few_votes_no_retriever_is_trained_and_nothing_is_fetched_for_it(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "tandem.toml").write_text('weaviate.url = "http://127.0.0.1:9"\n')
    told = Terminal(home, tmp_path).tandem("train", "--what", "retriever")
    assert (told.code, told.out) == (1, "")
    assert "there are 0, and 20 are needed" in told.err
    assert "127.0.0.1:9" not in told.err


def test_resuming_is_as_it_was_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["tandem", "train", "--resume", "3", "--anew"])
    assert guarded(cli) == WRONG


def test_a_run_is_told_as_a_row_and_as_json() -> None:
    told = row(RUN, cut=False)
    assert told[:4] == ["7", "style", "shout", "running"]
    assert told[4:7] == ["10 of 40", "1.500", "1.750"]
    assert run_json(RUN, cut=True)["state"] == "cut off"
    done = replace(RUN, state=RunState.DONE, ended_at=BEGUN + timedelta(minutes=12))
    assert row(done, cut=False)[-1] == "12 min"
    assert run_json(done, cut=False)["version"] == "style-7"
    assert json.dumps(run_json(done, cut=False))


def test_progress_is_a_bar_and_a_line_for_each_look() -> None:
    seen = StringIO()
    with Bars(Console(file=seen, width=100)) as bars:
        shown = Shown(bars)
        shown(Told(0, 40, "", 0.0, note="left out: 2 empty examples"))
        shown(Told(9, 40, "sft", 0.5, loss=1.5))
        shown(Told(10, 40, "sft", 0.5, validation=1.75, tokens_s=130.0, left_s=1500.0))
    assert "left out: 2 empty examples" in seen.getvalue()
    assert "step 10 of 40 (sft), loss 1.500, validation 1.750, 130 tokens/s, 25 min left" in (
        seen.getvalue()
    )
    assert "training 9 of 40" in seen.getvalue()


@pytest.mark.parametrize(("seconds", "said"), [(45, "45 s"), (600, "10 min"), (7200, "2.0 h")])
def test_time_is_told_roughly(seconds: float, said: str) -> None:
    assert lasting(seconds) == said


def test_a_bot_is_known_by_how_it_was_started() -> None:
    assert is_bot(["/venv/bin/python", "/venv/bin/tandem", "run"])
    assert is_bot(["python", "-m", "bot", "run", "--only", "slack"])
    assert not is_bot(["/venv/bin/python", "/venv/bin/tandem", "train"])
    assert not is_bot(["vim", "run"])
    assert not is_bot([])
