"""What was learned goes with the vote, the question, the person, or the channel it came from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import insert, select

from bot.conversation import Place
from bot.errors import UnknownInteraction
from bot.inbox.forgetting import Forgotten
from bot.learning.forgetting import DELETED, FORGOTTEN
from bot.learning.history import BATCH
from bot.learning.versions import MEANWHILE
from bot.learning.words import ModelVersion, RunState, State
from bot.tables import InteractionRow
from model.examples import Origin, What
from tests.fakes import kept
from tests.learned import NOON, Learned, curated, example, imported, judged

pytest_plugins = ["tests.learning_fixtures"]
CHANNEL = Place("slack", "T1", "C1", "99.1")


def lesson(learned: Learned, asker: str = "ben", voter: str = "anna", word: str = "xylo") -> int:
    """An interaction, one person's correction of it, and all that a harvest makes of that."""
    id = learned.asked(asker, text=f"{word} of {asker}")
    learned.vote(id, voter, correction=f"{word} of {voter}")
    learned.draw(id, example(f"{word} of {asker}", f"{word} of {voter}"), people=[voter])
    learned.book.judge(id, [judged(id, question=word, voters=(f"slack:{voter}",))])
    learned.book.curate(curated(id, voter, answer=f"{word} of {voter}"), id)
    learned.changed()
    return id


def trained(learned: Learned, what: What = What.STYLE, name: str = "style-1") -> int:
    """A version that learned from all there is; gives its snapshot."""
    book = learned.book
    held = book.judged() if what is What.RETRIEVER else book.examples()
    snapshot = learned.registry.snapshot(what, ["rewrite"], [one.id for one in held]).id
    run = learned.registry.begin(what, ["rewrite"], snapshot, {}, "")
    learned.registry.end(run.id, RunState.DONE)
    told = (name, what, ("rewrite",), "base", run.id, State.CANDIDATE, NOON, NOON)
    learned.registry.add_version(ModelVersion(*told))
    return snapshot


def counts(learned: Learned) -> tuple[int, int, int]:
    """How many examples, judged passages and curated answers there are."""
    book = learned.book
    answers = book.curated(review=None)
    return len(book.examples()), len(book.judged()), len(answers)


def retrain(learned: Learned, name: str = "style-1") -> str:
    return learned.registry.version(name).retrain


# -- a vote that is taken back -----------------------------------------------------------


def test_with_a_vote_goes_what_was_made_from_it(learned: Learned) -> None:
    gone, stays = lesson(learned), lesson(learned, "carl", word="zither")
    assert learned.store.withdraw(gone, "anna")
    assert counts(learned) == (1, 1, 1)
    assert learned.book.examples()[0].interactions == (stays,)
    assert learned.changed() == [gone]
    assert not learned.store.withdraw(gone, "anna")
    assert learned.changed() == []


def test_what_others_votes_made_stays(learned: Learned) -> None:
    id = lesson(learned)
    learned.vote(id, "carl", up=True)
    assert learned.store.withdraw(id, "carl")
    assert len(learned.book.examples()) == 1
    assert [one.author for one in learned.book.curated_waiting()] == ["slack:anna"]
    assert learned.book.judged() == []  # the voters' mean is another: the next harvest says
    assert learned.changed() == [id]


def test_an_example_that_names_nobody_goes_with_any_vote(learned: Learned) -> None:
    id = learned.asked()
    learned.vote(id, "anna", up=True)
    learned.book.replace_of(id, [example()])
    learned.store.withdraw(id, "anna")
    assert learned.book.examples() == []


def test_the_others_of_a_shared_example_are_harvested_anew(learned: Learned) -> None:
    first, second = learned.asked(), learned.asked("carl")
    for id in (first, second):
        learned.vote(id, "anna", up=True)
        learned.draw(id, example(weight=2.0, origin=Origin.THUMB), people=["anna"])
    learned.changed()
    learned.store.withdraw(second, "anna")
    assert [one.interactions for one in learned.book.examples()] == [(first,)]
    assert learned.changed() == [first, second]


def test_a_vote_on_what_was_never_learned_from_is_taken_back(learned: Learned) -> None:
    id = learned.asked()
    assert not learned.store.withdraw(id, "anna")
    learned.vote(id, "anna", up=True)
    assert learned.store.withdraw(id, "anna")
    assert not learned.store.withdraw(id + 1, "anna")


def test_a_dataset_keeps_what_a_vote_taken_back_had_taught(learned: Learned) -> None:
    id = lesson(learned)
    snapshot = trained(learned)
    learned.store.withdraw(id, "anna")
    assert len(learned.registry.examples_of(snapshot)) == 1
    assert retrain(learned) == ""


# -- a question that is deleted ----------------------------------------------------------


def test_with_a_question_goes_every_word_of_it(learned: Learned) -> None:
    gone, stays = lesson(learned), lesson(learned, "carl", word="zither")
    snapshot = trained(learned)
    retriever = trained(learned, What.RETRIEVER, "retriever-1")
    learned.book.replace_of(stays, [])
    assert "xylo" in learned.everything()
    assert learned.store.forget_interactions([gone]) == 1
    assert "xylo" not in learned.everything()
    assert [one.text for one in learned.registry.examples_of(snapshot)] == ["zither of carl"]
    assert [one.interaction for one in learned.registry.judged_of(retriever)] == [stays]
    assert retrain(learned) == retrain(learned, "retriever-1") == DELETED


def test_a_deleted_question_is_harvestable_as_gone(learned: Learned) -> None:
    id = lesson(learned)
    learned.store.forget_interactions([id])
    [voted] = learned.book.harvestable(learned.book.mark("test"))
    assert (voted.id, voted.interaction, voted.verdicts) == (id, None, ())
    with pytest.raises(UnknownInteraction):
        learned.book.replace_of(id, [example()], seen=voted.mark)


def test_a_deleted_question_that_nobody_judged_leaves_no_trace(learned: Learned) -> None:
    learned.store.forget_interactions([learned.asked()])
    assert learned.changed() == []


# -- a person ----------------------------------------------------------------------------


def test_of_a_forgotten_person_no_word_stays(learned: Learned) -> None:
    lesson(learned, asker="anna", voter="carl", word="zither")
    lesson(learned, asker="carl", voter="anna")
    lesson(learned, asker="carl", voter="dora", word="gong")
    snapshot = trained(learned)
    forgotten = learned.store.forget("anna", "slack")
    assert forgotten == Forgotten(interactions=1, votes=1, examples=2)
    told = learned.everything()
    assert not [word for word in ("xylo of anna", "zither of anna", "anna'") if word in told]
    assert [one.text for one in learned.book.examples()] == ["gong of carl"]
    assert [one.text for one in learned.registry.examples_of(snapshot)] == ["gong of carl"]
    assert retrain(learned) == FORGOTTEN
    assert learned.store.forget("anna", "slack") == Forgotten()


def test_what_a_person_said_goes_also_where_another_said_it_again(learned: Learned) -> None:
    first, second = learned.asked("anna"), learned.asked("carl")
    for id in (first, second):
        learned.vote(id, "dora", up=True)
        learned.draw(id, example(), people=["dora"])
    learned.changed()
    assert learned.store.forget("anna", "slack").examples == 1
    assert learned.book.examples() == []
    assert learned.changed() == [first, second]


def test_what_was_replaced_before_is_found_in_datasets(learned: Learned) -> None:
    id = lesson(learned)
    snapshot = trained(learned)
    learned.book.replace_of(id, [])
    learned.store.withdraw(id, "anna")
    assert "xylo of anna" in learned.everything()
    learned.store.forget("anna", "slack")
    assert "xylo of anna" not in learned.everything()
    assert learned.registry.examples_of(snapshot) == []
    assert retrain(learned) == FORGOTTEN


def test_who_has_the_same_id_elsewhere_is_not_forgotten(learned: Learned) -> None:
    lesson(learned)
    elsewhere = kept(learned.store, asker="ben", place=("discord", "G1", "C1", "")).id
    learned.vote(elsewhere, "anna", correction="there")
    learned.store.forget("anna", "discord")
    learned.store.forget("ben", "discord")
    assert counts(learned) == (1, 1, 1)


def test_imports_stay_when_people_who_say_the_same_are_forgotten(learned: Learned) -> None:
    learned.book.keep([imported()])
    id = learned.asked("anna")
    learned.draw(id, imported())
    assert [one.interactions for one in learned.book.examples()] == [(id,)]
    learned.store.forget("anna", "slack")
    assert [one.interactions for one in learned.book.examples()] == [()]


def test_a_person_s_words_that_no_answer_led_to_go_too(learned: Learned) -> None:
    learned.book.keep([example(), imported()], {0: ["slack:anna"]})
    assert learned.store.forget("anna", "slack").examples == 1
    assert [one.text for one in learned.book.examples()] == [imported().text]


def test_a_version_whose_dataset_was_forgotten_from_meanwhile_is_marked(learned: Learned) -> None:
    lesson(learned)
    ids = [one.id for one in learned.book.examples()]
    snapshot = learned.registry.snapshot(What.STYLE, ["rewrite"], ids)
    run = learned.registry.begin(What.STYLE, ["rewrite"], snapshot.id, {}, "")
    learned.store.forget("anna", "slack")
    told = ("style-9", What.STYLE, ("rewrite",), "base", run.id, State.CANDIDATE, NOON, NOON)
    assert learned.registry.add_version(ModelVersion(*told)).retrain == MEANWHILE


def test_a_version_that_never_saw_the_forgotten_is_not_marked(learned: Learned) -> None:
    learned.book.keep([imported()])
    trained(learned)
    lesson(learned)
    learned.store.forget("anna", "slack")
    assert retrain(learned) == ""


# -- those who do not want it to learn ---------------------------------------------------


@pytest.mark.parametrize("who", ["anna", "ben"])
def test_from_who_objects_nothing_stays_learned_until_they_consent(
    learned: Learned, who: str
) -> None:
    id, other = lesson(learned), lesson(learned, "carl", "dora", word="gong")
    learned.people.choose("slack", who, may_learn=False)
    assert [one.interactions for one in learned.book.examples()] == [(other,)]
    assert [one.interaction for one in learned.book.judged()] == [other]
    assert [one.interaction for one in learned.book.curated_waiting()] == [other]
    assert learned.changed() == [id]
    learned.people.choose("slack", who, may_learn=False)
    assert learned.changed() == []
    learned.people.choose("slack", who, may_learn=True)
    assert learned.changed() == [id]


def test_from_a_silent_channel_nothing_stays_learned(learned: Learned) -> None:
    id = lesson(learned)
    elsewhere = learned.asked(channel="C2")
    learned.draw(elsewhere, example("elsewhere"))
    learned.channels.choose(CHANNEL, may_learn=False)
    assert [one.interactions for one in learned.book.examples()] == [(elsewhere,)]
    assert (learned.book.judged(), learned.book.curated_waiting()) == ([], [])
    assert learned.changed() == [id]
    learned.channels.choose(CHANNEL, may_learn=True)
    assert learned.changed() == [id]


def test_a_choice_for_a_channel_holds_there_alone(learned: Learned) -> None:
    assert learned.channels.may_learn(CHANNEL)
    learned.channels.choose(CHANNEL, may_learn=False)
    other = [replace(CHANNEL, workspace="T2"), replace(CHANNEL, platform="discord")]
    assert [learned.channels.may_learn(place) for place in (CHANNEL, *other)] == [False, True, True]
    assert learned.channels.silent() == [replace(CHANNEL, thread="")]
    learned.channels.choose(CHANNEL, may_learn=True)
    assert (learned.channels.may_learn(CHANNEL), learned.channels.silent()) == (True, [])


# -- of one who asked more than fits into a statement ------------------------------------


@contextmanager
def at_most(learned: Learned, variables: int) -> Iterator[None]:
    """A SQLite that takes no more of them in a statement; PostgreSQL stays as it is."""
    with learned.sessions.reading() as connection:
        driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    before = driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, variables)
    try:
        yield
    finally:
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


def ask_again(learned: Learned, interaction: int, times: int) -> None:
    """The same question, so often."""
    columns = [c for c in InteractionRow.__table__.columns if c.name != "id"]
    with learned.sessions.writing() as connection:
        query = select(*columns).where(InteractionRow.id == interaction)
        row = dict(connection.execute(query).one()._mapping)
        connection.execute(insert(InteractionRow), [row] * times)


def test_who_asked_more_than_a_statement_takes_is_forgotten_whole(learned: Learned) -> None:
    ask_again(learned, lesson(learned), times=BATCH + 100)
    other = learned.asked("cleo")
    with at_most(learned, BATCH + 50):
        assert learned.store.forget("ben", "slack") == Forgotten(BATCH + 101, 0, 0, 1)
    assert [one.id for one in learned.store.interactions()] == [other]
    assert "of ben" not in learned.everything()


def test_so_many_questions_are_deleted_by_their_numbers(learned: Learned) -> None:
    ask_again(learned, lesson(learned), times=BATCH + 100)
    ids = [one.id for one in learned.store.interactions(limit=2 * BATCH)]
    with at_most(learned, BATCH + 50):
        assert learned.store.forget_interactions(ids * 2) == BATCH + 101
    assert counts(learned) == (0, 0, 0)
