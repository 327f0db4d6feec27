"""What platforms hand in: endorsements given and taken back, by people who are trusted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.conversation import Audience, Place
from bot.endorsed.store import EndorsedStore
from bot.endorsed.words import Endorsed, Reply
from bot.learning.readings import Consent
from bot.settings.trusted import Trusted
from model.examples import Review

MARKS = frozenset({"white_check_mark", "heavy_check_mark", "✅", "✔", "☑", "ballot_box_with_check"})
CHANNELS = 100  # with answers that are looked through for who asks alone


def is_mark(emoji: str) -> bool:
    """Does this reaction endorse? By Slack's name, or as the sign itself."""
    return emoji.split("::")[0].rstrip("\ufe0f") in MARKS


@dataclass(frozen=True)
class Endorsing:
    """Keeps endorsements. Sync, for any number of threads; raises `DatabaseUnavailable`."""

    store: EndorsedStore
    trusted: Trusted
    consent: Callable[[], Consent]
    changed: Callable[[Place | None], None] = lambda _: None  # a channel's answers, or any, did

    @property
    def awake(self) -> bool:
        """Is anybody trusted? Else nothing is kept, and nothing is looked up."""
        return self.trusted.anybody

    def named(self, platform: str, person: str) -> bool:
        """Is that person trusted by name?"""
        return person in self.trusted.people_of(platform)

    def trusts(self, platform: str, audience: Audience) -> bool:
        """Is who reads alone trusted by a group or a role?"""
        return not (audience.groups | audience.roles).isdisjoint(self.trusted.groups_of(platform))

    def endorse(self, reply: Reply, by: str, same: bool = True) -> bool:
        """Keep an endorsement, where all whose words it is may be learned from; was it kept?

        `same`: they are the words that were endorsed. Where they may be others, a person decides.
        """
        if not self.allowed(reply) or not (reply.question.strip() and reply.answer.strip()):
            return False
        auto = same and self.trusted.policy == "auto"
        self.store.endorse(reply, by, Review.ACCEPTED if auto else Review.WAITING)
        self.changed(reply.place)
        return True

    def allowed(self, reply: Reply) -> bool:
        """May asker, author and channel be learned from?"""
        consent, platform = self.consent(), reply.place.platform
        people = (reply.asker, reply.author)
        return consent.place(reply.place) and all(consent.person(platform, p) for p in people)

    def withdraw(self, place: Place, message: str, by: str) -> None:
        """An endorsement was taken back."""
        if self.store.withdraw(place, message, by):
            self.changed(place)

    def stand(self, place: Place, message: str, people: Collection[str]) -> None:
        """Only these people's endorsements of a message stand: others took theirs back."""
        for by in self.store.endorsers(place, message) - {*people}:
            self.withdraw(place, message, by)

    def edited(self, place: Place, message: str, text: str) -> None:
        """A message was edited."""
        if self.awake and self.store.edited(place, message, text):
            self.changed(place)

    def removed(self, place: Place, message: str) -> None:
        """A message was deleted."""
        if self.awake and self.store.removed(place, message):
            self.changed(place)

    def anew(self) -> None:
        """People or channels chose: what may be read is looked at anew."""
        if self.awake:
            self.changed(None)

    def channels(self, platform: str) -> frozenset[str]:
        """The channels of a platform that have documents, the newest of them."""
        return self.store.answered(platform, CHANNELS) if self.awake else frozenset()

    def accepted(self, place: Place) -> list[Endorsed]:
        """Those of a channel that are documents."""
        return self.store.listed(Review.ACCEPTED, place)
