"""All that the schedule does. A new job is an entry here, and a section in `bot.settings.jobs`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.errors import UnknownJob
from bot.jobs import keeping, learning
from bot.jobs.schedule import Schedule
from bot.jobs.words import Job, Report, Turn
from bot.syncing import job_of

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings
    from bot.settings.jobs import Job as JobSection
    from bot.settings.sections import Source

Work = Callable[["App", Turn], Report]

INDEX, MODELS, ROWS = "index", "models", "rows"  # lanes: one at a time in each
KNOWN: dict[str, tuple[Work, str]] = {
    "harvest": (learning.harvest, ROWS),
    "train": (learning.train, MODELS),
    "evaluate": (learning.evaluate, MODELS),
    "promote": (learning.promote, ROWS),
    "retention": (keeping.retention, ROWS),
    "backup": (keeping.backup, ROWS),
    "health": (keeping.health, ROWS),
    "gaps": (keeping.gaps, ROWS),
}


def jobs_of(app: App) -> dict[str, Job]:
    """Every job by its name: a sync for each source, and those of the table."""
    mine = app.settings
    found = {}
    for source, section in mine.sources.items():
        work = partial(keeping.sync, app, source=source)
        name = job_of(source)
        told = (schedule_of(section, mine), work, INDEX, section.limit, f"sources.{source}")
        found[name] = Job(name, *told)
    for name, (does, lane) in KNOWN.items():
        set_to: JobSection = getattr(mine.jobs, name)
        told = (schedule_of(set_to, mine), partial(does, app), lane, set_to.limit, f"jobs.{name}")
        found[name] = Job(name, *told)
    return found


def job_named(app: App, name: str) -> Job:
    """One job. Raises `UnknownJob`."""
    jobs = jobs_of(app)
    if name not in jobs:
        raise UnknownJob(name, tuple(jobs))
    return jobs[name]


def schedule_of(section: JobSection | Source, settings: Settings) -> Schedule:
    """When a section says that it is done."""
    zone = section.timezone or settings.jobs.timezone
    return Schedule(section.every, section.cron, zone if section.cron else "UTC")
