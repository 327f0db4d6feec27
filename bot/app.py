"""The only place where things are constructed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bot.answer_cache import AnswerCache, Room
from bot.assistant import Assistant
from bot.classifying import Fitted, classifier
from bot.conversation import Answer, Place, Question
from bot.edition import edition
from bot.endorsed.indexing import OwnSources, Soon
from bot.language_models import LanguageModels
from bot.learned_routing import LearnedRouter
from bot.learning.canary import Trials
from bot.learning.curated import Curating
from bot.learning.heeding import Heeding
from bot.learning.live_retriever import going_back
from bot.learning.loaded import Loaded
from bot.learning.serving import Writers
from bot.learning.shots import Shown
from bot.line import Line
from bot.ports import Manner
from bot.retrieval import Retrieval
from bot.setting_up import together, work
from bot.settings import Settings
from bot.spaces import readable
from bot.support import Proof
from bot.syncing import Syncing
from knowledge.documents import Passage, Progress, quiet
from knowledge.embedding import Vectors
from knowledge.entailment import entailment
from knowledge.focus import Focused, focus
from knowledge.index import Index
from model.backends import Backend
from model.examples import What
from model.tasks import Task, tasks_from

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.endorsed.endorsing import Endorsing
    from bot.learning.parts import Learning

log = logging.getLogger(__name__)


def build(
    settings: Settings, progress: Progress = quiet, note: Callable[[str], None] = lambda _: None
) -> App:
    """The parts, each made at its first use. `note` is told what a person should know."""
    return App(settings, progress, note)


class App(Retrieval):
    """Everything that is constructed, once; leaving the `with` block ends what was started."""

    @cached_property
    def backend(self) -> Backend:
        """What answers from the documents where no trained version does."""
        return self.models.answers

    @cached_property
    def writer(self) -> Backend:
        """What does the stylistic tasks that no trained version was taught."""
        return self.models.style

    @cached_property
    def models(self) -> LanguageModels:
        """The language models, as they come and with adapters."""
        return LanguageModels(self.settings, self.progress, self.note)

    @cached_property
    def serves(self) -> Writers:
        """Which of them writes for whom: the live versions, and candidates on trial."""
        bases = {What.STYLE: lambda: self.writer, What.ANSWERS: lambda: self.backend}
        shown = Shown(lambda: self.learning.book)
        made = Writers(lambda: self.learning.registry, bases, Loaded(self.models), shown)
        self._ending.callback(made.close)
        return made

    @cached_property
    def trials(self) -> Trials:
        """What the votes say of candidates on trial."""
        return Trials(self.learning, self.serves)

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The stylistic tasks, built in and set."""
        told = {name: task.model_dump() for name, task in self.settings.tasks.items()}
        return dict(tasks_from(told))

    @cached_property
    def router(self) -> LearnedRouter:
        """What chooses between the documents and the tasks."""
        return LearnedRouter(self._classifier, self.tasks, self.settings.routing.min_confidence)

    def _classifier(self) -> Fitted:
        return classifier(self.tasks, self.embedder(), self.settings.cache)

    @cached_property
    def assistant(self) -> Assistant:
        """The answer service."""
        mine = self.settings.answers
        manner = Manner(mine.max_tokens, mine.quotes, mine.min_confidence)
        return Assistant(
            self.search,
            self._focus,
            self.backend,
            self.store,
            self.tasks,
            self._readable,
            manner,
            Line(mine.at_once, self.attention.paid),
            self.answer_cache if mine.cache else None,
            self.router,
            self.serves,
            self.proof,
            self._voted,
            self._curated,
        )

    def _curated(self, question: Question, sources: Sequence[str] | None) -> Answer | None:
        mine = self.settings.learning
        return self.curating.find(question, sources) if mine.curated else None

    def _voted(self, interaction: int) -> None:
        """What follows at once from a vote."""
        try:
            self.heeding.voted(interaction)
        finally:
            self.trials.voted(interaction)

    @cached_property
    def heeding(self) -> Heeding:
        """What a verdict changes at once, before any harvest."""
        return Heeding(self.learning.book, self.store, lambda: self.learning.consent)

    @cached_property
    def curating(self) -> Curating:
        """What gives people's own answers again."""
        return Curating(
            self.learning.book, self.store.interaction, self.finder.pieces, self.embedder
        )

    @cached_property
    def desk(self) -> Desk:
        """What platforms hand in to, and take from."""
        from bot.desk import Desk  # what only `tandem run` needs costs no other command its start
        from bot.inbox import Inbox
        from bot.people import People
        from bot.speaking import speaking

        inbox, people = Inbox(self.sessions), People(self.sessions)
        self._ending.callback(self.learning.sweeper.wait)
        given = (self.settings, self.tasks, self.learning.openness)
        unasked = speaking(self, inbox)
        return Desk(self.assistant, inbox, self.store, people, *given, unasked, self.endorsing)

    @cached_property
    def learning(self) -> Learning:
        """What the jobs of learning work with."""
        from bot.learning.parts import Learning

        return Learning(self)

    @cached_property
    def proof(self) -> Proof | None:
        """What judges whether a quote entails a claim, where it is set."""
        mine = self.settings.answers
        if mine.entailment == "none":
            return None
        return Proof(entailment(mine.entailment), mine.min_entailment)

    @cached_property
    def answer_cache(self) -> AnswerCache:
        """The answers that are given again."""
        room = Room(self.settings.answers.cache_size, self.settings.answers.cache_age)
        return AnswerCache(self.store, self._vectors, self.search, self._edition, room)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return self.embedder().embed(texts)

    def _edition(self) -> str:
        return edition(self.settings, (self.backend.name, self.embedder().name))

    def _focus(self, question: str, passages: Sequence[Passage]) -> Focused:
        return focus(question, passages, self.reader, self.settings.answers.words)

    def _readable(self, question: Question) -> list[str]:
        found = readable(question, self.settings)
        if question.audience is None and question.place.platform == "terminal":
            own = self.syncing.own if question.spaces is None else None
            return [*found, *(own.names() if own is not None else ())]  # who runs it may read all
        return found

    @cached_property
    def syncing(self) -> Syncing:
        """What keeps the index in step with the sources."""
        return Syncing(
            self.settings,
            self.limits,
            self.index,
            self.retriever,
            lambda: self.store,
            self.progress,
            self.note,
            self.leases.alone,
            self.attention.wait,
            lambda: going_back(self.learning.registry, self.embedder().name),
            OwnSources(lambda: self.endorsing.store, lambda reply: self.endorsing.allowed(reply)),
            self._synced,
            lambda place: self.learning.openness.learns_in(place),
        )

    @cached_property
    def endorsing(self) -> Endorsing:
        """What keeps people's answers that were endorsed."""
        from bot.endorsed.endorsing import Endorsing
        from bot.endorsed.store import EndorsedStore

        return Endorsing(
            EndorsedStore(self.sessions),
            self.settings.trusted,
            lambda: self.learning.consent,
            self._answers_changed,
        )

    def _answers_changed(self, place: Place | None) -> None:
        self._soon(place)

    @cached_property
    def _soon(self) -> Soon:
        """What brings the index in step with them."""
        made = Soon(lambda names: self.syncing.sync(names), self._own_sources)
        self._ending.callback(made.close)
        return made

    def _own_sources(self) -> list[str]:
        own = self.syncing.own
        return [] if own is None else own.names(self.index().sources())

    def _synced(self, source: str, index: Index) -> None:
        from bot.stale.parts import finding  # the inbox costs every start

        finding(self).after_sync(source, partial(index.fingerprints, source))

    # -- the first run ---------------------------------------------------------------

    def set_up(self, answering: bool = True) -> None:
        """Have everything that answering needs, fetching, starting and loading side by side."""
        together(work(self, answering))
