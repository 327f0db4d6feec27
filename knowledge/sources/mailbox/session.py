"""Asking an IMAP server: connected again when it breaks off, and every trouble in words."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from knowledge.net import waiting
from knowledge.net.asking import MEBIBYTE, Limits, Outside
from knowledge.net.client import brief
from knowledge.net.errors import Denied, Garbled, Missing, NetError, Refused, TooLarge, Unreached
from knowledge.net.guard import Guard
from knowledge.net.meaning import LATER
from knowledge.sources.mailbox.account import RENEW, Account
from knowledge.sources.mailbox.answers import Fetched, fetched, numbers, status_of, uids_of

if TYPE_CHECKING:
    from knowledge.sources.mailbox.wire import MailBox

log = logging.getLogger(__name__)
T = TypeVar("T")
PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[EXPUNGEISSUED]", "[THROTTLED]",
           "TOO MANY", "TRY AGAIN", "TEMPORAR", "INTERNAL ERROR", "NOT IMAP4")  # fmt: skip
HEADS = "MESSAGE-ID IN-REPLY-TO REFERENCES DATE FROM TO CC SUBJECT"
HEAD_BYTES = 16_384  # of a message's heads; what is longer is cut off
TOGETHER = 200  # messages whose heads are asked for at once


@dataclass
class Session:
    """A mailbox that is only read. Every method may raise a `NetError`."""

    account: Account
    guard: Guard
    limits: Limits
    outside: Outside
    box: MailBox | None = field(default=None, repr=False)
    inside: str = ""  # the folder that is open
    secrets: list[str] = field(default_factory=list, repr=False)  # that no error may repeat
    validities: dict[str, int] = field(default_factory=dict)  # of the folders in this pass

    def folders(self) -> list[str]:
        """The names of all folders that hold messages, in the server's order."""

        def ask(box: MailBox) -> list[str]:
            found = box.folder.list()
            names = [f.name for f in found if not {"\\noselect", "\\nonexistent"} & lower(f.flags)]
            if not names:
                raise self.garbled("tells of no folders")
            return names

        return self.ask(ask)

    def status(self, folder: str) -> dict[str, int]:
        """Its counts, UIDs and, where the server has it, HIGHESTMODSEQ."""

        def ask(box: MailBox) -> dict[str, int]:
            from imap_tools.utils import encode_folder

            more = " HIGHESTMODSEQ" if "CONDSTORE" in box.client.capabilities else ""
            asked: Any = f"(MESSAGES UIDNEXT UIDVALIDITY{more})"
            told = self.good(box.client.status(encode_folder(folder), asked))  # type: ignore[arg-type]
            found = status_of(told)
            if not {"MESSAGES", "UIDNEXT", "UIDVALIDITY"} <= found.keys():
                raise self.garbled(f"does not tell how many messages {folder} has")
            return found

        return self.ask(ask)

    def search(self, folder: str, criteria: str) -> list[int]:
        """The UIDs of what fits, in order."""

        def ask(box: MailBox) -> list[int]:
            exists = self.enter(box, folder)
            told = self.good(box.client.uid("SEARCH", criteria))
            if told == [None] and exists:
                raise self.garbled(f"answers no search in {folder}")
            return sorted(uids_of(told))

        return self.ask(ask)

    def heads(self, folder: str, uids: Sequence[int]) -> Iterator[Fetched]:
        """What the messages say of themselves, without those that are gone."""
        asked = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({HEADS})]<0.{HEAD_BYTES}>)"
        for at in range(0, len(uids), TOGETHER):
            some = uids[at : at + TOGETHER]
            found = self.fetch(folder, some, asked)
            self.check_gone(folder, [uid for uid in some if uid not in found])
            for told in (found[uid] for uid in some if uid in found):
                self.check_heads(folder, told)
                yield told

    def message(self, folder: str, uid: int) -> Fetched | None:
        """A message, or its beginning; None: it is gone."""
        asked = f"(UID RFC822.SIZE BODY.PEEK[]<0.{self.limits.max_bytes}>)"
        found = self.fetch(folder, [uid], asked).get(uid)
        if found is None:
            self.check_gone(folder, [uid])
        elif not found.raw.strip():
            raise self.garbled(f"gives an empty message for UID {uid} in {folder}")
        return found

    def check_heads(self, folder: str, told: Fetched) -> None:
        """Raise `Garbled` where a message seems to say nothing of itself, but has heads."""
        if told.raw.strip() or not told.size:
            return
        asked = "(UID RFC822.SIZE BODY.PEEK[]<0.2048>)"
        begun = self.fetch(folder, [told.uid], asked).get(told.uid)
        if begun and (not begun.raw.strip() or re.search(rb"^message-id:", begun.raw, re.I | re.M)):
            raise self.garbled(f"gives no heads of UID {told.uid} in {folder}")

    def fetch(self, folder: str, uids: Sequence[int], parts: str) -> dict[int, Fetched]:
        """Parts of messages by UID; what is gone is not among them."""

        def ask(box: MailBox) -> dict[int, Fetched]:
            self.enter(box, folder)
            return fetched(self.good(box.client.uid("FETCH", numbers(uids), parts)))

        return self.ask(ask)

    def check_gone(self, folder: str, uids: Sequence[int]) -> None:
        """Raise `Garbled` where the server still has what it did not give."""
        if uids and set(self.search(folder, f"UID {numbers(uids)}")) & set(uids):
            raise self.garbled(f"did not give messages that {folder} has ({numbers(uids)[:60]})")

    # -- the connection --------------------------------------------------------------

    def enter(self, box: MailBox, folder: str) -> int:
        """Open a folder to read; how many messages are in it. Raises `Garbled` if it was remade."""
        if self.inside == folder:
            return 1
        from imap_tools.utils import encode_folder

        told = self.good(box.client.select(encode_folder(folder), True))  # type: ignore[arg-type]
        self.inside = folder
        said = box.client.response("UIDVALIDITY")[1][-1]
        validity = int(said) if isinstance(said, bytes) and said.isdigit() else 0
        if self.validities.setdefault(folder, validity) != validity:
            raise self.garbled(f"made {folder} anew while it was read")
        return int(told[-1] or 0) if isinstance(told[-1], bytes) and told[-1].isdigit() else 1

    def ask(self, what: Callable[[MailBox], T]) -> T:
        """Do it, on a new connection when the one there was broke off."""
        tried = 0
        while True:
            try:
                with self.worded():
                    box = self.connected()
                    with box.client.within():
                        return what(box)
            except Unreached as error:
                self.close()
                tried += 1
                if tried >= self.limits.tries:
                    raise
                wait = waiting.backed_off_s(tried - 1, self.outside.chance())
                log.info("%s: %s; trying again in %.1f s", error.where, error.problem, wait)
                self.outside.sleep(wait)
            except NetError:
                self.close()
                raise

    def connected(self) -> MailBox:
        """The mailbox, its owner known."""
        if self.box is None:
            from knowledge.sources.mailbox.wire import MailBox, logged_in

            self.account.check()
            oauth = self.account.oauth
            token = self.account.token
            if oauth is not None:
                token = oauth.token(self.guard, self.limits, self.outside)
            self.secrets = self.account.secrets(token)
            self.box = MailBox(self.account, self.guard, self.limits)
            with self.login_worded():
                logged_in(self.box, self.account, token)
        return self.box

    def close(self) -> None:
        """End the connection."""
        box, self.box, self.inside = self.box, None, ""
        if box is not None:
            box.client.shutdown()

    def __enter__(self) -> Session:
        """For `with`: a pass."""
        self.validities.clear()
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""
        if self.box is not None:
            with suppress(Exception), self.box.client.within():
                self.box.logout()
        self.close()

    # -- trouble in words ------------------------------------------------------------

    def good(self, answer: tuple[str, list[Any]]) -> list[Any]:
        """What a command gave. Raises where the server said no."""
        kind, told = answer
        if kind == "OK":
            return told
        said = b" ".join(part for part in told if isinstance(part, bytes)).decode(
            "utf-8", "replace"
        )
        raise self.refused(said)

    def refused(self, said: str) -> NetError:
        """What a NO means."""
        shown = self.redacted(said)
        if any(word in said.upper() for word in PASSING):
            return Unreached(self.account.where, f"the server fails ({shown})", LATER)
        if "[NONEXISTENT]" in said.upper():
            return Missing(self.account.where, f"has no such folder ({shown})", "Check `folders`")
        problem = f"the server refuses it ({shown})"
        return Refused(self.account.where, problem, "Check `folders` and what the login may read")

    def redacted(self, said: str) -> str:
        """What a server said, without what it must not repeat."""
        for secret in self.secrets:
            said = said.replace(secret, "***")
        return " ".join(said.split())[:300].rstrip(".")

    def garbled(self, problem: str) -> Garbled:
        """An answer that is none."""
        remedy = "Check that `host` is an IMAP server; the next sync asks again"
        return Garbled(self.account.where, problem, remedy)

    @contextmanager
    def login_worded(self) -> Iterator[None]:
        """A login that fails says so, and is not tried again."""
        import imaplib

        from imap_tools.errors import MailboxLoginError

        try:
            yield
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, MailboxLoginError) as error:
            said = self.redacted(str(error))
            if any(word in said.upper() for word in PASSING):
                raise Unreached(self.account.where, f"the server fails ({said})", LATER) from None
            raise Denied(self.account.where, f"does not let us in ({said})", RENEW) from None

    @contextmanager
    def worded(self) -> Iterator[None]:
        """Whatever goes wrong, as a `NetError`."""
        import imaplib

        from imap_tools.errors import ImapToolsError

        from knowledge.sources.mailbox.wire import AnswerTooLarge

        where = self.account.where
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            problem = f"its certificate is not trusted ({brief(error)})"
            remedy = "Check `host`, or name the authority's file in `certificates`"
            raise Refused(where, problem, remedy) from error
        except ssl.SSLError as error:
            problem = f"speaks no TLS as it should ({brief(error)})"
            raise Unreached(where, problem, "Check `port` and `security`") from error
        except AnswerTooLarge as error:
            most = f"sends more than {self.limits.max_bytes / MEBIBYTE:g} MiB at once"
            raise TooLarge(where, most, "Raise `max_bytes`, or check the server") from error
        except (OSError, EOFError, imaplib.IMAP4.abort) as error:
            said = self.redacted(brief(error))
            raise Unreached(where, f"no answer ({said})", LATER) from error
        except (imaplib.IMAP4.error, ImapToolsError, ValueError, IndexError, TypeError) as error:
            said = self.redacted(brief(error))
            if any(word in said.upper() for word in (*PASSING, "* BYE")):
                raise Unreached(where, f"the server fails ({said})", LATER) from None
            raise self.garbled(f"answered what is no IMAP ({said})") from None


def lower(flags: Sequence[str]) -> set[str]:
    """Flags, whose case does not count."""
    return {flag.lower() for flag in flags}
