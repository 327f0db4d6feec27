"""Endorsed answers: what is kept of them, what is a document, and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.conversation import Audience, Place, Question
from bot.endorsed.endorsing import Endorsing, is_mark
from bot.endorsed.indexing import OwnSources
from bot.endorsed.source import AnswersSource
from bot.endorsed.store import EndorsedStore
from bot.endorsed.words import Reply, place_of_source, source_of
from bot.errors import UnknownExample
from bot.learning.readings import Consent
from bot.listing import kinds
from bot.settings.sections import Source
from bot.settings.trusted import Trusted
from bot.spaces import readable
from bot.store import Store
from knowledge.documents import Checkpoint, Document, Unchanged
from model.examples import Review
from tests.bots import settings_for
from tests.inboxes import make_tables

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HERE = Place("slack", "T1", "C1")
REPLY = Reply(
    replace(HERE, thread="1.1"),
    "1.2",
    "Where is it?",
    "ben",
    "In room 4711.",
    "ana",
    "https://s/1",
    NOON,
)
AUTO = Trusted(slack_people=("pia",), policy="auto")


@pytest.fixture
def store(database_url: str) -> Iterator[EndorsedStore]:
    make_tables(database_url)
    with closing(EndorsedStore(database_url)) as made:
        yield made


def endorsing(store: EndorsedStore, trusted: Trusted = AUTO, objects: str = "") -> Endorsing:
    consent = Consent(lambda _, person: person != objects, lambda _: True)
    return Endorsing(store, trusted, lambda: consent)


def documents(store: EndorsedStore, objects: str = "") -> list[Document]:
    source = OwnSources(lambda: store, endorsing(store, objects=objects).allowed).source(
        source_of(HERE)
    )
    assert source is not None
    return [item for item in source.documents(None) if isinstance(item, Document)]


def test_a_document_is_the_question_with_its_answer_and_leads_to_the_thread(
    store: EndorsedStore,
) -> None:
    endorsing(store).endorse(REPLY, "pia")
    [document] = documents(store)
    assert (document.source, document.key, document.url) == (
        "answers:slack/T1/C1",
        "1.2",
        REPLY.link,
    )
    assert document.text == "# Where is it?\n\nIn room 4711.\n"


def test_an_endorsement_waits_where_a_person_reviews(store: EndorsedStore) -> None:
    endorsing(store, Trusted(slack_people=("pia",))).endorse(REPLY, "pia")
    [one] = store.listed(Review.WAITING)
    assert documents(store) == []
    store.decide(one.id, Review.ACCEPTED)
    assert len(documents(store)) == 1
    store.decide(one.id, Review.REJECTED)
    endorsing(store).endorse(REPLY, "max")
    assert documents(store) == []


def test_a_number_that_nothing_has_cannot_be_decided(store: EndorsedStore) -> None:
    for number in (0, 7, 2**40):
        with pytest.raises(UnknownExample):
            store.decide(number, Review.ACCEPTED)


def test_it_stays_while_anybody_endorses_it(store: EndorsedStore) -> None:
    for person in ("pia", "max", "max"):
        endorsing(store).endorse(REPLY, person)
    assert store.withdraw(HERE, "1.2", "max")
    assert not store.withdraw(HERE, "1.2", "max")
    assert len(documents(store)) == 1
    assert store.withdraw(HERE, "1.2", "pia")
    assert documents(store) == []


def test_secrets_are_masked_before_they_are_kept(store: EndorsedStore) -> None:
    endorsing(store).endorse(replace(REPLY, answer="Write to ben@example.com about it."), "pia")
    [one] = store.listed()
    assert one.reply.answer == "Write to [email] about it."


def test_an_edited_question_waits_and_the_same_words_do_not(store: EndorsedStore) -> None:
    endorsing(store).endorse(REPLY, "pia")
    assert not store.edited(HERE, "1.2", REPLY.answer)
    assert not store.edited(HERE, "1.1", REPLY.question)
    assert store.edited(HERE, "1.1", "Where is he?")
    [one] = store.listed(Review.WAITING)
    assert (one.reply.question, one.reply.answer) == ("Where is he?", REPLY.answer)


@pytest.mark.parametrize("person", ["ben", "ana"])
def test_who_objects_is_in_no_document(store: EndorsedStore, person: str) -> None:
    assert not endorsing(store, objects=person).endorse(REPLY, "pia")
    endorsing(store).endorse(REPLY, "pia")
    assert documents(store, objects=person) == []


@pytest.mark.parametrize("person", ["ben", "ana", "pia"])
def test_who_was_forgotten_takes_their_words_and_endorsements_along(
    store: EndorsedStore, database_url: str, person: str
) -> None:
    endorsing(store).endorse(REPLY, "pia")
    with closing(Store(database_url)) as everything:
        everything.forget(person, "discord")
        assert len(store.listed()) == 1
        everything.forget(person, "slack")
    assert store.listed() == []


def test_what_is_unchanged_is_not_read_again(store: EndorsedStore) -> None:
    endorsing(store).endorse(REPLY, "pia")
    [document] = documents(store)
    source = AnswersSource(document.source, store.listed, lambda _: True)
    held = Checkpoint({document.key: document.fingerprint})
    assert list(source.documents(held)) == [Unchanged("1.2")]
    assert source.expected() == 1


def test_a_channel_without_answers_is_synced_until_the_index_holds_none(
    store: EndorsedStore,
) -> None:
    own = OwnSources(lambda: store, lambda _: True)
    assert own.names(["handbook", "answers:slack/T1/C9"]) == ["answers:slack/T1/C9"]
    endorsing(store).endorse(REPLY, "pia")
    assert own.names() == ["answers:slack/T1/C1"]
    assert own.source("handbook") is None
    assert own.source("answers:odd") is None
    assert place_of_source(source_of(HERE)) == HERE


def test_they_are_listed_among_the_sources(store: EndorsedStore) -> None:
    known = {"wiki": Source(use="folder", spaces=("staff",))}
    endorsing(store).endorse(REPLY, "pia")
    assert [*kinds(known, OwnSources(lambda: store, lambda _: True), ["wiki"])] == [
        ("wiki", "folder", ("staff",)),
        ("answers:slack/T1/C1", "answers", ()),
    ]


MEMBERS = Audience("C1", outside=False, members=True)


@pytest.mark.parametrize(
    ("audience", "spaces", "found"),
    [
        (MEMBERS, None, ["answers:slack/T1/C1"]),
        (Audience("C2", outside=False, members=True), None, ["answers:slack/T1/C2"]),
        (Audience("C1"), None, []),
        (MEMBERS, ("everyone",), []),
        (Audience(outside=False, members=True), None, []),
        (Audience(outside=False, channels=frozenset({"C1"})), None, ["answers:slack/T1/C1"]),
        (None, None, []),
    ],
)
def test_answers_are_read_by_who_reads_their_channel(
    tmp_path: Path, audience: Audience | None, spaces: tuple[str, ...] | None, found: list[str]
) -> None:
    question = Question("Where?", "ben", HERE, spaces=spaces, audience=audience)
    trusting = settings_for(tmp_path, {"trusted": {"slack_people": ["pia"]}})
    mine = [name for name in readable(question, trusting) if name.startswith("answers:")]
    assert mine == found
    nobody = readable(question, settings_for(tmp_path))
    assert not any(name.startswith("answers:") for name in nobody)


def test_in_a_direct_message_answers_are_read_by_the_server_that_they_are_of(
    tmp_path: Path,
) -> None:
    theirs = Audience(outside=False, guilds=frozenset({"7"}), channels=frozenset({"8"}))
    question = Question("Where?", "ben", Place("discord", "@me", "99"), audience=theirs)
    trusting = settings_for(tmp_path, {"trusted": {"discord_people": ["5"]}})
    assert "answers:discord/7/8" in readable(question, trusting)


def test_channels_with_answers_are_looked_up_while_somebody_is_trusted(
    store: EndorsedStore,
) -> None:
    mine, waiting = endorsing(store), replace(REPLY.place, channel="C2")
    mine.endorse(REPLY, "pia")
    endorsing(store, Trusted(slack_people=("pia",))).endorse(replace(REPLY, place=waiting), "pia")
    assert mine.channels("slack") == {"C1"}
    assert mine.channels("discord") == frozenset()
    assert endorsing(store, Trusted()).channels("slack") == frozenset()


@pytest.mark.parametrize(
    ("emoji", "endorses"),
    [
        ("white_check_mark", True),
        ("heavy_check_mark", True),
        ("✅", True),
        ("✔️", True),
        ("+1", False),
        ("", False),
    ],
)
def test_a_check_mark_endorses(emoji: str, endorses: bool) -> None:
    assert is_mark(emoji) is endorses


def test_groups_and_roles_are_trusted_too(store: EndorsedStore) -> None:
    trusted = Trusted(slack_groups=("S1",), discord_roles=("expert",))
    of_group, of_role = Audience(groups=frozenset({"S1"})), Audience(roles=frozenset({"expert"}))
    mine = endorsing(store, trusted)
    assert [mine.trusts("slack", of_group), mine.trusts("discord", of_role)] == [True, True]
    assert [mine.trusts("slack", of_role), mine.trusts("discord", of_group)] == [False, False]
    assert not mine.named("slack", "S1")
