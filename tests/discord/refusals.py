"""How Discord refuses a call: a status, a code, a sentence, and the places of what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

UNAUTHORIZED, FORM = 0, 50035
UNKNOWN_APPLICATION, UNKNOWN_CHANNEL, UNKNOWN_GUILD = 10002, 10003, 10004
UNKNOWN_MEMBER, UNKNOWN_MESSAGE, UNKNOWN_USER, UNKNOWN_EMOJI = 10007, 10008, 10013, 10014
UNKNOWN_ROLE = 10011
UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, UNKNOWN_COMMAND = 10015, 10062, 10063
COMMANDS_FULL, REACTIONS_FULL, ACKNOWLEDGED = 30032, 30010, 40060
NO_ACCESS, NOT_IN_DMS, NOT_THE_AUTHOR, EMPTY, CANNOT_DM = 50001, 50003, 50005, 50006, 50007
NOT_TEXT, NO_PERMISSION, WRONG_CHANNEL_TYPE, INVALID_WEBHOOK_TOKEN = 50008, 50013, 50024, 50027
SYSTEM_MESSAGE, ARCHIVED, NOT_JSON = 50021, 50083, 50109
NO_HISTORY, THREAD_EXISTS, LOCKED, THREADS_FULL = 160002, 160004, 160005, 160006

SENTENCES = {
    UNAUTHORIZED: (401, "401: Unauthorized"),
    UNKNOWN_APPLICATION: (404, "Unknown Application"),
    UNKNOWN_CHANNEL: (404, "Unknown Channel"),
    UNKNOWN_GUILD: (404, "Unknown Guild"),
    UNKNOWN_MEMBER: (404, "Unknown Member"),
    UNKNOWN_MESSAGE: (404, "Unknown Message"),
    UNKNOWN_USER: (404, "Unknown User"),
    UNKNOWN_ROLE: (404, "Unknown Role"),
    UNKNOWN_EMOJI: (400, "Unknown Emoji"),
    UNKNOWN_WEBHOOK: (404, "Unknown Webhook"),
    UNKNOWN_INTERACTION: (404, "Unknown interaction"),
    UNKNOWN_COMMAND: (404, "Unknown application command"),
    REACTIONS_FULL: (403, "Maximum number of reactions reached (20)"),
    COMMANDS_FULL: (400, "Maximum number of application commands reached (100)."),
    ACKNOWLEDGED: (400, "Interaction has already been acknowledged."),
    NO_ACCESS: (403, "Missing Access"),
    NOT_IN_DMS: (403, "Cannot execute action on a DM channel"),
    NOT_THE_AUTHOR: (403, "Cannot edit a message authored by another user"),
    EMPTY: (400, "Cannot send an empty message"),
    CANNOT_DM: (403, "Cannot send messages to this user"),
    NOT_TEXT: (400, "Cannot send messages in a non-text channel"),
    NO_PERMISSION: (403, "Missing Permissions"),
    SYSTEM_MESSAGE: (403, "Cannot execute action on a system message"),
    WRONG_CHANNEL_TYPE: (400, "Cannot execute action on this channel type"),
    INVALID_WEBHOOK_TOKEN: (401, "Invalid Webhook Token"),
    ARCHIVED: (400, "Thread is archived"),
    NOT_JSON: (400, "The request body contains invalid JSON."),
    NO_HISTORY: (400, "Cannot reply without permission to read message history"),
    THREAD_EXISTS: (400, "A thread has already been created for this message"),
    LOCKED: (403, "Thread is locked"),
    THREADS_FULL: (400, "Maximum number of active threads reached"),
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field; `at` as "embeds.0.title"."""

    at: str
    code: str
    message: str


class Refused(Exception):
    """A call that Discord answers with an error."""

    def __init__(self, code: int, problems: Iterable[Problem] = (), message: str = "") -> None:
        self.code, self.problems = code, tuple(problems)
        self.status, sentence = SENTENCES.get(code, (400, "Invalid Form Body"))
        self.body: Json = {"message": message or sentence, "code": code}
        if self.problems:
            self.body["errors"] = nested(self.problems)
        super().__init__(f"{self.status} {self.body}")


def nested(problems: Iterable[Problem]) -> Json:
    """The problems as Discord nests them: by the parts of their places, then in `_errors`."""
    told: Json = {}
    for problem in problems:
        inner = told
        for part in problem.at.split(".") if problem.at else ():
            inner = inner.setdefault(part, {})
        error = {"code": problem.code, "message": problem.message}
        inner.setdefault("_errors", []).append(error)
    return told


def check(problems: Iterable[Problem]) -> None:
    """Refuse what has problems: 50035, Invalid Form Body."""
    if found := tuple(problems):
        raise Refused(FORM, found)


def required(at: str) -> Problem:
    """A field that must be there."""
    return Problem(at, "BASE_TYPE_REQUIRED", "This field is required")


def too_long(at: str, most: int) -> Problem:
    """More characters than the field holds."""
    return Problem(at, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def bad_length(at: str, least: int, most: int) -> Problem:
    """Too short, or too long."""
    message = f"Must be between {least} and {most} in length."
    return Problem(at, "BASE_TYPE_BAD_LENGTH", message)


def not_a(at: str, kind: str, message: str) -> Problem:
    """A value of another type than the field has, such as "STRING"."""
    return Problem(at, f"{kind}_TYPE_CONVERT", message)


def not_one_of(at: str, choices: Iterable[object]) -> Problem:
    """A value that there is not."""
    told = ", ".join(str(choice) for choice in choices)
    return Problem(at, "BASE_TYPE_CHOICES", f"Value must be one of {{{told}}}.")
