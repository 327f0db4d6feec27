"""How soon the bot answered: per message and interaction, from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.discord.ids import BOT
from tests.discord.ledger import Call, Ledger, Told

TELLS = ("MESSAGE_CREATE", "INTERACTION_CREATE")
SIGNS = {  # what people see of it, and which part of the path says in answer to what
    "POST /channels/{channel}/messages": 2,  # a thread has the id of the message that began it
    "POST /channels/{channel}/typing": 2,
    "POST /channels/{channel}/messages/{message}/threads": 4,
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": 4,
    "POST /interactions/{interaction}/{token}/callback": 2,
}


@dataclass(frozen=True)
class Timing:
    """One event; times in seconds of the server's `time.monotonic()`."""

    id: str  # of the message or the interaction
    name: str  # of the event
    told_at: float  # for the first time
    first_sign_at: float | None  # an interaction: its first response


def timings(ledger: Ledger) -> list[Timing]:
    """Of every message of others, and every interaction, in the order in which they were told."""
    signs: dict[str, float] = {}
    for call in ledger.calls:
        if call.status < 300:
            for id in answered(call):
                signs.setdefault(id, call.at + call.took_s)
    first: dict[str, Told] = {}
    for told in ledger.told:
        if told.name in TELLS and told.author != BOT:
            first.setdefault(told.id, told)
    return [Timing(t.id, t.name, t.at, signs.get(t.id)) for t in first.values()]


def answered(call: Call) -> Iterator[str]:
    """The ids of what a call is a visible answer to."""
    if call.route in SIGNS:
        yield call.path.split("/")[SIGNS[call.route]]
    reference = call.args.get("message_reference")
    if isinstance(reference, dict):
        yield str(reference.get("message_id", ""))
