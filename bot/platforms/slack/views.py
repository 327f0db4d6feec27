"""Tandem's views in Slack: what was wrong with an answer, a result for one person, the home tab."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import wording
from bot.addresses import links
from bot.conversation import Interaction, Outcome
from bot.errors import BotError
from bot.measures import clipped
from bot.platforms.slack.blocks import (
    OPTION,
    SECTION,
    TITLE,
    VIEW_BLOCKS,
    Block,
    View,
    actions,
    button,
    context,
    divider,
    header,
    plain_text,
    section,
)
from bot.platforms.slack.citing import sources
from bot.platforms.slack.controls import FORGET, LEARN
from bot.platforms.slack.mrkdwn import sections
from bot.platforms.slack.text import lines, shown, words

REASON, RESULT = "reason", "result"  # callback ids
LONGEST_CORRECTION = 3_000  # characters that Slack lets a person write in an input
METADATA = 3_000
TEXT, SOURCES = 8_000, 4_000  # characters of a result's text and of its sources
LINES = 8  # sources in a paragraph, which holds 3,000 characters
RECENT, QUESTION, READABLE = 10, 150, 40  # questions, characters of one, sources on the home tab


class ViewUnreadable(BotError):
    """A view came back that is not as we made it."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"Slack: a view cannot be read: {problem}. Nothing was changed.")


@dataclass(frozen=True)
class Reasoned:
    """What a person said about an answer after a thumbs-down."""

    interaction: int
    reason: str  # a key of `wording.REASONS`; empty: none was chosen
    correction: str  # the right answer in words, or empty


@dataclass(frozen=True)
class Readable:
    """A source that a person may read."""

    name: str
    documents: int | None = None
    synced_at: datetime | None = None  # aware


@dataclass(frozen=True)
class HomePage:
    """What a person's home tab shows."""

    readable: tuple[Readable, ...] = ()
    recent: tuple[Interaction, ...] = ()  # that person's own, newest first
    may_learn: bool = True


def reason_modal(interaction_id: int, reason: str = "", correction: str = "") -> View:
    """Asks what was wrong; with what the person said before, if anything."""
    told = json.dumps({"interaction": interaction_id})
    view = _modal(REASON, wording.ASK_REASON_TITLE, told, wording.SKIP)
    blocks = [section(wording.ASK_REASON), _reasons(reason), _correction(correction)]
    return view | {"submit": plain_text(wording.SEND, TITLE), "blocks": blocks}


def read_reason(view: Mapping[str, Any]) -> Reasoned:
    """What was submitted. Raises `ViewUnreadable`."""
    try:
        interaction = json.loads(view["private_metadata"])["interaction"]
        values = view["state"]["values"]
        chosen = values["reason"]["reason"].get("selected_option") or {}
        reason, correction = chosen.get("value", ""), values["correction"]["correction"]["value"]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ViewUnreadable(f"{type(error).__name__} in its values") from error
    if type(interaction) is not int or not isinstance(correction, str | None):
        raise ViewUnreadable("its values are of another kind")
    known = reason if isinstance(reason, str) and reason in wording.REASONS else ""
    return Reasoned(interaction, known, clipped((correction or "").strip(), LONGEST_CORRECTION))


def _reasons(chosen: str) -> Block:
    options = {value: _option(value, text) for value, text in wording.REASONS.items()}
    radio = {"type": "radio_buttons", "action_id": "reason", "options": list(options.values())}
    initial = {"initial_option": options[chosen]} if chosen in options else {}
    return _input("reason", wording.REASON, radio | initial)


def _option(value: str, text: str) -> dict[str, Any]:
    return {"text": plain_text(text, OPTION), "value": value}


def _correction(written: str) -> Block:
    field = {
        "type": "plain_text_input",
        "action_id": "correction",
        "multiline": True,
        "max_length": LONGEST_CORRECTION,
    }
    initial = {"initial_value": clipped(written, LONGEST_CORRECTION)} if written else {}
    hint = {"hint": plain_text(wording.CORRECTION_HINT, 2_000)}
    return _input("correction", wording.CORRECTION, field | initial) | hint


def _input(id: str, label: str, element: dict[str, Any]) -> Block:
    told = {"type": "input", "block_id": id, "optional": True, "element": element}
    return told | {"label": plain_text(label, 2_000)}


def _modal(callback: str, title: str, metadata: str, close: str) -> View:
    if len(metadata) > METADATA:
        raise ValueError(f"a view carries {METADATA} characters at most")
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title, TITLE),
        "close": plain_text(close, TITLE),
        "private_metadata": metadata,
    }


def working_modal(title: str, metadata: str = "") -> View:
    """A result is on its way; replaced by `result_modal`."""
    view = _modal(RESULT, title, metadata, wording.CLOSE)
    return view | {"blocks": [section(wording.WORKING), context(wording.ONLY_YOU)]}


def result_modal(interaction: Interaction, title: str, metadata: str = "") -> View:
    """A result that one person sees; its submit button posts it to the thread."""
    answer = interaction.answer
    text = shown(answer.text, links(answer.citations)).strip() or wording.EMPTY
    blocks = [
        *sections(text, TEXT),
        *sources(answer.citations, SOURCES),
        context(words(wording.footer(interaction), 600)),
        context(wording.ONLY_YOU),
    ]
    view = _modal(RESULT, title, metadata, wording.CLOSE) | {"blocks": blocks}
    if answer.outcome in (Outcome.FAILED, Outcome.STOPPED):
        return view
    return view | {"submit": plain_text(wording.POST_TO_THREAD, TITLE)}


def notice_modal(title: str, text: str) -> View:
    """Something is said to one person, where no result can be shown."""
    said = lines(text, SECTION) or wording.EMPTY
    return _modal(RESULT, title, "", wording.CLOSE) | {"blocks": [section(said)]}


def home(page: HomePage) -> View:
    """The home tab: what is read here, the person's questions, their choices, how to ask."""
    blocks = [
        header(wording.HOME),
        *_part(wording.READABLE, _readable(page.readable) or [wording.READS_NOTHING]),
        *_part(wording.RECENT, list(_recent(page.recent)) or [wording.ASKED_NOTHING]),
        header(wording.PRIVACY),
        *privacy_blocks(page.may_learn),
        *_part(wording.HOW_TO_ASK, [f"• {line}" for line in wording.HELP]),
    ]
    return {"type": "home", "blocks": blocks[:VIEW_BLOCKS]}


def _part(title: str, told: Sequence[str]) -> list[Block]:
    return [header(title), *(section(line) for line in told), divider()]


def _readable(readable: Sequence[Readable]) -> list[str]:
    """The sources, in as many paragraphs as it takes."""
    named = [_source(source) for source in readable[:READABLE]]
    left = len(readable) - len(named)
    told = named + ([wording.more(left)] if left else [])
    return ["\n".join(told[at : at + LINES]) for at in range(0, len(told), LINES)]


def _source(source: Readable) -> str:
    documents = "" if source.documents is None else wording.source_line(source.documents)
    synced = f"{wording.READ_AT} {_date(source.synced_at)}" if source.synced_at else ""
    return " · ".join(filter(None, (f"• *{words(source.name, 50) or '–'}*", documents, synced)))


def _recent(recent: Sequence[Interaction]) -> Iterator[str]:
    for interaction in recent[:RECENT]:
        question = words(interaction.question.text, QUESTION) or "–"
        outcome = wording.OUTCOMES[interaction.answer.outcome]
        yield f"{question}\n_{outcome}_ · {_date(interaction.asked_at)}"


def _date(at: datetime) -> str:
    """A time that Slack shows in the reader's own time zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{wording.moment(at)}>"


def privacy_blocks(may_learn: bool) -> list[Block]:
    """What is kept, and the switch and the button that change it."""
    switch = (
        button(wording.LEARN_LESS, LEARN, "no")
        if may_learn
        else button(wording.LEARN_MORE, LEARN, "yes")
    )
    forget = button(wording.FORGET_ME, FORGET, "yes", "danger") | {"confirm": _sure()}
    said = f"{wording.KEPT}\n{wording.learns(may_learn)}"
    return [section(said), actions([switch, forget]), divider()]


def _sure() -> dict[str, Any]:
    return {
        "title": plain_text(wording.FORGET_SURE, 100),
        "text": plain_text(wording.FORGET_WHAT, 300),
        "confirm": plain_text(wording.FORGET_ME, 30),
        "deny": plain_text(wording.KEEP, 30),
        "style": "danger",
    }


def said_blocks(text: str) -> list[Block]:
    """Words of Tandem's own (help, status) for an ephemeral message."""
    return [section(lines(text, SECTION) or wording.EMPTY)]
