"""What the jobs do: each is what a command does, or a policy of the settings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import build
from bot.conversation import Place
from bot.errors import JobStopped, UnknownJob
from bot.health import embedded
from bot.inbox import Inbox
from bot.jobs import keeping, learning
from bot.jobs.carrying import Carrier
from bot.jobs.keeping import judged, wrong_before
from bot.jobs.known import KNOWN, job_named, jobs_of, schedule_of
from bot.jobs.runs import Runs
from bot.jobs.schedule import Schedule
from bot.jobs.words import Ending, Report, RunState, Turn
from bot.learning.book_words import Wanted
from bot.learning.words import RunState as TrainingState
from bot.posts import Post, Reason
from bot.settings import Settings
from bot.settings.jobs import Jobs
from bot.syncing import Syncing
from knowledge.chunking import ChunkLimits
from knowledge.documents import quiet
from knowledge.errors import SourceUnreadable
from model.examples import Example, Origin, Review, What
from tests.bots import settings_for
from tests.fakes import FakeEmbedder, FakeIndex
from tests.served import BASE, a_base
from tests.test_promoting import Shop, settings

Open = Callable[..., AbstractContextManager[Shop]]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Free:
    """A turn that lasts."""

    def check(self) -> None:
        """It may go on."""


class Over:
    """A turn whose process is to end once something was written."""

    def __init__(self, index: FakeIndex) -> None:
        self.index = index

    def check(self) -> None:
        if self.index.records:
            raise JobStopped("sync-wiki")


@pytest.fixture
def opened(home: Path) -> Open:
    weights = a_base(home / BASE)

    @contextmanager
    def shop(**given: object) -> Iterator[Shop]:
        model: dict[str, object] = {"use": "local", "name": str(weights)}
        with build(settings(home, model, **given)) as app:
            yield Shop(app, home)

    return shop


def pairs(count: int) -> list[Example]:
    """Accepted examples for training, none held out."""
    made = (
        Example(What.STYLE, "rewrite", f"text {n}", f"good {n}", "bad", origin=Origin.CORRECTION)
        for n in range(10 * count)
    )
    return [each for each in made if not each.held_out][:count]


# -- the table ---------------------------------------------------------------------------


def test_every_job_of_the_settings_is_in_the_table_and_none_else() -> None:
    assert {*KNOWN} == {*Jobs.model_fields} - {"timezone"}


def test_each_source_has_its_own_sync(tmp_path: Path) -> None:
    given = {
        "jobs": {"timezone": "Asia/Tokyo", "train": {"cron": "0 2 * * *"}},
        "sources": {
            "wiki": {"use": "folder", "path": "x", "every": "15m"},
            "code": {"use": "folder", "path": "y", "cron": "0 7 * * *", "timezone": "Europe/Rome"},
            "old": {"use": "folder", "path": "z", "every": "never"},
        },
        "spaces": {},
    }
    with build(settings_for(tmp_path, given)) as app:
        jobs = jobs_of(app)
        assert jobs["sync-wiki"].schedule == Schedule(every=timedelta(minutes=15))
        assert str(jobs["sync-code"].schedule) == "0 7 * * * (Europe/Rome)"
        assert str(jobs["sync-old"].schedule) == "never"
        assert str(jobs["train"].schedule) == "0 2 * * * (Asia/Tokyo)"
        assert {name for name in jobs if not name.startswith("sync-")} == {*KNOWN}
        with pytest.raises(UnknownJob, match=r"No job called 'sync-wkii'\. There are: sync-wiki"):
            job_named(app, "sync-wkii")


def test_nothing_heavy_is_done_unasked() -> None:
    plain = Settings.model_validate({"home": "/h", "cache": "/c"})
    never = {name for name in KNOWN if schedule_of(getattr(plain.jobs, name), plain) == Schedule()}
    assert never == {"train", "evaluate"}


# -- syncing -----------------------------------------------------------------------------


class LiveIndex(FakeIndex):
    """One that is searched."""

    live = True


@contextmanager
def syncing(home: Path, index: FakeIndex, turns: Sequence[str]) -> Iterator[Syncing]:
    """Of a folder with 150 pages; who holds a lease by hand is noted in `turns`."""
    folder = home / "wiki"
    folder.mkdir()
    for n in range(150):
        (folder / f"{n}.md").write_text(f"Page {n}")
    given = {"sources": {"wiki": {"use": "folder", "path": str(folder)}}, "spaces": {}}

    @contextmanager
    def alone(job: str, waiting: object) -> Iterator[Turn]:
        turns.append(job)  # type: ignore[attr-defined]
        yield Free()

    with build(settings_for(home, given)) as app:
        yield Syncing(
            app.settings, ChunkLimits(), lambda: index, FakeEmbedder, lambda: app.store,  # type: ignore[arg-type,return-value]
            quiet, quiet_note, alone,
        )  # fmt: skip


def quiet_note(_: str) -> None:
    """Nobody listens."""


def test_a_sync_that_is_stopped_keeps_its_slices_and_the_next_goes_on(tmp_path: Path) -> None:
    index, turns = LiveIndex(), list[str]()
    with syncing(tmp_path, index, turns) as mine:
        with pytest.raises(JobStopped):
            [*mine.sync(("wiki",), turn=Over(index))]
        kept = len(index.records)
        assert 0 < kept < 150
        assert not index.complete("wiki")
        ((_, told),) = mine.sync(("wiki",), turn=Free())
        assert (getattr(told, "unchanged", None), len(index.records)) == (kept, 150)
        assert turns == []
        [*mine.sync(("wiki",))]
        assert turns == ["sync-wiki"]


def test_a_weaviate_that_went_away_is_found_and_fails_no_job(home: Path) -> None:
    from weaviate.exceptions import WeaviateConnectionError

    class Gone:
        def get_meta(self) -> dict[str, object]:
            raise WeaviateConnectionError("no route")

    with build(settings_for(home, {"sources": {}, "spaces": {}})) as app:
        app.__dict__["client"] = Gone()
        finding = embedded(app)
        assert (finding.name, finding.ok) == ("weaviate", False)
        assert "See `tandem check` and Weaviate's log" in finding.told
        assert judged(app, [finding], Free()).figures["wrong"] == {"weaviate": finding.told}


def test_a_source_that_cannot_be_read_fails_the_job(home: Path) -> None:
    sources = {"sources": {"wiki": {"use": "folder", "path": str(home / "nowhere")}}, "spaces": {}}

    class Bare:
        def sync(self, names: object, turn: object) -> Iterator[tuple[str, SourceUnreadable]]:
            yield "wiki", SourceUnreadable("wiki", "no folder", "Check `path`")

    with build(settings_for(home, sources)) as app:
        app.__dict__["syncing"] = Bare()
        ending = Carrier(app.leases, app.sessions).now(job_named(app, "sync-wiki"))
        assert ending is not None
        assert (ending.state, ending.error) == (
            RunState.FAILED,
            "Source 'wiki': no folder. Check `path`.",
        )


# -- learning ----------------------------------------------------------------------------


def test_too_little_that_is_new_trains_nothing(opened: Open) -> None:
    with opened() as shop:
        shop.parts.book.keep(pairs(5))
        told = learning.train(shop.app, Free()).told
        assert told.startswith("style: 5 new examples, of 20 that are waited for; answers: 0 new")
        assert shop.parts.registry.runs() == []


def test_what_the_last_training_learned_is_not_new_and_what_came_since_is(opened: Open) -> None:
    with opened() as shop:
        book, registry = shop.parts.book, shop.parts.registry
        book.keep(pairs(5))
        ids = [each.id for each in book.examples(Wanted(review=Review.ACCEPTED))]
        snapshot = registry.snapshot(What.STYLE, ("rewrite",), ids)
        run = registry.begin(What.STYLE, ("rewrite",), snapshot.id, {}, "style-{id}")
        assert learning.new_examples(shop.parts, What.STYLE) == 5
        registry.end(run.id, TrainingState.FAILED, "it broke")
        assert learning.new_examples(shop.parts, What.STYLE) == 0
        book.keep(pairs(8)[5:])
        assert learning.new_examples(shop.parts, What.STYLE) == 3
        assert learning.new_examples(shop.parts, What.RETRIEVER) == 0


def test_a_candidate_is_measured_once_beside_what_is_live(opened: Open) -> None:
    with opened() as shop:
        shop.trained("style-1")
        shop.trained("style-2")
        assert [each.name for each in learning.unmeasured(shop.parts)] == ["style-2"]
        shop.passed("style-3")
        assert [*learning.unmeasured(shop.parts)] == []
    with opened() as shop:
        assert learning.evaluate(shop.app, Free()).told == "no candidate waits to be measured"


def test_without_a_policy_what_passed_waits_for_an_operator(opened: Open) -> None:
    with opened() as shop:
        shop.passed("style-1")
        assert learning.promote(shop.app, Free()).told == "nothing waits"
        assert shop.live() == ""


def test_by_policy_what_passed_goes_live_once(opened: Open) -> None:
    with opened(auto_promote=True) as shop:
        shop.passed("style-1")
        assert "style-1 is live" in learning.promote(shop.app, Free()).told
        assert shop.live() == "style-1"
        assert learning.promote(shop.app, Free()).told == "nothing waits"
        [promotion] = shop.parts.registry.promotions(What.STYLE)
        assert promotion.by == "schedule"


def test_by_policy_what_passed_is_tried_first_and_the_trial_is_looked_at(opened: Open) -> None:
    with opened(canary=0.25) as shop:
        shop.passed("style-1")
        report = learning.promote(shop.app, Free())
        assert "tried on 25%" in report.told
        assert "too few votes" in report.told
        assert learning.promote(shop.app, Free()).figures["steps"] == []


def test_what_did_not_pass_is_left(opened: Open) -> None:
    with opened(auto_promote=True) as shop:
        shop.trained("style-1")
        assert learning.promote(shop.app, Free()).told == "nothing waits"


def test_a_harvest_reports_its_figures(opened: Open) -> None:
    with opened() as shop:
        report = learning.harvest(shop.app, Free())
        assert (report.told, report.figures["seen"]) == ("No new votes.", 0)


# -- keeping -----------------------------------------------------------------------------


def test_what_is_too_old_is_forgotten(opened: Open) -> None:
    with opened() as shop:
        url = f"sqlite:///{shop.home / 'tandem.db'}"
        with closing(Inbox(url, clock=lambda: LONG_AGO)) as old:
            place = Place("slack", "T1", "C1", "1.0")
            old.pass_over(Post("E1", "1.0", place, "ben", "hello", LONG_AGO), Reason.NOT_ADDRESSED)
            assert len(old.silences()) == 1
        report = keeping.retention(shop.app, Free())
        assert report.figures["events"] == 2
        assert report.told == "forgotten: 2 events"
        assert keeping.retention(shop.app, Free()).told == "forgotten: nothing"


def test_health_knows_what_was_wrong_before(opened: Open) -> None:
    with opened() as shop:
        leases, runs = shop.app.leases, Runs(shop.app.sessions)
        assert wrong_before(runs) == {}
        wrong = {"wrong": {"weaviate": "it is down"}}
        leases.end(leases.take("health"), Ending(RunState.DONE, Report("1 wrong", wrong)))
        leases.end(leases.take("health"), Ending(RunState.FAILED, error="no database"))
        assert wrong_before(runs) == {"weaviate": "it is down"}


def test_what_is_newly_wrong_is_told_once(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    with opened() as shop:
        folder = shop.home / "recipes"
        mine = shop.app.settings
        wrong = mine.learning.model_copy(update={"recipes": folder})
        shop.app.settings = mine.model_copy(
            update={"learning": wrong, "sources": {}, "weaviate": mine.weaviate}
        )
        caplog.set_level(logging.WARNING, "bot.jobs.keeping")
        carrier = Carrier(shop.app.leases, shop.app.sessions)
        health = replace(job_named(shop.app, "health"), work=some_health(shop))
        for _ in range(2):
            ending = carrier.now(health)
            assert ending is not None
            told = f"there is no folder {folder}: see `learning.recipes`"
            assert ending.report.figures["wrong"] == {"recipes": told}
        assert len([r for r in caplog.records if "recipes is wrong" in r.message]) == 1


def some_health(shop: Shop) -> Callable[[Turn], Report]:
    """The job's own judgement of a look at learning alone."""
    from bot.health import learning as look_at_learning

    return lambda turn: keeping.judged(shop.app, look_at_learning(shop.app), turn)
