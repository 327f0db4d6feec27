"""A harvest with all that belongs to it: what is too old goes, and the disk follows SQL."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.errors import BotError
from bot.harvest import HarvestReport, harvest, parts_of
from bot.learning.book_words import Expired
from bot.learning.sweeping import Swept, sweep
from model.errors import ModelError

if TYPE_CHECKING:
    from bot.learning.parts import Learning

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptUp:
    """What was done."""

    harvest: HarvestReport
    expired: Expired = field(default_factory=Expired)
    swept: Swept = field(default_factory=Swept)
    trouble: str = ""  # why the disk could not be swept; the next time makes up for it

    def __str__(self) -> str:
        """In a line; what there was nothing of is not told."""
        gone = {
            "too old": sum(asdict(self.expired).values()),
            "lines off the disk": self.swept.lines,
            "files off the disk": self.swept.files,
            "trainings given up": len(self.swept.given_up),
        }
        told = [f"{count} {what}" for what, count in gone.items() if count]
        told += [f"not all is off the disk: {self.trouble}"] if self.trouble else []
        return "; ".join([str(self.harvest), *told])

    def told(self) -> dict[str, object]:
        """As JSON: the harvest's own figures, and the others beside."""
        beside = {"expired": asdict(self.expired), "swept": asdict(self.swept)}
        return asdict(self.harvest) | beside | {"trouble": self.trouble}


def keep_up(learning: Learning, now: datetime | None = None, anew: bool = False) -> KeptUp:
    """Forget what is too old, harvest, and sweep the disk; done twice, the second does nothing.

    A disk that cannot be swept fails no harvest. Raises `DatabaseUnavailable`.
    """
    keep, now = learning.settings.keep, now or datetime.now(UTC)
    expired = learning.book.expire(now - keep) if keep else Expired()
    report = harvest(parts_of(learning), anew)
    try:
        return KeptUp(report, expired, sweep(learning))
    except (BotError, ModelError, OSError) as error:
        log.warning("not all that was forgotten is off the disk yet: %s", error)
        return KeptUp(report, expired, trouble=str(error))
