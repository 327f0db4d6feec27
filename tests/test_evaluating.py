"""A version is measured as people would be served by it, and only what was kept from training."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import NothingToMeasure, UnknownVersion
from bot.learning.comparing import comparison
from bot.learning.evaluating import Part, evaluation, freeze_all
from bot.learning.gate import standing
from bot.learning.outputs import Wish, write_all
from bot.learning.serving import Serving
from bot.learning.sides import Searched, output_files, shown_task
from bot.learning.words import ModelVersion
from bot.writing import prompt as served_prompt
from model.backends import Message, Prompt, Sampling
from model.errors import UnknownTask, VersionUnusable
from model.evaluation.shape import read_scores
from model.evaluation.trials import Set, TaskCompared
from model.examples import Example, Review, Shown, What
from model.tasks import Shot, Task
from model.versions import version_folder
from tests.fakes import FakeBackend
from tests.measured import Team, empty_database, house, lesson, plain, team, texts


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_database(tmp_path_factory.mktemp("database"))


@pytest.fixture
def ours(tmp_path: Path, database: Path) -> Iterator[Team]:
    with team(tmp_path, database) as made:
        yield made


def held(tasks: tuple[TaskCompared, ...], task: str = "rewrite") -> TaskCompared:
    (found,) = [each for each in tasks if each.task == task and each.set is Set.HELD_OUT]
    return found


def test_a_version_that_learned_the_voice_passes(ours: Team) -> None:
    ours.learn(taught=40)
    name = ours.version()
    found = evaluation(ours.parts, name)
    assert found.passed, found.reasons
    assert (found.version, found.against) == (name, "")
    scores = read_scores(found.scores)
    assert scores.whole
    assert scores.style["rewrite"].used
    told = held(scores.tasks)
    assert (told.main, told.examples) == ("voice", 20)
    voice = told.measure("voice")
    assert voice is not None
    assert voice.version > 0.9 > voice.against
    assert voice.interval.low > 0


def test_the_scores_stand_in_the_folder_and_in_sql(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    found = evaluation(ours.parts, name)
    told = json.loads((version_folder(ours.home, name) / "scores.json").read_text())
    assert told["gate"] == {"passed": True, "reasons": list(found.reasons)}
    assert {key: told[key] for key in found.scores} == found.scores
    assert ours.registry.evaluations(name)[0].scores == found.scores
    assert standing(ours.registry, ours.registry.version(name)).passed


def test_a_version_that_writes_as_before_is_refused(ours: Team) -> None:
    ours.learn()
    found = evaluation(ours.parts, ours.version(plain))
    assert not found.passed
    assert "is not surely better" in found.reasons[0]


def test_a_taught_task_is_asked_in_its_own_short_way_and_the_base_with_examples(
    ours: Team,
) -> None:
    ours.learn()
    evaluation(ours.parts, ours.version())
    asked = [prompt.messages[0].text for prompt in ours.heard]
    assert any(text.startswith("Task: rewrite.") for text in asked)
    assert any(text.startswith("Rewrite the text") for text in asked)
    shown = {message.text for prompt in ours.heard for message in prompt.messages}
    assert not any(house(text) in shown for text in texts(held_out=True))


def announcing(ours: Team) -> Task:
    """A task whose file of examples was imported as well."""
    known = [*texts(held_out=False)[:5], *texts(held_out=True)[:20]]
    shots = tuple(Shot(text, house(text)) for text in known)
    task = Task("announce", "Announce it.", shots)
    ours.tasks = [task]
    ours.book.keep([lesson(text, "announce") for text in known])
    return task


def test_a_task_whose_examples_were_imported_is_measured_and_no_text_shows_its_answer(
    ours: Team,
) -> None:
    announcing(ours)
    name = ours.version(tasks=("announce",))
    told = evaluation(ours.parts, name)
    assert held(read_scores(told.scores).tasks, "announce").examples == 20
    assert told.passed
    assert comparison(ours.parts, name, "base").examples
    asked = [p for p in ours.heard if p.messages[0].text.startswith("Announce it.")]
    assert len(asked) >= 20
    for prompt in asked:
        *shown, text = [m.text for m in prompt.messages if m.role == "user"]
        assert text not in shown
    few = [p for p in asked if len(p.messages) > 2]
    assert {len(p.messages) for p in few} == {8}  # three others are shown to each
    assert len(few) == 20


def test_people_are_served_with_every_example_of_a_task(ours: Team) -> None:
    task = announcing(ours)
    for shot in task.examples:
        served = served_prompt(task, shot.text, "", Serving(FakeBackend()))
        assert served.messages[-2].text == shot.answer  # the nearest is the last


def test_what_a_task_shows_is_what_may_be_trained_on_and_its_own_file(ours: Team) -> None:
    ours.learn()
    asked = next(e for e in ours.book.examples() if e.held_out)
    people = tuple(Shot(text, house(text)) for text in texts(held_out=False)[:5])
    parts = replace(ours.parts, shots=lambda _: people)
    task = shown_task(parts, asked)
    assert task.examples == (*parts.tasks["rewrite"].examples, *people)


def test_nothing_that_was_taught_is_measured_with(ours: Team) -> None:
    ours.learn(held_out=0)
    name = ours.version()
    told = evaluation(ours.parts, name)
    assert {each.set for each in read_scores(told.scores).tasks} == {Set.SHIPPED}
    assert told.reasons[0].startswith("rewrite: 0 held-out examples are too few to tell; 10 are")


def test_examples_that_wait_or_were_rejected_measure_nothing(ours: Team) -> None:
    ours.learn()
    for example in ours.book.examples()[:15]:
        ours.book.review(example.id, Review.REJECTED, "ops")
    kept = len([e for e in ours.book.examples() if e.held_out and e.review is Review.ACCEPTED])
    scores = read_scores(evaluation(ours.parts, ours.version()).scores)
    assert held(scores.tasks).examples == kept < 20


def test_a_task_that_neither_was_taught_is_not_written_at_all(ours: Team) -> None:
    ours.learn()
    ours.learn(task="summarize")
    found = evaluation(ours.parts, ours.version())
    assert {each.task for each in read_scores(found.scores).tasks} == {"rewrite"}


def test_a_task_that_the_live_one_was_taught_and_this_one_was_not_can_be_lost(ours: Team) -> None:
    ours.learn()
    ours.learn(task="summarize")
    live = ours.version(house, ("summarize",), live=True)
    found = evaluation(ours.parts, ours.version())
    assert found.against == live
    assert not found.passed
    assert any(r.startswith("summarize:") and "worse" in r for r in found.reasons)


def test_what_a_version_writes_unsafely_refuses_it(ours: Team) -> None:
    ours.learn()
    bad = texts(held_out=True)[0]
    name = ours.version(lambda text: "" if text == bad else house(text))
    found = evaluation(ours.parts, name)
    assert not found.passed
    assert found.reasons[-1] == ("rewrite: 1 of 20 answers (held-out) are empty, against 0.")


def test_labels_are_measured_by_what_they_are_brought_to(ours: Team) -> None:
    kinds = ("question", "praise")
    ours.book.keep([lesson(t, "classify", kinds[len(t) % 2]) for t in texts(held_out=True)])
    name = ours.version(lambda text: f" {kinds[len(text) % 2].upper()}!", ("classify",))
    found = evaluation(ours.parts, name)
    accuracy = held(read_scores(found.scores).tasks, "classify").measure("accuracy")
    assert accuracy is not None
    assert (accuracy.version, found.passed) == (1.0, True)
    assert found.reasons[-1].startswith("classify: accuracy 1.000 against 0.")


def test_an_interrupted_evaluation_goes_on_where_it_was(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    ours.breaks_at = 12
    with pytest.raises(KeyboardInterrupt):
        evaluation(ours.parts, name)
    before, ours.heard, ours.breaks_at = ours.heard[:11], [], -1
    evaluation(ours.parts, name)
    assert ours.heard
    assert not any(prompt in before for prompt in ours.heard)
    ours.heard.clear()
    evaluation(ours.parts, name)
    assert ours.heard == []


def test_a_line_that_was_cut_off_is_written_again(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    evaluation(ours.parts, name)
    file = version_folder(ours.home, name) / "outputs.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])
    ours.heard.clear()
    evaluation(ours.parts, name)
    assert len(ours.heard) == 1
    assert sorted(file.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_a_damaged_line_is_named(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    evaluation(ours.parts, name)
    file = version_folder(ours.home, name) / "outputs.jsonl"
    file.write_bytes(b'{"key": 3\n' + file.read_bytes())
    with pytest.raises(VersionUnusable, match=r"outputs.jsonl, line 1 is damaged"):
        evaluation(ours.parts, name)


def test_a_damaged_version_is_named(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    (version_folder(ours.home, name) / "manifest.json").write_text("{")
    with pytest.raises(VersionUnusable, match=r"manifest.json is damaged"):
        evaluation(ours.parts, name)
    with pytest.raises(UnknownVersion):
        evaluation(ours.parts, "style-99")


def test_a_part_is_shown_and_opens_no_gate(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    found = evaluation(ours.parts, name, part=Part(limit=12))
    assert held(read_scores(found.scores).tasks).examples == 12
    assert (found.passed, found.id) == (False, 0)
    assert "Only a part was measured" in found.reasons[0]
    assert ours.registry.evaluations(name) == []
    assert not evaluation(ours.parts, name, part=Part(("rewrite",))).passed
    with pytest.raises(UnknownTask):
        evaluation(ours.parts, name, part=Part(("sing",)))


def test_what_was_beaten_is_not_what_is_live_now(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    assert evaluation(ours.parts, name).passed
    live = ours.version(live=True)
    told = standing(ours.registry, ours.registry.version(name))
    assert not told.passed
    assert told.reasons == (
        f"{name} was not measured against {live}: run `tandem evaluate {name}`.",
    )


def test_the_base_can_be_measured_alone(ours: Team) -> None:
    found = evaluation(ours.parts, "base")
    assert {each.set for each in read_scores(found.scores).tasks} == {Set.SHIPPED}
    assert found.reasons == ("It was compared with itself.",)
    assert ours.registry.evaluations("") != []


def test_without_any_text_nothing_is_measured(ours: Team) -> None:
    ours.tasks = [replace(ours.tasks[0], name="announce")]
    with pytest.raises(NothingToMeasure, match="tandem examples review"):
        evaluation(ours.parts, "base")


# -- golden sets -----------------------------------------------------------------------


def test_a_golden_set_stays_when_its_examples_go(ours: Team) -> None:
    ours.learn()
    (made,) = freeze_all(ours.parts)
    assert (made.task, made.examples) == ("rewrite", 20)
    ours.book.remove([e.id for e in ours.book.examples() if e.held_out])
    scores = read_scores(evaluation(ours.parts, ours.version()).scores)
    counts = {each.set: each.examples for each in scores.tasks}
    assert (counts[Set.HELD_OUT], counts[Set.GOLDEN]) == (20, 20)
    assert scores.golden == {"rewrite": made.digest}


def test_what_is_frozen_is_not_frozen_again(ours: Team) -> None:
    ours.learn(held_out=5)
    freeze_all(ours.parts)
    ours.learn(held_out=15)
    assert freeze_all(ours.parts) == []


def test_words_that_are_forgotten_leave_the_outputs_with_the_next_evaluation(ours: Team) -> None:
    ours.learn()
    name = ours.version()
    evaluation(ours.parts, name)
    gone = next(e for e in ours.book.examples() if e.held_out)
    files = output_files(ours.home)
    assert sum(gone.digest in file.read_text() for file in files) == 2
    ours.book.remove([gone.id])
    evaluation(ours.parts, name)
    assert not any(gone.digest in file.read_text() for file in files)


# -- answers and search ----------------------------------------------------------------


def asked(number: int) -> Example:
    right, wrong = f"Room {number} has {number} chairs.", "The canteen opens at noon."
    shown = (
        Shown("Rooms", right, right=True, key=f"r{number}"),
        Shown("Canteen", wrong, right=False, key="c"),
    )
    text = f"How many chairs has room {number}?"
    return Example(What.ANSWERS, "answers", text, f"{number} chairs", passages=shown)


def test_answers_are_measured_by_the_notes_that_they_name(ours: Team) -> None:
    def grounded(prompt: str) -> str:
        line = next(line for line in prompt.splitlines() if "Room" in line and ". " in line)
        number, _, said = line.partition(". ")
        return f"Answer {number}: {said.split(' has ')[1]}"

    ours.book.keep([asked(number) for number in range(100)])
    ours.says[""] = lambda _: "Unknown"
    name = ours.version(grounded, ("answers",), What.ANSWERS)
    found = evaluation(ours.parts, name)
    told = held(read_scores(found.scores).tasks, "answers")
    assert told.main == "grounded"
    right = told.measure("right_note")
    assert right is not None
    assert (right.version, right.against, found.passed) == (1.0, 0.0, True)


def test_a_retriever_goes_through_the_same_gate(ours: Team) -> None:
    def found(version: ModelVersion | None) -> Searched:
        gain = 0.1 if version else 0.0
        figures = [0.3 + gain + (n % 5) / 20 for n in range(30)]
        ids = tuple(f"q{n}" for n in range(30))
        return Searched(ids, {"ndcg@10": figures, "recall@10": figures})

    ours.found = found
    name = ours.version(plain, (), What.RETRIEVER)
    told = evaluation(ours.parts, name)
    assert told.passed
    assert told.reasons[0].startswith("search: ndcg@10 0.500 against 0.400 (by +0.100")


# -- side by side ----------------------------------------------------------------------


def test_two_versions_are_compared_by_what_they_wrote_and_no_model_is_asked(ours: Team) -> None:
    ours.learn()
    one, other = ours.version(), ours.version(plain)
    for name in (one, other):
        evaluation(ours.parts, name)
    ours.opened.clear()
    found = comparison(ours.parts, one, other)
    assert ours.opened == []
    assert (found.one, found.other) == (one, other)
    told = held(found.compared).measure("chrf")
    assert told is not None
    assert told.interval.low > 0
    assert len(found.examples) == 10
    assert all(each.one == each.reference != each.other for each in found.examples)


def test_base_and_live_have_names_of_their_own(ours: Team) -> None:
    ours.learn()
    name = ours.version(live=True)
    evaluation(ours.parts, name, "base")
    found = comparison(ours.parts, "base", "live", shown=3)
    assert (found.one, found.other, len(found.examples)) == ("base", name, 3)


def test_a_version_that_wrote_nothing_yet_is_named_with_what_to_do(ours: Team) -> None:
    ours.learn()
    one, other = ours.version(), ours.version()
    evaluation(ours.parts, one)
    with pytest.raises(NothingToMeasure, match=f"{other}.*Run `tandem evaluate {other}`"):
        comparison(ours.parts, one, other)


def test_whoever_interrupts_does_not_wait_for_what_is_being_written(tmp_path: Path) -> None:
    begun = threading.Event()

    class Endless(FakeBackend):
        def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
            if prompt.messages[-1].text == "stop":
                begun.wait()
                raise KeyboardInterrupt
            begun.set()
            yield from itertools.repeat("more ")

    def wish(text: str) -> Wish:
        return Wish(text, Prompt((Message("user", text),)), 10)

    wishes = [wish("stop"), wish("go on")]
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path / "outputs.jsonl", wishes, "tiny", lambda: nullcontext(Endless()), 2)
