"""Which mail is read: of which folders, since when, from whom and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
AGE = re.compile(r"(\d{1,5})\s*d(ays?)?")


class ChoiceWrong(Exception):
    """A setting that fits nothing; the message says which, and what to do."""


@dataclass(frozen=True)
class Choice:
    """What is chosen; see `source`."""

    folders: tuple[str, ...]
    since: str = ""
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    max_messages: int = 50_000  # of all folders

    def among(self, there: Sequence[str]) -> list[str]:
        """The folders that are meant, in the order of the setting. Raises `ChoiceWrong`."""
        meant: dict[str, None] = {}
        for wanted in self.folders:
            fits = [name for name in there if fitting(name, wanted)]
            if not fits:
                known = ", ".join(there[:20])
                raise ChoiceWrong(f"there is no folder {wanted!r}; there are {known}")
            meant |= dict.fromkeys(fits)
        return list(meant)

    def criteria(self, now_s: float) -> str:
        """What is searched for: neither drafts nor what is marked as deleted."""
        first = self.first_day(now_s)
        day = f" SINCE {first.day}-{MONTHS[first.month - 1]}-{first.year}" if first else ""
        return "UNDELETED UNDRAFT" + day

    def first_day(self, now_s: float) -> date | None:
        """The day since which mail is read. Raises `ChoiceWrong`."""
        if not self.since:
            return None
        if age := AGE.fullmatch(self.since.strip()):
            return (datetime.fromtimestamp(now_s, UTC) - timedelta(days=int(age[1]))).date()
        try:
            return date.fromisoformat(self.since.strip())
        except ValueError:
            problem = f"`since` is {self.since!r}; write a date (2026-01-31) or an age (365d)"
            raise ChoiceWrong(problem) from None

    def takes(self, senders: Iterable[str], recipients: Iterable[str]) -> bool:
        """Is a message from and to these addresses meant?"""
        return anyone(self.senders, senders) and anyone(self.recipients, recipients)


def fitting(name: str, wanted: str) -> bool:
    """Is this the folder, or one of the pattern? INBOX is so in any case."""
    if wanted.upper() == "INBOX":
        return name.upper() == "INBOX"
    return name == wanted or ("*" in wanted and fnmatchcase(name, wanted.replace("[", "[[]")))


def anyone(wanted: Sequence[str], there: Iterable[str]) -> bool:
    """Is one of the addresses wanted? "@acme.example" is everyone there; none: all are."""
    ends = [address.lower() for address in wanted]
    return not ends or any(
        address == end or (end.startswith("@") and address.endswith(end))
        for address in (told.lower() for told in there)
        for end in ends
    )
