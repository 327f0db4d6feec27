"""The form that asks what was wrong with an answer, and what comes back of it.

discord.py forgets its modals when the process ends, so a form that is sent is read from the
event itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot import wording
from bot.platforms.discord import controls

REASON, CORRECTION = "reason", "correction"  # custom ids of the fields
LONGEST_CORRECTION = 3_000  # characters
DEEPEST = 5  # components within each other


@dataclass(frozen=True)
class Reasoned:
    """What a person said about an answer after a thumbs-down."""

    interaction: int
    reason: str  # a key of `wording.REASONS`; empty: none was chosen
    correction: str  # the right answer in words, or empty


def reason_form(interaction: int) -> ui.Modal:
    """Asks what was wrong; both fields may be left empty."""
    form = ui.Modal(title=wording.ASK_REASON_TITLE, custom_id=controls.reason(interaction))
    form.add_item(ui.TextDisplay(wording.ASK_REASON))
    form.add_item(ui.Label(text=wording.REASON, component=_reasons()))
    form.add_item(
        ui.Label(
            text=wording.CORRECTION, description=wording.CORRECTION_HINT, component=_correction()
        )
    )
    form.stop()  # else the library keeps it for ever where it is not sent
    return form


def _reasons() -> ui.RadioGroup[Any]:
    offered = wording.REASONS.items()
    options = [discord.RadioGroupOption(label=text, value=key) for key, text in offered]
    return ui.RadioGroup(custom_id=REASON, required=False, options=options)


def _correction() -> ui.TextInput[Any]:
    return ui.TextInput(
        custom_id=CORRECTION,
        style=discord.TextStyle.paragraph,
        required=False,
        max_length=LONGEST_CORRECTION,
    )


def read_reason(payload: object) -> Reasoned | None:
    """What was sent, from an interaction's `data`; None: it is no form of ours."""
    told = payload if isinstance(payload, Mapping) else {}
    custom_id = told.get("custom_id")
    found = controls.REASON.fullmatch(custom_id) if isinstance(custom_id, str) else None
    if found is None:
        return None
    fields = dict(_fields(told.get("components"), DEEPEST))
    reason, correction = fields.get(REASON, ""), fields.get(CORRECTION, "")
    return Reasoned(
        int(found["interaction"]),
        reason if reason in wording.REASONS else "",
        correction.strip()[:LONGEST_CORRECTION],
    )


def _fields(components: object, deepest: int) -> Iterator[tuple[str, str]]:
    """The fields with what stands in them, wherever they are; what is no text is left out."""
    for one in components if isinstance(components, list) and deepest else ():
        if not isinstance(one, Mapping):
            continue
        name, value = one.get("custom_id"), one.get("value")
        if isinstance(name, str) and isinstance(value, str):
            yield name, value
        yield from _fields([one.get("component")], deepest - 1)
        yield from _fields(one.get("components"), deepest - 1)
