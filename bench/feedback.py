"""What thumbs do for retrieval: nDCG@10 before, with votes in the search, after fine-tuning.

The ratings of feedbackqa's valid part are thumbs (Excellent and Acceptable up, the others down):
three in five of its questions, by the hash of their words, give votes; the others are asked only.
Of those that give votes the product itself keeps a third from training (one question in five of
all, by the same hash), and its gate measures on them.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import corpora
from bench.commands import environment, run, settle
from bench.common import Goal, Line, Table, about, options, publish, say, scratch
from bench.retrieval import beir
from bench.scores import Judged, ndcg_at
from bot.conversation import (
    Answer,
    Citation,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Verdict,
)
from bot.learning.preferences import PARTED
from knowledge.documents import Passage
from model.evaluation import paired_bootstrap
from model.examples import group_of, held_out

if TYPE_CHECKING:
    from bot.app import App
    from bot.learning.words import ModelVersion

DATA = corpora.SHARED / "data" / "feedbackqa"
UP = frozenset({"Excellent", "Acceptable"})
VOTED = 0.6  # of the questions: the ratings of the others are no votes
DEPTH = 10
SOURCE = "judged"


@dataclass(frozen=True)
class Rated:
    """A question, a passage, and what each of the raters thought of it: up or not."""

    question: str
    passage: str  # the document's key
    up: tuple[bool, ...]

    @property
    def held(self) -> bool:
        """Is the question only asked?"""
        return not held_out(group_of(self.question), VOTED)


def ratings() -> list[Rated]:
    """All of the valid part."""
    return [
        Rated(str(row["question"]), str(row["passage_id"]), tuple(r in UP for r in row["rating"]))  # type: ignore[attr-defined]
        for row in corpora.lines(DATA / "feedback_valid.jsonl")
    ]


def relevant(rated: Sequence[Rated]) -> dict[str, dict[str, int]]:
    """By question the passages that all raters found good; a question without one is left out."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one in rated:
        if all(one.up):
            found[one.question][one.passage] = 1
    return dict(found)


@dataclass(frozen=True)
class Sets:
    """Questions with what is relevant to each."""

    learnt: Judged  # whose votes were given
    held: Judged  # that were rated too, and only asked
    others: Judged  # of the shared judgments: other questions on the same pages


def sets(rated: Sequence[Rated], most: int | None) -> Sets:
    """The three; `most` questions of each."""
    given = beir("feedbackqa", "valid")
    others = {given.queries[query]: gains for query, gains in given.judged.items()}
    parts = ([r for r in rated if not r.held], [r for r in rated if r.held])
    learnt, held = (relevant(part) for part in parts)
    return Sets(*(dict(list(each.items())[:most]) for each in (learnt, held, others)))


def scores(app: App, judged: Judged) -> list[float]:
    """nDCG@10 of each question, by the search as it is now."""
    dials = replace(app.dials, limit=DEPTH)
    told = list[float]()
    for question, gains in judged.items():
        found = app.finder.documents(question, [SOURCE], DEPTH, dials)
        told.append(ndcg_at(DEPTH, [passage.chunk.key for passage in found], gains))
    return told


def give_votes(app: App, rated: Sequence[Rated]) -> int:
    """Each rater's thumb on an answer that cites the passage; how many there were."""
    count = 0
    for one in rated:
        interaction = answered(app, one)
        if interaction is None:
            continue
        for rater, up in enumerate(one.up):
            verdict, reason = (Verdict.UP, "") if up else (Verdict.DOWN, "wrong_source")
            voter = f"{rater}-{group_of(one.question)}"  # of a question: nobody knows who
            now = datetime.now(UTC)
            app.store.rate(Feedback(interaction.id, voter, verdict, now, reason))
            count += 1
        app.heeding.voted(interaction.id)
    return count


def answered(app: App, one: Rated) -> Interaction | None:
    """An answer to the question that cites the whole passage; None: it is not indexed."""
    chunks = app.finder.pieces(SOURCE, one.passage)
    if not chunks:
        return None
    quote = PARTED.join(chunk.text for chunk in chunks)
    cited = Citation(1, chunks[0].title, chunks[0].url, SOURCE, one.passage, quote)
    found = tuple(Passage(chunk, 1.0) for chunk in chunks)
    answer = Answer(f"{chunks[0].text} [1]", Outcome.CITED, (cited,), found)
    question = Question(one.question, "asker", Place("terminal"), mode=Mode.RAG)
    route = Route(Mode.RAG, None, "forced", 1.0)
    return app.store.record(question, route, answer, Timings(), datetime.now(UTC))


def tuned(app: App) -> ModelVersion:
    """Tune the embedder on the votes, measure it, and search by it, whatever the gate says."""
    from bot.learning.evaluating import evaluation
    from bot.learning.opening import measuring
    from bot.learning.retriever import train

    version = train(app, None, lambda told: say(f"step {told.step}/{told.steps} {told.note}"))
    gate = evaluation(measuring(app.learning), version.name)
    say(f"the gate: {'passed' if gate.passed else 'refused'}; {' '.join(gate.reasons)}")
    app.learning.registry.promote(version.name, "bench", "measured", forced=True)
    app.live_retriever.look()
    for _, told in app.syncing.sync():
        say(str(told))
    return version


def measured(app: App, asked: Sets, way: str) -> dict[str, list[float]]:
    """The scores of all sets one way."""
    told = {name: scores(app, getattr(asked, name)) for name in ("learnt", "held", "others")}
    say(f"{way}: " + ", ".join(f"{n} {sum(s) / len(s):.4f}" for n, s in told.items() if s))
    return told


NAMES = {
    "learnt": "questions whose votes were given",
    "held": "rated questions held out",
    "others": "other questions on these pages",
}


def lines(ways: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[Line]:
    """A row for each set and way; a fall that chance does not explain misses the goal."""
    before = ways["before"]
    for name, title in NAMES.items():
        for way, told in ways.items():
            mine, theirs = told[name], before[name]
            figure = round(sum(mine) / len(mine), 4)
            if way == "before":
                yield Line(f"{title}: {way}", figure, "nDCG@10", f"{len(mine)} questions")
                continue
            by = paired_bootstrap(mine, theirs)
            spread = f"by {by.difference:+.4f}, {by.low:+.4f} to {by.high:+.4f}"
            # compared as they are shown elsewhere, to a thousandth
            ratio = round(figure, 3) / round(sum(theirs) / len(theirs), 3)
            yield Line(f"{title}: {way}", figure, "nDCG@10", spread, ratio, Goal(">=", 1.0))


def compared(
    work: Path, folder: Path, rated: Sequence[Rated], most: int | None, tuning: bool
) -> list[Line]:
    """Everything, in one home."""
    from bot.app import build
    from bot.settings import load_settings

    source = {"use": "folder", "path": str(folder)}
    settle(work, {f"sources.{SOURCE}": source, "search": {"reranker": "none"}})
    say(run(work, "sync", "--json").strip())
    asked = sets(rated, most)
    wanted = {*asked.learnt} if most else {one.question for one in rated}
    with build(load_settings(environment(work))) as app:
        ways = {"before": measured(app, asked, "before")}
        votes = give_votes(app, [r for r in rated if not r.held and r.question in wanted])
        say(f"{votes} votes were given")
        ways["with votes"] = measured(app, asked, "with votes")
        if tuning:
            tuned(app)
            ways["tuned, with votes"] = measured(app, asked, "tuned, with votes")
            app.inclination.weight = replace(app.inclination.weight, most=0.0)
            ways["tuned, votes off"] = measured(app, asked, "tuned, votes off")
        told = list(lines(ways))
    run(work, "stop")
    return told


def corpus(rated: Sequence[Rated], most: int | None, target: Path) -> Path:
    """The documents alone; in short those that the first questions of each set need."""
    target.mkdir(parents=True)
    if most is None:
        shutil.copy(DATA / "corpus.jsonl", target)
        return target
    asked = sets(rated, most)
    every = (asked.learnt, asked.held, asked.others)
    wanted = {key for judged in every for gains in judged.values() for key in gains}
    wanted |= {one.passage for one in rated if one.question in asked.learnt}
    rows = (DATA / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if row.partition('"_id": "')[2].partition('"')[0] in wanted]
    (target / "corpus.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("What thumbs do for retrieval.")
    parser.add_argument("--untuned", action="store_true", help="only the votes in the search")
    given = parser.parse_args(arguments)
    if not DATA.is_dir():
        table = Table("bench.feedback", "÷ before", (), (f"{DATA} is missing",), about())
        publish(table, given.json)
        return
    details, rated, most = about(), ratings(), 8 if given.short else None
    tuning = not (given.short or given.untuned)
    with scratch() as work:
        folder = corpus(rated, most, work / "part")
        told = compared(work / "work", folder, rated, most, tuning)
    notes = (
        "nDCG@10 of documents by the hybrid search as set, without a reranker; relevant is what "
        "both raters found good. What nobody rated counts as wrong.",
        "The difference from `before` with its 95 % interval (paired bootstrap over questions).",
        f"{VOTED:.0%} of the rated questions, by the hash of their words, gave votes.",
        "The embedder was tuned on two thirds of those; the gate saw the rest."
        if tuning
        else "Nothing was tuned.",
    )
    publish(Table("bench.feedback", "÷ before", tuple(told), notes, details), given.json)


if __name__ == "__main__":
    main()
