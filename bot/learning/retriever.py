"""The retriever: trained on judged passages, and measured on those that are held out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import TooFewVotes
from bot.learning.child import Child, Tell
from bot.learning.judged_questions import JudgedQuestion, judged_questions, liked_questions
from bot.learning.sides import Searched
from bot.learning.training import Job, carry_out, recipe_file
from bot.learning.tuning import LESSONS, PLAN, Plan
from bot.learning.words import ModelVersion
from knowledge.documents import Chunk
from knowledge.embedding import Embedder
from knowledge.tuning.finding import Found, Sought, found
from knowledge.tuning.learner import Dials
from knowledge.tuning.lessons import Lesson, from_headings, lines_of, with_wrong
from model.errors import RecipeWrong, TrainingFailed
from model.examples import What, group_of, held_out
from model.training.recipe import told_in
from model.training.words import Told
from model.weights import resolve
from model.weights.catalogue import BGE, BGE_INT8
from model.weights.fetch import sha256

if TYPE_CHECKING:
    from bot.app import App
    from bot.learning.parts import Learning

CHILD = "bot.learning.tuning"
TEACHABLE = {BGE_INT8: BGE, BGE: BGE}  # an embedder, and its weights in floating point
POOL = 1500  # chunks beside the judged ones, that wrong ones are found among, and headings taken of
HEADINGS = 200  # that are searched for, to see that nothing is forgotten


@dataclass(frozen=True)
class Material:
    """Judged questions, and chunks of the documents beside."""

    questions: Sequence[JudgedQuestion]
    chunks: Sequence[Chunk]

    @property
    def taught(self) -> list[JudgedQuestion]:
        """What may be learned from."""
        return [q for q in self.questions if q.right and not q.held_out]

    @property
    def asked(self) -> list[JudgedQuestion]:
        """What is measured by."""
        return [q for q in self.questions if q.right and q.held_out]


def material(app: App) -> Material:
    """What there is now. Raises `IndexUnavailable`, `DatabaseUnavailable`."""
    judged = app.learning.book.judged()
    return Material(judged_questions(judged, app.finder.pieces), tuple(app.index().chunks(POOL)))


def train(app: App, recipe: Path | None, tell: Tell) -> ModelVersion:
    """Tune the embedder on what people found right, and wrong: a candidate comes out.

    It is tuned from the base, whatever is live, on all that was judged. Raises `TooFewVotes`,
    `TrainingFailed` (no such embedder can be tuned), `RecipeWrong`, and what `carry_out` raises.
    """
    parts = app.learning
    dials = dials_of(recipe or recipe_file(parts.settings.recipes, What.RETRIEVER))
    need_votes(parts, len(liked_questions(parts.book.judged())))  # before anything is fetched
    embedder = app.embedder()
    base = TEACHABLE.get(embedder.name)
    if base is None:
        raise TrainingFailed(
            f"the embedder {embedder.name!r} cannot be tuned; these can: {', '.join(TEACHABLE)}"
        )
    known = material(app)
    need_votes(parts, len(known.taught))
    tell(Told(0, 0, "", 0.0, note=f"{len(known.taught)} judged questions are learned from"))
    lessons = lessons_of(known, embedder, dials)
    weights = resolve(base, app.settings.cache, app.progress, substitutes=False)
    return carry_out(parts, job(known, lessons, dials, weights.path, embedder.name), tell)


def need_votes(parts: Learning, judged: int) -> None:
    """Raise `TooFewVotes` where fewer questions were judged than are needed."""
    if judged < parts.settings.fewest:
        raise TooFewVotes(judged, parts.settings.fewest)


def job(known: Material, lessons: Sequence[Lesson], dials: Dials, weights: Path, base: str) -> Job:
    """The job of the child that tunes."""
    digest = sha256(weights / "model.onnx")

    def files(version: str, run: int, snapshot: str) -> Mapping[str, str]:
        plan = Plan(version, run, base, str(weights), digest, snapshot, asdict(dials))
        return {LESSONS: lines_of(lessons), PLAN: json.dumps(asdict(plan), indent=1)}

    ids = sorted({id for question in known.taught for id in question.ids})
    return Job(What.RETRIEVER, (), tuple(ids), asdict(dials), files, Child(CHILD))


def lessons_of(known: Material, embedder: Embedder, dials: Dials) -> list[Lesson]:
    """Judged questions with a wrong passage each, and headings of the documents among them."""
    judged = [
        Lesson(
            q.text, right.embedded_text, q.wrong[n % len(q.wrong)].embedded_text if q.wrong else ""
        )
        for q in known.taught
        for n, right in enumerate(q.right)
    ]
    free = [c for c in known.chunks if not held_out(group_of(c.text))]
    mixed = list(from_headings(free))[: int(dials.mixed * len(judged))]
    right = {(q.text, c.embedded_text) for q in known.taught for c in q.right}
    pool = list(dict.fromkeys(c.embedded_text for c in free))
    return with_wrong(
        [*judged, *mixed], pool, embedder.embed, lambda q, text: (q, text) in right, dials.seed
    )


def dials_of(file: Path | None) -> Dials:
    """The dials of a TOML file; what it leaves out is as usual. Raises `RecipeWrong`."""
    if file is None:
        return Dials()
    told = told_in(file)
    wrong = [each for name, value in told.items() if (each := _wrong(name, value))]
    if wrong:
        raise RecipeWrong(str(file), tuple(wrong))
    return replace(Dials(), **told)


def _wrong(name: str, value: object) -> str:
    """What is wrong with a dial; empty: nothing."""
    usual = asdict(Dials())
    if name not in usual:
        return f"`{name}` is no dial; there are: {', '.join(usual)}"
    whole = isinstance(usual[name], int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return f"`{name}` must be a {'whole ' if whole else ''}number"
    return f"`{name}` must not be below 0" if value < 0 else ""


def searched(app: App, version: ModelVersion | None, known: Material) -> Searched:
    """How well a version (None: the base) finds what was judged and is held out.

    Beside it, how well it finds sections by their headings, of which none was taught either.
    """
    embedder = app.embedder(version.name if version else None)
    judged = found(embedder, *sought(known))
    headings = found(embedder, *headings_sought(known.chunks))
    ids = tuple(group_of(question.text) for question in known.asked)
    places = tuple(str(n) for n in range(len(headings.ndcg10)))
    return Searched(ids, figures(judged), Searched(places, figures(headings)))


def reindex(app: App) -> None:
    """Fill the index by the retriever that is live now, and search it once it is complete.

    What was read before is in the index of an earlier one, which is kept: going back is quick.
    Cut off, `tandem sync` or the next scheduled one goes on. Raises the error of a source
    that could not be read.
    """
    app.live_retriever.look()
    for _, told in app.syncing.sync():
        if isinstance(told, Exception):
            raise told
        app.note(str(told))


def figures(one: Found) -> Mapping[str, Sequence[float]]:
    """By measure; the main one first."""
    return {"ndcg@10": one.ndcg10, "mrr@10": one.reciprocal}


def sought(known: Material) -> tuple[list[Sought], list[str]]:
    """The held-out questions, and what they are sought among: all judged chunks and others."""
    chunks = [c for q in known.questions for c in (*q.right, *q.wrong)]
    pool = list(dict.fromkeys(c.embedded_text for c in (*chunks, *known.chunks)))
    places = {text: place for place, text in enumerate(pool)}
    asked = [Sought(q.text, tuple({places[c.embedded_text] for c in q.right})) for q in known.asked]
    return asked, pool


def headings_sought(chunks: Sequence[Chunk]) -> tuple[list[Sought], list[str]]:
    """Headings whose sections nobody was taught, and the texts that they are sought among."""
    pool = list(dict.fromkeys(chunk.text for chunk in chunks))
    places = {text: place for place, text in enumerate(pool)}
    held = [chunk for chunk in chunks if held_out(group_of(chunk.text))]
    lessons = list(from_headings(held))[:HEADINGS]
    return [Sought(each.question, (places[each.right],)) for each in lessons], pool
