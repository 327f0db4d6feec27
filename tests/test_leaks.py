"""No audience meets a word of a source that it may not read, whoever asked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.answer_cache import AnswerCache
from bot.assistant import Assistant
from bot.conversation import Audience, Interaction, Mode, Outcome, Place, Question, Turn
from bot.ports import Manner
from bot.settings import Settings
from bot.spaces import may_share, readable
from knowledge.documents import Chunk, Passage
from knowledge.focus import Focused, focus
from model.tasks import tasks_from
from tests.fakes import FakeBackend, FakeReader
from tests.kept_answers import FakeShelf, all_alike

LEAVE = "How many days of leave do I get?"
MADE = ("red", "green", "blue")  # the names of spaces that may be set
CHANNELS, PEOPLE = ("C1", "C2", "C3"), ("U1", "U2", "U3")
GROUPS, ROLES = ("S1", "S2"), ("R1", "r-name")
PLATFORMS = ("slack", "discord", "web")

Spaces = dict[str, dict[str, list[str]]]
Sources = dict[str, list[str]]  # the spaces of each


def some(of: tuple[str, ...], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(of), unique=True, min_size=least, max_size=3)


def sets(of: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return some(of).map(frozenset)


SPACES = st.dictionaries(
    st.sampled_from(MADE),
    st.fixed_dictionaries(
        {
            "slack_channels": some(CHANNELS),
            "discord_channels": some(CHANNELS),
            "discord_roles": some(ROLES),
            "groups": some(GROUPS),
            "people": some(PEOPLE),
        }
    ),
)
AUDIENCES = st.none() | st.builds(
    Audience,
    channel=st.sampled_from(("", *CHANNELS)),
    outside=st.booleans(),
    members=st.booleans(),
    roles=sets(ROLES),
    groups=sets(GROUPS),
    channels=sets(CHANNELS),
)


@st.composite
def teams(draw: st.DrawFn) -> tuple[Spaces, Sources]:
    """Spaces, and sources that belong to some of them."""
    spaces = draw(SPACES)
    named = some(("everyone", "public", *spaces), least=1)
    sources = draw(st.dictionaries(st.sampled_from("abcde"), named, min_size=1))
    return spaces, sources


@dataclass(frozen=True)
class Who:
    """Somebody who asks, and the spaces that the question is narrowed to."""

    asker: str
    platform: str
    audience: Audience | None
    only: tuple[str, ...] | None

    def asks(self, text: str = LEAVE, thread: tuple[Turn, ...] = ()) -> Question:
        channel = (self.audience.channel if self.audience else "") or "D1"
        place = Place(self.platform, "T1", channel, "1")
        return Question(text, self.asker, place, thread, spaces=self.only, audience=self.audience)


def people(spaces: Spaces) -> st.SearchStrategy[Who]:
    only = some(("everyone", "public", *spaces)).map(tuple)
    return st.builds(
        Who,
        asker=st.sampled_from((*PEOPLE, "W-foreign")),
        platform=st.sampled_from(PLATFORMS),
        audience=AUDIENCES,
        only=st.none() | only,
    )


def expected(who: Who, spaces: Spaces, sources: Sources) -> set[str]:
    """The rule in words of its own: what each source demands of who reads it."""
    audience = who.audience or Audience()

    def in_space(name: str) -> bool:
        if name == "public":
            return True
        if audience.outside:
            return False
        if name == "everyone":
            return audience.members
        channels = spaces[name].get(f"{who.platform}_channels", [])
        if audience.channel != "":
            return audience.channel in channels
        return any(
            (
                who.asker in spaces[name]["people"],
                audience.groups & set(spaces[name]["groups"]),
                audience.roles & set(spaces[name]["discord_roles"]),
                audience.channels & set(channels),
            )
        )

    wanted = set(who.only) if who.only is not None else {"everyone", "public", *spaces}
    return {
        source
        for source, its in sources.items()
        if any(in_space(name) for name in its) and wanted & set(its)
    }


def secret(source: str) -> str:
    return f"SECRET-OF-{source}"


@dataclass
class Bot:
    """A real assistant with an answer cache, over pages that each hold their source's secret."""

    spaces: Spaces
    sources: Sources
    store: FakeShelf = field(default_factory=FakeShelf)
    backend: FakeBackend = field(default_factory=lambda: FakeBackend("Answer 1: 27 days of leave"))

    def __post_init__(self) -> None:
        named = {
            name: {"use": "folder", "path": "x", "spaces": its}
            for name, its in self.sources.items()
        }
        given = {"home": Path("h"), "cache": Path("c"), "spaces": self.spaces, "sources": named}
        self.settings = Settings.model_validate(given)
        self.assistant = Assistant(
            self.search,
            self.focus,
            self.backend,
            self.store,
            tasks_from({}),
            lambda question: readable(question, self.settings),
            Manner(quotes=3),
            cache=AnswerCache(self.store, all_alike, self.search, lambda: "1"),
        )

    def search(self, text: str, sources: Sequence[str] | None) -> list[Passage]:
        among = list(self.sources) if sources is None else sources
        return [Passage(self.page(name), 1.0, {"vector": 0.9}) for name in among]

    def page(self, source: str) -> Chunk:
        text = f"You get 27 days of leave by {secret(source)}."
        return Chunk(source, f"{source}.md", "Leave", f"file:///{source}", (), 0, text)

    def focus(self, asked: str, passages: Sequence[Passage]) -> Focused:
        return focus(asked, passages, FakeReader())

    def ask(self, question: Question) -> tuple[Interaction, str]:
        """The interaction, and all that anything held in memory or showed for it."""
        self.backend.heard.clear()
        self.backend.weighed.clear()
        told = self.assistant.ask(question)
        heard = (self.backend.heard, self.backend.weighed)
        return told, repr((heard, told.answer, self.store.interaction(told.id), self.store.details))

    def leaked(self, shown: str, may: set[str]) -> list[str]:
        return [source for source in self.sources if source not in may and secret(source) in shown]


@settings(deadline=None)
@given(st.data())
def test_no_audience_meets_what_it_may_not_read_whoever_asked_before(data: st.DataObject) -> None:
    spaces, sources = data.draw(teams())
    bot = Bot(spaces, sources)
    for _ in range(3):
        who = data.draw(people(spaces))
        may = expected(who, spaces, sources)
        told, shown = bot.ask(who.asks())
        assert bot.leaked(shown, may) == []
        assert (told.answer.outcome is Outcome.CITED) is bool(may)
        assert {passage.chunk.source for passage in told.answer.passages} == may
        event(f"again: {told.answer.cached_from is not None}, may read: {bool(may)}")


@settings(deadline=None)
@given(st.data())
def test_a_thread_brings_nothing_to_those_outside_of_it(data: st.DataObject) -> None:
    spaces, sources = data.draw(teams())
    bot, first, second = Bot(spaces, sources), *(data.draw(people(spaces)) for _ in range(2))
    told, _ = bot.ask(first.asks())
    thread = (Turn("user", LEAVE), Turn("assistant", told.answer.text))
    bot.ask(first.asks("and how many days of it in June?", thread))
    bot.ask(replace(first.asks("make it shorter", thread), mode=Mode.TUNED))
    for text in (LEAVE, "and how many days of it in June?"):
        _, shown = bot.ask(second.asks(text))
        assert bot.leaked(shown, expected(second, spaces, sources)) == []


@settings(deadline=None)
@given(st.data())
def test_what_may_be_shared_may_be_read_there(data: st.DataObject) -> None:
    spaces, sources = data.draw(teams())
    bot, who = Bot(spaces, sources), data.draw(people(spaces))
    there = data.draw(AUDIENCES) or Audience()
    told, shown = bot.ask(who.asks())
    readers = expected(replace(who, audience=there, only=None), spaces, sources)
    hidden = may_share(told, there, bot.settings)
    assert hidden == sorted(bot.leaked(shown, readers))


def test_these_tests_would_see_a_leak() -> None:
    bot = Bot({}, {"a": ["everyone"]})
    bot.assistant.readable = lambda _: None
    stranger = Who("W-foreign", "slack", None, None)
    _, shown = bot.ask(stranger.asks())
    assert expected(stranger, {}, bot.sources) == set()
    assert bot.leaked(shown, set()) == ["a"]
