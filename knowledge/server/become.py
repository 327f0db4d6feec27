"""The first thing that the server's process does: tie itself to its supervisor, become Weaviate.

Run by its path, `become.py SUPERVISOR SOCKET COMMAND...`, with nothing imported that starts
slowly. SOCKET is an open file through which the supervisor is given a say in each `bind`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import socket
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SET_MODE_FILTER, NEW_LISTENER = 1, 8
# What the kernel calls the machine, its call `seccomp`, and its call `bind`.
CALLS = {"x86_64": (0xC000003E, 317, 49), "aarch64": (0xC00000B7, 277, 200)}
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ASK = 0x7FFF0000, 0x7FC00000


def become(supervisor: int, given: int, command: list[str]) -> None:
    """Turn this process into Weaviate, to be ended with its supervisor where the system can."""
    with socket.socket(fileno=given) as supervising:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
            if (listener := _ask_at_bind()) is not None:
                socket.send_fds(supervising, [b"!"], [listener])
    if os.getppid() != supervisor:  # it died before we were tied to it
        sys.exit("the supervisor is gone")
    os.execv(command[0], command)  # noqa: S606, no shell is wanted


def _ask_at_bind() -> int | None:
    """Have the kernel ask at each `bind` from here on; None: this one does not do that."""
    if platform.machine() not in CALLS:
        return None
    architecture, seccomp, bind = CALLS[platform.machine()]
    steps = [
        (LOAD, 0, 0, 4),  # the architecture of the call
        (IF_EQUAL, 0, 3, architecture),
        (LOAD, 0, 0, 0),  # the number of the call
        (IF_EQUAL, 0, 1, bind),
        (RETURN, 0, 0, ASK),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    listener = int(libc.syscall(seccomp, SET_MODE_FILTER, NEW_LISTENER, program))
    return listener if listener >= 0 else None


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
