"""What the leak tests of every platform share: secret words by source, and a model that tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from model.backends import Prompt, Sampling
from tests.fakes import FakeBackend

SECRETS = {  # by source, the word that stands in it alone
    "handbook": "wombat",
    "payroll": "quokka",
    "engineering": "numbat",
    "website": "dingo",
}
PAGES = {
    source: {f"leave-{secret}": f"The leave of the {secret} is 27 days."}
    for source, secret in SECRETS.items()
}
QUESTION = "How many days of leave do I get?"
OPEN_SOURCES = {"handbook": ["everyone"], "website": ["public"]}  # by source, its spaces
WORDS = set(SECRETS.values())
SECRECY = ("dingo", "wombat", "numbat", "quokka")
NOTE = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)


class Parrot(FakeBackend):
    """Says the most secret note that it was told."""

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Its answer in one piece."""
        notes = NOTE.findall(told(prompt)) or [("1", "nothing")]
        number, said = max(notes, key=lambda note: secrecy(note[1]))
        self.pieces = (f"Answer {number}: ", said)
        return super().complete(prompt, sampling)


def told(prompt: Prompt) -> str:
    """All words of a prompt."""
    return "\n".join(message.text for message in prompt.messages)


def secrecy(line: str) -> int:
    """How few may read what a line says."""
    return max((n for n, word in enumerate(SECRECY) if word in line), default=-1)


def secrets(thing: object) -> set[str]:
    """The secret words in anything that can be printed."""
    text = json.dumps(thing, default=str).casefold()
    return {word for word in WORDS if word in text}
