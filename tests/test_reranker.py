"""The reader: how a question and a page are laid out, and what the real one makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import EmbeddingFailed
from knowledge.reranker import Page, Reader, Reading
from knowledge.reranker.layout import (
    CLS,
    HEAD,
    QUESTION,
    SEP,
    STATEMENT,
    WHOLE,
    laid_out,
)
from knowledge.reranker.onnx_reader import BASE, OnnxReader
from knowledge.reranker.word_table import word_vectors
from model.weights import resolve
from tests.contracts import ReaderContract

# -- the layout ----------------------------------------------------------------------


def test_question_head_and_statements_stand_one_after_the_other() -> None:
    made = laid_out([1, 2], [3], [[4, 5], [6]])
    assert made.ids == (CLS, 1, 2, SEP, 3, SEP, 4, 5, 6, SEP)
    assert made.second == 4
    assert made.spans == ((6, 8), (8, 9))


def test_what_is_too_long_is_cut() -> None:
    made = laid_out([1] * 500, [2] * 500, [[3] * 500])
    assert (made.ids.count(1), made.ids.count(2), made.ids.count(3)) == (QUESTION, HEAD, STATEMENT)


def test_statements_beyond_the_room_are_left_out() -> None:
    made = laid_out([1], [2], [[3] * 50] * 100)
    assert len(made.ids) == WHOLE
    assert len(made.spans) == 7
    assert made.spans[-1] == (made.spans[-2][1], WHOLE - 1)


TOKENS = st.lists(st.integers(1000, 30000), max_size=400)


@given(TOKENS, TOKENS, st.lists(TOKENS, max_size=30))
def test_every_span_holds_the_beginning_of_its_statement(
    question: list[int], head: list[int], said: list[list[int]]
) -> None:
    made = laid_out(question, head, said)
    assert len(made.ids) <= WHOLE
    assert made.ids[made.second - 1] == made.ids[-1] == SEP
    for (begin, end), tokens in zip(made.spans, said, strict=False):
        assert made.second < begin <= end < len(made.ids)
        assert made.ids[begin:end] == tuple(tokens[: end - begin])


# -- the real reader -----------------------------------------------------------------


def base(name: str = BASE) -> Path:
    return resolve(name, platformdirs.user_cache_path("tandem"), substitutes=False).path


@pytest.fixture(scope="module")
def shipped() -> OnnxReader:
    return OnnxReader(base())


@pytest.mark.real
class TestOnnxReader(ReaderContract):
    @pytest.fixture
    def reader(self, shipped: OnnxReader) -> Reader:
        return shipped


LEAVE = Page(
    "Annual leave > Days",
    (
        "Leave is planned with your team by the end of February.",
        "Full-time staff get 27 days of annual leave per year.",
        "Up to 5 unused days may be carried over until 31 March.",
        "Leave is booked in the calendar, not by e-mail.",
    ),
)
KILNS = Page(
    "Kiln 3 > Error codes",
    (
        "The panel shows a code when firing stops.",
        "E-07: the lid is open; close it and press Start.",
        "E-12: the thermocouple is broken; call maintenance.",
        "Write every stop into the log book.",
    ),
)
CASES = [
    ("How many days of holiday do I get?", LEAVE, 1),
    ("How many unused days may be carried over?", LEAVE, 2),
    ("Where do I book my leave?", LEAVE, 3),
    ("What does E-07 on the kiln mean?", KILNS, 1),
    ("Whom do I call about error E-12?", KILNS, 2),
]


@pytest.mark.real
@pytest.mark.parametrize(("question", "page", "at"), CASES)
def test_the_statement_that_answers_scores_highest(
    shipped: OnnxReader, question: str, page: Page, at: int
) -> None:
    [reading] = shipped.read(question, [page])
    assert int(np.argmax(reading.evidence)) == at


@pytest.mark.real
def test_the_page_that_answers_is_the_more_relevant(shipped: OnnxReader) -> None:
    for question, page, _ in CASES:
        other = KILNS if page is LEAVE else LEAVE
        right, wrong = shipped.read(question, [page, other])
        assert right.relevance > wrong.relevance
        assert right.answers > wrong.answers
        assert best(right) > best(wrong)


@pytest.mark.real
@pytest.mark.parametrize(
    ("asked", "unanswerable", "page"),
    [
        ("How many days of annual leave do I get?", "Is annual leave paid in advance?", LEAVE),
        ("Where do I book my leave?", "Who approves leave of the directors?", LEAVE),
        ("What does E-07 mean?", "How hot does the kiln get?", KILNS),
    ],
)
def test_a_question_that_the_page_does_not_answer_scores_lower(
    shipped: OnnxReader, asked: str, unanswerable: str, page: Page
) -> None:
    """Although both are about the very subject of the page."""
    [known], [unknown] = shipped.read(asked, [page]), shipped.read(unanswerable, [page])
    assert best(known) > best(unknown)
    assert known.answers > unknown.answers


def best(reading: Reading) -> float:
    return max(reading.evidence)


@pytest.mark.real
def test_a_statement_without_a_word_answers_nothing(shipped: OnnxReader) -> None:
    page = Page("Leave", ("You get 27 days of leave.", "\x00", "", "\u200b"))
    [reading] = shipped.read("How many days of leave do I get?", [page])
    assert len(reading.evidence) == 4
    assert reading.evidence[0] == best(reading)
    assert np.isfinite(reading.evidence).all()


@pytest.mark.real
def test_any_number_of_threads_reads_the_same(shipped: OnnxReader) -> None:
    pages = [LEAVE, KILNS] * 3
    alone = OnnxReader(base(), threads=1).read("What does E-07 mean?", pages)
    assert OnnxReader(base(), threads=4).read("What does E-07 mean?", pages) == alone


@pytest.mark.real
def test_the_word_vectors_of_the_quantised_and_the_float_file_agree() -> None:
    held = [word_vectors(base(name) / "model.onnx") for name in (BASE, "bge-small-en-v1.5")]
    quantised, exact = (each.of(np.arange(len(each.codes))) for each in held)
    assert (quantised.dtype, quantised.shape) == (np.dtype(np.float32), exact.shape)
    step = np.ptp(exact) / 255
    assert np.abs(quantised - exact).max() <= step
    cosines = (quantised * exact).sum(1) / (
        np.linalg.norm(quantised, axis=1) * np.linalg.norm(exact, axis=1)
    )
    assert np.median(cosines) > 0.99


# -- when it cannot read -------------------------------------------------------------


def test_a_reader_without_its_base_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed, match=r"tokenizer\.json.*Check the files of") as told:
        OnnxReader(tmp_path).read("Why?", [LEAVE])
    assert str(tmp_path) in str(told.value)


@pytest.mark.real
def test_weights_that_are_none_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "reader.onnx"
    broken.write_bytes(b"no weights")
    with pytest.raises(EmbeddingFailed, match="cannot be loaded"):
        OnnxReader(base(), broken).read("Why?", [LEAVE])
