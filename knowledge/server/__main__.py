"""The supervisor's process: `python -m knowledge.server ROOT BINARY [PORT]`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from knowledge.server.folder import Folder
from knowledge.server.supervise import supervise


def main(root: str, binary: str, port: str = "") -> None:
    """Leave the command that started us, and supervise."""
    if os.fork():
        os._exit(0)  # the command's child ends here, so it has nobody to wait for
    os.setsid()
    logging.raiseExceptions = False  # a full disk must not keep the log's reader from reading
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    supervise(Folder(Path(root)), Path(binary), int(port) if port else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
