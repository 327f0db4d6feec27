"""The child that trains: `python -m model.training FOLDER`, as `plan.json` there says.

Its progress is told on stdout, a line of JSON each; started again, it goes on where it was.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

QUIET = {  # before any of the libraries is imported
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "ACCELERATE_DISABLE_RICH": "1",
    "DO_NOT_TRACK": "1",
}


def main() -> int:
    """The exit code; see `model.training.words`."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m model.training FOLDER\n")
        return 2
    os.environ.update(QUIET)
    from model.training.child import train_in

    return train_in(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
