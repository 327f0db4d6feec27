"""The sections [jobs.*] of tandem.toml: what is done by itself, and when.

A new job has a section here and an entry in `bot.jobs.known`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import model_validator

from bot.settings.sections import Count, Duration, Section
from bot.settings.timing import Cron, Often, Zone, timed

Every = Annotated[Duration | None, Often]


class Job(Section):
    """When a job is done: every so often, or by cron; neither ("never"): only by hand."""

    every: Every = None
    cron: Cron = ""
    timezone: Zone | None = None  # of cron; None: that of all jobs
    limit: Duration | None = timedelta(hours=1)  # of one run; None ("none"): as long as it takes

    @model_validator(mode="before")
    @classmethod
    def _timed(cls, given: Any) -> Any:
        return timed(given)


class Harvest(Job):
    """Votes become examples."""

    every: Every = timedelta(hours=1)


class Train(Job):
    """A new version is trained, when there is enough new to learn from."""

    limit: Duration | None = timedelta(days=1)
    new_examples: Count = 20  # accepted since the last training of the same kind


class Evaluate(Job):
    """The newest candidates are measured."""

    limit: Duration | None = timedelta(hours=12)


class Promote(Job):
    """What passed the gate is tried or made live, as [learning] says; trials are looked at."""

    every: Every = timedelta(minutes=10)


class Retention(Job):
    """What is too old is forgotten."""

    every: Every = timedelta(hours=6)
    runs: Duration = timedelta(days=90)  # how long runs of jobs are kept


class Backup(Job):
    """A copy of what cannot be made again."""

    every: Every = timedelta(days=1)
    limit: Duration | None = timedelta(hours=6)
    path: Path | None = None  # a folder; None: `backups` in the home folder
    keep: Count = 7  # of the newest copies


class Health(Job):
    """All is looked at, as `tandem check` does."""

    every: Every = timedelta(hours=1)


class Digest(Job):
    """The digest of what the sources did not answer, to the channel that [gaps] names."""

    every: Every = timedelta(days=7)


class Jobs(Section):
    """What is done by itself; the sources have their own times."""

    timezone: Zone = "UTC"
    harvest: Harvest = Harvest()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    promote: Promote = Promote()
    retention: Retention = Retention()
    backup: Backup = Backup()
    health: Health = Health()
    gaps: Digest = Digest()
