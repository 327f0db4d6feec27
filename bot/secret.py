"""A secret by reference: where it lies is kept in the settings, what it says is read on use."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.errors import SecretMissing

NAME = re.compile(
    r"(^|_)(token|secret|password|passwd|credentials?|(api|access|secret|private)_?key)$", re.I
)
VALUE = re.compile(
    r"(xox[a-z]-|xapp-|sk-\w|gh[pousr]_\w|github_pat_|glpat-|hf_\w{20}|AKIA[0-9A-Z]{16}"
    r"|[\w-]{23,28}\.[\w-]{6}\.[\w-]{27,}$)|[a-z+]+://[^/\s@]*:[^/\s@]+@"
)

EMPTY = "the file is empty", "Put the secret there"
UNSET = "the variable is not set", "Set it where `tandem` is started"


def names_secret(key: str) -> bool:
    """Is a setting of that name a secret, such as `bot_token`?"""
    return NAME.search(key) is not None


def is_secret(value: object) -> bool:
    """Does this text look like a token, or like an address with a password in it?"""
    return isinstance(value, str) and VALUE.match(value) is not None


@dataclass(frozen=True)
class Secret:
    """`{ env = "NAME" }` or `{ file = "PATH" }`; exactly one of the two is set."""

    env: str = ""
    file: Path | None = None

    def __str__(self) -> str:
        if self.file is not None:
            return f'{{ file = "{self.file}" }}'
        return f'{{ env = "{self.env}" }}'

    @property
    def given(self) -> bool:
        """Is there something where the reference points?"""
        try:
            self.resolve()
        except SecretMissing:
            return False
        return True

    def resolve(self) -> SecretStr:
        """What it says, in a type that never prints. Raises `SecretMissing`."""
        text = self._from_file(self.file) if self.file else os.environ.get(self.env, "")
        if not text.strip():
            raise SecretMissing(str(self), *(EMPTY if self.file else UNSET))
        return SecretStr(text.strip())

    def _from_file(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise SecretMissing(str(self), f"cannot be read: {reason}", "Check the path") from error


def looks_like_reference(value: object) -> bool:
    """Is this the table of a reference, as TOML gives it?"""
    return isinstance(value, Mapping) and len(value) == 1 and set(value) <= {"env", "file"}


def holds_secret(value: object) -> bool:
    """Is there a `Secret` in `value`, at any depth?"""
    match value:
        case Secret():
            return True
        case Mapping():
            return any(holds_secret(part) for part in value.values())
        case str():
            return False
        case Sequence():
            return any(holds_secret(part) for part in value)
    return False


def revealed(value: Any) -> Any:
    """`value` with every `Secret` in it as plain text, for the one who uses it."""
    match value:
        case Secret():
            return value.resolve().get_secret_value()
        case Mapping():
            return {key: revealed(part) for key, part in value.items()}
        case list() | tuple():
            return type(value)(revealed(part) for part in value)
    return value
