"""What can go wrong in the bot; each error says what, where, and what to do."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.errors import KnowledgeError
from model.errors import ModelError, PromptTooLong, UnknownTask


class BotError(Exception):
    """Any expected failure of this package."""


class WrongUse(BotError):
    """Something was asked for in a way, or set to a value, that cannot be: exit code 2."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the settings."""

    place: str  # file, line and key path, or the environment variable
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}. {self.remedy}{'' if self.remedy.endswith('?') else '.'}"


class SettingsWrong(WrongUse):
    """The settings cannot be used; all that is wrong with them is told at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SecretMissing(WrongUse):
    """A secret that the settings refer to is not where they say."""

    def __init__(self, reference: str, problem: str, remedy: str) -> None:
        self.reference, self.problem, self.remedy = reference, problem, remedy
        super().__init__(f"Secret {reference}: {problem}. {remedy}.")


class UnknownPlugin(WrongUse):
    """No plugin of that kind has that name."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(f"No {kind} called {name!r}. There are: {', '.join(known) or 'none'}.")


class PluginOptionsWrong(WrongUse):
    """A plugin cannot be built from these options; one sentence for each that is wrong."""

    def __init__(self, kind: str, name: str, problems: Sequence[str]) -> None:
        self.kind, self.name, self.problems = kind, name, tuple(problems)
        super().__init__(f"{kind} {name!r}: {'; '.join(problems)}.")


class UnknownSpace(WrongUse):
    """No space has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No space called {name!r}. There are: {', '.join(known)}.")


class QuestionRefused(WrongUse):
    """A question that is not answered, and why; nothing was asked of anything."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why  # what was asked, cut to a readable length; in words
        super().__init__(f"{why} It was: {what!r}." if what else why)


class UnknownSource(WrongUse):
    """No source has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"No source called {name!r}. There are: {', '.join(known) or 'none'}.")


class BatchWrong(WrongUse):
    """A file of questions or queries cannot be used; nothing of it was asked."""

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.path, self.problems = path, tuple(problems)
        told = "\n".join(f"  {problem}" for problem in problems[:20])
        more = f"\n  and {len(problems) - 20} more" if len(problems) > 20 else ""
        super().__init__(f"{path}: nothing was asked, since\n{told}{more}")


class UnknownInteraction(BotError):
    """No interaction has that id."""

    def __init__(self, id: int) -> None:
        self.id = id
        super().__init__(f"No interaction {id}. See `tandem interactions`.")


class DatabaseError(BotError):
    """Something is wrong with the database at `url` (never with its password)."""

    def __init__(self, url: str, problem: str, remedy: str) -> None:
        self.url, self.problem, self.remedy = url, problem, remedy
        super().__init__(f"Database {url}: {problem}. {remedy}.")


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached, opened, read or written."""


class DatabaseNewer(DatabaseError):
    """A newer Tandem made this database; it was left untouched."""

    def __init__(self, url: str, revision: str, newest: str) -> None:
        self.revision, self.newest = revision, newest
        super().__init__(
            url,
            f"it is at revision {revision}, which this Tandem (up to {newest}) does not know",
            "Update Tandem, or point `database.url` at another database; nothing was changed",
        )


def failure_code() -> str:
    """A short code that ties an apology to its line in the log and its row in SQL."""
    return f"T-{secrets.token_hex(2).upper()}"


def apology(error: BaseException, code: str) -> str:
    """What a person in the chat reads; the details go to the log, never to the channel."""
    match error:
        case QuestionRefused():
            return error.why
        case UnknownTask() | UnknownSpace() | PromptTooLong():
            return f"{plain(error)} (code {code})"
        case KnowledgeError():
            what = "I can't reach our sources right now. Please ask again in a few minutes."
        case ModelError():
            what = "My model is not available right now. Please ask again in a few minutes."
        case _:
            what = "Something went wrong on my side. It has been noted."
    return f"{what} (code {code})"


def plain(error: UnknownTask | UnknownSpace | PromptTooLong) -> str:
    """What a person can do about a question that cannot be answered as it stands."""
    match error:
        case PromptTooLong():
            return "That is too long for me. Please send a shorter text."
        case UnknownTask():
            return f"I know no task of that name. I know: {', '.join(error.known)}."
        case _:
            return "I know no space of that name."
