"""The terminal as a platform: streamed answers, their sources, and a conversation."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from bot import wording
from bot.assistant import Assistant
from bot.conversation import Interaction, Mode, Outcome, Place, Question, Turn
from bot.errors import BotError
from bot.intake import clean
from bot.routing import keyword
from knowledge.documents import Passage

if TYPE_CHECKING:
    from bot.desk import Desk

QUOTE_WIDTH = 220  # characters of a quote that are shown


class TerminalWatcher:
    """Shows an answer on stdout while it is written, and on stderr what is being done."""

    def __init__(self, out: Console, aside: Console) -> None:
        self.out, self.aside, self.begun = out, aside, False
        self._status: Status | None = None

    def status(self, text: str) -> None:
        """Say what is being done, on stderr and only to a person."""
        if not self.aside.is_terminal:
            return
        if self._status is None:
            self._status = self.aside.status(escape(text))
            self._status.start()
        self._status.update(escape(text))

    def found(self, passages: Sequence[Passage]) -> None:
        """The sources stand below the answer."""

    def piece(self, text: str) -> None:
        """Print the next piece at once."""
        self.quiet()
        self.begun = True
        self.out.print(text, end="", markup=False, highlight=False, soft_wrap=True)
        self.out.file.flush()

    def quiet(self) -> None:
        """Take the status away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    @property
    def stopped(self) -> bool:
        """Ctrl-C ends the process instead."""
        return False


def here(thread: str = "") -> Place:
    """The place that a terminal is."""
    return Place("terminal", thread=thread)


def asker() -> str:
    """Who sits at the terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def read_question(
    text: str,
    limit: int,
    mode: Mode = Mode.AUTO,
    task: str | None = None,
    thread: tuple[Turn, ...] = (),
    spaces: tuple[str, ...] | None = None,
) -> Question:
    """The question as typed; a leading `rag:` or `tuned TASK:` forces the mode.

    Raises `QuestionRefused`.
    """
    said, forced, named = keyword(clean(text, limit))
    if mode is Mode.AUTO and forced is not Mode.AUTO:
        mode, task, text = forced, task or named, said
    if task is not None and mode is Mode.AUTO:
        mode = Mode.TUNED
    return Question(clean(text, limit), asker(), here(), thread, mode, task, spaces)


def draw(interaction: Interaction, out: Console, watcher: TerminalWatcher | None = None) -> None:
    """Print what of the answer is not on the screen yet, its sources, and a footer."""
    answer = interaction.answer
    if watcher is not None:
        watcher.quiet()
    if watcher is None or not watcher.begun:
        out.print(answer.text, markup=False, highlight=False, soft_wrap=True, end="")
    out.print("\n")
    for citation in answer.citations:
        out.print(f"[bold]\\[{citation.number}][/] {escape(citation.title)}", highlight=False)
        out.print(f"    [blue]{escape(citation.url)}[/]", highlight=False, soft_wrap=True)
        quote = " ".join(citation.quote.split())
        cut = quote if len(quote) <= QUOTE_WIDTH else quote[: QUOTE_WIDTH - 1] + "…"
        out.print(f"    [dim]“{escape(cut)}”[/]", highlight=False, soft_wrap=True)
    out.print(f"[dim]{escape(footer(interaction))}[/]", highlight=False, soft_wrap=True)


def footer(interaction: Interaction) -> str:
    """Mode, task, model, times and id, in a line; of an answer given again, since when."""
    timings, earlier = interaction.timings, interaction.answer.cached_from
    times = [
        f"first words {timings.first_piece_ms / 1000:.1f} s" if timings.first_piece_ms else "",
        f"in all {timings.total_ms / 1000:.1f} s" if timings.total_ms else "",
    ]
    if earlier is not None:
        times = [wording.again(earlier.asked_at.astimezone().strftime("%Y-%m-%d %H:%M"))]
    return wording.footer(interaction, times)


class TerminalPlatform:
    """A conversation in the terminal."""

    def __init__(
        self,
        name: str,
        limit: int = 20_000,
        read: Callable[[str], str] = input,
        out: Console | None = None,
        aside: Console | None = None,
        spaces: tuple[str, ...] | None = None,
    ) -> None:
        self._name, self.limit, self.read, self.spaces = name, limit, read, spaces
        self.out, self.aside = out or Console(), aside or Console(stderr=True)

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    async def run(self, desk: Desk) -> None:
        """Converse; who sits here waits for each answer, so nothing goes through the inbox."""
        await self.converse(desk.assistant)

    async def converse(self, assistant: Assistant) -> None:
        """Ask and answer until the input ends or a person says `/quit`."""
        thread: list[Turn] = []
        self.aside.print("[dim]rag: or tuned: forces a mode · /new begins anew · /quit leaves[/]")
        while True:
            try:
                text = await asyncio.to_thread(self.read, "\n> ")
            except EOFError:
                return
            if text.strip() in ("/quit", "/exit"):
                return
            if text.strip() == "/new":
                thread.clear()
                continue
            if text.strip():
                await asyncio.to_thread(self._turn, text, thread, assistant)

    def _turn(self, text: str, thread: list[Turn], assistant: Assistant) -> None:
        try:
            question = read_question(text, self.limit, thread=tuple(thread), spaces=self.spaces)
        except BotError as error:
            self.aside.print(str(error), style="red", markup=False)
            return
        watcher = TerminalWatcher(self.out, self.aside)
        interaction = assistant.ask(question, watcher)
        draw(interaction, self.out, watcher)
        if interaction.answer.outcome is not Outcome.FAILED:
            thread += [Turn("user", question.text), Turn("assistant", interaction.answer.text)]


def platform(name: str, limit: int = 20_000) -> TerminalPlatform:
    """Converse in the terminal; a question may be `limit` characters long."""
    return TerminalPlatform(name, limit)
