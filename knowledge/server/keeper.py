"""Keeps the server there for a process that uses it: one that is gone is started again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from knowledge.errors import ServerUnavailable
from knowledge.server.folder import Folder
from knowledge.server.weaviate import Endpoint

log = logging.getLogger(__name__)

LOOK_S = 1.0  # between two looks
MOST_S = 120.0  # between two starts that fail


@dataclass
class Keeper:
    """Looks in a thread whether there is a supervisor: while there is, all else is its work.

    Which of several processes starts one, the lock of the folder decides.
    """

    folder: Folder
    start: Callable[[], Endpoint]  # Raises `ServerUnavailable`
    endpoint: Endpoint
    moved: Callable[[Endpoint], None]  # told when the server came back at other ports
    over: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Look from now on."""
        threading.Thread(target=self._keep, name="keeper of Weaviate", daemon=True).start()

    def end(self) -> None:
        """Start nothing more."""
        self.over.set()

    def _keep(self) -> None:
        failed = 0
        while not self.over.wait(pause_s(failed)):
            try:
                failed = 0 if self.look() else failed + 1
            except Exception:  # whatever it is, the server is needed
                failed += 1
                log.exception("the look at Weaviate failed")

    def look(self) -> bool:
        """Start the server if it is gone; False: that failed."""
        if self.folder.supervising.taken():
            state = self.folder.state()
            if state is not None and state.phase == "ready":
                self._be_at(Endpoint(state.port, self.folder.key()))
            return True
        log.warning("Weaviate is gone; starting it again")
        try:
            self._be_at(self.start())
        except (ServerUnavailable, OSError) as error:
            if not self.over.is_set():  # else it ended for want of users, as it should
                log.error("Weaviate is not back yet: %s", error)
            return False
        log.warning("Weaviate is back")
        return True

    def _be_at(self, endpoint: Endpoint) -> None:
        if endpoint != self.endpoint:
            self.endpoint = endpoint
            self.moved(endpoint)


def pause_s(failed: int) -> float:
    """Seconds until the next look, after so many starts that failed."""
    return min(LOOK_S * 2.0 ** min(failed, 16), MOST_S)
