"""Mail as documents: threads, what is trimmed, which mail is chosen, and who is let in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from knowledge.documents import Checkpoint, Document, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.mailbox.account import OAuth
from knowledge.sources.mailbox.passing import MailboxSource
from knowledge.sources.mailbox.trimming import trimmed
from knowledge.sync import sync
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.faults import as_json, still
from tests.faults import serving as serving_http
from tests.imap_server import PASSWORD, TOKEN, USER, Folder, ImapServer, serving
from tests.test_mailbox_contract import mailbox

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with serving() as made:
        yield made


def letter(
    text: str, id: str, subject: str = "Leave", answers: Sequence[str] = (), hour: int = 0,
    sender: str = "Ana Berg <ana@acme.example>", to: str = "team@acme.example", html: str = "",
) -> EmailMessage:  # fmt: skip
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = format_datetime(NOON.replace(hour=hour))
    made["Message-ID"] = f"<{id}@acme.example>"
    if answers:
        made["References"] = " ".join(f"<{other}@acme.example>" for other in answers)
    if text or not html:
        made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html") if text else made.set_content(html, "html")
    return made


def put(folder: Folder, *letters: EmailMessage, **told: Any) -> None:
    for made in letters:
        folder.put(made.as_bytes(), **told)


def read(server: ImapServer, **options: Any) -> list[Item]:
    return list(mailbox(server, **options).documents(None))


def read_documents(server: ImapServer, **options: Any) -> list[Document]:
    return [item for item in read(server, **options) if isinstance(item, Document)]


def followed(source: MailboxSource, index: FakeIndex) -> tuple[int, int, int]:
    told = sync(source, index, FakeEmbedder(), paragraphs)
    assert told.unreadable == ()
    return told.new, told.changed, told.gone


# -- threads -------------------------------------------------------------------------


def test_a_thread_is_one_document_with_who_wrote_what(server: ImapServer) -> None:
    put(server.inbox, letter("How many days?", "a"), letter("Other.", "z", subject="Kiln", hour=3))
    put(server.inbox, letter("27 days.", "b", "Re: Leave", ["a"], 1, "Ben <ben@acme.example>"))
    put(server.inbox, letter("Thanks!", "c", "AW: Re: Leave", ["a", "b"], 2))
    leave, kiln = read_documents(server)
    assert (leave.title, kiln.title) == ("Leave", "Kiln")
    assert leave.text == (
        "## Ana Berg, 2026-11-20\n\nHow many days?\n\n## Ben, 2026-11-20\n\n27 days.\n\n"
        "## Ana Berg, 2026-11-20\n\nThanks!"
    )
    assert leave.modified_at == NOON.replace(hour=2)
    assert leave.url == ""


def test_each_message_is_a_document_where_that_is_set(server: ImapServer) -> None:
    put(server.inbox, letter("How many?", "a"), letter("27.", "b", "Re: Leave", ["a"], 1))
    link = "https://mail.acme.example/#rfc822msgid:{id}"
    found = read_documents(server, documents="messages", link=link)
    assert [d.text.splitlines()[-1] for d in found] == ["How many?", "27."]
    assert found[0].url == "https://mail.acme.example/#rfc822msgid:a@acme.example"


def test_answers_whose_first_message_is_not_there_belong_together(server: ImapServer) -> None:
    put(
        server.inbox, letter("One.", "b", answers=["a"]), letter("Two.", "c", answers=["a"], hour=1)
    )
    assert len(read_documents(server)) == 1


def test_a_long_thread_is_several_documents(server: ImapServer) -> None:
    put(server.inbox, letter("First.", "a"))
    for n in range(120):
        put(server.inbox, letter(f"Text {n}.", f"b{n}", answers=["a"], hour=1))
    found = read_documents(server)
    assert len(found) == 2
    assert sum(d.text.count("## Ana Berg") for d in found) == 121


def test_a_message_whose_heads_are_hostile_is_still_read(server: ImapServer) -> None:
    server.inbox.put(
        b"From: =?x-no?Q?=FF?= <<>@@\r\nSubject: =?utf-8?B?!!!?=\r\nMessage-ID: <\xff\xfe>\r\n"
        b"Date: Mon, 99 Xxx 99999 99:99\r\nReferences: " + b"<x>" * 9000 + b"\r\n"
        b"Content-Type: text/plain; charset=x-none\r\n\r\nIt says this.\r\n"
    )
    [found] = read_documents(server)
    assert found.text.endswith("It says this.")


def test_no_line_of_a_message_speaks_for_another_person(server: ImapServer) -> None:
    put(server.inbox, letter("## The Boss, 2026-11-20\n\nPay me.", "a"))
    put(server.inbox, letter("", "b", hour=1, html="<h2>The Boss</h2><p>Pay me.</p>"))
    for found in read_documents(server):
        assert "\n## The Boss" not in found.text


# -- what is followed ----------------------------------------------------------------


def test_only_new_messages_are_asked_for(server: ImapServer) -> None:
    put(server.inbox, *(letter(f"Text {n}.", f"a{n}") for n in range(9)))
    index = FakeIndex()
    assert followed(mailbox(server), index) == (9, 0, 0)
    before = len(server.asked)
    assert followed(mailbox(server), index) == (0, 0, 0)
    names = [command.name for command in server.asked[before:]]
    assert not [name for name in names if name.startswith("UID")]  # CONDSTORE says all is as it was
    put(server.inbox, letter("New.", "b"))
    before = len(server.asked)
    assert followed(mailbox(server), index) == (1, 0, 0)
    fetched = [c.rest.split()[0] for c in server.asked[before:] if c.name == "UID FETCH"]
    assert fetched == ["10", "10"]  # its heads, then itself


def test_without_condstore_changes_are_found_too(server: ImapServer) -> None:
    server.capabilities = "IMAP4rev1 AUTH=PLAIN"
    put(server.inbox, letter("One.", "a"), letter("Two.", "b"))
    index = FakeIndex()
    assert followed(mailbox(server), index) == (2, 0, 0)
    server.inbox.expunge(server.inbox.messages[0])
    assert followed(mailbox(server), index) == (0, 0, 1)


def test_a_late_answer_changes_its_thread_alone(server: ImapServer) -> None:
    put(server.inbox, letter("How many?", "a"), letter("Kiln?", "z", "Kiln"))
    index = FakeIndex()
    followed(mailbox(server), index)
    put(server.inbox, letter("27.", "b", answers=["a"], hour=5))
    assert followed(mailbox(server), index) == (0, 1, 0)


def test_expunged_and_deleted_messages_are_gone(server: ImapServer) -> None:
    put(server.inbox, *(letter(f"Text {n}.", f"a{n}") for n in range(3)))
    index = FakeIndex()
    followed(mailbox(server), index)
    server.inbox.messages[0].flags.add("\\Deleted")
    server.inbox.changes += 1
    server.inbox.expunge(server.inbox.messages[2])
    assert followed(mailbox(server), index) == (0, 0, 2)


def test_a_moved_message_is_not_read_again(server: ImapServer) -> None:
    server.folders["Archive"] = Folder(validity=9)
    put(server.inbox, letter("Text.", "a"))
    index, folders = FakeIndex(), ("INBOX", "Arch*")
    followed(mailbox(server, folders=folders), index)
    server.folders["Archive"].put(server.inbox.messages[0].raw)
    server.inbox.expunge(server.inbox.messages[0])
    before = server.count("UID FETCH")
    assert followed(mailbox(server, folders=folders), index) == (0, 0, 0)
    assert server.count("UID FETCH") == before + 1  # its heads


def test_a_folder_with_new_uids_is_gone_over_but_not_read_again(server: ImapServer) -> None:
    put(server.inbox, letter("One.", "a"), letter("Two.", "b"))
    index = FakeIndex()
    followed(mailbox(server), index)
    server.inbox.validity = 8
    for message in server.inbox.messages:
        message.uid += 100
    assert followed(mailbox(server), index) == (0, 0, 0)
    server.inbox.expunge(server.inbox.messages[0])
    assert followed(mailbox(server), index) == (0, 0, 1)


def test_a_message_without_text_is_named_and_not_asked_for_again(server: ImapServer) -> None:
    put(server.inbox, letter("", "a"))
    found = read(server)
    assert isinstance(found[0], Unreadable)
    assert "INBOX, UID 1" in found[0].reason
    reached = found[-1]
    assert isinstance(reached, Reached)
    before = server.count("UID FETCH")
    again = list(mailbox(server).documents(Checkpoint({}, reached.state)))
    assert (again[0], server.count("UID FETCH")) == (found[0], before)


@pytest.mark.parametrize("fault", ["an empty body", "unavailable", "refused"])
def test_one_message_that_the_server_fails_over_does_not_hide_the_others(
    server: ImapServer, fault: str
) -> None:
    put(server.inbox, *(letter(f"Text {n}.", f"a{n}", hour=n) for n in range(4)))
    server.break_with(fault, "UID FETCH", times=1, after=2)  # heads and the first are right
    made = mailbox(server)
    once = replace(made.session, limits=replace(made.session.limits, tries=1), outside=still())
    found = list(replace(made, session=once).documents(None))
    assert [type(item) for item in found] == [Document, Unreadable, Document, Document, Reached]


def test_a_message_that_cannot_be_read_leaves_its_thread_as_it_is(server: ImapServer) -> None:
    deep = "<div>" * 400 + "deep"
    put(server.inbox, letter("How many?", "a"), letter("", "b", answers=["a"], html=deep))
    put(server.inbox, letter("27.", "c", answers=["a"], hour=2), letter("", "z", hour=5, html=deep))
    thread, alone, _ = read(server)
    assert isinstance(thread, Document)
    assert thread.text.count("## Ana Berg") == 2
    assert isinstance(alone, Unreadable)


# -- what is chosen ------------------------------------------------------------------


def test_drafts_and_what_is_older_than_since_are_left_out(server: ImapServer) -> None:
    put(server.inbox, letter("Draft.", "a"), flags={"\\Draft"})
    put(server.inbox, letter("Old.", "b"), arrived=datetime(2019, 1, 1, tzinfo=UTC))
    put(server.inbox, letter("New.", "c"))
    assert [d.text[-4:] for d in read_documents(server, since="2020-01-01")] == ["New."]
    assert len(read_documents(server, since="36500d")) == 2


def test_senders_and_recipients_choose(server: ImapServer) -> None:
    put(server.inbox, letter("In.", "a"), letter("Out.", "b", sender="x@acme.example.evil.example"))
    put(server.inbox, letter("To.", "c", to="other@acme.example"))
    chosen = read_documents(server, senders=["@ACME.example"], recipients=["team@acme.example"])
    assert [d.text[-3:] for d in chosen] == ["In."]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"folders": ["Nowhere"]}, "there is no folder 'Nowhere'; there are INBOX"),
        ({"since": "yesterday"}, "`since` is 'yesterday'; write a date"),
        ({"max_messages": 1}, "has over 1 messages"),
        ({"password": "wrong-one"}, "does not let us in"),
        ({"password": "", "token": "wrong-one"}, "does not let us in"),
        ({"password": ""}, "needs one of `password`, `token` and `oauth`"),
        ({"password": "a\nb"}, "a character that can't be typed"),
        ({"allow_private": False}, "is this machine"),
        ({"security": "tls"}, "speaks no TLS"),
        ({"security": "starttls"}, "speaks no TLS"),
        ({"certificates": "/nowhere.pem", "security": "tls"}, "can't be read: /nowhere.pem"),
    ],
)
def test_what_is_wrong_is_said(server: ImapServer, options: dict[str, Any], said: str) -> None:
    put(server.inbox, letter("One.", "a"), letter("Two.", "b"))
    made = mailbox(server, **options)
    quick = replace(made.session.limits, tries=1)
    with pytest.raises(SourceUnreadable) as caught:
        list(replace(made, session=replace(made.session, limits=quick)).documents(None))
    assert said in str(caught.value)
    assert "wrong-one" not in str(caught.value)


# -- who is let in -------------------------------------------------------------------


def test_an_access_token_lets_in(server: ImapServer) -> None:
    put(server.inbox, letter("Text.", "a"))
    assert len(read_documents(server, token=TOKEN)) == 1
    assert server.logins == [f"user={USER}\1auth=Bearer {TOKEN}\1\1"]


def test_oauth_asks_for_a_token_first(server: ImapServer) -> None:
    put(server.inbox, letter("Text.", "a"))
    with serving_http() as tokens:
        tokens.routes["/token"] = lambda asked: as_json({"access_token": TOKEN})
        oauth = OAuth(f"{tokens.url}/token", "id", "refresh")
        assert len(read_documents(server, oauth=oauth)) == 1
        assert b"refresh_token=refresh" in tokens.asked[0].body
        tokens.json("/token", {"error": "invalid_grant"}, status=400)
        with pytest.raises(SourceUnreadable, match="gives no access token"):
            read(server, oauth=oauth)


def test_secrets_stand_in_no_words_about_the_source(server: ImapServer) -> None:
    made = mailbox(server, oauth=OAuth("https://x.example", "id", "refresh-1", "client-1"))
    assert not {"refresh-1", "client-1", PASSWORD} & set(repr(made).replace("'", " ").split())
    assert PASSWORD not in repr(mailbox(server))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", f"{path}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_is_used_and_its_certificate_checked(certificate: Path, security: str) -> None:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context, tls=security == "tls") as server:
        server.capabilities += " STARTTLS"
        put(server.inbox, letter("Text.", "a"))
        given = {"security": security, "certificates": f"{certificate}.crt"}
        assert len(read_documents(server, **given)) == 1
        server.logins.clear()
        with pytest.raises(SourceUnreadable, match="its certificate is not trusted"):
            read(server, security=security)
        assert server.logins == []


def test_no_password_is_sent_where_the_server_wants_none_in_the_clear(server: ImapServer) -> None:
    server.capabilities += " LOGINDISABLED"
    with pytest.raises(SourceUnreadable, match="takes no password"):
        read(server)
    assert server.logins == []


# -- what a message says -------------------------------------------------------------


def test_html_is_read_without_quotes_and_signature(server: ImapServer) -> None:
    html = (
        "<p>You get <b>27</b> days.</p><div class=gmail_signature>Ana, ACME</div>"
        "<div class=gmail_quote>On Monday Ben wrote:<blockquote type=cite>How many?</blockquote>"
        "</div><script>steal()</script>"
    )
    put(server.inbox, letter("", "a", html=html))
    [found] = read_documents(server)
    assert found.text == "## Ana Berg, 2026-11-20\n\nYou get **27** days."


def test_attachments_are_read_where_that_is_set(server: ImapServer) -> None:
    made = letter("See below.", "a")
    made.add_attachment(b"# Rates\n\n27 days.\n", "text", "markdown", filename="rates.md")
    made.add_attachment(b"\x89PNG\r\n", "image", "png", filename="logo.png")
    put(server.inbox, made)
    [without], [with_them] = read_documents(server), read_documents(server, attachments=True)
    assert "27 days" not in without.text
    assert with_them.text.endswith("### Attachment: rates.md\n\n### Rates\n\n27 days.")
    assert without.fingerprint != with_them.fingerprint


def test_of_a_message_that_is_too_large_only_the_beginning_is_read(server: ImapServer) -> None:
    made = letter("It begins so.", "a")
    made.add_attachment(b"word " * 20_000, "text", "plain", filename="all.txt")
    put(server.inbox, made)
    [found] = read_documents(server, attachments=True, max_bytes=4096)
    assert found.text.endswith("It begins so.")


@pytest.mark.parametrize(
    ("text", "subject", "own"),
    [
        ("Yes.\n\nOn Mon, 2 Nov 2026, Ben\n<b@x> wrote:\n> How?\n> Now?\n", "", "Yes."),
        ("> How many?\n27.\n> Since when?\nEver.", "", "27.\nEver."),
        ("Ja.\n\nAm 2.11.2026 um 12:00 schrieb Ben:\n\n> Wie?", "", "Ja."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ben\nHow?", "", "Yes."),
        ("Yes.\n\nFrom: Ben <b@x>\nSent: Monday\nTo: Ana\n\nHow?", "", "Yes."),
        ("See:\n\nFrom: Ben <b@x>\nSent: Monday\n\nHow?", "Fwd: x",
         "See:\n\nFrom: Ben <b@x>\nSent: Monday\n\nHow?"),
        ("Yes.\n-- \nAna Berg\nACME", "", "Yes."),
        ("Yes.\n\nSent from my iPhone", "", "Yes."),
        ("One\n--\n" + "long\n" * 40, "", "One\n--\n" + "long\n" * 39 + "long"),
        ("Ana wrote:\nnothing is quoted here", "", "Ana wrote:\nnothing is quoted here"),
    ],
)  # fmt: skip
def test_what_the_sender_wrote_is_kept(text: str, subject: str, own: str) -> None:
    assert trimmed(text, subject) == own


def test_a_message_of_nothing_but_a_quote_keeps_it(server: ImapServer) -> None:
    put(server.inbox, letter("> The answer is 27 days.", "a"))
    [found] = read_documents(server)
    assert "27 days" in found.text


def test_what_is_held_is_unchanged(server: ImapServer) -> None:
    put(server.inbox, letter("Text.", "a"))
    [document, _] = read(server)
    assert isinstance(document, Document)
    held = Checkpoint({document.key: document.fingerprint})
    assert next(iter(mailbox(server).documents(held))) == Unchanged(document.key)
