"""Which version is live, in SQL: changed as a whole or not at all.

What was made live stands upon what was live before, like a pile: a rollback takes the topmost
off. Whoever changes it locks its row first, so that of two at once one waits and sees what the
other did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bot.errors import PromotionRefused, UnknownVersion
from bot.learning.rows import AnyRow
from bot.learning.version_tables import LiveRow, PromotionRow, RunRow, VersionRow
from bot.learning.words import RunState, State
from bot.sessions import inserting
from bot.tables import clean_text
from model.errors import VersionUnusable
from model.examples import What

VERSIONS, LIVE = select(*VersionRow.__table__.columns), select(*LiveRow.__table__.columns)
PROMOTIONS = select(*PromotionRow.__table__.columns)
BACK = "rolled back"


@dataclass(frozen=True)
class Change:
    """Who changes what is live, when and why."""

    by: str
    why: str
    at: datetime
    forced: bool = False


Whole = Callable[[str], None]
"""Raises `VersionUnusable` where the folder of the version of that name is not whole."""


def version_row(connection: Connection, name: str) -> AnyRow:
    """The row of a version. Raises `UnknownVersion`."""
    row = connection.execute(VERSIONS.where(VersionRow.name == name)).one_or_none()
    if row is None:
        names = select(VersionRow.name).order_by(VersionRow.id.desc())
        raise UnknownVersion(name, list(connection.scalars(names)))
    return row


def locked(connection: Connection, what: str, now: datetime) -> AnyRow:
    """What is live, for nobody else to change until the transaction ends."""
    base = {"version": "", "changed_at": now, "marker": 0, "promotion_id": None}
    row = inserting(connection.dialect.name, LiveRow).values(what=what, **base)
    connection.execute(row.on_conflict_do_nothing())
    return connection.execute(LIVE.where(LiveRow.what == what).with_for_update()).one()


def promote(
    connection: Connection, name: str, change: Change, over: str | None, whole: Whole
) -> None:
    """Make a version live. Raises as `Registry.promote` does."""
    live = locked(connection, version_row(connection, name).what, change.at)
    row = version_row(connection, name)  # as it is now that nobody changes it
    if live.version == row.name:
        return
    check(connection, row, live, change, over)
    whole(row.name)
    stand(connection, live.version, State.RETIRED, f"{row.name} followed", change.at)
    stand(connection, row.name, State.LIVE, change.why, change.at)
    promotion = note(connection, live, row.name, change, upon=live.promotion_id)
    put(connection, live, row.name, promotion, change.at)


def check(
    connection: Connection, row: AnyRow, live: AnyRow, change: Change, over: str | None
) -> None:
    """Raise `PromotionRefused` or `VersionUnusable` for a version that may not go live."""
    if over is not None and live.version != clean_text(over):
        now = f"{live.version or 'the base'} is live by now, not {over or 'the base'}"
        raise PromotionRefused(row.name, now, "Evaluate it against that one first")
    if row.state == State.REFUSED and not change.forced:
        why = f"it was refused ({row.why})" if row.why else "it was refused"
        raise PromotionRefused(row.name, why, "Promote it with --force and --why if it must be")
    run = select(RunRow.state).where(RunRow.id == row.run_id)
    if row.run_id and (state := connection.scalar(run)) != RunState.DONE:
        raise VersionUnusable(row.name, f"its training {row.run_id} is not done, but {state}")


def stand(connection: Connection, name: str, state: State, why: str, now: datetime) -> None:
    """Keep where a version is in its life; it is no canary any more. Empty name: the base."""
    told = {"state": str(state), "why": why, "changed_at": now, "canary": 0.0}
    connection.execute(update(VersionRow).where(VersionRow.name == name).values(told))


def note(
    connection: Connection,
    live: AnyRow,
    version: str,
    change: Change,
    upon: int | None,
    back: bool = False,
) -> int:
    """Keep a change in the history; gives its id."""
    row = {
        "what": live.what,
        "version": version,
        "previous": live.version,
        "at": change.at,
        "by": change.by,
        "why": change.why,
        "forced": change.forced,
        "back": back,
        "upon_id": upon,
    }
    return connection.scalars(insert(PromotionRow).returning(PromotionRow.id), row).one()


def put(
    connection: Connection, live: AnyRow, version: str, promotion: int | None, now: datetime
) -> None:
    """Keep what is live from now on, by the promotion that it stands on; None: the base."""
    told = {
        "version": version,
        "changed_at": now,
        "marker": live.marker + 1,
        "promotion_id": promotion,
    }
    connection.execute(update(LiveRow).where(LiveRow.what == live.what).values(told))


def promotion_row(connection: Connection, id: int | None) -> AnyRow | None:
    """A promotion."""
    if id is None:
        return None
    return connection.execute(PROMOTIONS.where(PromotionRow.id == id)).one()


def rollback(connection: Connection, what: What, change: Change, whole: Whole) -> str:
    """Go back to what was live before, and give it. Raises as `Registry.rollback` does."""
    live = locked(connection, str(what), change.at)
    topmost = promotion_row(connection, live.promotion_id)
    if topmost is None:
        problem = "the base is live already, there is nothing to go back to"
        raise PromotionRefused(str(what), problem, "See `tandem versions`")
    stand(connection, live.version, State.REFUSED, change.why or BACK, change.at)
    below = promotion_row(connection, topmost.upon_id)
    while below is not None and not fit(connection, below.version, change.at, whole):
        below = promotion_row(connection, below.upon_id)
    to, under = ("", None) if below is None else (below.version, below.id)
    if to:
        stand(connection, to, State.LIVE, change.why or BACK, change.at)
    note(connection, live, to, change, upon=under, back=True)
    put(connection, live, to, under, change.at)
    return to


def fit(connection: Connection, name: str, now: datetime, whole: Whole) -> bool:
    """Can a version be gone back to? One that was refused cannot; one that is not whole is now."""
    if version_row(connection, name).state == State.REFUSED:
        return False
    try:
        whole(name)
    except VersionUnusable as error:
        stand(connection, name, State.REFUSED, str(error), now)
        return False
    return True


def refuse(connection: Connection, name: str, why: str, now: datetime) -> None:
    """A version shall not go live. Raises as `Registry.refuse` does."""
    live = locked(connection, version_row(connection, name).what, now)
    if live.version == version_row(connection, name).name:
        raise PromotionRefused(name, "it is live", "Roll it back with `tandem rollback`")
    stand(connection, name, State.REFUSED, why, now)
    moved(connection, live)


def set_canary(connection: Connection, name: str, share: float, now: datetime) -> None:
    """Serve a candidate to a share of the places. Raises as `Registry.set_canary` does."""
    live = locked(connection, version_row(connection, name).what, now)
    row = version_row(connection, name)
    if share and row.state != State.CANDIDATE:
        remedy = "Only a candidate is tried on a share of the places"
        raise PromotionRefused(name, f"it is {row.state}", remedy)
    if share:
        others = update(VersionRow).where(VersionRow.what == row.what)
        connection.execute(others.values(canary=0.0))
    connection.execute(update(VersionRow).where(VersionRow.id == row.id).values(canary=share))
    moved(connection, live)


def moved(connection: Connection, live: AnyRow) -> None:
    """Let everybody see that something changed."""
    told = update(LiveRow).where(LiveRow.what == live.what).values(marker=live.marker + 1)
    connection.execute(told)
