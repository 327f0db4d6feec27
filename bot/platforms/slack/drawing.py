"""How an answer stands in Slack: its text, and under it the sources, a footer, thumbs, buttons.

Slack counts more than a message's text against its size, so what stands under the text has a
share of its own (`ENDING`), and the text above it another (`ROOM`): neither ever cuts the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot import wording
from bot.addresses import links
from bot.conversation import Interaction, Mode, Outcome, Verdict
from bot.cutting import cut
from bot.platforms.slack.blocks import (
    SECTION,
    Block,
    actions,
    button,
    context,
    identified,
    plain_text,
    section,
    weight,
)
from bot.platforms.slack.citing import card_sources, sources
from bot.platforms.slack.controls import REDO, SHARE, STOP, VERDICT, Controls, mark, redo, vote
from bot.platforms.slack.text import escaped_within, lines, plain, shown, words
from knowledge.documents import Passage

MOST = 11_000  # characters of Markdown in a message
ROOM = 6_000  # characters of Markdown in a message that also has an ending
ENDING = 6_000  # characters of an ending's blocks, all told
FALLBACK = 3_900  # characters of the text that notifications show
FOOTER, STATUS, CARD = 600, 100, 200  # characters
MARKS = re.compile(r"\*\*|__|^#{1,6} |^```.*$\n?", re.MULTILINE)
SILENT = (Outcome.FAILED, Outcome.STOPPED)  # there is nothing to judge

Chunk = dict[str, Any]


@dataclass(frozen=True)
class Posting:
    """A whole message for `chat.postMessage` and `chat.update`."""

    text: str  # for notifications, escaped for mrkdwn; at most `FALLBACK` characters
    blocks: list[Block]


def parts(interaction: Interaction) -> list[str]:
    """The answer's text as Markdown, in as many parts as it takes, at least one.

    Each is at most `MOST` UTF-16 units long, the last one `ROOM`, so that the ending fits below.
    """
    answer = interaction.answer
    pieces = cut(shown(answer.text, links(answer.citations)).strip("\n"), MOST)
    return [*pieces[:-1], *cut(pieces[-1] or wording.EMPTY, ROOM)]


def ending(interaction: Interaction, controls: Controls) -> list[Block]:
    """What stands under the text: sources, footer, thumbs, buttons; it bears `controls`' mark.

    At most 50 blocks and `ENDING` characters, whatever the sources are.
    """
    below = [_footer(interaction), *_thumbs(interaction), *_buttons(interaction, controls)]
    cited = sources(interaction.answer.citations, ENDING - weight(below) - 200)
    heading = [context(f"*{wording.SOURCES}*")] if cited else []
    return identified([*heading, *cited, *below], _mark(controls))


def whole(interaction: Interaction, controls: Controls) -> list[Posting]:
    """The answer as complete messages; sources and thumbs under the last one only."""
    texts = parts(interaction)
    last = replace(controls, part=controls.part + len(texts) - 1)
    postings = [
        _continued(text, replace(controls, part=controls.part + at), (at + 1, len(texts)))
        for at, text in enumerate(texts[:-1])
    ]
    blocks = [_markdown(texts[-1]), *ending(interaction, last)]
    return [*postings, Posting(fallback(texts[-1]), blocks)]


def notice(text: str, mark: str) -> Posting:
    """A message of Tandem's own instead of an answer."""
    said = lines(text, SECTION) or wording.EMPTY
    return Posting(lines(text, FALLBACK) or said, identified([section(said)], mark))


def apology(code: str, mark: str) -> Posting:
    """What is said when all tries failed."""
    return notice(wording.gave_up(code), mark)


def stop_button(item_id: int) -> Block:
    """The button that ends the writing."""
    return actions([button(wording.STOP, STOP, str(item_id))])


def status(text: str) -> str:
    """A passing sign, in one short line."""
    return plain(text, STATUS)


def searching() -> list[Chunk]:
    """The task card of a stream while the documents are searched."""
    return [_card(wording.SEARCHING, "in_progress")]


def sources_found(passages: Sequence[Passage]) -> list[Chunk]:
    """The same task card when pages were found; only those on the web are named."""
    pages = len({passage.chunk.page for passage in passages})
    done = _card(wording.reading(pages) if pages else wording.FOUND_NOTHING, "complete")
    named = card_sources(passages)
    return [done | ({"sources": named} if named else {})]


def fallback(text: str) -> str:
    """A message for notifications: its Markdown's marks go, its powers were taken before."""
    return escaped_within(MARKS.sub("", text).strip(), FALLBACK) or wording.EMPTY


def _continued(text: str, controls: Controls, place: tuple[int, int]) -> Posting:
    """A part that another follows."""
    below = identified([context(wording.part_of(*place))], _mark(controls))
    return Posting(fallback(text), [_markdown(text), *below])


def _mark(controls: Controls) -> str:
    return mark(controls.item, controls.revision, controls.part)


def _markdown(text: str) -> Block:
    return {"type": "markdown", "text": text}


def _card(title: str, state: str) -> Chunk:
    return {"type": "task_update", "id": "search", "title": plain(title, CARD), "status": state}


def _footer(interaction: Interaction) -> Block:
    return context(words(wording.footer(interaction), FOOTER))


def _thumbs(interaction: Interaction) -> list[Block]:
    """Slack's own thumbs; an apology has none."""
    if interaction.answer.outcome in SILENT:
        return []
    thumbs = {
        "type": "feedback_buttons",
        "action_id": VERDICT,
        "positive_button": _thumb("👍", wording.HELPFUL, Verdict.UP, interaction.id),
        "negative_button": _thumb("👎", wording.UNHELPFUL, Verdict.DOWN, interaction.id),
    }
    return [{"type": "context_actions", "elements": [thumbs]}]


def _thumb(sign: str, label: str, verdict: Verdict, id: int) -> dict[str, Any]:
    value = vote(verdict, id)
    return {"text": plain_text(sign, 75), "value": value, "accessibility_label": label}


def _buttons(interaction: Interaction, told: Controls) -> list[Block]:
    """What else can be done with the answer."""
    modes = _other_modes(interaction)
    again = [button(wording.redo_as(mode), REDO, redo(mode, None, told.item)) for mode in modes]
    sharing = told.private and interaction.answer.outcome not in SILENT
    share = [button(wording.SHARE, SHARE, str(told.item))] if sharing else []
    return [actions([*again, *share])]


def _other_modes(interaction: Interaction) -> list[Mode]:
    """The modes that the answer was not in; after a failure, another try as it was asked."""
    if interaction.answer.outcome in SILENT:
        return [Mode.AUTO]
    return [mode for mode in (Mode.RAG, Mode.TUNED) if mode is not interaction.route.mode]
