"""A cold start: from the command to the answer with everything cached, beside the engine alone.

`tandem ask` in a process of its own, once with a Weaviate that runs already and once where it
must be started; the floor is a process that only imports OpenVINO GenAI and loads the same model.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import corpora, parts
from bench.commands import settle
from bench.common import (
    ROOT,
    Goal,
    Line,
    Sample,
    Table,
    about,
    options,
    publish,
    say,
    scratch,
    turns,
)
from model.adapters import shipped_adapter
from model.engines.export import exported
from model.progress import quiet
from model.weights.cache import Cache

QUESTION = "How many days of leave do I get?"
FEW = 4  # pages of the handbook in the short form
FLOOR = "import openvino_genai, load the model"
RUNNING, STARTED = "tandem ask, Weaviate runs", "tandem ask, Weaviate is started"
GOALS = {RUNNING: Goal("<=", 6), STARTED: Goal("<=", 15)}
LOAD = """
import sys
from pathlib import Path
from model.engines.openvino import OpenvinoEngine, pipeline
OpenvinoEngine(lambda: pipeline(Path(sys.argv[1]), None), tuple).load()
"""
NOTES = (
    "From the start of the process to its end, which for `ask` is a few ms after the first piece. "
    "CPU: seconds of all cores, which other work on the machine changes less; Weaviate's are not "
    "counted. `tandem` is run without `uv run`.",
)


@dataclass(frozen=True)
class Took:
    """What one process took."""

    wall_s: float
    cpu_s: float


def timed(command: Sequence[str], home: Path) -> Took:
    """Run a command to its end. Raises `CalledProcessError`."""
    before, begun = _cpu(), time.perf_counter()
    environment = os.environ | {"TANDEM_HOME": str(home)}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    return Took(time.perf_counter() - begun, _cpu() - before)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tandem(*words: str) -> list[str]:
    """A command of Tandem's."""
    return [sys.executable, "-m", "bot", *words]


def asked(home: Path, running: bool) -> Took:
    """A question, when the server runs already or not."""
    timed(tandem("sources") if running else tandem("stop"), home)
    return timed(tandem("ask", "--fresh", "--json", QUESTION), home)


def model() -> Path:
    """The default model, as `ask` loads it; it was exported by an `ask` before."""
    weights = parts.weights(parts.LANGUAGE_MODEL)
    adapter = shipped_adapter(parts.LANGUAGE_MODEL)
    return exported(weights, adapter, 8, Cache(parts.cache()), quiet)


def sampled(home: Path, rounds: int, warm: int = 1) -> dict[str, list[Took]]:
    """What each took, by turns after `warm` of each to warm the disk's cache."""
    timed(tandem("ask", "--json", QUESTION), home)  # indexes the handbook
    floor = [sys.executable, "-c", LOAD, str(model())]
    work: list[tuple[str, Callable[[], Took]]] = [
        (FLOOR, partial(timed, floor, home)),
        (RUNNING, partial(asked, home, True)),
        (STARTED, partial(asked, home, False)),
    ]
    found: dict[str, list[Took]] = {what: [] for what, _ in work}
    try:
        for order in turns(len(work), warm + rounds):
            for what, run in (work[place] for place in order):
                say(what)
                found[what].append(run())
    finally:
        timed(tandem("stop"), home)
    return {what: took[warm:] for what, took in found.items()}


def briefly(work: Path) -> dict[str, list[Took]]:
    """Each once, with no more than a few pages to be indexed."""
    pages = corpora.first(corpora.EXAMPLE, FEW, work / "pages")
    settle(work, {"sources.handbook": {"use": "folder", "path": str(pages)}})
    os.environ["TANDEM_CONFIG"] = str(work / "tandem.toml")
    return sampled(work / "home", 1, warm=0)


def lines(found: dict[str, list[Took]]) -> list[Line]:
    """Two rows for each: the time, which has the goal, and the CPU's, with its ratio."""
    least = Sample(tuple(took.cpu_s for took in found[FLOOR])).median
    rows = list[Line]()
    for what, all_of in found.items():
        wall = Sample(tuple(took.wall_s for took in all_of))
        cpu = Sample(tuple(took.cpu_s for took in all_of))
        rows.append(Line(what, wall.median, "s", wall.spread, None, GOALS.get(what)))
        ratio = None if what == FLOOR else cpu.median / least
        rows.append(Line(f"{what}: CPU", cpu.median, "s", cpu.spread, ratio))
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Time of a cold start, beside the engine's alone.")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each; 5 by default")
    given = parser.parse_args(arguments)
    details = about()
    with scratch() as home:
        found = briefly(home) if given.short else sampled(home, given.rounds)
    publish(Table("bench.cold", "÷ floor", tuple(lines(found)), NOTES, details), given.json)


if __name__ == "__main__":
    main()
