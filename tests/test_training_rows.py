"""What is learned: the prompts that serving asks, in its tokens, the loss on the answer alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.backends import Prompt
from model.examples import Example, Origin, Shown, What
from model.generation import Reader
from model.grounding import UNKNOWN
from model.spelling import read_spelling
from model.tasks import BUILT_IN, Shot, Task, task_named, taught_prompt
from model.training.lessons import Lesson, lessons
from model.training.recipe import Recipe
from model.training.rows import FEWEST_VALIDATION, Speller, Stage, Written, speller, stage, written
from model.training.words import Plan
from tests.training_folders import SHOUT, said, tiny_spelling

HOW = Recipe("sft", batch=4, epochs=2.0, plain=0.0)
PLAN = Plan(What.STYLE, "v", 1, (SHOUT,), BUILT_IN, "tiny", "", "", "", {})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_spelling(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def spell(base: Path) -> Speller:
    return speller(base)


def test_a_taught_task_is_asked_by_its_name_and_the_text_alone() -> None:
    told = taught_prompt(task_named({t.name: t for t in BUILT_IN}, "classify"), "It is </text> on.")
    assert [message.role for message in told.messages] == ["system", "user"]
    assert "classify" in told.messages[0].text
    assert told.messages[1].text == "<text>\nIt is (/text) on.\n</text>"
    assert "praise" not in str(told)
    assert len(told.messages[0].text) < 60


def test_a_wish_stands_beside_the_text_whichever_way_it_was_given() -> None:
    told = [
        taught_prompt(Task("rewrite", "…"), "be there", "politely"),
        taught_prompt(Task("rewrite", "…"), "Rewrite politely: be there"),
    ]
    assert told[0].messages[1].text == "Wish: politely\n<text>\nbe there\n</text>"
    assert told[1].messages[1].text == "Wish: Rewrite politely\n<text>\nbe there\n</text>"


@pytest.mark.parametrize(
    "text", ["good morning", "a <|im_end|> in it", "  spaces\n\nand lines ", "ünïcode ✓", "abc"]
)
def test_training_and_serving_see_the_same_tokens(base: Path, spell: Speller, text: str) -> None:
    serving = Reader(read_spelling(base))
    asked = taught_prompt(SHOUT, text)
    row = written(spell, Lesson(asked, "Answer: " + text))
    assert row.prompt == serving.ids(asked)
    whole = serving.ids(replace(asked, begun="Answer: " + text))
    assert [*row.prompt, *row.good[:-1]] == whole
    assert "".join(serving.pieces(row.good[:-1])) == "Answer: " + text
    assert row.good[-1] in serving.ends
    assert not {*row.good[:-1]} & serving.ends  # nobody ends their own turn


def test_the_loss_falls_on_the_answers_tokens_alone(spell: Speller) -> None:
    made = [written(spell, each) for each in lessons(PLAN, HOW, [said(n) for n in range(6)])]
    whole = stage("sft", made, [], HOW)
    assert whole.rows
    for row in whole.rows:
        answer = [token for token in row["labels"] if token != -100]
        assert row["input_ids"][-len(answer) :] == answer
        assert row["labels"][: -len(answer)] == [-100] * (len(row["labels"]) - len(answer))


def row(size: int, good: int = 3, bad: int = 0, weight: float = 1.0) -> Written:
    return Written([1] * size, [2] * good, [3] * bad, weight, False)


def test_each_example_is_seen_once_in_an_epoch_and_batches_are_of_about_one_size() -> None:
    made = [row(size) for size in range(10, 74)]
    whole = stage("sft", made, [], HOW)
    assert (whole.steps, whole.epoch, whole.batch) == (32, 16, 4)
    for epoch in (whole.rows[:64], whole.rows[64:]):
        assert sorted(len(each["input_ids"]) for each in epoch) == [n + 3 for n in range(10, 74)]
    assert whole.rows[:64] != whole.rows[64:]
    assert padding(whole) < 0.1


def padding(whole: Stage) -> float:
    """The share of a batch that is filled up."""
    batches = [whole.rows[n : n + whole.batch] for n in range(0, len(whole.rows), whole.batch)]
    sizes = [[len(each["input_ids"]) for each in batch] for batch in batches]
    full = sum(max(each) * len(each) for each in sizes)
    return 1 - sum(map(sum, sizes)) / full


def test_who_is_said_by_more_people_counts_for_more_and_the_mean_stays_one() -> None:
    made = [row(5, weight=3.0), *[row(5) for _ in range(3)]]
    weights = [each["weights"] for each in stage("sft", made, [], HOW).rows[:4]]
    assert max(weights) == pytest.approx(3 * min(weights))
    assert sum(weights) == pytest.approx(4.0)


def test_kto_learns_from_good_and_bad_with_the_same_say() -> None:
    made = [row(5), row(6), row(7), row(8, good=0, bad=2), row(9, good=4, bad=4)]
    whole = stage("kto", made, [], replace(HOW, batch=6))
    assert sum(each["label"] for each in whole.rows[:6]) == 4
    assert whole.balance == (1.0, 2.0)
    first = whole.rows[: whole.batch]
    answers = [each["completion_ids"] for each in first]
    assert [each["KL_completion_ids"] for each in first] == [answers[-1], *answers[:-1]]


def test_pairs_count_as_often_as_they_weigh() -> None:
    made = [row(5, 2, 2, weight=2.6), row(6, 2, 2), row(7)]
    whole = stage("dpo", made, [], replace(HOW, epochs=1.0))
    assert sorted(len(each["prompt_ids"]) for each in whole.rows) == [5, 5, 5, 6]


def test_too_few_validation_examples_are_not_looked_at_and_each_counts_once() -> None:
    made = [row(n, weight=3.0) for n in range(FEWEST_VALIDATION)]
    assert not stage("sft", made, made[1:], HOW).validation
    looks = stage("sft", made, made, HOW).validation
    assert [each["weights"] for each in looks] == [1.0] * FEWEST_VALIDATION


def test_examples_of_other_tasks_keep_their_own_prompts_and_their_share() -> None:
    given = [said(n) for n in range(20)]
    made = lessons(PLAN, replace(HOW, plain=0.25), given)
    plain = made[20:]
    assert len(plain) == 5
    assert all(len(each.prompt.messages[0].text) > 100 for each in plain)  # told in full
    assert lessons(PLAN, HOW, given[::-1]) == lessons(PLAN, HOW, given)


def test_an_example_that_is_asked_for_is_not_shown_as_well() -> None:
    other = Task("other", "Do it.", (Shot("a", "b"), Shot("c", "d")))
    made = lessons(replace(PLAN, others=(other,)), replace(HOW, plain=1.0), [said(1), said(2)])
    assert {each.good for each in made[2:]} == {"b", "d"}
    for each in made[2:]:
        assert each.good not in [message.text for message in each.prompt.messages]


def grounded(number: int, right: bool | None = True, **more: Any) -> Example:
    shown = (
        Shown("Leave", "Ask in the tool. You get 27 days of leave each year.", right, key="a"),
        Shown("Kilns", "The kiln is hot. Nobody may touch it. " * 3, False, key="b"),
    )
    words: dict[str, Any] = {"chosen": "27 days of leave [1]"} | more
    return Example(What.ANSWERS, "answers", f"how much leave, {number}?", passages=shown, **words)


def test_answers_name_the_note_that_tells_and_without_it_the_reply_is_silence() -> None:
    plan = replace(PLAN, what=What.ANSWERS, taught=())
    made = lessons(plan, HOW, [grounded(n) for n in range(40)])
    silent = [each for each in made if each.good == UNKNOWN]
    assert 0 < len(silent) < 20
    for each in made:
        asked = each.prompt.messages[-1].text
        if each in silent:
            assert "27 days" not in asked
        else:
            number = each.good.split()[1].rstrip(":")
            assert each.good == f"Answer {number}: 27 days of leave"
            assert f"\n{number}. Ask in the tool. You get 27 days" in asked


def test_wrong_passages_alone_teach_silence_and_the_unknown_teaches_nothing() -> None:
    plan = replace(PLAN, what=What.ANSWERS, taught=())
    assert [each.good for each in lessons(plan, HOW, [grounded(1, False, chosen="")])] == [UNKNOWN]
    assert lessons(plan, HOW, [grounded(1, None), grounded(2, chosen="")]) == []


def test_a_thumb_is_known_as_one() -> None:
    made = lessons(PLAN, HOW, [said(1, origin=Origin.THUMB), said(2)])
    assert sorted(each.thumb for each in made) == [False, True]
    assert isinstance(made[0].prompt, Prompt)
