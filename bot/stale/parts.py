"""What finds and checks stale answers, made from the app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot.inbox import Inbox
from bot.posts import Item, Speaking
from bot.stale.checking import Checking
from bot.stale.finding import Finding
from bot.stale.store import Relied, StaleStore

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings
    from knowledge.documents import Chunk


def finding(app: App) -> Finding:
    """What finds them after a sync."""
    return Finding(
        StaleStore(app.sessions),
        Inbox(app.sessions),
        app.finder.pieces,
        lambda one: notes_in(one, app.settings),
        app.settings.stale.within,
        app.curating.withdraw_changed,
    )


def checking(app: App, inbox: Inbox) -> Checking:
    """What checks them."""

    def muted(item: Item) -> bool:
        return inbox.known(item.post).muted

    def pieces(source: str, key: str) -> Sequence[Chunk]:
        return app.finder.pieces(source, key)

    return Checking(app.assistant, inbox.discard, pieces, muted)


def notes_in(one: Relied, settings: Settings) -> bool:
    """May a note be posted where an answer stands?

    In a channel where the bot speaks only when it is mentioned: if that is set by name. Where it
    is to be silent: never.
    """
    mine, place = settings.stale, one.place
    chosen = mine.channels.get(place.channel)
    speaks = {s for s in speaking_at(place.platform, place.channel, settings) if s is not None}
    if Speaking.OFF in speaks:
        return False
    usual = mine.notes and Speaking.MENTION not in speaks
    return usual if chosen is None else chosen


def speaking_at(platform: str, channel: str, settings: Settings) -> Iterator[Speaking | None]:
    """When the bot speaks up in a channel, by each section of that platform; None: not told."""
    for section in settings.platforms.values():
        if section.use == platform:
            by_channel = section.options.get("channels") or {}
            said = by_channel.get(channel, section.options.get("speaks", Speaking.THREAD))
            yield Speaking(said) if said in set(Speaking) else None
