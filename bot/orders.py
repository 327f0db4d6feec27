"""What people tell the bot itself: to be quiet, how it is, what it keeps and learns of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from bot import wording
from bot.assistant import Assistant
from bot.conversation import Audience, Mode, Place, Question
from bot.doors import Order
from bot.inbox import Inbox
from bot.inbox.forgetting import Forgotten
from bot.learning.openness import Openness
from bot.people import People
from bot.settings import Settings
from bot.spaces import readable
from bot.store import Store

Remarks = Callable[[Place], Iterable[str]]
"""What a platform says of itself when somebody in that place asks how things are, in sentences."""


class Orders:
    """Does what it is told, and says so. Every call may raise `DatabaseUnavailable`."""

    def __init__(
        self,
        assistant: Assistant,
        inbox: Inbox,
        store: Store,
        people: People,
        settings: Settings,
        tasks: Collection[str],
        openness: Openness,
    ) -> None:
        self.assistant, self.inbox, self.store, self.people = assistant, inbox, store, people
        self.settings, self.tasks, self.openness = settings, tasks, openness
        self.remarks: dict[str, Remarks] = {}  # of each platform, where it has any

    def obey(
        self,
        order: Order,
        author: str,
        place: Place,
        mode: Mode = Mode.AUTO,
        task: str | None = None,
        audience: Audience | None = None,
    ) -> str:
        """Do what is ordered, and give what is said to it; done twice, it is the same.

        Where nobody knows the `audience` yet, that goes through `noticed` before it is shown.
        """
        match order:
            case Order.MUTE:
                self.inbox.mute(place, author)
                return wording.muted(thread=bool(place.thread))
            case Order.UNMUTE:
                self.inbox.unmute(place)
                return wording.unmuted(thread=bool(place.thread))
            case Order.STATUS:
                return self.noticed(self.status(place), author, place, audience)
            case Order.PRIVACY:
                return wording.privacy(self.may_learn(author, place), self.learns_in(place))
            case Order.LEARN_OFF | Order.LEARN_ON:
                return self.choose_channel(place, order is Order.LEARN_ON)
            case Order.FORGET_ME:
                gone = self.forget(author, place)
                return wording.forgotten(gone.interactions, gone.votes, gone.examples)
            case Order.AUTO | Order.MODE:
                return wording.forced(mode, task)
            case _:
                return wording.help_text(sorted(self.tasks))

    def status(self, place: Place) -> str:
        """How the bot is, in words, of which `noticed` makes what may be shown."""
        model, waiting = self.assistant.model(place), self.inbox.waiting(place.platform)
        told = [wording.status(model, waiting, wording.READS)]
        told += [wording.style_by(style)] if (style := self.openness.style) else []
        told += [wording.set_aside(version) for version in self.assistant.serves.trouble]
        told.append(wording.learns_here(self.learns_in(place)))
        remarks = self.remarks.get(place.platform)
        return "\n".join([*told, *(remarks(place) if remarks else ())])

    def noticed(self, text: str, author: str, place: Place, audience: Audience | None) -> str:
        """Words of the bot's own for who reads them: how much is read is counted for those."""
        if audience is None or wording.READS not in text:
            return text
        count = len(self.readable(place, author, audience))
        return text.replace(wording.READS, wording.reads(count, alone=not audience.channel))

    def readable(self, place: Place, asker: str, audience: Audience) -> list[str]:
        """The sources that an audience may read."""
        found = readable(Question("", asker, place, audience=audience), self.settings)
        return [source for source in found if source in self.settings.sources]

    def forget(self, author: str, place: Place) -> Forgotten:
        """Remove all that a person said, asked and voted, anywhere on the platform."""
        gone = self.store.forget(author, place.platform)
        self.openness.forgotten()
        return gone

    def may_learn(self, author: str, place: Place) -> bool:
        """May what this person says be learned from?"""
        return self.people.may_learn(place.platform, author)

    def choose(self, author: str, place: Place, may_learn: bool) -> None:
        """Keep a person's choice about that, for the whole platform."""
        self.people.choose(place.platform, author, may_learn)
        if not may_learn:
            self.openness.forgotten()

    def learns_in(self, place: Place) -> bool:
        """May what is said in this channel be learned from?"""
        return self.openness.learns_in(place)

    def choose_channel(self, place: Place, may_learn: bool) -> str:
        """Keep a choice about that, whoever makes it, and give what is said to it."""
        if self.openness.settled(place):
            return wording.SETTLED_HERE
        self.openness.choose(place, may_learn)
        return wording.channel_chosen(may_learn)
