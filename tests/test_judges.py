"""Cross-encoders by setting: what puts passages in order, and what judges entailment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge.documents import Chunk, Passage
from knowledge.entailment import entailing, entailment
from knowledge.errors import JudgeUnavailable
from knowledge.reranker.ordering import WEIGHT, cross_encoder, reordered
from tests import tiny_judges

ASKED = "How many days of leave do I get?"
TEXTS = ("The lid is open.", "Full time staff get 27 days of leave.", "\ud83d odd \0")
LABELS = ("contradiction", "entailment", "neutral")


def passages(*texts: str) -> list[Passage]:
    return [
        Passage(Chunk("handbook", f"{n}.md", "Leave", "", (), 0, text), 0.5, {"vector": 0.5})
        for n, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_judges.judge(tmp_path_factory.mktemp("ranker"))


@pytest.fixture(scope="module")
def inferrer(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_judges.judge(tmp_path_factory.mktemp("inferrer"), LABELS)


# -- of order ------------------------------------------------------------------------


def test_a_cross_encoder_puts_passages_in_the_order_of_its_scores(ranker: str) -> None:
    judge, found = cross_encoder(ranker, "cpu"), passages(*TEXTS)
    said = dict(zip(TEXTS, judge(ASKED, found), strict=True))
    assert len(set(said.values())) == len(TEXTS)
    ordered = reordered(ASKED, found, judge)
    assert [p.chunk.text for p in ordered] == sorted(TEXTS, key=lambda text: -said[text])
    for passage in ordered:
        assert passage.scores["reranker"] == pytest.approx(said[passage.chunk.text], abs=1e-5)
        assert passage.score == pytest.approx(WEIGHT * said[passage.chunk.text], abs=1e-5)
        assert passage.scores["vector"] == 0.5


def test_its_scores_are_log_odds_and_not_squeezed_between_0_and_1(tmp_path: Path) -> None:
    judge = cross_encoder(tiny_judges.judge(tmp_path / "doubting", bias=-9), "cpu")
    assert max(judge(ASKED, passages(*TEXTS, "", "27 " * 500))) < -5


def test_no_passages_are_in_order(ranker: str) -> None:
    judge = cross_encoder(ranker, "cpu")
    assert list(judge(ASKED, [])) == []
    assert reordered(ASKED, [], judge) == []


def test_several_may_have_passages_put_in_order_at_once(ranker: str) -> None:
    judge, found = cross_encoder(ranker, "cpu"), passages(*TEXTS)
    alone = list(judge(ASKED, found))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: list(judge(ASKED, found)), range(8)))
    assert together == [alone] * 8


def test_a_reranker_that_cannot_be_had_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(
        JudgeUnavailable, match=r"\[search\] reranker = .*nowhere.*CrossEnc"
    ) as told:
        cross_encoder(str(tmp_path / "nowhere"))
    assert (told.value.setting, told.value.name) == (
        "[search] reranker",
        str(tmp_path / "nowhere"),
    )


def test_weights_with_several_outputs_are_no_reranker(inferrer: str) -> None:
    with pytest.raises(JudgeUnavailable, match="3 outputs"):
        cross_encoder(inferrer)


def test_weights_whose_head_would_be_drawn_by_chance_are_refused(tmp_path: Path) -> None:
    folder = tiny_judges.headless(tmp_path / "encoder")
    with pytest.raises(JudgeUnavailable, match="not trained to judge"):
        cross_encoder(folder)


# -- of entailment -------------------------------------------------------------------


def test_the_share_of_entailment_is_told_wherever_its_label_stands(
    inferrer: str, tmp_path: Path
) -> None:
    shares = entailment(inferrer, "cpu")(TEXTS[1], TEXTS[0])
    others = [  # the same weights under other names
        entailment(tiny_judges.judge(tmp_path / str(n), labels), "cpu")(TEXTS[1], TEXTS[0])
        for n, labels in enumerate([("ENTAILMENT", "b", "c"), ("a", "b", "entails")])
    ]
    assert 0 < shares < 1
    assert len({shares, *others}) == 3
    assert shares + sum(others) == pytest.approx(1, abs=1e-5)


def test_odd_texts_are_judged(inferrer: str) -> None:
    judge = entailment(inferrer, "cpu")
    for says, claim in [("", ""), (TEXTS[2], "x " * 5000)]:
        assert 0 <= judge(says, claim) <= 1


@pytest.mark.parametrize(
    ("labels", "at"),
    [
        (LABELS, 1),
        (("entailment", "not_entailment"), 0),
        (("NON-ENTAILMENT", "ENTAILMENT"), 1),
        (("LABEL_0", "LABEL_1", "LABEL_2"), None),
        (("entailment", "entailment too"), None),
        (("contradiction", "neutral"), None),
    ],
)
def test_the_label_of_entailment_is_read_and_never_assumed(
    labels: tuple[str, ...], at: int | None
) -> None:
    assert entailing(labels) == at


@pytest.mark.parametrize("labels", [("LABEL_0", "LABEL_1", "LABEL_2"), ("entailment",)])
def test_weights_that_do_not_say_which_label_is_entailment_are_refused(
    labels: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tiny_judges.judge(tmp_path / "unnamed", labels)
    with pytest.raises(JudgeUnavailable, match=r"\[answers\] entailment.*LABEL_0|entailment"):
        entailment(folder)
