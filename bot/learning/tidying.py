"""Takes people's words out of what measuring keeps, once they are kept nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bot.learning import golden, outputs
from bot.learning.cases import Examples
from bot.learning.sides import output_files
from model.tasks import BUILT_IN, Task


def tidy(home: Path, book: Examples, tasks: Iterable[Task] = BUILT_IN) -> int:
    """Golden sets and outputs lose what the book of examples lost; gives how many lines.

    To be called when somebody was forgotten; each evaluation begins with it as well. Raises
    `GoldenUnusable`, and `VersionUnusable` for a damaged file of outputs.
    """
    files, sets = list(output_files(home)), golden.frozen(home)
    if not files and not sets:
        return 0  # the whole book need not be read for that
    held = book.examples()
    gone = golden.keep_only(home, held)
    frozen = [e for each in sets for e in golden.golden(home, each.task)]
    shipped = [example for task in tasks for example in golden.shipped(task)]
    keys = {example.digest for example in (*held, *frozen, *shipped)}
    return gone + outputs.keep_only(files, keys)
