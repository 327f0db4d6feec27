"""What the first words of a message force: a mode, a task, an answer in private, an order."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.conversation import Mode
from bot.routing import keyword


class Order(StrEnum):
    """What is said to the bot itself, and is no question."""

    MUTE = "mute"
    UNMUTE = "unmute"
    HELP = "help"
    STATUS = "status"
    PRIVACY = "privacy"
    LEARN_OFF = "privacy-channel-off"  # learn nothing from this channel
    LEARN_ON = "privacy-channel-on"
    FORGET_ME = "forget-me"
    AUTO = "auto"  # back to choosing the mode; a text beside it is a question
    MODE = "mode"  # a mode was forced and nothing asked yet


ASIDE = frozenset(  # what is told to who asks for it, and begins no conversation
    {
        *(Order.HELP, Order.STATUS, Order.PRIVACY),
        *(Order.LEARN_OFF, Order.LEARN_ON, Order.FORGET_ME),
    }
)


@dataclass(frozen=True)
class Said:
    """A message without the words that force something, and what they force."""

    text: str
    mode: Mode = Mode.AUTO
    task: str | None = None
    private: bool = False  # the answer is for the author alone
    order: Order | None = None

    @property
    def asks(self) -> bool:
        """Is anything left to answer?"""
        return bool(self.text) and self.order in (None, Order.AUTO)


PRIVATE = re.compile(r"^\s*(?:private(?:ly)?|only me|just me)\s*[:：]\s*", re.IGNORECASE)
BACK = re.compile(r"^\s*auto\s*[:：]\s*", re.IGNORECASE)
TASKED = re.compile(
    r"^\s*tuned\s+(?P<task>[\w-]+)\s+(?P<wish>[^:：\n]{1,80})(?P<rest>[:：].*)$",
    re.IGNORECASE | re.DOTALL,
)
POINTS = re.compile(
    r"^(?:(?:this|that|it|these|the following|for me|please|pls)\b\s*)+", re.IGNORECASE
)
ORDERS = {
    Order.MUTE: r"mute|mute (?:yourself|this|(?:in )?(?:this|the) (?:thread|channel))",
    Order.UNMUTE: r"un-?mute|unmute (?:yourself|this|(?:in )?(?:this|the) (?:thread|channel))",
    Order.HELP: r"help(?: me)?",
    Order.STATUS: r"status",
    Order.PRIVACY: r"privacy(?:[ -](?:off|on|settings?))?",  # which tells how to choose
    Order.LEARN_OFF: r"privacy[ -](?:(?:in )?(?:this|the) )?channel[ -]off",
    Order.LEARN_ON: r"privacy[ -](?:(?:in )?(?:this|the) )?channel[ -]on",
    Order.FORGET_ME: r"forget[ -]?me",
    Order.AUTO: r"auto",
}
ALONE = {
    order: re.compile(rf"\W*(?:please\s+)?(?:{words})(?:[,\s]+please)?[\W_]*", re.IGNORECASE)
    for order, words in ORDERS.items()
}
LONGEST = 60  # characters of an order


def read(text: str, tasks: Collection[str]) -> Said:
    """What a message forces, by how it begins; `tasks` are those that the bot knows.

    `rag:`, `tuned:` and `tuned TASK:` force a mode, `auto:` takes that back, and `private:` or
    `only me:` may stand before or behind them. An order stands alone. A task that nobody knows
    stays as it was said: the assistant's error names those that there are.
    """
    rest, private = _private(text)
    said = _forced(rest, tasks)
    if not private:
        rest, private = _private(said.text)
        said = replace(said, text=rest)
    if said.mode is Mode.AUTO and said.order is None:
        said = _ordered(said)
    elif not said.text.strip() and said.mode is not Mode.AUTO:
        said = replace(said, order=Order.MODE)
    return replace(said, text=said.text.strip(), private=private)


def _private(text: str) -> tuple[str, bool]:
    rest = PRIVATE.sub("", text, count=1)
    return rest, rest != text


def _forced(text: str, tasks: Collection[str]) -> Said:
    if back := BACK.match(text):
        return Said(text[back.end() :], order=Order.AUTO)
    tasked = TASKED.match(text)
    if tasked and (task := _known(tasked["task"], tasks)):
        wish = POINTS.sub("", tasked["wish"]).strip()
        rest = tasked["rest"] if wish else tasked["rest"][1:]
        return Said(wish + rest, Mode.TUNED, task)
    rest, mode, named = keyword(text)
    return Said(rest, mode, (_known(named, tasks) or named) if named else None)


def _known(name: str, tasks: Collection[str]) -> str | None:
    """The task that a name means, in any case and in both spellings of "summarize"."""

    def plain(word: str) -> str:
        return re.sub(r"i[sz]e$", "ize", word.casefold())

    return next((task for task in tasks if plain(task) == plain(name)), None)


def _ordered(said: Said) -> Said:
    """The order, where the text is nothing else."""
    order = order_in(said.text)
    return said if order is None else replace(said, text="", order=order)


def order_in(text: str) -> Order | None:
    """The order that a text is; None: it is none, or something else too."""
    if len(text) > LONGEST:
        return None
    return next((order for order, words in ALONE.items() if words.fullmatch(text)), None)
