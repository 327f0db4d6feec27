"""Mail in the folders of an IMAP mailbox: a thread, or a message, is a document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from knowledge.net.asking import MEBIBYTE, Limits, Outside
from knowledge.net.guard import guarding
from knowledge.sources.mailbox.account import Account, OAuth
from knowledge.sources.mailbox.choosing import Choice
from knowledge.sources.mailbox.passing import MailboxSource, Shape
from knowledge.sources.mailbox.session import Session


def source(
    name: str,
    host: str,
    user: str,
    password: str = "",
    token: str = "",
    oauth: OAuth | None = None,
    port: Annotated[int, Field(ge=0, le=65535)] = 0,
    security: Literal["tls", "starttls", "plain"] = "tls",
    certificates: str = "",
    folders: tuple[str, ...] = ("INBOX",),
    since: str = "",
    senders: tuple[str, ...] = (),
    recipients: tuple[str, ...] = (),
    documents: Literal["threads", "messages"] = "threads",
    attachments: bool = False,
    link: str = "",
    max_bytes: Annotated[int, Field(ge=1024)] = 10 * MEBIBYTE,
    max_messages: Annotated[int, Field(ge=1)] = 50_000,
    timeout_s: Annotated[float, Field(gt=0)] = 60.0,
    allow_private: bool | tuple[str, ...] = False,
) -> MailboxSource:
    """Read the mail of `user` at the IMAP server `host`.

    `password`, or `token` (an access token for XOAUTH2), or `oauth` (`token_url`, `client_id`,
    `client_secret`, `refresh_token`, `scope`: a new access token is asked for each pass).
    `folders` are names, or patterns with `*`. `since` is a date or an age ("365d"). `senders` and
    `recipients` are addresses, or ends of such ("@acme.example"); none: all. Of a message over
    `max_bytes` only its beginning is read, without attachments. `link` is an address with `{id}`,
    the Message-ID. `timeout_s` is for one command.
    """
    account = Account(host, user, password, token, oauth, port, security, certificates)
    limits = Limits(read_s=timeout_s, total_s=2 * timeout_s, max_bytes=max_bytes)
    session = Session(account, guarding(allow_private), limits, Outside())
    choice = Choice(folders, since, senders, recipients, max_messages)
    return MailboxSource(name, session, choice, Shape(documents, attachments, link))
