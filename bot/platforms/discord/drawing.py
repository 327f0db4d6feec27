"""How an answer stands in Discord: its text, and under the last part sources, thumbs, buttons.

The text is a message's content, the sources and the footer an embed's; each has limits of its
own, so neither ever cuts the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot import wording
from bot.addresses import links
from bot.conversation import Interaction, Mode, Outcome, Verdict
from bot.measures import clipped, shortened, size
from bot.platforms.discord.citing import sources, titles
from bot.platforms.discord.controls import Controls, Mark, redo, share, stop, vote
from bot.platforms.discord.cutting import parts
from bot.platforms.discord.drawn import LABEL, Button, Drawn
from bot.platforms.discord.inline import literal
from bot.platforms.discord.text import plain, words
from knowledge.documents import Passage

CONTENT = 2_000  # of a message; Discord counts code points, of which UTF-16 has never fewer
DESCRIPTION, EMBEDS = 4_096, 6_000  # of an embed; of all embeds of a message
FOOTER, OPENING = 600, 300
BESIDE = 2  # embeds of a message that one person alone sees that go on with the text
WRITING, FOUND = "✍️", "🔎"
SILENT = (Outcome.FAILED, Outcome.STOPPED)  # there is nothing to judge


def opening(question: str) -> str:
    """The line that shows what a command asked: quoted, inert, at most `OPENING` units."""
    return f"> {_fitting(question, OPENING - 2)}"


def whole(interaction: Interaction, controls: Controls, opening: str = "") -> list[Drawn]:
    """The answer as complete messages, at least one; sources and buttons under the last only.

    `opening` is what the function of that name gives: the first message begins with it.
    """
    *texts, last = _texts(interaction, opening)
    ending = _ending(interaction, DESCRIPTION)
    return [*map(Drawn, texts), Drawn(last, ending, _buttons(interaction, controls))]


def alone(interaction: Interaction, controls: Controls, opening: str = "") -> Drawn:
    """The answer as one message, for where only one can be shown; sources and thumbs are kept.

    What the content has no room for goes on in embeds; it is said if not all fits.
    """
    text, *others = _texts(interaction, opening)
    more = others[:BESIDE]
    if len(others) > BESIDE:
        more[-1] = f"{more[-1]}\n-# {wording.REST_LEFT}"
    ending = _ending(interaction, EMBEDS - sum(map(size, more)))
    embeds = tuple(discord.Embed(description=part) for part in more)
    return Drawn(text, ending, _buttons(interaction, controls), embeds)


def writing(text: str, mark: Mark) -> Drawn:
    """An unfinished part, as `Flow.open` gives it, with its sign and a Stop button."""
    sign = f"-# {WRITING} {wording.WRITING}"
    room = CONTENT - size(sign) - 1
    return Drawn(f"{clipped(text, room)}\n{sign}".lstrip("\n"), None, (_stop(mark),))


def found(passages: Sequence[Passage], mark: Mark) -> Drawn:
    """The pages that are read now, until there is text."""
    pages = len({passage.chunk.page for passage in passages})
    told = wording.pages_found(pages, titles(passages)) if pages else wording.FOUND_NOTHING
    return Drawn(f"-# {FOUND} {told}", None, (_stop(mark),))


def notice(text: str) -> Drawn:
    """A message of Tandem's own, read as it stands; instead of an answer, or to one person."""
    told = literal(text.strip())
    if size(told) > CONTENT:
        told = shortened(literal(shortened(text.strip(), CONTENT // 2)), CONTENT)
    return Drawn(told.strip() or wording.EMPTY)


def _texts(interaction: Interaction, opening: str) -> list[str]:
    answer = interaction.answer
    texts = parts(answer.text, links(answer.citations), opening)
    if texts == [opening]:
        return [f"{opening}\n\n{wording.EMPTY}".strip()]
    return texts


def _ending(interaction: Interaction, room: int) -> discord.Embed:
    """Sources and footer in at most `room` units, all told."""
    footer = plain(wording.footer(interaction), FOOTER)
    room = min(DESCRIPTION, room - size(footer) - size(wording.SOURCES))
    cited = sources(interaction.answer.citations, room)
    embed = discord.Embed(title=wording.SOURCES, description=cited) if cited else discord.Embed()
    return embed.set_footer(text=footer)


def _buttons(interaction: Interaction, told: Controls) -> tuple[Button, ...]:
    """Thumbs, and what else can be done with the answer; an apology can only be tried again."""
    modes = _other_modes(interaction)
    again = [Button(_label(wording.redo_as(mode)), redo(mode, told.item)) for mode in modes]
    if interaction.answer.outcome in SILENT:
        return tuple(again)
    thumbs = [
        Button("", vote(Verdict.UP, interaction.id), emoji="👍"),
        Button("", vote(Verdict.DOWN, interaction.id), emoji="👎"),
    ]
    shared = [Button(_label(told.share), share(told.item))] if told.share else []
    return (*thumbs, *again, *shared)


def _other_modes(interaction: Interaction) -> list[Mode]:
    """The modes that the answer was not in; after a failure, another try as it was asked."""
    if interaction.answer.outcome in SILENT:
        return [Mode.AUTO]
    return [mode for mode in (Mode.RAG, Mode.TUNED) if mode is not interaction.route.mode]


def _stop(mark: Mark) -> Button:
    return Button(_label(wording.STOP), stop(mark), discord.ButtonStyle.danger)


def _label(text: str) -> str:
    return plain(text, LABEL)


def _fitting(text: str, most: int) -> str:
    """A line that is only read, in at most `most` units with its marks escaped."""
    room = most
    while size(words(text, room)) > most:
        room = room * 9 // 10
    return words(text, room)
