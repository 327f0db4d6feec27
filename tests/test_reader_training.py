"""What the reader learns from: evidence found again, passages drawn, losses, scores."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from bench import tiny_models
from knowledge.reranker import Page, Reading
from knowledge.reranker.evidence import digest, holding, marked, told
from knowledge.reranker.lessons import Candidate, Lesson, Lessons, counts, joined, read, write
from knowledge.reranker.lessons import digest as lessons_digest
from knowledge.reranker.scores import area, certainty, ndcg, scored
from knowledge.reranker.training import (
    Dials,
    Texts,
    answering,
    drawn,
    epoch,
    learning,
    loss,
    readings,
    trainee,
)
from model.training.fitting import Pace, fit

PAGE = """\
## Leave

Everyone has **27 days** of leave. Ask `@people-ops` for more.

You need:

- a form
- a signature of [your lead](https://example.com/leads)

| Country | Days |
| --- | --- |
| Norway | 25 |
| Iceland | 24 |
"""


def texts(said: Any, places: tuple[int, ...]) -> list[str]:
    return [said[place].text for place in places]


def test_a_quote_finds_its_statement_whatever_its_marks() -> None:
    said = told(PAGE)
    assert texts(said, holding(["Everyone has 27 days of leave."], said)) == [
        "Everyone has 27 days of leave."
    ]
    assert texts(said, holding(["a signature of your lead"], said)) == ["a signature of your lead"]


def test_cells_find_the_row_that_has_them_all() -> None:
    said = told(PAGE)
    assert texts(said, holding(["Iceland", "24"], said)) == ["Country: Iceland; Days: 24"]


def test_a_quote_of_two_sentences_finds_both() -> None:
    said = told(PAGE)
    both = "Everyone has 27 days of leave. Ask @people-ops for more."
    assert holding([both], said) == (0, 1)


def test_a_quote_that_was_reworded_is_found_by_its_words_and_a_foreign_one_is_not() -> None:
    said = told(PAGE)
    assert holding(["27 days leave everyone has each year"], said) == (0,)
    assert holding(["Ferrets are welcome in the Oslo office."], said) == ()


def test_a_digest_finds_the_statement_again_and_does_not_tell_it() -> None:
    said = told(PAGE)
    mark = digest("everyone  has _27 days_ of leave.")
    assert marked([mark], said) == (0,)
    assert len(mark) == 16
    assert marked([digest("Everyone has 28 days of leave.")], said) == ()


def lesson(number: int, held_out: bool = False, **options: Any) -> Lesson:
    right = options.get("right", True)
    candidates = (
        Candidate("a", right or None, (0,) if right else ()),
        *(Candidate(page, False if right else None, ()) for page in "bcdefgh"),
    )
    return Lesson("set:x", str(number), options.get("asked", "how many days"), candidates, held_out)


def ranking() -> Lesson:
    candidates = tuple(Candidate(page, page in "ab", None, 1.0) for page in "abcdefgh")
    return Lesson("judged", "1", "how many days", candidates, False, ("a", "b"))


PAGES = {
    page: Page(f"Page {page}", (f"{page} has {n} days of leave.", "Ask the bench."))
    for n, page in enumerate("abcdefgh")
}


def test_lessons_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = Lessons(PAGES, (lesson(1), ranking()))
    write(made, tmp_path / "lessons.jsonl.gz")
    assert read(tmp_path / "lessons.jsonl.gz") == made
    assert lessons_digest(read(tmp_path / "lessons.jsonl.gz")) == lessons_digest(made)


def test_joined_lessons_keep_only_the_pages_that_they_use() -> None:
    few = Lesson("s", "1", "?", (Candidate("a", None, ()),), held_out=True)
    made = joined([Lessons(PAGES, (few,)), Lessons({}, ())])
    assert [*made.pages] == ["a"]
    assert counts(made.lessons) == {"s": {"trained": 0, "held out": 1, "unanswerable": 1}}


def test_what_answers_is_always_drawn_and_others_beside_it() -> None:
    for seed in range(20):
        some = drawn(lesson(1), random.Random(seed))
        assert some[0].page == "a"
        assert len(some) == 7
        ranked = drawn(ranking(), random.Random(seed))
        assert sum(bool(c.relevant) for c in ranked) == 1
        assert len(ranked) == 6
    assert len(drawn(lesson(1, right=False), random.Random(1))) == 7


def test_an_epoch_has_the_dearer_lessons_twice() -> None:
    dear = Lesson("s", "1", "?", (), held_out=False, turns=2)
    assert len(epoch([dear, lesson(2)])) == 3


def test_statements_that_were_cut_off_are_no_target() -> None:
    candidates = [Candidate("a", True, (0, 5)), Candidate("b", False, ())]
    assert answering(candidates, 2).tolist() == [[True, False], [False, False]]


def seeded() -> None:
    import torch

    torch.manual_seed(1)


@pytest.fixture
def known() -> Texts:
    made = Lessons(PAGES, (lesson(1), ranking()))
    said = [text for page in PAGES.values() for text in (page.head, *page.statements)]
    return Texts(tiny_models.words([*said, "how many days"]), made)


def test_the_loss_is_the_same_for_the_same_seed_and_another_for_another(known: Texts) -> None:
    seeded()
    parts = trainee(tiny_models.encoder()).eval()
    some = [lesson(1), ranking(), lesson(2, right=False)]
    values = [float(loss(parts, known, some, seed).detach()) for seed in ("1", "1", "2")]
    assert values[0] == values[1] != values[2]
    assert all(map(math.isfinite, values))


def test_the_word_vectors_are_not_trained(known: Texts) -> None:
    parts = trainee(tiny_models.encoder())
    learned = {id(p) for group in learning(parts, Dials()) for p in group["params"]}
    names = {name for name, p in parts.named_parameters() if id(p) not in learned}
    assert names == {"bert.embeddings.word_embeddings.weight"}


def test_a_tiny_reader_learns_which_statement_answers(known: Texts, tmp_path: Path) -> None:
    seeded()
    parts, dials = trainee(tiny_models.encoder()), Dials(rate=5e-3, head_rate=1)
    some = [lesson(1), ranking()]
    told = fit(
        parts,
        learning(parts, dials),
        lambda step: loss(parts, known, some, str(step)),
        Pace(20),
        tmp_path,
        "m",
    )
    (found,) = readings(parts, known, [lesson(1)])
    best = max(
        (score, page, k) for page, r in enumerate(found) for k, score in enumerate(r.evidence)
    )
    assert best[1:] == (0, 0)
    assert told.skipped == 0
    assert scored([lesson(1)], [found])["set"]["first answers"] == 1.0


def test_padding_changes_no_reading(known: Texts) -> None:
    seeded()
    parts = trainee(tiny_models.encoder()).eval()
    long = Lesson("s", "2", "how many days of leave has the bench of page a", (), held_out=True)
    long = Lesson("s", "2", long.question, (Candidate("a", None, ()),), held_out=True)
    both = readings(parts, known, [lesson(1), long])
    (alone,) = readings(parts, known, [lesson(1)], batch=1)
    for one, other in zip(both[0], alone, strict=True):
        assert one.relevance == pytest.approx(other.relevance, abs=1e-5)
        assert one.evidence == pytest.approx(other.evidence, abs=1e-5)


def test_ndcg_and_the_area_are_those_of_the_books() -> None:
    assert ndcg(["x", "a"], {"a"}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["a", "b"], {"a", "b"}) == 1.0
    assert area([3, 1], [2, 0]) == 0.75
    assert area([1], [1]) == 0.5
    assert math.isnan(area([], [1]))


def test_certainty_grows_with_each_statement_that_may_answer() -> None:
    one = certainty([Reading(0, 0, (1.0,))])
    assert one == pytest.approx(1.0)
    assert certainty([Reading(0, 0, (1.0, 1.0))]) > one > certainty([])
