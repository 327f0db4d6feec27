"""Datasets, trainings, versions and what is live: kept as they were, changed as a whole."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import (
    PromotionRefused,
    UnknownExample,
    UnknownRun,
    UnknownSnapshot,
    UnknownVersion,
)
from bot.learning.registry import Registry
from bot.learning.words import Evaluation, ModelVersion, RunState, State, TrainingRun, Votes
from model.errors import VersionUnusable
from model.examples import What
from model.versions import Manifest, version_folder, write_manifest
from tests.fakes import an_answer
from tests.learned import NOON, SHOWN, TUNED, Learned, example, imported, judged

pytest_plugins = ["tests.learning_fixtures"]
UNKNOWN = 2**31 + 5
STYLE = What.STYLE


def version(learned: Learned, name: str, what: What = STYLE, run: int = 0) -> ModelVersion:
    told = (name, what, ("rewrite",), "smol", run, State.CANDIDATE, NOON, NOON)
    return learned.registry.add_version(ModelVersion(*told))


def live(learned: Learned) -> str:
    found = learned.registry.live(STYLE)
    return found.name if found else ""


def states(learned: Learned) -> dict[str, str]:
    return {one.name: str(one.state) for one in learned.registry.versions()}


def begun(learned: Learned, what: What = STYLE) -> TrainingRun:
    learned.book.keep([imported()])
    ids = [one.id for one in learned.book.examples()]
    snapshot = learned.registry.snapshot(STYLE, ["rewrite"], ids)
    return learned.registry.begin(what, ["rewrite"], snapshot.id, {"rank": 8}, "/v/style-{id}")


# -- datasets ----------------------------------------------------------------------------


def test_a_dataset_keeps_its_examples_as_they_were(learned: Learned) -> None:
    learned.book.keep([example("1", passages=(SHOWN,), weight=2.0), imported(2)])
    before = sorted(learned.book.examples(), key=lambda one: one.id)
    snapshot = learned.registry.snapshot(STYLE, ["rewrite"], [one.id for one in before])
    assert (snapshot.what, snapshot.made_at) == (STYLE, NOON)
    assert snapshot.examples == tuple(one.id for one in before)
    learned.book.edit(before[0].id, "another", None, "olga")
    learned.book.remove([before[1].id])
    assert learned.registry.examples_of(snapshot.id) == before


def test_the_same_examples_are_one_dataset(learned: Learned) -> None:
    learned.book.keep([example("1"), example("2")])
    ids = [one.id for one in learned.book.examples()]
    first = learned.registry.snapshot(STYLE, ["rewrite"], ids)
    assert learned.registry.snapshot(STYLE, ["rewrite"], ids[::-1]) == first
    learned.book.edit(ids[0], "another", None, "olga")
    other = learned.registry.snapshot(STYLE, ["rewrite"], ids)
    assert (other.id == first.id, other.digest == first.digest) == (False, False)


def test_a_dataset_of_the_retriever_is_of_judged_passages(learned: Learned) -> None:
    id = learned.asked()
    learned.book.judge(id, [judged(id)])
    [one] = learned.book.judged()
    learned.book.set_vectors({one.id: b"\x00"}, "e5")
    snapshot = learned.registry.snapshot(What.RETRIEVER, ["retriever"], [one.id])
    learned.book.judge(id, [])
    assert learned.registry.judged_of(snapshot.id) == [one]


@pytest.mark.parametrize("what", [STYLE, What.RETRIEVER])
def test_a_dataset_of_unknown_examples_is_refused(learned: Learned, what: What) -> None:
    for id in (77_777, UNKNOWN):
        with pytest.raises(UnknownExample, match=str(id)):
            learned.registry.snapshot(what, [], [id])
        with pytest.raises(UnknownSnapshot, match=str(id)):
            learned.registry.examples_of(id)
        with pytest.raises(UnknownSnapshot, match=str(id)):
            learned.registry.begin(what, [], id, {}, "")


# -- trainings ---------------------------------------------------------------------------


def test_a_training_is_kept_from_its_beginning_to_its_end(learned: Learned) -> None:
    run = begun(learned)
    assert (run.state, run.recipe, run.folder) == (
        RunState.RUNNING,
        {"rank": 8},
        f"/v/style-{run.id}",
    )
    learned.registry.progress(run.id, {"loss": 2.5, "step": 10.0})
    learned.registry.progress(run.id, {"loss": 1.5, "odd": float("nan")})
    assert learned.registry.run(run.id).figures == {"loss": 1.5, "step": 10.0}
    learned.at += timedelta(minutes=5)
    done = learned.registry.end(run.id, RunState.DONE, figures={"seconds": 300.0})
    assert (done.state, done.ended_at) == (RunState.DONE, learned.at)
    assert done.figures == {"loss": 1.5, "step": 10.0, "seconds": 300.0}
    assert learned.registry.end(run.id, RunState.FAILED, "late") == done
    assert learned.registry.runs() == learned.registry.runs(what=STYLE) == [done]
    assert learned.registry.runs(what=What.ANSWERS) == []


def test_an_unknown_training_is_said_to_be_unknown(learned: Learned) -> None:
    registry = learned.registry
    calls: list[Callable[[int], object]] = [
        registry.run,
        registry.resume,
        lambda id: registry.progress(id, {}),
        lambda id: registry.end(id, RunState.DONE),
    ]
    for call in calls:
        for id in (77_777, UNKNOWN, -1):
            with pytest.raises(UnknownRun, match=f"{id}.*tandem runs"):
                call(id)


BEGIN = """
import sys
from bot.learning.registry import Registry
from model.examples import What
print(Registry(sys.argv[1]).begin(What.STYLE, [], int(sys.argv[2]), {}, "").id)
"""


def test_a_training_whose_process_died_is_taken_over_once(learned: Learned) -> None:
    mine = begun(learned)
    command = [sys.executable, "-c", BEGIN, learned.url, str(mine.snapshot)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    [stale] = learned.registry.stale()
    assert (stale.id, stale.state) == (int(told.stdout), RunState.RUNNING)
    assert learned.registry.stale(What.ANSWERS) == []
    assert [learned.registry.resume(stale.id) for _ in range(2)] == [True, False]
    assert not learned.registry.resume(mine.id)
    assert learned.registry.stale() == []


# -- versions ----------------------------------------------------------------------------


def test_a_version_is_added_once(learned: Learned) -> None:
    run = begun(learned)
    first = version(learned, "style-1", run=run.id)
    assert first == ModelVersion(
        *("style-1", STYLE, ("rewrite",), "smol", run.id, State.CANDIDATE, NOON, NOON), id=first.id
    )
    assert learned.registry.add_version(replace(first, base="other")) == first
    other = version(learned, "answers-2", What.ANSWERS)
    assert learned.registry.versions() == [other, first]
    assert learned.registry.versions(STYLE) == learned.registry.candidates(STYLE) == [first]


def test_an_unknown_version_is_said_to_be_unknown(learned: Learned) -> None:
    version(learned, "style-1")
    registry = learned.registry
    calls: list[Callable[[str], object]] = [
        registry.version,
        lambda name: registry.promote(name, "olga"),
        lambda name: registry.refuse(name, "worse"),
        lambda name: registry.set_canary(name, 0.1),
    ]
    for call in calls:
        with pytest.raises(UnknownVersion, match=r"'style-7'.*There are: style-1"):
            call("style-7")


def test_a_promotion_changes_all_at_once(learned: Learned) -> None:
    for name in ("style-1", "style-2"):
        version(learned, name)
    assert live(learned) == ""
    learned.registry.promote("style-1", "olga", "it is better")
    promoted = learned.registry.promote("style-2", "otto", forced=True)
    assert (promoted.state, live(learned)) == (State.LIVE, "style-2")
    assert states(learned) == {"style-2": "live", "style-1": "retired"}
    history = learned.registry.promotions(STYLE)
    assert [(p.version, p.previous, p.by, p.why, p.forced, p.back) for p in history] == [
        ("style-2", "style-1", "otto", "", True, False),
        ("style-1", "", "olga", "it is better", False, False),
    ]


def test_what_is_live_stays_so_when_it_is_promoted_again(learned: Learned) -> None:
    version(learned, "style-1")
    first = learned.registry.promote("style-1", "olga")
    marker = learned.registry.marker()
    assert learned.registry.promote("style-1", "otto", "again") == first
    assert len(learned.registry.promotions()) == 1
    assert learned.registry.marker() == marker


def test_a_refused_version_goes_live_by_force_alone(learned: Learned) -> None:
    version(learned, "style-1")
    assert learned.registry.refuse("style-1", "chrF fell").state is State.REFUSED
    with pytest.raises(PromotionRefused, match=r"style-1: it was refused \(chrF fell\).*--force"):
        learned.registry.promote("style-1", "olga")
    assert live(learned) == ""
    assert (
        learned.registry.promote("style-1", "olga", "we need it", forced=True).why == "we need it"
    )


def test_what_was_compared_with_another_is_not_promoted(learned: Learned) -> None:
    for name in ("style-1", "style-2"):
        version(learned, name)
    learned.registry.promote("style-1", "olga", over="")
    with pytest.raises(PromotionRefused, match="style-1 is live by now, not the base"):
        learned.registry.promote("style-2", "olga", over="")
    assert states(learned) == {"style-2": "candidate", "style-1": "live"}
    learned.registry.promote("style-2", "olga", over="style-1")


def test_what_is_live_cannot_be_refused(learned: Learned) -> None:
    version(learned, "style-1")
    learned.registry.promote("style-1", "olga")
    with pytest.raises(PromotionRefused, match=r"it is live.*tandem rollback"):
        learned.registry.refuse("style-1", "worse")


@pytest.mark.parametrize("state", [None, RunState.FAILED, RunState.CANCELLED])
def test_a_version_of_a_training_that_is_not_done_is_not_promoted(
    learned: Learned, state: RunState | None
) -> None:
    run = begun(learned)
    if state is not None:
        learned.registry.end(run.id, state)
    version(learned, "style-1", run=run.id)
    with pytest.raises(VersionUnusable, match=f"is not done, but {state or 'running'}"):
        learned.registry.promote("style-1", "olga", forced=True)
    assert (live(learned), states(learned)) == ("", {"style-1": "candidate"})


def test_a_version_whose_folder_is_not_whole_is_not_promoted(
    learned: Learned, tmp_path: Path
) -> None:
    registry = Registry(learned.sessions, tmp_path)
    for name in ("style-1", "style-2"):
        version(learned, name)
    folder = version_folder(tmp_path, "style-1")
    folder.mkdir(parents=True)
    with pytest.raises(VersionUnusable, match="no whole version"):
        registry.promote("style-1", "olga")
    assert (live(learned), states(learned)["style-1"]) == ("", "candidate")
    write_manifest(folder, Manifest("style-1", STYLE, (), "b", "", "", 1, {}, {}, ""))
    assert registry.promote("style-1", "olga").state is State.LIVE
    learned.registry.promote("style-2", "olga")
    (folder / "manifest.json").unlink()
    assert registry.rollback(STYLE, "olga") is None
    assert (live(learned), states(learned)["style-1"]) == ("", "refused")


def test_rollbacks_walk_back_through_the_history_to_the_base(learned: Learned) -> None:
    for name in ("style-1", "style-2", "style-3"):
        version(learned, name)
        learned.registry.promote(name, "olga")
    walked = []
    for _ in range(3):
        back = learned.registry.rollback(STYLE, "otto", "worse")
        assert live(learned) == (back.name if back else "")
        walked.append(live(learned))
    assert walked == ["style-2", "style-1", ""]
    assert states(learned) == dict.fromkeys(("style-3", "style-2", "style-1"), "refused")
    with pytest.raises(PromotionRefused, match="the base is live already"):
        learned.registry.rollback(STYLE, "otto")
    assert [p.back for p in learned.registry.promotions()] == [True] * 3 + [False] * 3


def test_a_rollback_never_leads_to_what_was_taken_back(learned: Learned) -> None:
    for name in ("style-1", "style-2"):
        version(learned, name)
    for name in ("style-1", "style-2", "style-1", "style-2"):
        learned.registry.promote(name, "olga")
    walked = []
    while live(learned):
        learned.registry.rollback(STYLE, "otto")
        walked.append(live(learned))
    assert walked == ["style-1", ""]


def test_a_rollback_after_a_rollback_and_a_promotion_skips_what_was_rolled_back(
    learned: Learned,
) -> None:
    for name in ("style-1", "style-2"):
        version(learned, name)
        learned.registry.promote(name, "olga")
    learned.registry.rollback(STYLE, "otto")
    version(learned, "style-3")
    learned.registry.promote("style-3", "olga")
    learned.registry.promote("style-1", "olga")
    walked = []
    while live(learned):
        learned.registry.rollback(STYLE, "otto")
        walked.append(live(learned))
    assert walked == ["style-3", ""]  # style-1 was taken back a moment ago


def test_of_two_promotions_at_once_one_follows_the_other(learned: Learned) -> None:
    names = [f"style-{n}" for n in range(8)]
    for name in names:
        version(learned, name)
    threads = [
        threading.Thread(target=learned.registry.promote, args=(name, "olga")) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = learned.registry.promotions()
    assert sorted(p.version for p in history) == names
    assert [p.previous for p in history] == [*(p.version for p in history[1:]), ""]
    assert [name for name, state in states(learned).items() if state == "live"] == [live(learned)]
    assert live(learned) == history[0].version


def test_the_base_of_each_kind_is_live_by_itself(learned: Learned) -> None:
    version(learned, "answers-1", What.ANSWERS)
    version(learned, "style-1")
    learned.registry.promote("answers-1", "olga")
    assert live(learned) == ""
    learned.registry.promote("style-1", "olga")
    assert learned.registry.rollback(What.ANSWERS, "olga") is None
    assert live(learned) == "style-1"


def test_the_marker_moves_with_whatever_is_served(learned: Learned) -> None:
    for name in ("style-1", "style-2", "style-3"):
        version(learned, name)
    registry = learned.registry
    steps: list[Callable[[], object]] = [
        lambda: registry.promote("style-1", "olga"),
        lambda: registry.set_canary("style-2", 0.1),
        lambda: registry.refuse("style-2", "worse"),
        lambda: registry.promote("style-3", "olga"),
        lambda: registry.rollback(STYLE, "olga"),
    ]
    seen = [registry.marker()]
    for step in steps:
        step()
        assert registry.marker() == registry.marker() != seen[-1]
        seen.append(registry.marker())
    assert len(set(seen)) == len(seen)


def test_one_candidate_at_a_time_is_a_canary(learned: Learned) -> None:
    for name in ("style-1", "style-2"):
        version(learned, name)
    assert learned.registry.set_canary("style-1", 0.1).canary == 0.1
    learned.registry.set_canary("style-2", 0.25)
    assert [one.canary for one in learned.registry.versions()] == [0.25, 0.0]
    learned.registry.promote("style-2", "olga")
    assert learned.registry.version("style-2").canary == 0.0
    with pytest.raises(PromotionRefused, match="it is live"):
        learned.registry.set_canary("style-2", 0.1)
    learned.registry.set_canary("style-1", 0.0)


def test_a_version_says_why_it_should_be_trained_again(learned: Learned) -> None:
    version(learned, "style-1")
    for why in ("First.", "Second."):
        learned.registry.mark_retrain(["style-1", "style-9"], why)
    assert learned.registry.version("style-1").retrain == "First."
    learned.registry.mark_retrain(["style-1"], "")
    assert learned.registry.version("style-1").retrain == ""


def test_from_an_example_leads_a_way_to_the_versions_it_taught(learned: Learned) -> None:
    run = begun(learned)
    taught = version(learned, "style-1", run=run.id)
    version(learned, "style-2")
    [one] = learned.book.examples()
    assert learned.registry.trained_on([one.id, 77_777]) == [taught]
    assert learned.registry.trained_on([77_777]) == learned.registry.trained_on([]) == []


def test_votes_are_counted_by_the_version_that_wrote(learned: Learned) -> None:
    mine = replace(an_answer(), version="style-1")
    for up in (True, False, False):
        learned.vote(learned.asked(route=TUNED, answer=mine), "anna", up=up)
    learned.vote(learned.asked(route=TUNED), "anna", up=True)
    learned.vote(learned.asked(), "anna", up=False)
    assert learned.registry.votes("style-1", STYLE) == Votes(up=1, down=2)
    assert learned.registry.votes("", STYLE) == Votes(up=1)
    assert learned.registry.votes("", What.ANSWERS) == Votes(down=1)
    assert learned.registry.votes("style-1", STYLE, since=learned.at) == Votes()


def test_evaluations_come_back_newest_first(learned: Learned) -> None:
    scores = {"rewrite": {"chrf": [0.5, 0.75]}, "odd": float("inf")}
    first = learned.registry.evaluate(Evaluation("style-1", "", scores, False, ("Worse.",), NOON))
    second = learned.registry.evaluate(Evaluation("style-1", "style-0", {}, True, (), NOON))
    learned.registry.evaluate(Evaluation("", "", {}, True, (), NOON))
    kept = replace(first, scores={"rewrite": {"chrf": [0.5, 0.75]}, "odd": None})
    assert learned.registry.evaluations("style-1") == [second, kept]
