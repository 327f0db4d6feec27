"""Golden sets are frozen once, noticed when they were changed, and forget what people take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import GoldenUnusable
from bot.learning.book_words import Wanted
from bot.learning.golden import freeze, frozen, golden, keep_only, shipped
from bot.learning.outputs import OUTPUTS, Output, outputs
from bot.learning.sides import outputs_file
from bot.learning.tidying import tidy
from model.examples import Example, Shown, What
from model.tasks import BUILT_IN
from tests.measured import NOON, lesson


def said(number: int, task: str = "rewrite") -> Example:
    """An example that came from somebody's question; its text has a line break of its own."""
    made = lesson(f"text {number}\u2028with \u0085 odd breaks", task)
    return replace(made, interactions=(number,))


class FakeBook:
    """Keeps what it is given."""

    def __init__(self, *held: Example) -> None:
        self.held = list(held)

    def examples(self, wanted: Wanted | None = None) -> Sequence[Example]:
        return self.held


def test_what_is_frozen_comes_back_as_it_was(tmp_path: Path) -> None:
    shown = (Shown("Leave", "27 days", right=True, source="handbook", key="leave"),)
    asked = Example(What.ANSWERS, "answers", "How many days?", "27", passages=shown)
    made = freeze(tmp_path, [said(1), said(2), asked], NOON)
    assert [(each.task, each.examples) for each in made] == [("answers", 1), ("rewrite", 2)]
    assert [e.digest for e in golden(tmp_path, "rewrite")] == [said(1).digest, said(2).digest]
    assert golden(tmp_path, "answers")[0].digest == asked.digest
    assert frozen(tmp_path) == made


def test_a_second_freeze_adds_only_new_tasks(tmp_path: Path) -> None:
    freeze(tmp_path, [said(1)], NOON)
    made = freeze(tmp_path, [said(1), said(2), said(3, "draft")], NOON)
    assert [each.task for each in made] == ["draft"]
    assert len(golden(tmp_path, "rewrite")) == 1


def test_a_task_without_a_set_has_none(tmp_path: Path) -> None:
    assert golden(tmp_path, "rewrite") == []
    assert frozen(tmp_path) == []


@pytest.mark.parametrize("change", ["added", "cut", "first line"])
def test_a_changed_set_is_noticed(tmp_path: Path, change: str) -> None:
    freeze(tmp_path, [said(1), said(2)], NOON)
    file = tmp_path / "golden" / "rewrite.jsonl"
    whole = file.read_bytes()
    changed = {"added": whole + b"{}\n", "cut": whole[:-20], "first line": b"x" + whole}
    file.write_bytes(changed[change])
    with pytest.raises(GoldenUnusable, match=r"rewrite\.jsonl.*tandem evaluate --freeze"):
        golden(tmp_path, "rewrite")


def test_what_people_took_back_leaves_and_is_counted(tmp_path: Path) -> None:
    freeze(tmp_path, [said(1), said(2), lesson("from a file")], NOON)
    assert keep_only(tmp_path, [said(1)]) == 1
    assert [e.text for e in golden(tmp_path, "rewrite")] == [said(1).text, "from a file"]
    assert (frozen(tmp_path)[0].examples, frozen(tmp_path)[0].forgotten) == (2, 1)
    assert keep_only(tmp_path, [said(1)]) == 0


def test_an_example_that_got_a_rejected_answer_meanwhile_stays(tmp_path: Path) -> None:
    freeze(tmp_path, [said(1)], NOON)
    assert keep_only(tmp_path, [replace(said(1), rejected="no")]) == 0


def test_outputs_to_texts_that_are_gone_go_too(tmp_path: Path) -> None:
    import json
    from dataclasses import asdict

    freeze(tmp_path, [said(1), said(2)], NOON)
    ours = shipped(BUILT_IN[0])[0]
    file = outputs_file(tmp_path, What.STYLE, "style-1")
    file.parent.mkdir(parents=True)
    every = [Output(e.digest, "m", "written") for e in (said(1), said(2), ours)]
    file.write_text("".join(json.dumps(asdict(each)) + "\n" for each in every))
    assert tidy(tmp_path, FakeBook(said(2))) == 2
    assert {each.key for each in outputs(file)} == {said(2).digest, ours.digest}
    assert said(1).text not in (tmp_path / "golden" / "rewrite.jsonl").read_text("utf-8")
    assert file.name == OUTPUTS


def test_every_built_in_task_ships_texts_that_fit_it() -> None:
    for task in BUILT_IN:
        found = shipped(task)
        assert len(found) >= 8
        assert all(e.task == task.name and e.text and e.chosen for e in found)
        assert len({e.group for e in found}) == len(found)
        assert not task.labels or {e.chosen for e in found} == {*task.labels}


def test_shipped_texts_are_not_the_examples_that_a_prompt_shows() -> None:
    for task in BUILT_IN:
        assert not {shot.text for shot in task.examples} & {e.text for e in shipped(task)}


def test_labels_that_a_team_does_not_use_are_left_out() -> None:
    task = replace(BUILT_IN[2], labels=("question", "bug"))
    assert {e.chosen for e in shipped(task)} == {"question"}
