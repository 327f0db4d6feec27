"""The mailbox source holds the contracts, under every fault that an IMAP server can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest

from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.mailbox import source
from knowledge.sources.mailbox.passing import MailboxSource
from tests.contracts import SourceContract
from tests.faults import Server
from tests.imap_server import FAULTS, HEALING, PASSWORD, USER, ImapServer, serving
from tests.networked import NetworkedSourceContract, Page


def mailbox(server: ImapServer, **options: Any) -> MailboxSource:
    given = {"port": server.port, "security": "plain", "allow_private": True, **options}
    if not {"token", "oauth"} & given.keys():
        given.setdefault("password", PASSWORD)
    return source("mail", "127.0.0.1", USER, **given)


def letter_of(page: Page) -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = "Ben <ben@acme.example>", USER
    made["Subject"], made["Message-ID"] = page.name, f"<{page.id}@acme.example>"
    made["Date"] = format_datetime(datetime.fromtimestamp(page.changed_s, UTC))
    made.set_content(page.text)
    return made.as_bytes()


def put(server: ImapServer, pages: Sequence[Page]) -> None:
    """Let the inbox hold just these pages; what stays keeps its UID."""
    wanted = [letter_of(page) for page in pages]
    server.inbox.expunge(*[m for m in server.inbox.messages if m.raw not in wanted])
    there = [message.raw for message in server.inbox.messages]
    for raw in wanted:
        if raw not in there:
            server.inbox.put(raw)


class TestMailbox(NetworkedSourceContract):
    secret = PASSWORD

    @pytest.fixture
    def server(self) -> Iterator[Server]:
        with serving() as made:
            yield made  # type: ignore[misc]

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        put(server, pages)  # type: ignore[arg-type]

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        made = mailbox(server)  # type: ignore[arg-type]
        return replace(made, session=replace(made.session, limits=limits, outside=outside))

    @pytest.mark.parametrize("after", [0, 6])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_fault_ends_in_a_named_error_without_hole_or_ghost_and_heals(
        self, server: Server, fault: str, after: int
    ) -> None:
        super().test_a_fault_ends_in_a_named_error_without_hole_or_ghost_and_heals(
            server, fault, after
        )

    @pytest.mark.parametrize("fault", HEALING)
    def test_a_fault_that_passes_is_outlasted(self, server: Server, fault: str) -> None:
        super().test_a_fault_that_passes_is_outlasted(server, fault)

    def test_a_first_pass_that_breaks_is_finished_by_the_next(self, server: Server) -> None:
        """With a fault of IMAP in place of a status of HTTP."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(FAULTS, "500", FAULTS["unavailable"])
            super().test_a_first_pass_that_breaks_is_finished_by_the_next(server)


class TestMailboxDocuments(SourceContract):
    @pytest.fixture
    def source(self) -> Iterator[MailboxSource]:
        with serving() as server:
            put(server, [Page(n, f"page {n}", f"Text {n}.", 1.7e9 + n) for n in (1, 2, 3)])
            yield mailbox(server)
