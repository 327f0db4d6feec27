"""The durable inbox: every question that is accepted is answered, and answered once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import IntegrityError

from bot.conversation import Mode, Place
from bot.errors import LeaseLost, UnknownInteraction
from bot.inbox import forgetting, hearing, leases, looking_back, tallies
from bot.inbox.hearing import Manner
from bot.inbox.leases import Ending
from bot.inbox.looking_back import Asked
from bot.inbox.rows import answered_of, item_replied_to, replies_of
from bot.posts import (
    Answered,
    Beat,
    Heard,
    Item,
    Known,
    Load,
    PassedOver,
    Post,
    Reason,
    Reply,
    State,
)
from bot.sessions import Sessions, mapped, sessions_at

LEASE = timedelta(seconds=30)  # without a beat; then another worker takes the item


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Inbox:
    """What was heard and what is to be answered, for any number of threads and processes.

    Every call is one transaction, and raises `DatabaseUnavailable` when the database does not
    do what it is asked. Calls that are given an item raise `LeaseLost` when another worker may
    have it. The tables must be there: see `bot.database.upgrade`.
    """

    def __init__(
        self, at: str | Sessions, lease: timedelta = LEASE, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions_at(at)
        self._lease, self._now = lease, clock
        self.url = self._sessions.url

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    # What is heard

    def known(self, post: Post) -> Known:
        """What is known of a post's thread, and of the post itself."""
        with self._sessions.reading() as connection:
            return hearing.known(connection, post)

    def accept(
        self,
        post: Post,
        *,
        quiet: bool = False,
        notice: str = "",
        limited: bool = False,
        interaction: int | None = None,
        aside: bool = False,
    ) -> Heard:
        """Keep a question to be answered, before its event is acknowledged.

        The same post again is `REPEATED`. One that was passed over, or an edit that changes its
        words, is `REVISED`: the replies are kept, to be written anew. `quiet`: nobody addressed
        the bot. `notice`: say that instead of an answer; `limited`: it tells of the limit.
        `interaction`: show that answer there, which was given elsewhere. `aside`: it is no
        question, and the bot takes no part in a thread for it. Raises `UnknownInteraction`.
        """
        manner = Manner(quiet, notice, limited, interaction, aside)
        try:
            with self._sessions.writing() as connection:
                return hearing.accept(connection, post, manner, self._now())
        except IntegrityError as error:
            raise UnknownInteraction(interaction or 0) from error

    def follow_up(self, post: Post, interaction: int, after: timedelta) -> Heard:
        """Keep a note on an answer, to be composed in so long; it goes where that answer goes.

        What was passed over is taken up again, what was said is not. Raises
        `UnknownInteraction`.
        """
        try:
            with self._sessions.writing() as connection:
                return hearing.follow_up(connection, post, interaction, self._now(), after)
        except IntegrityError as error:
            raise UnknownInteraction(interaction) from error

    def pass_over(self, post: Post, reason: Reason) -> Heard:
        """Keep that a post was heard, without its words, and why the bot is silent."""
        with self._sessions.writing() as connection:
            return hearing.pass_over(connection, post, reason, self._now())

    def remove(self, event: str, place: Place, message: str) -> bool:
        """Forget a question that was deleted, and what answers it; was there one?

        Its replies wait to be taken away. A removal that comes before its post keeps that out.
        """
        with self._sessions.writing() as connection:
            if not hearing.is_new(connection, place, event, self._now()):
                return False
            with mapped(connection) as session:
                return forgetting.remove(session, place, message, self._now())

    def redo(
        self,
        platform: str,
        workspace: str,
        channel: str,
        message: str,
        mode: Mode,
        task: str | None = None,
    ) -> bool:
        """Have what this message replies to answered again in a mode; AUTO: as it was asked.

        False: it cannot be.
        """
        with self._sessions.writing() as connection:
            item = item_replied_to(connection, Place(platform, workspace, channel), message)
            return item is not None and hearing.redo(connection, item, mode, task, self._now())

    def stop(
        self,
        platform: str,
        workspace: str,
        channel: str,
        message: str | None = None,
        thread: str | None = None,
    ) -> set[int]:
        """Stop the unfinished items that this message replies to, and those of the thread.

        Gives their ids; their workers learn of it with the next beat.
        """
        with self._sessions.writing() as connection:
            place = Place(platform, workspace, channel, thread or "")
            return hearing.stop(connection, place, message)

    def told(self, place: Place, event: str) -> bool:
        """Was this event heard before?"""
        with self._sessions.reading() as connection:
            return hearing.was_heard(connection, place, event)

    def tell(self, place: Place, event: str) -> bool:
        """Keep that an event was heard, once what it asks for is done; was it new?

        What must not be done twice, and is not told again, may be told of before: who is answered
        with true does it, of several processes.
        """
        with self._sessions.writing() as connection:
            return hearing.is_new(connection, place, event, self._now())

    # What is chosen for a thread, or for a channel (`place.thread` is empty)

    def force(self, place: Place, mode: Mode, task: str | None = None) -> None:
        """Have a mode stick to a thread."""
        with self._sessions.writing() as connection:
            hearing.choose(connection, place, mode=str(mode), task=task)

    def mute(self, place: Place, by: str) -> None:
        """Be silent there until `unmute`."""
        with self._sessions.writing() as connection:
            hearing.choose(connection, place, muted_by=by or "?")

    def unmute(self, place: Place) -> None:
        """Speak there again."""
        with self._sessions.writing() as connection:
            hearing.choose(connection, place, muted_by="")

    # What workers do

    def claim(self, platform: str, worker: str) -> Item | None:
        """Lease the item that has been due for the longest; None: none is.

        A thread has one item at a time in workers' hands, in the order of asking.
        """
        with self._sessions.reading() as connection:
            if not leases.any_due(connection, platform, self._now()):
                return None
        with self._sessions.writing() as connection:
            return leases.claim(connection, platform, worker, self._now(), self._lease)

    def release(self, gone: Callable[[str], bool]) -> int:
        """Have what workers held that are gone wait for another: how many items those were.

        `gone` is asked about a worker's name, as it was given to `claim`.
        """
        with self._sessions.reading() as connection:
            if not any(gone(worker) for worker in leases.holders(connection)):
                return 0
        with self._sessions.writing() as connection:
            return leases.release(connection, gone, self._now())

    def beat(self, item: Item) -> Beat:
        """Extend the lease; tell what happened meanwhile. Raises no `LeaseLost`."""
        with self._sessions.writing() as connection:
            return leases.beat(connection, item, self._now() + self._lease)

    def begin_posting(self, item: Item) -> None:
        """Keep that a message is about to be posted, before it is."""
        with self._sessions.writing() as connection:
            leases.begin_posting(connection, item)

    def note(self, item: Item, reply: Reply) -> None:
        """Keep a reply that was posted, in place of an earlier one of the same part."""
        with self._sessions.writing() as connection:
            leases.note(connection, item, reply)

    def drop(self, item: Item, reply: Reply) -> None:
        """Forget a reply that stands there no more."""
        with self._sessions.writing() as connection:
            leases.drop(connection, item, reply)

    def answered(self, item: Item, interaction: int) -> bool:
        """Link the interaction that answers this revision of the item.

        False: the question was deleted, and so the interaction was too. Raises
        `UnknownInteraction`.
        """
        try:
            with self._sessions.writing() as connection:
                told = leases.answered(connection, item, interaction)
        except IntegrityError as error:
            raise UnknownInteraction(interaction) from error
        if not told.held:
            raise LeaseLost(item.id)
        return not told.gone

    def discard(self, interaction: int) -> None:
        """Forget an answer that was cut off, as its question was edited, deleted or put back."""
        with self._sessions.writing() as connection, mapped(connection) as session:
            forgetting.erase(session, [interaction])

    def done(self, item: Item) -> bool:
        """It is answered; of a deleted one: its replies are gone.

        False: it was edited, redone or deleted meanwhile, and waits to be taken again.
        """
        return self._end(item, Ending(State.DONE))

    def give_up(self, item: Item, code: str) -> bool:
        """It cannot be answered; `code` is what the person was told. False: as `done`."""
        return self._end(item, Ending(State.FAILED, code=code))

    def fell_silent(self, item: Item, reason: Reason) -> bool:
        """It is not answered, as nobody had asked the bot. False: as `done`."""
        return self._end(item, Ending(State.SILENT, reason=str(reason)))

    def give_back(
        self, item: Item, after: timedelta, error: str, *, count_attempt: bool = True
    ) -> None:
        """Let it wait again for so long; `error` is for the operator."""
        with self._sessions.writing() as connection:
            leases.give_back(connection, item, self._now(), after, error, count_attempt)

    def _end(self, item: Item, ending: Ending) -> bool:
        with self._sessions.writing() as connection:
            return leases.end(connection, item, ending, self._now())

    # What is asked about it

    def item_of(self, platform: str, workspace: str, channel: str, message: str) -> Answered | None:
        """What this message replies to; None: nothing that is known."""
        with self._sessions.reading() as connection:
            item = item_replied_to(connection, Place(platform, workspace, channel), message)
            return None if item is None else answered_of(connection, item)

    def answer_to(self, item: int) -> Answered | None:
        """What answers an item; None: it is not known."""
        with self._sessions.reading() as connection:
            return answered_of(connection, item)

    def replies(self, item: int) -> tuple[Reply, ...]:
        """The replies to an item, by their part."""
        with self._sessions.reading() as connection:
            return replies_of(connection, item)

    def asked(self, author: str, place: Place, since: datetime) -> Load:
        """How much that person asked since then, and everybody in that channel."""
        with self._sessions.reading() as connection:
            return tallies.load(connection, author, place, since)

    def waiting(self, platform: str) -> int:
        """How many questions have no answer yet, those in hand among them."""
        with self._sessions.reading() as connection:
            return leases.unfinished(connection, platform)

    def silences(self, limit: int = 50) -> list[PassedOver]:
        """The last posts that the bot was silent to, newest first."""
        with self._sessions.reading() as connection:
            return tallies.silences(connection, limit)

    def last_heard(self, platform: str, before: datetime, but: str = "") -> datetime | None:
        """When the last event before some time came, of any workspace but one; None: never."""
        with self._sessions.reading() as connection:
            return looking_back.last_heard(connection, platform, before, but)

    def events(self, place: Place, since: datetime) -> list[str]:
        """The ids of a workspace's events that came since then, oldest first."""
        with self._sessions.reading() as connection:
            return looking_back.events(connection, place, since)

    def questions(self, platform: str, since: datetime, limit: int) -> list[Asked]:
        """The last questions that were written as messages and are not deleted, newest first."""
        with self._sessions.reading() as connection:
            return looking_back.questions(connection, platform, since, limit)

    def asked_in(self, place: Place) -> list[str]:
        """The ids of the questions of a thread that are not deleted, oldest first."""
        with self._sessions.reading() as connection:
            return looking_back.asked_in(connection, place)

    def channels(self, platform: str, workspace: str, limit: int) -> list[str]:
        """The channels in which questions were asked, those with the newest first."""
        with self._sessions.reading() as connection:
            return looking_back.channels(connection, platform, workspace, limit)

    def prune(self, before: datetime) -> int:
        """Forget events, silences and deletions heard before then; gives how many rows went."""
        with self._sessions.writing() as connection:
            return tallies.prune(connection, before)
