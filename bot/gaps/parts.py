"""What the commands and jobs of knowledge gaps work with, made from the app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import WrongUse
from bot.gaps.checking import Checking
from bot.gaps.digest import place_of, queue_digest
from bot.gaps.report import Reporting
from bot.gaps.store import GapStore
from bot.gaps.words import GapReport, Reader
from bot.inbox import Inbox
from bot.learning.readings import Consent
from bot.posts import Heard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app import App
    from knowledge.documents import Passage


class NoChannel(WrongUse):
    """Nowhere is set where a digest could be posted."""

    def __init__(self) -> None:
        super().__init__(
            'No channel is set for the digest. Set `channel = "slack:C0123"` under `[gaps]`, or '
            "name one with `tandem gaps --post`."
        )


def gap_report(
    app: App,
    since: timedelta,
    most: int | None = None,
    now: datetime | None = None,
    check: bool = True,
) -> GapReport:
    """What was asked in that time and not answered, for who runs the bot, who may read all."""
    anybody = Reader(None, lambda _: True)
    return reporting(app).report((now or datetime.now(UTC)) - since, anybody, most, check)


def post_digest(
    app: App, channel: str = "", now: datetime | None = None, since: timedelta | None = None
) -> Heard:
    """Have the digest posted, by the settings; once on a day for each channel, whoever asks.

    `tandem run` posts it, in whichever process it is. Raises `NoChannel`, `DatabaseUnavailable`.
    """
    mine = app.settings.gaps
    if not (there := channel or mine.channel):
        raise NoChannel()
    place = place_of(there, GapStore(app.sessions).workspace_of)
    return queue_digest(Inbox(app.sessions), place, since or mine.period, now or datetime.now(UTC))


def reporting(app: App) -> Reporting:
    """What makes reports."""

    def find(text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        return app.finder.documents(text, sources, 3, app.dials)

    settings = app.settings
    return Reporting(
        GapStore(app.sessions).unanswered,
        Consent(
            lambda platform, person: app.learning.people.may_learn(platform, person),
            lambda place: app.learning.openness.learns_in(place),
        ),
        lambda texts: app.embedder().embed(texts),
        find,
        tuple(settings.sources),
        settings.spaces,
        settings.gaps.alike,
        checking=checking(app),
    )


def checking(app: App) -> Checking:
    """What asks gaps again; the models are loaded when the first is asked."""
    return Checking(
        lambda question, sources: app.assistant.would_say(question, sources),
        lambda question: app.assistant.readable(question) or (),
        lambda interaction: app.store.interaction(interaction),
        lambda: app.attention.wait(),
    )
