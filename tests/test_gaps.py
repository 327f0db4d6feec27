"""Knowledge gaps: which questions count, how they are put together, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from rich.console import Console

from bot.app import build
from bot.bars import Bars
from bot.conversation import (
    Answer,
    Audience,
    Citation,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Turn,
    Verdict,
)
from bot.gap_words import digest
from bot.gaps.checking import Checking, as_asked
from bot.gaps.clustering import communities
from bot.gaps.digest import place_of
from bot.gaps.report import Find, Reporting
from bot.gaps.showing import answered_row, checked, counted, row, show
from bot.gaps.store import GapStore
from bot.gaps.words import GapReport, Lack, Now, Reader, Unanswered
from bot.inbox import Inbox
from bot.jobs import keeping
from bot.learning.readings import Consent
from bot.settings import Settings
from bot.settings.sections import Space
from knowledge.documents import Chunk, Passage
from knowledge.embedding import Vectors
from knowledge.errors import EmbeddingFailed, IndexUnavailable
from model.errors import BackendUnavailable, WeightsUnavailable
from tests.bots import same_rows, settings_for
from tests.fakes import FakeStore, kept
from tests.inboxes import NOON, Desk, opened

UNKNOWN = Answer("The sources don't say.", Outcome.UNKNOWN)
DAY = timedelta(days=1)
ANYBODY = Reader(None, lambda _: True)
SPACES = {"sales": Space(slack_channels=("C2",))}


@dataclass
class Gapped(Desk):
    """An inbox and a store, with the gaps of both."""

    gaps: GapStore = field(kw_only=True)

    def found(self) -> list[Unanswered]:
        return self.gaps.unanswered(NOON - DAY)

    def told(self) -> list[tuple[str, set[Lack]]]:
        return [(one.question.text, set(one.lacks)) for one in self.found()]


@pytest.fixture
def desk(database_url: str) -> Iterator[Gapped]:
    with opened(database_url) as made, closing(GapStore(database_url)) as gaps:
        yield Gapped(made.inbox, made.store, made.clock, gaps=gaps)


def down(desk: Desk, interaction: int) -> None:
    desk.store.rate(Feedback(interaction, "anna", Verdict.DOWN, NOON))


# -- which questions count -------------------------------------------------------------


def test_what_the_sources_do_not_say_is_a_gap(desk: Gapped) -> None:
    kept(desk.store, "Where is the key?", answer=UNKNOWN, asked_at=NOON)
    kept(desk.store, "How many days of leave?", asked_at=NOON)
    assert desk.told() == [("Where is the key?", {Lack.UNKNOWN})]


def test_what_was_voted_down_is_a_gap(desk: Gapped) -> None:
    down(desk, kept(desk.store, "How many days of leave?", asked_at=NOON).id)
    assert desk.told() == [("How many days of leave?", {Lack.DOWN})]


def test_what_was_asked_again_in_place_is_one_gap(desk: Gapped) -> None:
    desk.asked(text="How many days of leave?")
    down(desk, desk.answer(desk.take(), "R1"))
    assert desk.inbox.redo("slack", "T1", "C1", "R1", Mode.AUTO)
    desk.answer(desk.take(), "R1")
    assert desk.told() == [("How many days of leave?", {Lack.DOWN, Lack.REDONE})]


def test_another_wording_of_a_question_is_no_redo(desk: Gapped) -> None:
    said = desk.asked(text="How many days?")
    desk.answer(desk.take(), "R1")
    desk.inbox.accept(replace(said, event="E-edit", text="How many days of leave?", edited=True))
    desk.answer(desk.take(), "R1")
    assert desk.told() == []


def test_what_is_old_a_failure_or_a_matter_of_style_is_no_gap(desk: Gapped) -> None:
    kept(desk.store, answer=UNKNOWN, asked_at=NOON - 2 * DAY)
    kept(desk.store, answer=Answer("Sorry", Outcome.FAILED), asked_at=NOON)
    styled = Answer("Kindly", Outcome.WRITTEN)
    down(desk, kept(desk.store, route=(Mode.TUNED, "rewrite"), answer=styled, asked_at=NOON).id)
    assert desk.told() == []


def test_what_only_its_asker_could_read_is_known_as_private(desk: Gapped) -> None:
    for number, private in (("1", True), ("2", False)):
        desk.asked(number, private=private)
        down(desk, desk.answer(desk.take(), f"R{number}"))
    assert [one.private for one in desk.found()] == [False, True]


def test_a_deleted_question_is_no_gap(desk: Gapped) -> None:
    said = desk.asked()
    down(desk, desk.answer(desk.take(), "R1"))
    desk.inbox.remove("D1", said.place, said.id)
    assert desk.told() == []


def test_a_channel_is_found_with_its_workspace(desk: Gapped) -> None:
    desk.asked()
    workspace_of = desk.gaps.workspace_of
    assert place_of("slack:C1", workspace_of) == Place("slack", "T1", "C1")
    assert place_of("slack:C9", workspace_of) == Place("slack", "T1", "C9")
    assert place_of("discord:7/8", workspace_of) == Place("discord", "7", "8")
    assert place_of("discord:8", workspace_of) == Place("discord", "", "8")


# -- the report ------------------------------------------------------------------------


def asked(text: str, asker: str = "ben", channel: str = "C1", **changes: object) -> Unanswered:
    question = Question(text, asker, Place("slack", "T1", channel))
    made = Unanswered(1, question, NOON, frozenset({Lack.UNKNOWN}), private=False)
    return replace(made, **changes)  # type: ignore[arg-type]


def page(nearness: float, source: str = "handbook") -> Passage:
    chunk = Chunk(source, "keys.md", "Keys", "https://docs.example/keys", ("Lost",), 0, "Keys …")
    return Passage(chunk, 1.0, {"vector": nearness})


Embed = Callable[[Sequence[str]], Vectors]


def by_last_word(words: Sequence[str]) -> Vectors:
    return np.asarray([[hash(text.split()[-1])] for text in words], np.float64)


def report(
    *every: Unanswered,
    reader: Reader = ANYBODY,
    pages: Sequence[Passage] = (),
    objects: str = "",
    silent: str = "",
    most: int | None = None,
    checking: Checking | None = None,
    find: Find | None = None,
    check: bool = True,
    embed: Embed | None = None,
) -> GapReport:
    """Questions are alike that end with the same word."""
    return Reporting(
        lambda _: every,
        Consent(lambda _, person: person != objects, lambda place: place.channel != silent),
        embed or by_last_word,
        find or (lambda _, sources: [p for p in pages if not sources or p.chunk.source in sources]),
        ("handbook", "wiki"),
        SPACES,
        0.8,
        same_rows,
        checking,
    ).report(NOON - DAY, reader, most, check)


def test_questions_that_ask_the_same_are_one_gap() -> None:
    gap, other = report(
        asked("Who has the key?"), asked("Where is the key?", "ana"), asked("Any lunch?")
    ).gaps
    assert (gap.question, gap.others) == ("Who has the key?", ("Where is the key?",))
    assert (gap.count, gap.people, dict(gap.lacks)) == (2, 2, {"unknown": 2})
    assert (other.question, other.count) == ("Any lunch?", 1)


def test_what_somebody_tells_in_a_thread_is_no_gap_unless_it_was_voted_down() -> None:
    def said(text: str, lack: Lack = Lack.UNKNOWN) -> Unanswered:
        made = asked(text)
        question = replace(made.question, thread=(Turn("user", "Who has the key?"),))
        return replace(made, question=question, lacks=frozenset({lack}))

    told = said("Jan of the facility team has the key")
    questions = (asked("the key"), said("and the bike?"), said("who fixes the lock"))
    gaps = report(*questions, told).gaps
    assert (len(gaps), "Jan" in str(gaps)) == (3, False)
    assert report(replace(told, lacks=frozenset({Lack.DOWN}))).questions == 1


def test_it_is_told_how_many_there_were_and_what_is_not_shown() -> None:
    many = (asked("Any lunch?"), asked("Which key?"))
    assert counted(report(many[0])) == "1 question in all."
    assert counted(report(*many, most=1)) == "2 questions in all, 1 of them not shown."


def test_what_most_people_asked_comes_first() -> None:
    often = [asked("Any lunch?") for _ in range(3)]
    made = report(*often, asked("Which key?"), asked("What key?", "ana"))
    assert [gap.people for gap in made.gaps] == [2, 1]
    assert [gap.people for gap in report(*often, asked("Which key?", "ana"), most=1).gaps] == [1]


def test_who_objects_to_learning_is_counted_and_not_quoted() -> None:
    made = report(asked("Which key?"), asked("My key?", "ana"), objects="ana")
    assert [gap.count for gap in made.gaps] == [1]
    assert (made.questions, made.people, made.unquoted) == (2, 2, 1)
    assert "My key?" not in digest(made, NOON)


def test_a_silent_channel_is_counted_and_not_quoted() -> None:
    made = report(asked("Which key?"), asked("My key?", channel="C2"), silent="C2")
    assert ([gap.count for gap in made.gaps], made.unquoted) == ([1], 1)


def test_what_a_reader_may_not_read_is_counted_and_not_quoted() -> None:
    here = Reader(None, lambda one: one.question.place.channel == "C1")
    every = (
        asked("My secret key?", channel="C2"),
        asked("Which key?"),
        asked("A plan?", channel="C2"),
    )
    made = report(*every, reader=here)
    [gap] = made.gaps
    assert (gap.question, gap.others, gap.count) == ("Which key?", (), 2)
    assert made.unquoted == 1
    assert "secret" not in digest(made, NOON)


def test_secrets_are_masked() -> None:
    [gap] = report(asked("Does ben@example.com still have the office key?")).gaps
    assert gap.question == "Does [email] still have the office key?"


def test_the_nearest_page_is_where_to_write() -> None:
    [gap] = report(asked("Which key?"), pages=[page(0.8)]).gaps
    assert gap.suggestion is not None
    assert gap.suggestion.page == gap.pages[0]
    assert "Write it here: Keys › Lost (https://docs.example/keys)" in digest(
        report(asked("Which key?"), pages=[page(0.8)]), NOON
    )


def test_where_no_page_is_near_a_new_one_is_suggested() -> None:
    told = digest(report(asked("Which key?"), pages=[page(0.3, "wiki")]), NOON)
    assert "Write it on a new page of wiki." in told
    assert "See also: Keys › Lost" in told


def test_only_pages_that_the_reader_may_read_are_named() -> None:
    reader = Reader(["wiki"], lambda _: True)
    [gap] = report(asked("Which key?"), reader=reader, pages=[page(0.8)]).gaps
    assert gap.pages == ()
    assert gap.suggestion is not None
    assert gap.suggestion.source == "wiki"


def test_spaces_that_name_the_channel_are_told() -> None:
    [gap] = report(asked("Which key?", channel="C2"), asked("What key?")).gaps
    assert gap.spaces == ("sales",)


def test_words_of_people_ping_nobody_in_a_digest() -> None:
    told = digest(report(asked("<!channel> @everyone where is the key?")), NOON)
    assert "<!channel>" not in told
    assert "@everyone" not in told


# -- what has an answer meanwhile ------------------------------------------------------

WHERE = "https://docs.example/keys"
NEW, OLD = "The key is at the reception.", "Jan has the key."


def answer_of(quote: str = NEW, outcome: Outcome = Outcome.CITED) -> Answer:
    return Answer(f"{quote} [1]", outcome, (Citation(1, "Keys", WHERE, "wiki", "k", quote),))


@dataclass
class Again:
    """What answers when it is asked again; "lunch" has an answer, others as `says` tells."""

    says: Answer | None = None
    fails: Exception | None = None
    old: Answer = UNKNOWN
    asked: list[tuple[Question, list[str]]] = field(default_factory=list)
    waited: int = 0

    def would_say(self, question: Question, sources: Sequence[str]) -> Answer | None:
        self.asked.append((question, [*sources]))
        if self.fails:
            raise self.fails
        return answer_of() if "lunch" in question.text else self.says

    def wait(self) -> None:
        self.waited += 1

    def recorded(self, id: int) -> Interaction:
        return kept(FakeStore(), answer=self.old)

    def checking(self, readable: Sequence[str] = ("handbook", "wiki")) -> Checking:
        return Checking(self.would_say, lambda _: readable, self.recorded, self.wait)


def test_what_the_sources_answer_meanwhile_is_no_gap_any_more() -> None:
    again = Again()
    made = report(asked("Any lunch?"), asked("Which key?"), checking=again.checking())
    [answered] = made.answered
    assert [gap.question for gap in made.gaps] == ["Which key?"]
    assert (answered.question, answered.now) == ("Any lunch?", Now(f"{NEW} [1]", "Keys", WHERE))
    assert (made.checked, made.unquoted, again.waited) == (2, 0, 2)
    assert [*checked(made)] == ["2 gaps were asked again: 1 answered meanwhile."]
    assert answered_row(answered) == ("1", "1", "Any lunch?", f"Keys\n{WHERE}")


def test_what_is_answered_meanwhile_is_listed_apart_with_its_link(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = report(asked("Any lunch?"), asked("Which key?"), checking=Again().checking())
    show(made, Bars(Console(stderr=True)), as_json=False)
    told = capsys.readouterr()
    gaps, _, answered = told.out.partition("Answered meanwhile")
    assert ("Which key?" in gaps, "lunch" in gaps) == (True, False)
    assert "Any lunch?" in answered
    assert WHERE in answered
    assert "1 answered meanwhile" in told.err
    show(made, Bars(Console(stderr=True)), as_json=True)
    told_as_json = json.loads(capsys.readouterr().out)
    assert told_as_json["answered"][0]["now"]["url"] == WHERE


def test_a_digest_leaves_out_what_is_answered_and_counts_it() -> None:
    many = (asked("Any lunch?"), asked("Free lunch?"), asked("Which key?"))
    told = digest(report(*many, checking=Again().checking()), NOON)
    assert "1. Which key?" in told
    assert "lunch" not in told
    assert "Left out: 2 questions that I can answer meanwhile." in told


def test_others_come_in_the_place_of_what_is_answered_and_few_are_asked_again() -> None:
    words, again = ("one", "two", "three", "four", "five"), Again()
    every = [asked("Any lunch?"), *(asked(f"Which {word}?") for word in words)]
    made = report(*every, most=2, checking=again.checking())
    assert [gap.question for gap in made.gaps] == ["Which one?", "Which two?"]
    assert (len(made.answered), len(again.asked)) == (1, 3)
    again = Again()
    lunches = [asked(f"Any lunch at {word}?") for word in words]
    assert report(*lunches, most=2, checking=again.checking()).gaps == ()
    assert len(again.asked) == 4


def test_it_is_asked_again_where_it_was_asked_and_of_what_the_reader_may_read() -> None:
    again = Again()
    reader = Reader(["wiki"], lambda _: True)
    report(asked("Which key?"), reader=reader, checking=again.checking())
    [(question, sources)] = again.asked
    assert question.audience == Audience("C1", outside=False, members=True)
    assert (question.place.channel, sources) == ("C1", ["wiki"])


def test_a_private_question_is_asked_again_for_one_person() -> None:
    assert as_asked(asked("Which key?", private=True)).audience == Audience(
        outside=False, members=True
    )
    place = Place("discord", "7", "8")
    there = as_asked(replace(asked("Which key?"), question=Question("Which key?", "ben", place)))
    assert there.audience == Audience("8", False, True, guilds=frozenset({"7"}))


@pytest.mark.parametrize(
    ("says", "old", "answered"),
    [
        (answer_of(), answer_of(OLD), 1),
        (answer_of(), answer_of(NEW), 0),
        (answer_of(NEW), answer_of(f"{OLD} … {NEW}"), 0),
        (replace(answer_of(), text="Ask Jan.", curated_from=1), answer_of(NEW), 1),
        (answer_of(), UNKNOWN, 1),
        (None, answer_of(OLD), 0),
    ],
)
def test_the_answer_that_people_disliked_is_no_answer(
    says: Answer | None, old: Answer, answered: int
) -> None:
    disliked = asked("Which key?", lacks=frozenset({Lack.DOWN}))
    made = report(disliked, checking=Again(says, old=old).checking())
    assert (len(made.answered), len(made.gaps)) == (answered, 1 - answered)


@pytest.mark.parametrize(
    "error",
    [
        IndexUnavailable("no answer from 10.0.0.7", "Start Weaviate"),
        BackendUnavailable("local", "out of memory", "Free some"),
    ],
)
def test_gaps_are_shown_unchecked_where_nothing_can_be_asked(error: Exception) -> None:
    again = Again(fails=error)
    made = report(asked("Any lunch?"), asked("Which key?"), checking=again.checking())
    assert ([gap.question for gap in made.gaps], made.answered, made.checked) == (
        ["Any lunch?", "Which key?"],
        (),
        0,
    )
    assert len(again.asked) == 1
    assert str(error) in "".join(checked(made))
    assert "10.0.0.7" not in digest(made, NOON)
    assert "out of reach" in digest(made, NOON)


def test_gaps_are_shown_without_pages_where_the_index_is_away() -> None:
    tried = list[str]()

    def away(text: str, _: Sequence[str] | None) -> Sequence[Passage]:
        tried.append(text)
        raise IndexUnavailable("no answer from 10.0.0.7", "Start Weaviate")

    again = Again()
    made = report(asked("Lunch?"), asked("Which key?"), checking=again.checking(), find=away)
    assert (len(made.gaps), len(tried), again.asked) == (2, 1, [])
    assert row(made.gaps[0], made.trouble)[-1] == ""
    assert "no source" not in digest(made, NOON)


@pytest.mark.parametrize(
    "error",
    [
        EmbeddingFailed("potion", "it gave no vectors", "Set another"),
        WeightsUnavailable("potion", ("the cache",), "Fetch them"),
    ],
)
def test_gaps_are_shown_with_those_alike_apart_where_nothing_is_embedded(error: Exception) -> None:
    def away(_: Sequence[str]) -> Vectors:
        raise error

    every = (asked("Which key?"), asked("which key?", "ana"), asked("What key?"))
    made = report(*every, embed=away)
    assert [(gap.question, gap.count) for gap in made.gaps] == [("Which key?", 2), ("What key?", 1)]
    assert [*checked(made)] == [f"Only the very same words are put together: {error}"]
    assert report(*every).apart == ""


def test_nothing_is_asked_again_where_that_is_not_wanted() -> None:
    again = Again()
    made = report(asked("Any lunch?"), checking=again.checking(), check=False)
    assert (len(made.gaps), again.asked, [*checked(made)]) == (1, [], [])


@pytest.mark.endurance
def test_vectors_that_are_near_are_one_cluster() -> None:
    vectors = np.asarray([[1, 0], [0, 1], [0.95, 0.312]], np.float32)
    assert [sorted(rows) for rows in communities(vectors, 0.8)] == [[0, 2], [1]]


def test_the_channel_of_the_digest_is_checked(tmp_path: Path) -> None:
    given: dict[str, object] = {"home": tmp_path, "cache": tmp_path}
    made = Settings.model_validate(given | {"gaps": {"channel": "slack:C0123"}})
    assert made.gaps.channel == "slack:C0123"
    with pytest.raises(ValidationError, match="slack:CHANNEL"):
        Settings.model_validate(given | {"gaps": {"channel": "#general"}})


class Free:
    """A turn that lasts."""

    def check(self) -> None:
        """It may go on."""


def test_the_job_has_one_digest_a_day_posted_where_a_channel_is_set(tmp_path: Path) -> None:
    given = {"gaps": {"channel": "slack:C1"}}
    for home, told, waiting in (("a", given, 1), ("b", {}, 0)):
        with build(settings_for(tmp_path / home, told)) as app:
            for _ in range(2):
                keeping.gaps(app, Free())
            assert Inbox(app.sessions).waiting("slack") == waiting
