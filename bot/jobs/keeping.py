"""The jobs that keep things in order: sync, retention, backup, health."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from bot.jobs.runs import Runs
from bot.jobs.words import Report, RunState, Turn
from bot.posts import Heard

if TYPE_CHECKING:
    from bot.app import App
    from bot.health import Finding

log = logging.getLogger(__name__)

REMEMBERED = timedelta(days=7)  # events; long after Slack has given up to send one again


def sync(app: App, turn: Turn, source: str) -> Report:
    """Bring one source's part of the index in step. Raises `KnowledgeError`, `SourceNotMade`."""
    ((_, told),) = app.syncing.sync((source,), turn=turn)
    if isinstance(told, Exception):
        raise told
    counts = {name: n for name, n in asdict(told).items() if isinstance(n, int | float)}
    return Report(str(told), counts | {"unreadable": len(told.unreadable)})


def retention(app: App, turn: Turn) -> Report:
    """Forget what is too old: events, what people gave to learn from, runs of jobs."""
    from bot.inbox import Inbox
    from bot.learning.book_words import Expired
    from bot.learning.sweeping import sweep

    now, keep, parts = datetime.now(UTC), app.settings.learning.keep, app.learning
    expired = parts.book.expire(now - keep) if keep else Expired()
    gone = {
        "events": Inbox(app.sessions).prune(now - REMEMBERED),
        "runs": Runs(app.sessions).prune(now - app.settings.jobs.retention.runs),
        **asdict(expired),
    }
    turn.check()
    swept = sweep(parts)
    told = ", ".join(f"{count} {what}" for what, count in gone.items() if count)
    return Report(f"forgotten: {told or 'nothing'}", gone | {"swept": asdict(swept)})


def backup(app: App, turn: Turn) -> Report:
    """Copy what cannot be made again, as by `tandem backup`."""
    from bot.jobs.backing_up import back_up, place_for

    mine = app.settings.jobs.backup
    made = back_up(app.settings, place_for(app.settings), mine.keep, turn.check)
    return Report(str(made), made.told())


def gaps(app: App, _turn: Turn) -> Report:
    """Have the digest of knowledge gaps posted, as by `tandem gaps --post`."""
    from bot.gaps.parts import post_digest

    channel = app.settings.gaps.channel
    if not channel:
        return Report("no channel is set for it")
    queued = post_digest(app) in (Heard.ACCEPTED, Heard.REVISED)
    said = "the digest is queued" if queued else "a digest of today was queued before"
    return Report(f"{channel}: {said}")


def health(app: App, turn: Turn) -> Report:
    """Look at all that answering needs."""
    from bot.health import look

    return judged(app, look(app), turn)


def judged(app: App, findings: Iterable[Finding], turn: Turn) -> Report:
    """What is wrong; what is newly wrong is told as a warning, and what is well again."""
    before, wrong, looked = wrong_before(Runs(app.sessions)), dict[str, str](), 0
    for finding in findings:
        turn.check()
        looked += 1
        if not finding.ok:
            wrong[finding.name] = finding.told
            if finding.name not in before:
                log.warning("%s is wrong: %s", finding.name, finding.told)
    for name in sorted(before.keys() - wrong.keys()):
        log.info("%s is well again", name)
    told = f"{looked} looked at, {len(wrong)} wrong"
    return Report(f"{told}: {', '.join(wrong)}" if wrong else told, {"wrong": wrong})


def wrong_before(runs: Runs) -> Mapping[str, str]:
    """What the last look found wrong."""
    done = (run for run in runs.newest(10, "health") if run.state is RunState.DONE)
    last = next(done, None)
    return cast("Mapping[str, str]", last.report.figures.get("wrong", {})) if last else {}
