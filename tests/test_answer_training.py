"""What the answering adapter learns from: prompts, replies, the loss on the reply alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from bench import tiny_models
from bench.train_answers import cases, rarities, shared
from knowledge.reranker import Page
from knowledge.reranker.lessons import Candidate, Lesson, Lessons
from model.grounding import ORDERS, read_reply
from model.training.answering import scored
from model.training.answers import (
    WORDS,
    Case,
    Dials,
    Note,
    Written,
    adapted,
    beside,
    composed,
    counts,
    distinct,
    end_of_turn,
    examples,
    loss,
    prompt_ids,
    replies,
    within,
    writings,
)
from model.training.fitting import Pace, fit

theirs = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


def note(text: str, answers: bool = False, title: str = "Leave", place: int = 0) -> Note:
    return Note(title, text, answers, (title, place))


NOTES = (
    note("Everyone has 27 days of leave.", True, place=1),
    note("Leave is asked for in the tool.", place=0),
    note("Visitors have no leave.", title="Visitors"),
    note("The kiln is hot.", title="Kilns"),
)


def case(notes: tuple[Note, ...] = NOTES, **options: Any) -> Case:
    return Case("set", "1", "how many days off?", notes, "27 days.", **options)


def test_a_prompt_is_in_the_form_that_the_bot_uses() -> None:
    made = composed(case(), NOTES)
    assert made.prompt.messages[0].text == ORDERS
    assert made.prompt.messages[1].text == (
        "Notes:\nKilns:\n1. The kiln is hot.\nVisitors:\n2. Visitors have no leave.\n"
        "Leave:\n3. Leave is asked for in the tool.\n4. Everyone has 27 days of leave.\n\n"
        "Question: how many days off?"
    )
    assert made.reply == "Answer 4: 27 days."
    assert made.right == {4}


def test_without_a_note_that_answers_the_reply_is_silence() -> None:
    made = composed(case(), NOTES[1:])
    assert made.reply == "Unknown"
    assert not made.right


def test_a_question_that_takes_several_notes_names_two() -> None:
    both = (NOTES[0], note("Part-timers have fewer.", True, place=2))
    assert composed(case(several=True), both).reply == "Answer 1 2: 27 days."
    assert composed(case(), both).reply == "Answer 1: 27 days."


def test_examples_are_the_same_for_a_seed_and_sometimes_withhold_the_answer() -> None:
    some = [Case("set", str(n), "days?", NOTES, "27 days.", turns=2) for n in range(100)]
    made = examples(some, 1)
    assert made == examples(some, 1) != examples(some, 2)
    silent = counts(made)["set"]["silent"]
    assert 20 <= silent <= 60
    assert counts(made)["set"]["examples"] == 200
    assert all((each.reply == "Unknown") == (not each.right) for each in made)


def test_the_answer_stands_nowhere_where_silence_is_taught() -> None:
    twice = (*NOTES, note("As said, 27 days.", title="Again"))
    made = examples([case(twice, withheld=1.0, turns=5)], 1)
    assert made
    assert not any("27 days" in str(each.prompt) for each in made)


def test_notes_are_as_many_as_fit_and_no_words_come_twice() -> None:
    long = [note(" ".join(["word"] * 50) + f" {n}", place=n) for n in range(9)]
    assert len(within(long)) == 2
    assert len(within([note("word " * 2 * WORDS)])) == 1
    assert beside(NOTES[:1], long, random.Random(1))[0].answers
    assert len([*distinct([note("A b."), note("a  B"), note("c")])]) == 2


def test_the_loss_is_on_the_reply_alone() -> None:
    import torch

    model, tokenizer = tiny_models.writer()
    (row,) = writings(tokenizer, [composed(case(), NOTES)])
    assert tokenizer.decode(row.reply) == "Answer 4: 27 days.<|im_end|>"
    assert tokenizer.decode(row.prompt).endswith("<|im_start|>assistant\n")

    class Bare:
        def get_base_model(self) -> Any:
            return model

    whole = torch.tensor([[*row.prompt, *row.reply]])
    scores = model(input_ids=whole).logits[0, len(row.prompt) - 1 : -1].float()
    each = torch.nn.functional.cross_entropy(scores, torch.tensor(row.reply), reduction="none")
    weights = torch.tensor([2.0] + [1.0] * (len(row.reply) - 1))
    expected = float(((each * weights).sum() / weights.sum()).detach())
    assert float(loss(Bare(), [row]).detach()) == pytest.approx(expected, rel=1e-5)
    assert end_of_turn(tokenizer) == (tokenizer.convert_tokens_to_ids("<|im_end|>"),)


@theirs
def test_an_adapter_learns_a_reply_and_the_model_under_it_stays(tmp_path: Path) -> None:
    import torch

    base, tokenizer = tiny_models.writer()
    before = {name: p.clone() for name, p in base.named_parameters()}
    made = composed(case(), NOTES)
    rows = writings(tokenizer, [made])
    model = adapted(base, Dials(rank=16))
    learned = [p for p in model.parameters() if p.requires_grad]
    groups = [{"params": learned, "lr": 0.02}]
    fit(model, groups, lambda _: loss(model, rows), Pace(25), tmp_path, "m")
    (written,) = replies(model, tokenizer, [made], tokens=20)
    assert written.text == made.reply
    assert written.certainty > 0.8
    for name, p in base.named_parameters():
        if name.replace(".base_layer", "") in before:
            assert torch.equal(p, before[name.replace(".base_layer", "")])


def test_replies_come_in_the_order_asked_whatever_their_length() -> None:
    model, tokenizer = tiny_models.writer()
    asked = [composed(case(), NOTES[:n]) for n in (4, 1, 3)]
    together = replies(model, tokenizer, asked, tokens=4)
    alone = [replies(model, tokenizer, [each], tokens=4)[0] for each in asked]
    assert [x.example for x in together] == asked
    assert [x.certainty for x in together] == pytest.approx([x.certainty for x in alone], abs=1e-4)
    assert len(prompt_ids(tokenizer, asked[0].prompt)) > len(prompt_ids(tokenizer, asked[1].prompt))


def test_scores_tell_answers_pointers_and_silence_apart() -> None:
    known, unknown = composed(case(), NOTES), composed(case(), NOTES[1:])
    said = [
        Written(known, "Answer 4: 27 days.", 0.9),
        Written(known, "Answer 1: 30 days", 0.8),
        Written(unknown, "Unknown", 0.1),
        Written(unknown, "Answer 1: it is hot", 0.85),
    ]
    figures = scored(said)["set"]
    assert figures["answers where a note does"] == 1.0
    assert figures["by the right note"] == 0.5
    assert figures["words shared with the answer, F1"] == 0.75
    assert figures["silent where none does"] == 0.5
    assert figures["certainty, ROC area"] == 0.75
    assert read_reply(known.reply).notes == (4,)


PAGES = {
    "a": Page("Leave", ("Everyone has 27 days of leave.", "Ask the bench.")),
    "b": Page("Kilns", ("The kiln is hot.", "Ask the bench.")),
}
TAUGHT = Lesson(
    "set",
    "1",
    "days of leave?",
    (Candidate("b", False, ()), Candidate("a", True, (0,))),
    held_out=False,
    kind="fact",
    answer="27 days.",
    turns=2,
)


def test_lessons_become_cases_with_the_likeliest_note_first() -> None:
    judged = Lesson("judged", "2", "?", (Candidate("a", True, None),), held_out=False)
    (made,) = cases(Lessons(PAGES, (TAUGHT, judged)), held_out=False)
    assert [n.text for n in made.notes] == [
        "Everyone has 27 days of leave.",
        "Ask the bench.",
        "The kiln is hot.",
    ]
    assert [n.answers for n in made.notes] == [True, False, False]
    assert (made.answer, made.turns, made.withheld) == ("27 days.", 2, 0.2)


def test_a_readers_scores_go_before_shared_words() -> None:
    read = {("set", "1"): [[9.0, 0.0], [1.0, 0.0]]}
    (made,) = cases(Lessons(PAGES, (TAUGHT,)), held_out=False, readings=read)
    assert made.notes[0].text == "The kiln is hot."
    assert not [*cases(Lessons(PAGES, (TAUGHT,)), held_out=False, readings={})]


def test_rare_words_that_are_shared_count_most() -> None:
    rarity = rarities(PAGES.values())
    leave, bench = shared("leave bench", PAGES["a"], rarity)
    assert leave > bench
