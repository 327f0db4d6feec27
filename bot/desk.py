"""The desk: where platforms hand in what people say, press and take back. All calls are brief."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.assistant import Assistant
from bot.conversation import Audience, Feedback, Interaction, Mode, Place, Verdict
from bot.doors import ASIDE, Order, Said, read
from bot.endorsed.endorsing import Endorsing
from bot.errors import QuestionRefused, UnknownInteraction
from bot.inbox import Inbox
from bot.inbox.forgetting import Forgotten
from bot.intake import clean
from bot.learning.openness import Openness
from bot.limits import Rates, notice, over
from bot.orders import Orders
from bot.people import People
from bot.posts import Answered, Door, Heard, Known, Post, Reason, Standing, State
from bot.settings import Settings
from bot.silence import Decision, Speaks, decide
from bot.spaces import may_share
from bot.store import Store
from bot.unasked import Speaker, Speechless
from bot.wanted import Wanted

STALE = timedelta(hours=1)  # after which nobody waits for an answer that nobody asked the bot for
INSTANT = timedelta(microseconds=1)
REACTION = "reaction"  # among a vote's details: the sign that it was
RECENT = 5  # questions of a person that are shown


@dataclass(frozen=True)
class Ears:
    """What a platform's settings say of when to speak."""

    speaks: Speaks = field(default_factory=Speaks)
    allowed_bots: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ballot:
    """One person's verdict on the answer that a reply shows."""

    event: str  # the platform's id: a replay changes nothing
    interaction: int
    author: str
    verdict: Verdict
    given_at: datetime  # aware UTC
    reaction: str = ""  # the sign, where it is one: it goes when the reactions are cleared


class Desk(Orders):
    """What a platform sees of the bot, beside its worker. Sync, for any number of threads.

    Every call may raise `DatabaseUnavailable`; nothing was acknowledged then.
    """

    def __init__(
        self,
        assistant: Assistant,
        inbox: Inbox,
        store: Store,
        people: People,
        settings: Settings,
        tasks: Collection[str],
        openness: Openness,
        speaker: Speaker | None = None,
        endorsing: Endorsing | None = None,
    ) -> None:
        """`speaker` composes what is said unasked; `endorsing` keeps endorsed answers.

        None: nothing is said, or kept.
        """
        super().__init__(assistant, inbox, store, people, settings, tasks, openness)
        self.endorsing = endorsing
        self.speaker: Speaker = speaker or Speechless()
        self.rates: Rates = settings.limits.rates
        self.heard: list[Callable[[], None]] = []  # told, in any thread, of new work
        self._one_by_one = threading.Lock()

    # -- posts -----------------------------------------------------------------------

    def hear(self, post: Post, ears: Ears) -> Heard:
        """Decide what becomes of a post, and keep it, before its event is acknowledged."""
        now = datetime.now(UTC)
        if self.endorsing is not None and post.edited:
            self.endorsing.edited(post.place, post.id, post.text)
        known = self.inbox.known(post)
        if known.repeated or heard_before(post, known.heard):
            return Heard.REPEATED
        said = self._read(post)
        decision = self._decide(post, known, said, ears, now)
        if decision.reason is Reason.EMPTY and post.addressed and not said.text:
            said, decision = replace(said, order=Order.HELP), Decision()  # who only calls it
        if decision.reason is not None:
            return self.inbox.pass_over(post, decision.reason)
        heard = self._accept(self._meant(post, said, known), said, known, decision)
        self._tell()
        return heard

    def remove(self, event: str, place: Place, id: str) -> bool:
        """A post was deleted: its words go, and its answer is taken back. Was it a question?"""
        if self.endorsing is not None:
            self.endorsing.removed(place, id)
        gone = self.inbox.remove(event, place, id)
        if gone:
            self.openness.forgotten()
        self._tell()
        return gone

    def _read(self, post: Post) -> Said:
        """What its first words force; somebody else's, chosen from a menu, force nothing."""
        forced = post.mode is not Mode.AUTO or post.door is Door.SHORTCUT
        return Said(post.text) if forced else read(post.text, self.tasks)

    def _decide(self, post: Post, known: Known, said: Said, ears: Ears, now: datetime) -> Decision:
        if not post.addressed and post.door is Door.CHANNEL and post.written_at < now - STALE:
            return Decision(Reason.EARLIER)
        mode = said.mode if post.mode is Mode.AUTO else post.mode
        return decide(
            replace(post, text=said.text, mode=mode),
            known,
            ears.speaks.at(post.place.channel),
            order=said.order,
            allowed_bots=ears.allowed_bots,
        )

    def _meant(self, post: Post, said: Said, known: Known) -> Post:
        """The post without its keywords, with what they or its thread force."""
        if post.mode is not Mode.AUTO:
            return post
        mode, task = said.mode, said.task
        if mode is Mode.AUTO and said.order is not Order.AUTO:
            mode, task = known.mode, known.task
        private = post.private or said.private
        return replace(
            post, text=said.text, wording=post.text, mode=mode, task=task, private=private
        )

    def _accept(self, post: Post, said: Said, known: Known, decision: Decision) -> Heard:
        forces = said.mode is not Mode.AUTO or said.order is Order.AUTO
        if forces and post.place.thread and (post.mode, post.task) != (known.mode, known.task):
            self.inbox.force(post.place, post.mode, post.task)
        if said.order is not None and not said.asks:
            return self._order(post, said.order)
        try:
            text = clean(post.text, self.settings.answers.max_question_chars)
        except QuestionRefused as error:
            return self.inbox.accept(post, notice=error.why)
        return self._within_limits(replace(post, text=text), decision)

    def _within_limits(self, post: Post, decision: Decision) -> Heard:
        with self._one_by_one:  # else questions that come at once do not count each other
            now, until, told = datetime.now(UTC), None, False
            for rates in self.rates.apart():
                load = self.inbox.asked(post.author, post.place, now - rates.reach)
                until, told = over(load, rates, now) or until, told or load.noticed
            if until is None:
                return self.inbox.accept(post, quiet=decision.quiet)
            if told or decision.quiet:
                return self.inbox.pass_over(post, Reason.LIMITED)
            return self.inbox.accept(post, notice=notice(until, now), limited=True)

    def _order(self, post: Post, order: Order) -> Heard:
        private = post.private or order in (Order.PRIVACY, Order.FORGET_ME)
        with self._one_by_one:  # told twice at once, the second would say that nothing was left
            if heard_before(post, self.inbox.known(post).heard):
                return Heard.REPEATED
            said = self.obey(order, post.author, post.place, post.mode, post.task)
            aside = order in ASIDE
            return self.inbox.accept(replace(post, private=private), notice=said, aside=aside)

    def _tell(self) -> None:
        for tell in self.heard:
            tell()

    # -- verdicts --------------------------------------------------------------------

    def vote(self, ballot: Ballot, place: Place) -> bool:
        """Keep a verdict; False: this very event was told before. Raises `UnknownInteraction`."""
        if self.inbox.told(place, ballot.event):
            return False
        self._check_judges(ballot.interaction, ballot.author, place)
        sign = {REACTION: ballot.reaction} if ballot.reaction else {}
        told = (ballot.interaction, ballot.author, ballot.verdict, ballot.given_at)
        self.assistant.rate(Feedback(*told, details=sign))
        self.inbox.tell(place, ballot.event)
        return True

    def withdraw(self, ballot: Ballot, place: Place) -> bool:
        """Take a verdict back, if it is still the one that stands."""
        if self.inbox.told(place, ballot.event):
            return False
        held = [v for v in self.store.verdicts(ballot.interaction) if v.author == ballot.author]
        stands = [v for v in held if v.verdict is ballot.verdict and v.given_at <= ballot.given_at]
        taken = bool(stands) and self.assistant.withdraw(ballot.interaction, ballot.author)
        self.inbox.tell(place, ballot.event)
        return taken

    def cleared(
        self, event: str, interaction: int, place: Place, at: datetime, reaction: str = ""
    ) -> None:
        """Reactions to an answer were cleared, of one sign or all: the votes that they were go.

        A vote by a button stays, and so does one that was corrected or given after that.
        """
        if self.inbox.told(place, event):
            return
        for vote in self.store.verdicts(interaction):
            sign = vote.details.get(REACTION)
            if sign and reaction in ("", sign) and vote.given_at <= at:
                self.assistant.withdraw(interaction, vote.author)
        self.inbox.tell(place, event)

    def correct(
        self, interaction: int, author: str, reason: str, correction: str, place: Place
    ) -> None:
        """Keep what was wrong, and the right answer, with a thumbs-down.

        It stays behind the vote that asked for it, whatever the two clocks say. Raises
        `UnknownInteraction`.
        """
        self._check_judges(interaction, author, place)
        held = [v.given_at for v in self.store.verdicts(interaction) if v.author == author]
        given_at = max([datetime.now(UTC), *(at + INSTANT for at in held)])
        self.assistant.rate(
            Feedback(interaction, author, Verdict.DOWN, given_at, reason, correction)
        )

    def _check_judges(self, interaction: int, author: str, place: Place) -> None:
        """An answer is judged in the workspace that it was given in; by who asked, anywhere.

        What is pressed carries a number, and might carry another's. Raises `UnknownInteraction`.
        """
        asked = self.assistant.recorded(interaction).question
        here = place.workspace == asked.place.workspace or author == asked.asker
        if place.platform != asked.place.platform or not here:
            raise UnknownInteraction(interaction)

    def answered(self, place: Place, message: str) -> Answered | None:
        """What the reply with that id answers; None: it is none of ours."""
        return self.inbox.item_of(place.platform, place.workspace, place.channel, message)

    def answer_to(self, item: int) -> Answered | None:
        """What answers an item; None: it is not known."""
        return self.inbox.answer_to(item)

    # -- answers ---------------------------------------------------------------------

    def stop(self, place: Place, message: str | None = None) -> set[int]:
        """Stop what is written to a reply, or anywhere in the thread: the items concerned."""
        return self.inbox.stop(
            place.platform, place.workspace, place.channel, message, place.thread or None
        )

    def redo(
        self, place: Place, message: str, asked_in: Place, mode: Mode, task: str | None
    ) -> bool:
        """Answer again, in place, in another mode, which sticks to the question's thread.

        AUTO: once more as it was asked.
        """
        begun = self.inbox.redo(place.platform, place.workspace, place.channel, message, mode, task)
        if begun and asked_in.thread and mode is not Mode.AUTO:
            self.inbox.force(asked_in, mode, task)
        self._tell()
        return begun

    def share(self, post: Post, interaction: int) -> Heard:
        """Have an answer that one person saw shown where the post is."""
        heard = self.inbox.accept(post, interaction=interaction)
        self._tell()
        return heard

    def withheld(self, interaction: Interaction, there: Audience) -> list[str]:
        """The sources of an answer that the audience there may not read."""
        return may_share(interaction, there, self.settings)

    def recent(self, author: str, place: Place) -> Sequence[Interaction]:
        """A person's last questions, newest first."""
        mine = Wanted(author, platform=place.platform, workspace=place.workspace)
        return self.store.interactions(RECENT, mine)

    def channels_answered(self, platform: str) -> Callable[[], frozenset[str]]:
        """What gives the channels of a platform that have endorsed answers, as they are then."""
        return partial(self.endorsing.channels, platform) if self.endorsing else frozenset

    # -- what people chose ---------------------------------------------------------------

    def forget(self, author: str, place: Place) -> Forgotten:
        """Remove all that a person said, asked and voted, anywhere on the platform."""
        gone = super().forget(author, place)
        self._look_anew()
        return gone

    def choose(self, author: str, place: Place, may_learn: bool) -> None:
        """Keep a choice about learning, for the whole platform."""
        super().choose(author, place, may_learn)
        self._look_anew()

    def choose_channel(self, place: Place, may_learn: bool) -> str:
        """Keep a choice about that for a channel, and give what is said to it."""
        said = super().choose_channel(place, may_learn)
        self._look_anew()
        return said

    def _look_anew(self) -> None:
        """What endorsed answers may be read follows such choices."""
        if self.endorsing is not None:
            self.endorsing.anew()


def heard_before(post: Post, heard: Standing | None) -> bool:
    """Is it the same again? Slack tells a mention twice, and a post again when links unfurl.

    What nobody had addressed to the bot may be now, in the same words.
    """
    called = heard is not None and heard.state is State.SILENT and post.addressed
    return heard is not None and heard.digest == post.digest and not called
