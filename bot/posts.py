"""What is said where the bot can hear it, what becomes of that, and where the replies stand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.conversation import Interaction, Mode, Place


class Door(StrEnum):
    """Through which a post came in."""

    CHANNEL = "channel"  # said in a channel or a thread, perhaps with a mention
    DIRECT = "direct"  # to the bot alone
    COMMAND = "command"  # a slash command
    SHORTCUT = "shortcut"  # chosen from a message's menu
    NOTE = "note"  # none: the bot speaks by itself, see `bot.unasked`


class Speaking(StrEnum):
    """When the bot speaks up in a channel."""

    MENTION = "mention"  # only where it is mentioned
    THREAD = "thread"  # also in threads that it takes part in
    AUTO = "auto"  # also where a question is asked that it can answer
    OFF = "off"  # never


class Reason(StrEnum):
    """Why the bot was silent."""

    OFF = "off"  # the channel is set so
    OWN = "own"  # its own words
    BOT = "bot"  # another bot's
    EMPTY = "empty"  # nothing is asked: no text, or only thanks
    MUTED = "muted"  # the thread or the channel
    NOT_ADDRESSED = "not_addressed"  # in a thread or channel that the bot takes no part in
    OTHER = "addressed_to_other"  # speaks to somebody else
    MENTION_ONLY = "mention_only"  # the channel is set so
    PEOPLE = "people_talking"  # people speak to each other in the thread
    STATEMENT = "statement"  # in a thread with the bot: thanks, news or plans, and nothing asked
    NO_QUESTION = "no_question"  # an auto-answer channel, and nothing is asked
    NOT_CONFIDENT = "not_confident"  # an auto-answer channel, and nothing sure to say
    LIMITED = "limited"  # over the limit, and that was said already
    FAILED = "failed"  # nobody had asked the bot, so nobody was told
    EARLIER = "too_old"  # written before the bot could hear it, and nobody waits for it any more
    NOTHING_NEW = "nothing_new"  # the bot would have spoken by itself, and had nothing to say


@dataclass(frozen=True)
class Post:
    """What a person wrote, free of the platform's markup."""

    event: str  # the platform's id of the event: a replay has the same
    id: str  # of the message, unique in its channel (Slack: ts); of a command: its own
    place: Place  # `thread` is the id of the thread's root: its own, where it begins one
    author: str
    text: str
    written_at: datetime  # aware UTC
    door: Door = Door.CHANNEL
    addressed: bool = False  # mentions the bot, or nobody else could be meant
    others: tuple[str, ...] = ()  # whom else it mentions
    by_bot: bool = False
    outsider: bool = False  # the author belongs to another team
    private: bool = False  # the answer is for the author alone
    mode: Mode = Mode.AUTO  # forced by a command, a shortcut, a button
    task: str | None = None
    team: str = ""  # the author's own, where it differs from the place's workspace
    edited: bool = False  # it was changed after it was written
    about: str = ""  # the thread that it is about, but not said in: of a shortcut
    back: str = ""  # where its author alone can be told: Slack's response URL, or a modal's id
    wording: str = ""  # the text with its keywords, where those were taken off

    @property
    def digest(self) -> str:
        """Tells one wording of this very message from another, without the words.

        Where keywords were taken off it is that of the post before; so a mode that only sticks
        to the thread makes no difference.
        """
        forced = (Mode.AUTO, None) if self.wording else (self.mode, self.task)
        place = (self.place.platform, self.place.workspace, self.place.channel)
        told = json.dumps([*place, self.id, self.wording or self.text, *forced])
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()

    @property
    def begins_thread(self) -> bool:
        """Is it the root of its thread?"""
        return self.place.thread in ("", self.id)


@dataclass(frozen=True)
class Reply:
    """A message that the bot posted for an item."""

    channel: str
    message: str  # its id there
    part: int = 0  # a long answer has several, in order
    streaming: bool = False  # still open for more


@dataclass(frozen=True)
class Item:
    """A question in the inbox, as its worker holds it."""

    id: int
    post: Post  # with the words that keywords forced already taken off
    quiet: bool  # nobody addressed the bot: no sign until there is something sure to say
    notice: str  # what to say instead of an answer; empty: answer it
    gone: bool  # the question was deleted: take the replies back
    revision: int  # from 1; an edit or a redo raises it
    attempt: int  # from 1, of this revision
    token: str  # of the lease; who has another token has lost it
    begun: bool  # a reply may have been posted that was not noted
    interaction: int | None  # the answer to this revision, where it is recorded already
    replies: tuple[Reply, ...] = ()  # by their part
    accepted_at: datetime | None = None  # aware UTC
    stopped: bool = False  # somebody pressed Stop already


class Heard(StrEnum):
    """What became of a post."""

    ACCEPTED = "accepted"  # it will be answered
    REVISED = "revised"  # it will be answered anew, in place
    REPEATED = "repeated"  # heard before: nothing changes
    SILENT = "silent"


class State(StrEnum):
    """Where a post stands in the inbox."""

    WAITING = "waiting"  # for a worker, perhaps until some time
    LEASED = "leased"  # in a worker's hands
    DONE = "done"  # answered
    FAILED = "failed"  # given up, with a code
    SILENT = "silent"  # heard, and passed over
    GONE = "gone"  # deleted


@dataclass(frozen=True)
class Standing:
    """What became of a post that was heard before."""

    state: State
    digest: str  # as `Post.digest`


@dataclass(frozen=True)
class Known:
    """What the inbox knows about a post's thread, before it is decided what becomes of the post."""

    takes_part: bool = False  # the bot accepted a question there, or the thread hangs on its reply
    askers: frozenset[str] = frozenset()  # whose questions were accepted there
    since: tuple[str, ...] = ()  # who wrote after the last accepted question, oldest first
    muted: bool = False  # the thread or its channel
    mode: Mode = Mode.AUTO  # that sticks to the thread
    task: str | None = None
    heard: Standing | None = None  # the very message
    repeated: bool = False  # the very event was heard


@dataclass(frozen=True)
class Beat:
    """What a worker learns about the item in its hands."""

    held: bool  # the lease is still its own; if not, it writes nothing more
    stopped: bool = False  # somebody pressed Stop
    gone: bool = False  # the question was deleted meanwhile
    revised: bool = False  # edited meanwhile, or to be answered in another mode


@dataclass(frozen=True)
class Load:
    """How much was asked in a window of time."""

    person: int  # questions of the person, anywhere in the workspace
    channel: int  # questions of everybody in the channel
    person_oldest: datetime | None  # when the first of them was accepted, aware UTC
    channel_oldest: datetime | None
    noticed: bool  # the person was told of the limit


@dataclass(frozen=True)
class Answered:
    """What a reply answers."""

    item: int
    interaction: int | None  # the latest; None: none is kept
    author: str  # of the question
    place: Place  # of the question
    about: str = ""  # as of its post
    door: Door = Door.CHANNEL  # as of its post


@dataclass(frozen=True)
class PassedOver:
    """A post that the bot was silent to."""

    place: Place
    id: str  # of the message
    author: str
    reason: Reason
    heard_at: datetime  # aware UTC


def shared(
    answered: Answered, interaction: Interaction, place: Place, door: Door = Door.CHANNEL
) -> Post:
    """The post that has an answer shown elsewhere; pressed twice, it is the same."""
    return Post(
        event="",
        id=f"share-{interaction.id}",
        place=place,
        author=answered.author,
        text=interaction.question.text,
        written_at=datetime.now(UTC),
        door=door,
        addressed=True,
    )
