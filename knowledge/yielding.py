"""Threads that leave the processor to questions whenever there are any."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

LAST = 19  # the weakest nice value; the engine's threads have it too, so that neither starves


def stand_back() -> None:
    """Let this thread yield the processor to others (on Linux; where the system allows it)."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LAST)
