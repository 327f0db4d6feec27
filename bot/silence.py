"""When the bot speaks and when it is silent: decided before any visible sign, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.conversation import Mode
from bot.doors import Order
from bot.gate import asks
from bot.posts import Door, Known, Post, Reason, Speaking, State
from bot.statements import only_tells
from bot.thanks import nothing_asked


@dataclass(frozen=True)
class Decision:
    """To be silent for a reason, or to speak."""

    reason: Reason | None = None  # None: speak
    quiet: bool = False  # nobody addressed the bot: say nothing unless sure


@dataclass(frozen=True)
class Speaks:
    """When the bot speaks up on a platform, and where otherwise."""

    usual: Speaking = Speaking.THREAD
    channels: Mapping[str, Speaking] = field(default_factory=dict)  # by their ids

    def at(self, channel: str) -> Speaking:
        """When it speaks up in a channel."""
        return self.channels.get(channel, self.usual)


SPEAK = Decision()
LET_THROUGH = frozenset(Order) - {Order.AUTO, Order.MODE}  # what a muted thread still hears


def decide(
    post: Post,
    known: Known,
    speaking: Speaking,
    *,
    order: Order | None = None,
    me: str = "",
    allowed_bots: frozenset[str] = frozenset(),
) -> Decision:
    """Speak or be silent, by the first rule that says so.

    `post.text` is without the words that force something; `order` is what stood alone there
    (`bot.doors`). `me` is the bot's own id; `allowed_bots` are answered where they address it.
    """
    reason = _of_a_bot(post, me, allowed_bots)
    if reason is not None or post.door in (Door.COMMAND, Door.SHORTCUT):
        return Decision(reason)
    if post.door is Door.DIRECT:
        return Decision(Reason.EMPTY) if _empty(post, order) else SPEAK
    return _in_channel(post, known, speaking, order)


def _of_a_bot(post: Post, me: str, allowed: frozenset[str]) -> Reason | None:
    if me and post.author == me:
        return Reason.OWN
    spoken_to = post.addressed or post.door is not Door.CHANNEL
    return Reason.BOT if post.by_bot and not (post.author in allowed and spoken_to) else None


def _in_channel(post: Post, known: Known, speaking: Speaking, order: Order | None) -> Decision:
    """What counts for all posts in channels, mentions too."""
    if speaking is Speaking.OFF:
        return Decision(Reason.OFF)
    ordered = order in LET_THROUGH and _meant(post, known, speaking)
    if known.muted:
        return SPEAK if ordered else Decision(Reason.MUTED)
    if ordered:
        return SPEAK
    if _empty(post, order):
        return Decision(Reason.EMPTY)
    if post.addressed or _answered_before(post, known):
        return SPEAK
    return _unaddressed(post, known, speaking)


def _meant(post: Post, known: Known, speaking: Speaking) -> bool:
    """Is an order meant for the bot: with a mention, or from who asks in a thread it follows?"""
    follows = known.takes_part and speaking is not Speaking.MENTION
    return post.addressed or (follows and post.author in known.askers)


def _answered_before(post: Post, known: Known) -> bool:
    """Was this very post a question already, which is edited now?"""
    states = (State.WAITING, State.LEASED, State.DONE, State.FAILED)
    return post.edited and known.heard is not None and known.heard.state in states


def _unaddressed(post: Post, known: Known, speaking: Speaking) -> Decision:
    """What nobody said to the bot."""
    if post.others:
        return Decision(Reason.OTHER)
    follows = known.takes_part and not post.begins_thread
    if speaking is Speaking.MENTION:
        return Decision(Reason.MENTION_ONLY if follows else Reason.NOT_ADDRESSED)
    if follows:
        return _in_thread(post, known)
    if speaking is Speaking.AUTO and post.begins_thread:
        return Decision(quiet=True) if asks(post.text) else Decision(Reason.NO_QUESTION)
    return Decision(Reason.NOT_ADDRESSED)


def _in_thread(post: Post, known: Known) -> Decision:
    """Does the person go on with the bot, or do people talk to each other?

    Where the tuned model was forced every text is a task, be it a question or not.
    """
    if any(author != post.author for author in known.since):
        return Decision(Reason.PEOPLE)
    if post.mode is not Mode.AUTO or asks(post.text):
        return SPEAK
    if post.author not in known.askers:
        return Decision(Reason.PEOPLE)
    tells = known.mode is not Mode.TUNED and only_tells(post.text)
    return Decision(Reason.STATEMENT) if tells else SPEAK


def _empty(post: Post, order: Order | None) -> bool:
    return order is None and nothing_asked(post.text)
