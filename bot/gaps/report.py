"""The report of what the sources did not answer, made for one reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice

from bot.followups import standalone
from bot.gaps.checking import Checking, Tries
from bot.gaps.clustering import Cluster, communities
from bot.gaps.words import Gap, GapReport, Lack, Near, Reader, Suggestion, Unanswered
from bot.gate import asks
from bot.learning.masking import masked
from bot.learning.readings import Consent
from bot.settings.sections import Space
from bot.spaces import spaces_naming
from knowledge.documents import Passage
from knowledge.embedding import Vectors

WORDINGS = 3  # of one gap that are shown beside the first
PAGES = 3  # that are named for one gap
BESIDE = 2  # gaps that are looked at for each that is wanted: some have an answer meanwhile
FITS = 0.65  # the cosine from which a page is about what was asked

Find = Callable[[str, Sequence[str] | None], Sequence[Passage]]
"""The best passage of each of the best pages for a question, best first."""


@dataclass(frozen=True)
class Asked:
    """A question that may be compared with others, in words that may be kept."""

    of: Unanswered
    words: str  # standalone and masked


@dataclass(frozen=True)
class Reporting:
    """Makes reports."""

    unanswered: Callable[[datetime], Sequence[Unanswered]]
    consent: Consent
    embed: Callable[[Sequence[str]], Vectors]
    find: Find
    sources: Sequence[str]  # all that are set
    spaces: Mapping[str, Space]
    alike: float  # the least cosine of questions that ask for the same
    cluster: Cluster = communities
    checking: Checking | None = None  # asks again what is shown; None: nobody does

    def report(
        self, since: datetime, reader: Reader, most: int | None = None, check: bool = True
    ) -> GapReport:
        """What was asked since then and not answered, in `most` gaps at most.

        What no gap shows is counted: questions of people and channels that are not learned from,
        which are not even compared, and gaps of which `reader` may be shown no question. With
        `check` what is shown is asked again, and told apart where it has an answer meanwhile.
        """
        every = [one for one in self.unanswered(since) if is_question(one)]
        asked = [one for one in map(read, filter(self._may, every)) if one.words]
        tries = Tries()
        found = list(within(self._gaps(asked, reader, tries, check), most))
        rest = len(every) - sum(gap.count for gap in found)
        gaps = tuple(gap for gap in found if gap.now is None)
        answered = tuple(gap for gap in found if gap.now is not None)
        told = (since, len(every), people(every), gaps, rest)
        apart = tries.likeness.trouble
        return GapReport(*told, answered, tries.checked, tries.trouble, apart)

    def _gaps(
        self, asked: Sequence[Asked], reader: Reader, tries: Tries, check: bool
    ) -> Iterator[Gap]:
        """Those that may be shown, the weightiest first; who may read what is asked as needed."""
        if not asked:
            return
        found = tries.likeness(partial(self._alike, asked), same_words(asked))
        for members in sorted(([asked[row] for row in rows] for rows in found), key=weight):
            quoted = list(islice((m for m in members if reader.quotable(m.of)), 1 + WORDINGS))
            if quoted:
                every = [one.of for one in members]
                gap = self._gap(every, quoted, reader, tries)
                yield self._checked(gap, quoted[0].of, every, reader, tries) if check else gap

    def _alike(self, asked: Sequence[Asked]) -> Sequence[Sequence[int]]:
        return self.cluster(self.embed([one.words for one in asked]), self.alike)

    def _checked(
        self,
        gap: Gap,
        first: Unanswered,
        every: Sequence[Unanswered],
        reader: Reader,
        tries: Tries,
    ) -> Gap:
        """A gap with what answers it by now, as far as that can be known."""
        checking = self.checking
        if checking is None or tries.trouble:
            return gap
        now = tries.answers(lambda: checking.now(first, every, reader), None)
        tries.checked += not tries.trouble
        return replace(gap, now=now)

    def _may(self, one: Unanswered) -> bool:
        """May it be learned from? Else its words are nobody's."""
        place = one.question.place
        return self.consent.place(place) and self.consent.person(place.platform, one.question.asker)

    def _gap(
        self, every: Sequence[Unanswered], quoted: Sequence[Asked], reader: Reader, tries: Tries
    ) -> Gap:
        words = list(dict.fromkeys(one.words for one in quoted))
        none: Sequence[Passage] = ()
        found = tries.pages(lambda: self.find(words[0], reader.sources), none)
        pages = tuple(map(near, found[:PAGES]))
        lacks = Counter(str(lack) for one in every for lack in one.lacks)
        return Gap(
            words[0],
            tuple(words[1:]),
            len(every),
            people(every),
            dict(sorted(lacks.items())),
            tuple(self._spaces(every)),
            pages,
            None if tries.pages.trouble else self._suggestion(pages, reader),
            max(one.asked_at for one in every),
        )

    def _spaces(self, every: Sequence[Unanswered]) -> list[str]:
        """Those that name a channel in which it was asked."""
        places = {one.question.place for one in every}
        return sorted({name for place in places for name in spaces_naming(place, self.spaces)})

    def _suggestion(self, pages: Sequence[Near], reader: Reader) -> Suggestion | None:
        """The page that is near enough, else a new one beside those that are nearest."""
        written = [page for page in pages if page.source in self.sources]
        if written:
            best = written[0]
            return Suggestion(best.source, best if best.nearness >= FITS else None)
        known = [s for s in self.sources if reader.sources is None or s in reader.sources]
        return Suggestion(known[0], None) if known else None


def within(gaps: Iterator[Gap], most: int | None) -> Iterator[Gap]:
    """The first that are open, `most` of them, with those before them that have an answer."""
    wanted = most
    for gap in islice(gaps, None if most is None else BESIDE * most):
        yield gap
        if wanted is not None and gap.now is None:
            wanted -= 1
            if not wanted:
                return


def is_question(one: Unanswered) -> bool:
    """In a thread people also tell the bot something: to that nothing is to be found."""
    told = bool(one.question.thread) and one.lacks == {Lack.UNKNOWN}
    return not told or "?" in one.question.text or asks(one.question.text)


def near(found: Passage) -> Near:
    """The page of a passage."""
    chunk = found.chunk
    nearness = round(found.scores.get("vector", 0.0), 3)
    return Near(chunk.source, chunk.key, chunk.title, chunk.headings, chunk.url, nearness)


def people(asked: Sequence[Unanswered]) -> int:
    """How many people asked."""
    return len({(one.question.place.platform, one.question.asker) for one in asked})


def read(one: Unanswered) -> Asked:
    """A question's words, masked; none where little is left of them."""
    told = masked(standalone(one.question).strip())
    return Asked(one, "" if told.mostly else told.text)


def same_words(asked: Sequence[Asked]) -> Sequence[Sequence[int]]:
    """To rows, those of the very same words: as far as likeness is seen without vectors."""
    found: dict[str, list[int]] = {}
    for row, one in enumerate(asked):
        found.setdefault(one.words.casefold(), []).append(row)
    return [*found.values()]


def weight(members: Sequence[Asked]) -> tuple[int, int, float]:
    """What most people asked about comes first, then what was asked most, then the newest."""
    every = [one.of for one in members]
    return -people(every), -len(every), -max(one.asked_at for one in every).timestamp()
