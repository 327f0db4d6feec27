"""What can go wrong in the network; each error says what, where, and what to do."""

from __future__ import annotations

from knowledge.errors import KnowledgeError, SourceUnreadable


class NetError(KnowledgeError):
    """Any expected failure of the network; `where` is an address without its secrets."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        self.where, self.problem, self.remedy = where, problem, remedy
        super().__init__(f"{where}: {problem}. {remedy}.")

    @property
    def reason(self) -> str:
        """As an `Unreadable` tells it, whose key says where."""
        return f"{self.problem}; {self.remedy[:1].lower()}{self.remedy[1:]}"

    def of(self, source: str) -> SourceUnreadable:
        """The same as the failure of a whole source."""
        return SourceUnreadable(source, f"{self.where}: {self.problem}", self.remedy)


class Refused(NetError):
    """What is not done, by us or by the service; the same request is never tried again."""


class TooLarge(Refused):
    """The answer is larger than the limit, as it came or once it was unpacked."""


class Denied(Refused):
    """The service does not know us or does not let us (401, 403)."""


class Missing(Refused):
    """There is nothing there (404), or no more (410)."""


class Garbled(NetError):
    """An answer came, but it is not what it says that it is, or not what was asked for."""


class Unreached(NetError):
    """No whole answer came, often as it was asked for."""


class RateLimited(NetError):
    """The service wants us to wait for longer than we do; `wait_s`: seconds, as it said."""

    def __init__(self, where: str, problem: str, remedy: str, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(where, problem, remedy)
