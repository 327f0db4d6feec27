"""The port of a platform under test: people who talk to a bot, and what they see of it.

A platform joins the parity suite (`tests/test_platforms.py`) with one `Opening`: it runs the real
adapter against a local server of the platform, in which these people and channels are:

- people "ben", "ana" (members), "pia" (who belongs to the space "payroll"), and a bot, "robo";
- channels "general", "team" (all three read them), "pay" (of the space "payroll"; ben and pia),
  and by when the bot speaks up there: "auto", "mentions", "off"; "dm" is the speaker's own.

Texts are written as people type them: "@tandem" and "@ana" become the platform's mentions.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.conversation import Verdict
from bot.posts import Speaking
from knowledge.documents import Passage
from knowledge.errors import SourceUnreadable
from model.backends import Prompt, Sampling
from tests.bots import PAGES, WORD, Made
from tests.fakes import FakeBackend

BOT, SHARE, STOP = "@tandem", "Share in thread", "Stop"
SPEAKS = {"auto": Speaking.AUTO, "mentions": Speaking.MENTION, "off": Speaking.OFF}
NUMBER = re.compile(r"#(\d+)")
NOTE = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)  # in a prompt


@dataclass(frozen=True)
class Said:
    """A message of a person, or the one that stands for a command."""

    person: str
    channel: str  # as it was named
    id: str
    thread: str  # the id of its root: its own, where it begins one


@dataclass(frozen=True)
class Shown:
    """A message of the bot as people see it."""

    id: str
    channel: str  # its id
    text: str  # all words that stand in it
    links: tuple[str, ...] = ()  # addresses of the sources that are named in it
    thumbs: int = 0  # pairs of them
    buttons: tuple[str, ...] = ()  # their labels
    footer: str = ""  # the line that ends with the interaction's number
    only_for: str = ""  # the person who alone sees it


@dataclass(frozen=True)
class Stands:
    """All messages of the bot that stand in answer to something, in order."""

    parts: tuple[Shown, ...]

    @property
    def text(self) -> str:
        """The words of all parts."""
        return "\n".join(part.text for part in self.parts)

    @property
    def last(self) -> Shown:
        """The part that bears sources and thumbs."""
        return self.parts[-1]

    @property
    def number(self) -> int:
        """The interaction's number in the footer."""
        found = NUMBER.findall(self.last.footer)
        assert found, f"no footer under {self.text!r}"
        return int(found[-1])


class Chat(Protocol):
    """A platform under test. Calls return when the platform took what was done, not before."""

    name: str
    bot: Made
    longest: int  # characters that a message may have

    async def say(
        self, person: str, text: str, thread: Said | None = None, channel: str = "general"
    ) -> Said:
        """Write a message."""

    async def edit(self, said: Said, text: str) -> None:
        """Change its words."""

    async def unfurl(self, said: Said) -> None:
        """The platform adds a link's preview to it."""

    async def delete(self, said: Said) -> None:
        """Take it away."""

    async def replay(self) -> None:
        """The platform tells of all that happened once more."""

    async def command(self, person: str, name: str, text: str, channel: str = "general") -> Said:
        """Ask by the command of that name ("ask", "rag", "tuned"); where its answer stands."""

    async def command_privately(self, person: str, name: str, text: str) -> None:
        """Ask by command in "general", for an answer that no channel sees."""

    async def order(self, person: str, text: str, channel: str = "general") -> str:
        """Give an order by command; what is said to that person alone."""

    async def choose(self, person: str, choice: str, said: Said) -> str:
        """Choose "ask", "summarize" or "rewrite" from a message's menu; the private result."""

    async def press(self, person: str, shown: Shown, label: str) -> None:
        """Press the button with that label."""

    async def vote(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Press a thumb."""

    async def react(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Give a thumb as a reaction."""

    async def unreact(self, person: str, shown: Shown, verdict: Verdict) -> None:
        """Take that reaction back."""

    async def react_to(self, person: str, said: Said, verdict: Verdict) -> None:
        """Give a thumb as a reaction to a person's message."""

    async def tick(self, person: str, said: Said) -> None:
        """Give a ✅ as a reaction to a person's message."""

    async def untick(self, person: str, said: Said) -> None:
        """Take it back."""

    async def asked_why(self, person: str) -> bool:
        """Is the form that asks what was wrong open for that person?"""

    async def correct(self, person: str, reason: str, correction: str) -> None:
        """Fill that form in and send it."""

    async def stop(self, person: str, said: Said) -> None:
        """Press Stop while the answer is written."""

    async def sees(self, words: str, channel: str = "general") -> None:
        """Wait until these words stand in a channel."""

    async def heard(self) -> None:
        """Wait until the bot heard all that was said."""

    async def settled(self) -> None:
        """Wait until it did all that it will do about it, too."""

    async def answer_to(self, said: Said) -> Stands:
        """What stands in answer to it once all is settled."""

    async def alone(self, person: str) -> Stands:
        """What the bot told that person alone in answer to something said elsewhere."""

    async def transcript(self, channel: str = "general") -> str:
        """The channel as all who read it see it."""

    async def signs(self) -> Sequence[str]:
        """All that the bot did so far which anybody could see: messages, statuses, reactions."""

    async def statuses(self) -> int:
        """How often the bot said that it is at work, before it answered."""

    async def pings(self) -> Sequence[str]:
        """The mentions in the bot's messages that make a sound somewhere."""

    async def refuse_forms(self) -> None:
        """From now on the platform opens no form."""

    async def refuse_posts(self) -> None:
        """From now on the platform takes no messages of the bot."""


Opening = Callable[..., AbstractAsyncContextManager[Chat]]
"""Opens a platform over a bot: `opening(made: Made)`."""

Chatting = Callable[..., AbstractAsyncContextManager[Chat]]
"""Opens a chat with a bot of one's own: the arguments of `tests.bots.made`, beside its home."""


class Knowing(FakeBackend):
    """A model that says the page that is nearest to the question, word for word."""

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Its answer in two pieces."""
        notes, _, asked = prompt.messages[-1].text.rpartition("Question: ")
        known = [said for texts in PAGES.values() for said in texts.values() if said in notes]
        known = known or [line for _, line in NOTE.findall(notes)]  # a test changed the pages
        words = set(WORD.findall(asked.rpartition(":")[2].casefold()))  # behind what leads to it
        best = max(known, key=lambda said: len(words & set(WORD.findall(said.casefold()))))
        number = next(n for n, line in NOTE.findall(notes) if line == best)
        self.pieces = (f"Answer {number}: ", best)
        return super().complete(prompt, sampling)

    @property
    def told(self) -> str:
        """All that it was ever told."""
        return "\n".join(m.text for prompt in self.heard for m in prompt.messages)


def broken_index(text: str, sources: Sequence[str] | None) -> list[Passage]:
    """A search that fails."""
    raise SourceUnreadable("handbook", "no answer from 10.0.0.7", "Start Weaviate")


def kept(home: Path) -> str:
    """All that stands in SQL, as text."""
    with closing(sqlite3.connect(home / "tandem.db")) as database:
        return "\n".join(database.iterdump())


def rows(home: Path, query: str, *given: str) -> list[tuple[Any, ...]]:
    """What SQL answers."""
    with closing(sqlite3.connect(home / "tandem.db")) as database:
        return list(database.execute(query, given))


def counted(home: Path, table: str) -> int:
    """How many rows a table has."""
    return int(rows(home, f"SELECT count(*) FROM {table}")[0][0])
