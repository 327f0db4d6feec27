"""What follows when a version passed the gate: a trial, its promotion, or the command to run."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from bot.app import build
from bot.bars import Bars
from bot.errors import PromotionRefused
from bot.learning import showing
from bot.learning.canary import begin_trial
from bot.learning.evaluating import Part
from bot.learning.promoting import promote, rollback
from bot.learning.putting_forward import PASSED, Step, onward
from bot.learning.words import Evaluation, State
from model.examples import What
from tests.measured import Team, empty_database, team
from tests.served import BASE, a_base, measured
from tests.test_promoting import Shop, settings

Open = Callable[..., AbstractContextManager[Shop]]


@pytest.fixture
def opened(home: Path) -> Open:
    """A shop by settings of learning."""
    weights = a_base(home / BASE)

    @contextmanager
    def shop(**learning: object) -> Iterator[Shop]:
        model: dict[str, object] = {"use": "local", "name": str(weights)}
        with build(settings(home, model, **learning)) as app:
            yield Shop(app, home)

    return shop


def after(shop: Shop, name: str, against: str = "", leave: bool = False) -> Step:
    """What follows when it passed."""
    step = onward(shop.parts, measured(name, against), "olga", leave)
    assert step is not None
    return step


def test_where_a_share_is_set_it_is_tried_there_first(opened: Open) -> None:
    with opened(canary=0.25, auto_promote=True) as shop:
        shop.passed("style-1")
        step = after(shop, "style-1")
        assert (step.version.canary, step.version.state) == (0.25, State.CANDIDATE)
        assert (step.told, step.command) == (
            "style-1 is tried on 25% of the places from now on: `learning.canary`.",
            "",
        )
        assert shop.live() == ""


def test_a_trial_that_goes_on_keeps_its_share(opened: Open) -> None:
    with opened(canary=0.25) as shop:
        shop.passed("style-1")
        begin_trial(shop.parts, "style-1", 0.5)
        assert "tried on 50% of the places already" in after(shop, "style-1").told
        assert shop.parts.registry.version("style-1").canary == 0.5


def test_with_auto_promote_alone_it_goes_live_and_why_is_kept(opened: Open) -> None:
    with opened(auto_promote=True) as shop:
        shop.passed("style-1")
        step = after(shop, "style-1")
        assert (step.version.state, shop.live()) == (State.LIVE, "style-1")
        assert step.told == "style-1 is live: `learning.auto_promote`."
        [promotion] = shop.parts.registry.promotions()
        assert (promotion.by, promotion.why, promotion.forced) == ("olga", PASSED, False)


@pytest.mark.parametrize("name", ["style-1", "answers-1", "retriever-1"])
def test_without_either_the_command_to_run_next_is_said(opened: Open, name: str) -> None:
    what = What(name.partition("-")[0])
    with opened() as shop:
        shop.passed(name, what=what)
        step = after(shop, name)
        assert step.command == f"tandem promote {name}"
        assert f"`tandem promote {name}` makes it live" in step.told
        assert ("--canary" in step.told) is (what is not What.RETRIEVER)
        assert shop.live(what) == ""


def test_nothing_is_done_where_nothing_shall_be(opened: Open) -> None:
    with opened(canary=0.25, auto_promote=True) as shop:
        shop.passed("style-1")
        assert after(shop, "style-1", leave=True).command == "tandem promote style-1"
        assert shop.parts.registry.version("style-1").canary == 0.0


def test_behind_a_shut_gate_nothing_follows(opened: Open) -> None:
    with opened(canary=0.25, auto_promote=True) as shop:
        shop.trained("style-1")
        assert onward(shop.parts, measured("style-1", passed=False), "olga") is None
        assert (shop.live(), shop.parts.registry.version("style-1").canary) == ("", 0.0)


def test_one_that_passed_against_another_than_what_is_live_is_measured_again(
    opened: Open,
) -> None:
    with opened(auto_promote=True) as shop:
        shop.passed("style-1")
        promote(shop.parts, "style-1", "olga")
        shop.passed("style-2")
        step = after(shop, "style-2")
        assert (step.command, shop.live()) == ("tandem evaluate style-2", "style-1")
        assert step.told.startswith("Now style-1 is live: `tandem evaluate style-2`")


def test_a_retriever_has_no_trial_but_can_go_live_by_itself(opened: Open) -> None:
    with opened(canary=0.25) as shop:
        shop.passed("retriever-1", what=What.RETRIEVER)
        assert after(shop, "retriever-1").command == "tandem promote retriever-1"
        assert shop.parts.registry.version("retriever-1").canary == 0.0


def test_one_that_was_rolled_back_does_not_come_again_by_itself(opened: Open) -> None:
    with opened(auto_promote=True) as shop:
        shop.passed("style-1")
        promote(shop.parts, "style-1", "olga")
        rollback(shop.parts, What.STYLE, "olga", "it swears")
        step = after(shop, "style-1")
        assert shop.live() == ""
        assert step.told.startswith("It was refused (it swears): ")
        assert step.command == 'tandem promote style-1 --force --why "…"'


# -- what `tandem evaluate` prints ---------------------------------------------------------


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setenv("COLUMNS", "300")
    with team(tmp_path, empty_database(tmp_path)) as made:
        made.learn()
        yield made


def evaluate(ours: Team, then: Callable[[Evaluation], Step | None], as_json: bool) -> None:
    name = ours.version()
    with Bars(Console(file=io.StringIO())) as bars:
        showing.evaluate(ours.parts, bars, name, "live", Part(), False, as_json, then)


def test_the_step_is_printed_after_the_gate_s_word(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    def then(found: Evaluation) -> Step:
        return Step(ours.registry.version(found.version), "It is tried.", "look at it")

    evaluate(ours, then, as_json=False)
    assert capsys.readouterr().out.endswith("The gate is open.\nIt is tried.\n")
    evaluate(ours, then, as_json=True)
    told = json.loads(capsys.readouterr().out)["then"]
    step = {"state": "candidate", "canary": 0.0, "told": "It is tried.", "command": "look at it"}
    assert told == step


@pytest.mark.parametrize("as_json", [True, False])
def test_a_step_that_fails_costs_no_scores(
    ours: Team, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    def fails(_: Evaluation) -> Step:
        raise PromotionRefused("style-1", "another is live by now", "Evaluate it again")

    with pytest.raises(PromotionRefused, match="another is live"):
        evaluate(ours, fails, as_json)
    printed = capsys.readouterr().out
    if as_json:
        assert (json.loads(printed)["gate"]["passed"], json.loads(printed)["then"]) == (True, None)
    else:
        assert "chrf (main)" in printed
