"""The mailbox source against a real dovecot."""

from __future__ import annotations

import imaplib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from knowledge.documents import Document
from knowledge.errors import SourceUnreadable
from knowledge.sources.mailbox import source
from knowledge.sources.mailbox.passing import MailboxSource
from tests import dovecot
from tests.contracts import SourceContract
from tests.dovecot import PASSWORD, USER, Dovecot
from tests.fakes import FakeIndex
from tests.faults import still
from tests.test_mailbox_source import followed, letter

pytestmark = pytest.mark.endurance


@pytest.fixture(scope="module")
def served() -> Iterator[Dovecot]:
    with tempfile.TemporaryDirectory(prefix="dovecot-") as home:  # a short path, for its sockets
        Path(home).chmod(0o755)
        with dovecot.serving(Path(home)) as made:
            yield made


@pytest.fixture
def person(served: Dovecot) -> Iterator[imaplib.IMAP4]:
    """Who writes, moves and deletes; begins with an empty mailbox."""
    with imaplib.IMAP4("127.0.0.1", served.plain) as client:
        client.login(USER, PASSWORD)
        client.create("Archive")
        for folder in ("INBOX", "Archive"):
            client.select(folder)
            client.store("1:*", "+FLAGS", "\\Deleted") if count(client) else None
            client.expunge()
        client.select("INBOX")
        yield client


def count(client: imaplib.IMAP4) -> int:
    [found] = client.search(None, "ALL")[1]
    return len(found.split())


def put(client: imaplib.IMAP4, *letters: Any, folder: str = "INBOX") -> None:
    for made in letters:
        kind, told = client.append(folder, "", "", made.as_bytes())
        assert kind == "OK", told


def mailbox(served: Dovecot, **options: Any) -> MailboxSource:
    given = {"port": served.tls, "password": PASSWORD, "certificates": str(served.certificate)}
    return source("mail", "127.0.0.1", USER, **{**given, "allow_private": True, **options})


class TestOnDovecot(SourceContract):
    @pytest.fixture
    def source(self, served: Dovecot, person: imaplib.IMAP4) -> MailboxSource:
        put(person, letter("One.", "a"), letter("Two.", "b"), letter("Re", "c", answers=["a"]))
        return mailbox(served)


def test_new_moved_and_expunged_messages_are_followed(
    served: Dovecot, person: imaplib.IMAP4
) -> None:
    index, folders = FakeIndex(), ("INBOX", "Archive")
    put(person, *(letter(f"Text {n}.", f"a{n}") for n in range(4)))
    assert followed(mailbox(served, folders=folders), index) == (4, 0, 0)
    assert followed(mailbox(served, folders=folders), index) == (0, 0, 0)
    put(person, letter("Late answer.", "b", answers=["a0"], hour=5))
    assert followed(mailbox(served, folders=folders), index) == (0, 1, 0)
    person.copy("2", "Archive")
    person.store("2,3", "+FLAGS", "\\Deleted")  # one moved, one deleted but not expunged yet
    assert followed(mailbox(served, folders=folders), index) == (0, 0, 1)
    person.expunge()
    assert followed(mailbox(served, folders=folders), index) == (0, 0, 0)
    person.store("1", "-FLAGS", "\\Seen")
    assert followed(mailbox(served, folders=folders), index) == (0, 0, 0)


def test_nothing_is_marked_as_read(served: Dovecot, person: imaplib.IMAP4) -> None:
    put(person, letter("Text.", "a"))
    assert list(mailbox(served).documents(None))
    person.noop()
    assert person.search(None, "UNSEEN")[1] == [b"1"]


def test_a_folder_that_is_made_anew_is_gone_over(served: Dovecot, person: imaplib.IMAP4) -> None:
    index = FakeIndex()
    folder = "Team.B&APw-ro"  # Büro
    person.create(folder)
    put(person, letter("One.", "a"), letter("Two.", "b"), folder=folder)
    there = mailbox(served, folders=("Team.Büro",))
    assert followed(there, index) == (2, 0, 0)
    person.delete(folder)
    person.create(folder)
    put(person, letter("Two.", "b"), folder=folder)
    assert followed(there, index) == (0, 0, 1)
    person.delete(folder)


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
def test_each_security_is_spoken(served: Dovecot, person: imaplib.IMAP4, security: str) -> None:
    put(person, letter("Text.", "a"))
    port = served.tls if security == "tls" else served.plain
    found = [*mailbox(served, security=security, port=port).documents(None)]
    assert isinstance(found[0], Document)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"password": "wrong-one"}, "does not let us in"),
        ({"certificates": ""}, "its certificate is not trusted"),
        ({"folders": ("Nowhere",)}, "there is no folder 'Nowhere'"),
    ],
)
def test_what_is_wrong_is_said(
    served: Dovecot, person: imaplib.IMAP4, options: dict[str, Any], said: str
) -> None:
    del person
    made = mailbox(served, **options)
    with pytest.raises(SourceUnreadable, match=said):
        list(replace(made, session=replace(made.session, outside=still())).documents(None))
