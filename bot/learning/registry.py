"""Trainings and versions, in SQL: what each learned from, how good it is, which one is live."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select

from bot.learning import snapshots, standing, trainings, versions
from bot.learning.datasets import Datasets, utc_now
from bot.learning.standing import Change
from bot.learning.trainings import Beginning
from bot.learning.version_rows import (
    Promotion,
    evaluation_columns,
    evaluation_of,
    promotion_of,
    run_of,
    version_of,
)
from bot.learning.version_tables import EvaluationRow, LiveRow, PromotionRow, RunRow, VersionRow
from bot.learning.words import (
    Evaluation,
    ModelVersion,
    RunState,
    State,
    TrainingRun,
    Votes,
)
from bot.living import this_worker
from bot.sessions import Sessions
from model.examples import What
from model.versions import read_manifest, version_folder

EVALUATIONS = select(*EvaluationRow.__table__.columns)


class Registry(Datasets):
    """Trainings and versions, for any number of threads and processes; a call is a transaction.

    `home`: where the folders of versions lie; given, nothing is promoted whose folder is not
    whole. Any call raises `DatabaseUnavailable`. See `bot.sessions`.
    """

    def __init__(
        self,
        at: str | Sessions,
        home: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(at, clock)
        self._home = home

    # -- trainings -------------------------------------------------------------------

    def begin(
        self,
        what: What,
        tasks: Sequence[str],
        snapshot: int,
        recipe: Mapping[str, object],
        folder: str,
    ) -> TrainingRun:
        """A training begins, in this process or a child that ends with it.

        `folder` may hold "{id}", for the run's. Raises `UnknownSnapshot`.
        """
        new = Beginning(what, tasks, snapshot, recipe, folder, this_worker(), self._now())
        with self._sessions.writing() as connection:
            snapshots.found(connection, snapshot)
            return trainings.begin(connection, new)

    def progress(self, id: int, figures: Mapping[str, float]) -> None:
        """Keep figures of a run in place of those of the same names. Raises `UnknownRun`."""
        with self._sessions.writing() as connection:
            row = trainings.found(connection, id, locked=True)
            trainings.change(connection, id, figures={**row.figures, **figures})

    def end(
        self,
        id: int,
        state: RunState,
        error: str = "",
        figures: Mapping[str, float] | None = None,
    ) -> TrainingRun:
        """A run ended; done twice, the first counts. Raises `UnknownRun`."""
        with self._sessions.writing() as connection:
            trainings.end(connection, id, state, error, figures or {}, self._now())
            return run_of(trainings.found(connection, id))

    def run(self, id: int) -> TrainingRun:
        """One training. Raises `UnknownRun`."""
        with self._sessions.reading() as connection:
            return run_of(trainings.found(connection, id))

    def runs(self, limit: int = 50, what: What | None = None) -> list[TrainingRun]:
        """The newest trainings, newest first."""
        which = () if what is None else (RunRow.what == str(what),)
        query = trainings.RUNS.where(*which).order_by(RunRow.id.desc()).limit(limit)
        with self._sessions.reading() as connection:
            return [run_of(row) for row in connection.execute(query).all()]

    def stale(self, what: What | None = None) -> list[TrainingRun]:
        """Runs that say they run, and whose process on this host is gone; newest first."""
        with self._sessions.reading() as connection:
            rows = trainings.running(connection, what)
        return [run_of(row) for row in rows if trainings.is_stale(row)]

    def running(self) -> list[TrainingRun]:
        """Runs that did not end, stale ones among them; newest first."""
        with self._sessions.reading() as connection:
            return [run_of(row) for row in trainings.running(connection, None)]

    def resume(self, id: int) -> bool:
        """Take a stale run over into this process; False: another did, or it runs, or ended.

        Raises `UnknownRun`.
        """
        with self._sessions.writing() as connection:
            stale = trainings.is_stale(trainings.found(connection, id, locked=True))
            if stale:
                trainings.change(connection, id, worker=this_worker())
            return stale

    def let_go(self, id: int) -> None:
        """A run that nobody is at any more is stale from now on. Raises `UnknownRun`."""
        with self._sessions.writing() as connection:
            trainings.found(connection, id, locked=True)
            trainings.change(connection, id, worker="")

    # -- versions --------------------------------------------------------------------

    def add_version(self, version: ModelVersion) -> ModelVersion:
        """Keep a version, with its id; one of that name that is there stays as it is.

        It needs to be trained again if what it learned from was forgotten meanwhile.
        """
        with self._sessions.writing() as connection:
            return versions.add(connection, version)

    def version(self, name: str) -> ModelVersion:
        """One version. Raises `UnknownVersion`."""
        with self._sessions.reading() as connection:
            return version_of(standing.version_row(connection, name))

    def versions(self, what: What | None = None) -> list[ModelVersion]:
        """All versions, newest first."""
        which = () if what is None else (VersionRow.what == str(what),)
        with self._sessions.reading() as connection:
            return versions.listed(connection, *which)

    def candidates(self, what: What) -> list[ModelVersion]:
        """Those that might go live, newest first."""
        state = VersionRow.state == str(State.CANDIDATE)
        with self._sessions.reading() as connection:
            return versions.listed(connection, VersionRow.what == str(what), state)

    def live(self, what: What) -> ModelVersion | None:
        """What everybody is served; None: the base."""
        name = select(LiveRow.version).where(LiveRow.what == str(what)).scalar_subquery()
        with self._sessions.reading() as connection:
            found = versions.listed(connection, VersionRow.name == name)
            return found[0] if found else None

    def marker(self) -> str:
        """Changes whenever what is live, or a canary, changes. One cheap read."""
        query = select(LiveRow.what, LiveRow.marker).order_by(LiveRow.what)
        with self._sessions.reading() as connection:
            return ",".join(f"{what}:{marker}" for what, marker in connection.execute(query))

    def promote(
        self, name: str, by: str, why: str = "", forced: bool = False, over: str | None = None
    ) -> ModelVersion:
        """Make a version live, at once and as a whole; one that is live stays so.

        `over`: only if that one is live still (empty: the base), with which it was compared.
        Raises `UnknownVersion`; `VersionUnusable` where its folder or training is not whole;
        `PromotionRefused` where it was refused and this is not forced, or another is live.
        """
        change = Change(by, why, self._now(), forced)
        with self._sessions.writing() as connection:
            standing.promote(connection, name, change, over, self._whole)
            return version_of(standing.version_row(connection, name))

    def rollback(self, what: What, by: str, why: str = "") -> ModelVersion | None:
        """Go back to what was live before, and from there to what was before that.

        None: to the base. What was live is refused, and so is an earlier one on the way whose
        folder is not whole; one that was refused before is passed over. Raises
        `PromotionRefused` where the base is live already.
        """
        change = Change(by, why, self._now())
        with self._sessions.writing() as connection:
            to = standing.rollback(connection, what, change, self._whole)
            return version_of(standing.version_row(connection, to)) if to else None

    def refuse(self, name: str, why: str) -> ModelVersion:
        """A candidate shall not go live. Raises `UnknownVersion`, `PromotionRefused` (live)."""
        with self._sessions.writing() as connection:
            standing.refuse(connection, name, why, self._now())
            return version_of(standing.version_row(connection, name))

    def set_canary(self, name: str, share: float) -> ModelVersion:
        """Serve a candidate to a share (0 to 1) of the places, in place of any other one.

        Raises `UnknownVersion`, `PromotionRefused` (it is no candidate).
        """
        with self._sessions.writing() as connection:
            standing.set_canary(connection, name, share, self._now())
            return version_of(standing.version_row(connection, name))

    def promotions(self, what: What | None = None, limit: int = 50) -> list[Promotion]:
        """What became live when and why, newest first."""
        which = () if what is None else (PromotionRow.what == str(what),)
        query = standing.PROMOTIONS.where(*which).order_by(PromotionRow.id.desc()).limit(limit)
        with self._sessions.reading() as connection:
            return [promotion_of(row) for row in connection.execute(query).all()]

    def votes(self, version: str, what: What, since: datetime | None = None) -> Votes:
        """Verdicts on what a version wrote (empty: the base), asked since a time."""
        with self._sessions.reading() as connection:
            return Votes(**versions.votes(connection, version, what, since))

    def mark_retrain(self, names: Collection[str], why: str) -> None:
        """These should be trained again; an earlier reason stays. Empty `why`: they need not."""
        with self._sessions.writing() as connection:
            versions.mark_retrain(connection, names, why)

    def trained_on(self, ids: Collection[int]) -> list[ModelVersion]:
        """The versions whose snapshot holds any of these examples, newest first."""
        with self._sessions.reading() as connection:
            return versions.listed(connection, versions.holding(ids))

    # -- evaluations -----------------------------------------------------------------

    def evaluate(self, evaluation: Evaluation) -> Evaluation:
        """Keep an evaluation, with its id."""
        with self._sessions.writing() as connection:
            adding = insert(EvaluationRow).returning(EvaluationRow.id)
            id = connection.scalars(adding, evaluation_columns(evaluation)).one()
            return replace(evaluation, id=id)

    def evaluations(self, version: str) -> list[Evaluation]:
        """Those of a version (empty: the base), newest first."""
        mine = EVALUATIONS.where(EvaluationRow.version == version)
        with self._sessions.reading() as connection:
            rows = connection.execute(mine.order_by(EvaluationRow.id.desc())).all()
            return [evaluation_of(row) for row in rows]

    def _whole(self, name: str) -> None:
        if self._home is not None:
            read_manifest(version_folder(self._home, name))
