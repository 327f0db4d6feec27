"""The retriever: its lessons, its child, what comes out, and how it is measured and served."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bot.learning.judged_questions import JudgedQuestion, judged_questions
from bot.learning.live_retriever import LiveRetriever, embedder_folder, going_back
from bot.learning.retriever import (
    Material,
    dials_of,
    headings_sought,
    job,
    lessons_of,
    sought,
)
from bot.learning.tuning import LESSONS, PLAN, Plan
from bot.learning.version_rows import Promotion
from bot.learning.words import Judged, ModelVersion, State
from knowledge.documents import Chunk
from knowledge.embedding import OnnxEmbedder
from knowledge.errors import EmbeddingFailed
from knowledge.reranker.base import encoder
from knowledge.reranker.scores import ndcg
from knowledge.tuning.exporting import export
from knowledge.tuning.finding import Sought, found, reciprocal
from knowledge.tuning.learner import Dials, once
from knowledge.tuning.lessons import Lesson, from_headings, lines_of, read_lessons, with_wrong
from model.errors import RecipeWrong, VersionUnusable
from model.examples import What, group_of, held_out
from model.training.words import BUSY, CUT, DONE, LOCK, STOPPED
from model.versions import read_manifest
from tests.fakes import FakeEmbedder
from tests.patience import PATIENCE_S
from tests.tiny_embedders import tiny_embedder

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXTS = ("how long is leave", "lunch at noon", "the office opens at nine", "where is the key")


def a_chunk(text: str, key: str = "a.md", ordinal: int = 0, heading: str = "") -> Chunk:
    return Chunk("s", key, "Page", "", (heading,) if heading else (), ordinal, text)


def a_judged(question: str, chunk: Chunk, value: float = 1.0, id: int = 1) -> Judged:
    return Judged(
        question, "s", chunk.key, chunk.ordinal, chunk.digest, chunk.text, value, id, NOON,
        "slack", "ACME", (f"slack:{id}",), id=id,
    )  # fmt: skip


# -- lessons ---------------------------------------------------------------------------


def test_what_was_judged_is_grouped_by_question() -> None:
    good, bad = a_chunk("Leave is 25 days."), a_chunk("Lunch is at noon.", "b.md")
    pages = {"a.md": [good], "b.md": [bad]}
    judged = [
        a_judged("How long is leave?", good, id=1),
        a_judged("how long is leave", bad, -1.0, id=2),
    ]
    (found_,) = judged_questions(judged, lambda _, key: pages[key])
    assert (found_.right, found_.wrong, found_.ids) == ((good,), (bad,), (1, 2))


def test_a_passage_that_is_another_by_now_teaches_nothing() -> None:
    old = a_chunk("Leave is 25 days.")
    assert judged_questions([a_judged("q", old)], lambda *_: [a_chunk("Leave is 30 days.")]) == []
    assert judged_questions([a_judged("q", old)], lambda *_: []) == []


def test_what_as_many_find_right_as_wrong_teaches_nothing() -> None:
    chunk = a_chunk("Leave is 25 days.")
    both = [a_judged("q", chunk, id=1), a_judged("q", chunk, -1.0, id=2)]
    assert judged_questions(both, lambda *_: [chunk]) == []


def test_headings_are_questions_for_their_sections() -> None:
    long = " ".join(["word"] * 20)
    chunks = [a_chunk(long, heading="Leave"), a_chunk("short", heading="Lunch"), a_chunk(long)]
    assert list(from_headings(chunks)) == [Lesson("Page Leave", long, mixed=True)]


def test_a_wrong_passage_is_near_but_never_one_that_is_right() -> None:
    embedder, pool = FakeEmbedder(), [f"passage {n}" for n in range(40)]
    right = set(pool[:20])
    lesson = Lesson("q", "passage 0")
    (made,) = with_wrong([lesson], pool, embedder.embed, lambda _, text: text in right)
    assert made.wrong in set(pool) - right
    assert with_wrong([made], pool, embedder.embed, lambda *_: False) == [made]


def test_lessons_are_read_as_they_were_written(tmp_path: Path) -> None:
    lessons = [Lesson("a\nb", "ü", "x"), Lesson("c", "d", mixed=True)]
    (tmp_path / "l.jsonl").write_text(lines_of(lessons), encoding="utf-8")
    assert read_lessons(tmp_path / "l.jsonl") == lessons


def test_one_batch_shows_no_right_passage_as_anothers_wrong_one() -> None:
    same = [Lesson("a", "x"), Lesson("b", "x"), Lesson("a", "y"), Lesson("c", "z")]
    assert once(same) == [same[0], same[3]]


def test_nothing_that_is_held_out_is_learned_from() -> None:
    questions = [
        JudgedQuestion(f"question {n}", (a_chunk(f"answer {n} " * 9, f"{n}.md"),), (), (n,))
        for n in range(60)
    ]
    chunks = [a_chunk(f"section {n} " * 9, f"s{n}.md", heading=f"H{n}") for n in range(60)]
    known = Material(questions, chunks)
    made = lessons_of(known, FakeEmbedder(), Dials())
    assert made
    assert {n.question for n in made}.isdisjoint(q.text for q in known.asked)
    asked, pool = headings_sought(chunks)
    held = {pool[place] for each in asked for place in each.right}
    assert held
    assert held.isdisjoint(lesson.right for lesson in made)
    assert all(lesson.wrong and lesson.wrong != lesson.right for lesson in made)


def test_of_the_documents_as_many_lessons_are_mixed_in_as_were_judged() -> None:
    questions = [
        JudgedQuestion(f"q {n}", (a_chunk(f"a {n}", f"{n}.md"),), (), ()) for n in range(9)
    ]
    chunks = [a_chunk(f"section {n} " * 9, f"s{n}.md", heading=f"H{n}") for n in range(60)]
    known = Material(questions, chunks)
    made = lessons_of(known, FakeEmbedder(), Dials())
    assert sum(lesson.mixed for lesson in made) == len(known.taught)


# -- recipes ---------------------------------------------------------------------------


def test_a_recipe_sets_some_dials(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("epochs = 1\nrate = 1e-6\n")
    assert dials_of(tmp_path / "r.toml") == replace(Dials(), epochs=1, rate=1e-6)
    assert dials_of(None) == Dials()


def test_a_recipe_may_begin_with_the_mark_that_some_editors_write(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("epochs = 1\n", encoding="utf-8-sig")
    assert dials_of(tmp_path / "r.toml").epochs == 1


@pytest.mark.parametrize("text", ["epoch = 1", "batch = 1.5", "rate = -1", "rate = true", "= 1"])
def test_a_wrong_recipe_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(RecipeWrong):
        dials_of(tmp_path / "r.toml")


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeWrong):
        dials_of(tmp_path / "none.toml")


# -- measuring -------------------------------------------------------------------------


def test_a_ranking_is_scored_by_where_the_right_passages_stand() -> None:
    assert ndcg([3, 1, 2], {3}) == 1.0
    assert ndcg([1, 3, 2], {3}) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg([1, 2], {3}) == reciprocal([1, 2], {3}) == 0.0
    assert reciprocal([1, 3], {3}) == 0.5


def test_each_question_finds_its_own_words() -> None:
    told = found(FakeEmbedder(), [Sought("a", (1,)), Sought("b", (0,))], ["b", "a", "c"])
    assert told.ndcg10 == told.reciprocal == (1.0, 1.0)
    assert found(FakeEmbedder(), [], ["a"]).ndcg10 == ()


def test_held_out_questions_are_sought_among_all_that_was_judged() -> None:
    questions = [
        JudgedQuestion(f"question {n}", (a_chunk(f"a {n}", f"{n}.md"),), (), ()) for n in range(40)
    ]
    asked, pool = sought(Material(questions, [a_chunk("another")]))
    assert len(pool) == 41
    assert {each.question for each in asked} == {
        q.text for q in questions if held_out(group_of(q.text))
    }
    assert all(
        pool[place].endswith(each.question.removeprefix("question "))
        for each in asked
        for place in each.right
    )


# -- the weights -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("tiny"))


def vectors(folder: Path, texts: Sequence[str] = TEXTS) -> np.ndarray:
    return OnnxEmbedder(folder, folder.name, threads=1).embed(texts)


@pytest.mark.endurance
def test_an_embedder_read_from_its_onnx_file_and_written_again_has_the_same_vectors(
    tiny: Path, tmp_path: Path
) -> None:
    export(encoder(tiny), tiny / "tokenizer.json", tmp_path / "again", int8=False)
    assert np.allclose(vectors(tiny), vectors(tmp_path / "again"), atol=1e-5)


@pytest.mark.endurance
def test_in_eight_bits_the_vectors_stay_near(tiny: Path, tmp_path: Path) -> None:
    export(encoder(tiny), tiny / "tokenizer.json", tmp_path / "int8")
    cosines = (vectors(tiny) * vectors(tmp_path / "int8")).sum(axis=1)
    assert cosines.min() > 0.98
    sizes = [(folder / "model.onnx").stat().st_size for folder in (tmp_path / "int8", tiny)]
    assert sizes[0] < 0.6 * sizes[1]
    with pytest.raises(EmbeddingFailed):
        encoder(tmp_path / "int8")


# -- the child -------------------------------------------------------------------------

LESSONS_TAUGHT = [
    Lesson("how long is leave", "days a year", "lunch at noon"),
    Lesson("when is lunch", "at noon", "the office opens"),
    Lesson("where is the car", "park the car", "the key"),
    Lesson("when opens the office", "at nine", "sick leave"),
]
LONG_S = 5 * PATIENCE_S  # for a process that imports torch
DIALS = Dials(epochs=20.0, batch=2, rate=1e-2, layers=2, kept=0.0)
MANY = replace(DIALS, epochs=30.0)


def prepared(folder: Path, weights: Path, dials: Dials = DIALS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan("retriever-1", 1, "tiny", str(weights), "b", "d", asdict(dials), threads=1)
    (folder / PLAN).write_text(json.dumps(asdict(plan)))
    (folder / LESSONS).write_text(lines_of(LESSONS_TAUGHT), encoding="utf-8")
    return folder


@contextmanager
def child(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The child at work; it is ended at the end."""
    with (folder / "errors").open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.learning.tuning", str(folder)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


def tuned(folder: Path) -> list[dict[str, object]]:
    """Run the child to its end; what it told."""
    with child(folder) as process:
        out, _ = process.communicate(timeout=LONG_S)
    assert process.returncode == DONE, (folder / "errors").read_text()
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.endurance
def test_the_child_tunes_an_embedder_that_finds_better_and_says_how(
    tiny: Path, tmp_path: Path
) -> None:
    folder = prepared(tmp_path / "retriever-1", tiny)
    told = tuned(folder)
    assert [line["step"] for line in told] == list(range(1, 41))
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.what, manifest.examples) == ("retriever-1", What.RETRIEVER, 4)
    assert {"embedder", "recipe.json", "loss.json", "loss.png"} <= {
        p.name for p in folder.iterdir()
    }
    assert not (folder / LESSONS).exists()

    def margin(place: Path) -> float:
        asked, right, wrong = (
            vectors(place, [getattr(lesson, name) for lesson in LESSONS_TAUGHT])
            for name in ("question", "right", "wrong")
        )
        return float((asked * right).sum() - (asked * wrong).sum())

    assert margin(folder / "embedder") > margin(tiny) + 0.5
    assert tuned(folder) == []  # what is whole is left as it is


@pytest.mark.endurance
@pytest.mark.soak
def test_killed_or_stopped_it_ends_with_the_same_weights(tiny: Path, tmp_path: Path) -> None:
    whole, cut = (prepared(tmp_path / name, tiny, MANY) for name in ("whole", "cut"))
    tuned(whole)
    for sign in (signal.SIGKILL, signal.SIGTERM):
        with child(cut) as process:
            assert process.stdout is not None
            for _ in range(6):
                next(process.stdout)
            process.send_signal(sign)
            process.communicate(timeout=LONG_S)
        assert process.returncode == (-sign if sign is signal.SIGKILL else STOPPED)
        assert not (cut / "manifest.json").exists()
    told = tuned(cut)
    assert told[0]["step"] != 1
    assert np.allclose(vectors(whole / "embedder"), vectors(cut / "embedder"), atol=1e-6)
    points = json.loads((cut / "loss.json").read_text())["stages"]["retriever"]
    assert [point["step"] for point in points] == list(range(1, 61))


@pytest.mark.endurance
def test_a_second_child_leaves_the_folder_to_the_first(tiny: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    folder = prepared(tmp_path / "retriever-1", tiny)
    with FileLock(folder / LOCK), child(folder) as process:
        process.communicate(timeout=LONG_S)
    assert process.returncode == BUSY


@pytest.mark.parametrize(
    ("name", "text"), [(PLAN, "{"), (PLAN, '{"version": 1}'), (LESSONS, "{}\n")]
)
def test_damaged_files_are_named(
    tmp_path: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.learning.tuning import lessons_in, read_plan, told_to
    from model.training.watching import Sink, Stopping

    (tmp_path / name).write_text(text)
    if name == LESSONS:
        with pytest.raises(Exception, match=name):
            lessons_in(tmp_path)
        return
    with pytest.raises(Exception, match=name):
        read_plan(tmp_path)
    with (tmp_path / "out").open("w") as out:
        assert told_to(Sink(out), tmp_path, Stopping()) == 1
    assert name in capsys.readouterr().err
    assert name in (tmp_path / "out").read_text()


@pytest.mark.endurance
def test_a_disk_that_is_full_cuts_it_off_and_with_room_it_goes_on(
    tiny: Path, tmp_path: Path
) -> None:
    folder = prepared(tmp_path / "retriever-1", tiny)
    half = folder / "checkpoint.pt.half"
    half.symlink_to("/dev/full")  # nothing can be written there
    with child(folder) as process:
        out, _ = process.communicate(timeout=LONG_S)
    assert process.returncode == CUT, (folder / "errors").read_text()
    assert json.loads(out.splitlines()[-1])["error"]
    half.unlink()
    assert tuned(folder)[-1]["step"] == 40


@pytest.mark.endurance
def test_the_job_names_what_was_learned_from(tiny: Path) -> None:
    question = next(f"q {n}" for n in range(99) if not held_out(group_of(f"q {n}")))
    known = Material([JudgedQuestion(question, (a_chunk("right"),), (), (7, 9))], [])
    made = job(known, LESSONS_TAUGHT, DIALS, tiny, "bge")
    assert (made.what, made.examples, made.child.module) == (
        What.RETRIEVER,
        (7, 9),
        "bot.learning.tuning",
    )
    files = made.files("retriever-3", 3, "digest")
    plan = Plan(**json.loads(files[PLAN]))
    assert (plan.version, plan.run, plan.dataset, plan.base) == ("retriever-3", 3, "digest", "bge")


# -- which one is live -----------------------------------------------------------------


def a_version(name: str) -> ModelVersion:
    return ModelVersion(name, What.RETRIEVER, (), "bge", 1, State.LIVE, NOON, NOON)


class Lives:
    """Which version is live, as told."""

    def __init__(self, name: str = "", previous: str | None = None) -> None:
        self.name, self.previous, self.asked = name, previous, 0

    def live(self, what: What) -> ModelVersion | None:
        self.asked += 1
        return a_version(self.name) if self.name else None

    def promotions(self, what: What | None = None, limit: int = 50) -> list[Promotion]:
        if self.previous is None:
            return []
        told = (self.name, self.previous, NOON, "anna", "", False, False)
        return [Promotion(What.RETRIEVER, *told)]


def put_embedder(home: Path, name: str) -> None:
    folder = home / "versions" / name / "embedder"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"")


def test_the_live_version_is_looked_up_now_and_then(tmp_path: Path) -> None:
    put_embedder(tmp_path, "retriever-1")
    lives, time_ = Lives(), [0.0]
    live = LiveRetriever(lives, tmp_path, lambda: time_[0])
    assert (live.name, live.name, lives.asked) == ("", "", 1)
    lives.name, time_[0] = "retriever-1", 1.0
    assert live.name == ""
    time_[0] = 2.5
    assert live.name == "retriever-1"
    lives.name = ""
    live.look()
    assert live.name == ""


def test_a_live_version_that_is_not_on_this_machine_is_said(tmp_path: Path) -> None:
    with pytest.raises(VersionUnusable, match="rollback"):
        assert LiveRetriever(Lives("retriever-1"), tmp_path, time.monotonic).name


@pytest.mark.parametrize("name", ["", "..", "a/b", "retriever-9"])
def test_other_names_are_no_versions(tmp_path: Path, name: str) -> None:
    put_embedder(tmp_path, "retriever-1")
    assert embedder_folder(tmp_path, name) is None


def test_the_index_that_a_rollback_leads_to_is_kept() -> None:
    assert going_back(Lives(), "bge") == set()
    assert going_back(Lives("retriever-1", ""), "bge") == {"bge", "retriever-1"}
    assert going_back(Lives("retriever-2", "retriever-1"), "bge") == {
        "bge",
        "retriever-1",
        "retriever-2",
    }
