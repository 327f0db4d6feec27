"""The first thing that the server's process does: tie itself to its supervisor, become Weaviate.

Run by its path, `become.py SUPERVISOR COMMAND...`, with nothing imported that starts slowly.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(supervisor: int, command: list[str]) -> None:
    """Turn this process into Weaviate, to be ended with its supervisor where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != supervisor:  # it died before we were tied to it
        sys.exit("the supervisor is gone")
    os.execv(command[0], command)  # noqa: S606, no shell is wanted


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
