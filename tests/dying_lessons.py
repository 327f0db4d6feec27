"""Changes of what was learned that are killed before each of their statements, in turn.

Run as `python -m tests.dying_lessons URL`; for each change its name, how often it was killed,
and what became of the database is said on stdout.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

from bot.learning.words import ModelVersion, RunState, State
from bot.sessions import Sessions
from model.examples import What
from tests.learned import NOON, Learned, curated, example, judged

Act = Callable[[Learned], object]
DIED = -signal.SIGKILL


def learn(learned: Learned) -> None:
    """What the changes are made to: two corrected answers, all made of them, two versions."""
    for asker in ("ben", "carl"):
        id = learned.asked(asker)
        learned.vote(id, "anna", correction=f"{asker}'s words")
        learned.draw(id, example(f"{asker}'s text"), people=["anna"])
        learned.book.judge(id, [judged(id)])
        learned.book.curate(curated(id), id)
    ids = [one.id for one in learned.book.examples()]
    snapshot = learned.registry.snapshot(What.STYLE, ["rewrite"], ids)
    for name in ("style-1", "style-2"):
        run = learned.registry.begin(What.STYLE, ["rewrite"], snapshot.id, {}, "")
        learned.registry.end(run.id, RunState.DONE)
        told = (name, What.STYLE, ("rewrite",), "base", run.id, State.CANDIDATE, NOON, NOON)
        learned.registry.add_version(ModelVersion(*told))
    learned.registry.promote("style-1", "olga")


def first(learned: Learned) -> int:
    """The oldest interaction."""
    return learned.store.interactions()[-1].id


ACTS: dict[str, Act] = {
    "rate": lambda it: it.vote(first(it), "dora", correction="Dora's words"),
    "draw": lambda it: it.draw(first(it), example("another"), example("text"), people=["anna"]),
    "judge": lambda it: it.book.judge(first(it), [judged(first(it), chunk="d2")]),
    "edit": lambda it: it.book.edit(it.book.examples()[0].id, "edited", "so", "olga"),
    "object": lambda it: it.people.choose("slack", "carl", may_learn=False),
    "promote": lambda it: it.registry.promote("style-2", "olga"),
    "rollback": lambda it: it.registry.rollback(What.STYLE, "olga"),
    "withdraw": lambda it: it.store.withdraw(first(it), "dora"),
    "forget": lambda it: it.store.forget("anna", "slack"),
    "expire": lambda it: it.book.expire(NOON + timedelta(days=1)),
}


def change(url: str, act: Act, dies_at: int) -> None:
    """Make a change, and die before its n-th statement or commit."""
    counted = count(1)

    def die(*_: Any, **__: Any) -> None:
        if next(counted) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with closing(Sessions(url)) as sessions:
        learned = Learned(sessions, url, NOON + timedelta(hours=1))
        event.listen(Engine, "before_cursor_execute", die)
        event.listen(Engine, "commit", die)
        act(learned)


def forked(url: str, act: Act, dies_at: int) -> int:
    """How a process ended that made the change."""
    child = os.fork()
    if child == 0:
        change(url, act, dies_at)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def contents(url: str) -> str:
    """All that the database holds."""
    with closing(Sessions(url)) as sessions:
        return Learned(sessions, url).everything()


def died(url: str, act: Act) -> dict[str, object]:
    """Let the change die at each statement, and make it at last."""
    before = contents(url)
    for moment in count(1):
        ended = forked(url, act, moment)
        after = contents(url)
        if ended != DIED:
            return {"deaths": moment - 1, "ended": ended, "changed": after != before}
        if after != before:
            return {"deaths": moment, "ended": ended, "changed": "in part"}
    raise AssertionError("unreachable")


def main(url: str) -> None:
    """All changes, one after the other."""
    with closing(Sessions(url)) as sessions:
        learn(Learned(sessions, url))
    for name, act in ACTS.items():
        print(json.dumps({"act": name, **died(url, act)}), flush=True)  # noqa: T201, it is read


if __name__ == "__main__":
    main(sys.argv[1])
