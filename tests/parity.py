"""What every platform does, as a table: `python -m tests.parity` runs the suite and writes it.

The table is docs/platforms.md: a line for each test of tests/test_platforms*.py, a column for each
platform, a tick where it ran and passed. With JUnit files of a run that was made already, none is
made; `--check` writes nothing, and ends with 1 where the table is out of date.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.parity_words import BEFORE, DIFFERENCES, NAMES

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "platforms.md"
SUITE = "test_platforms"
PLAYED = {"chat", "chatting"}  # the fixtures that stand for each platform in turn
RUN = "python -m tests.parity"


@dataclass(frozen=True)
class Behaviour:
    """A test of the suite."""

    file: str  # without its ending
    test: str

    @property
    def sentence(self) -> str:
        """Its name as people read it."""
        words = self.test.removeprefix("test_").replace("_s_", "'s_").replace("_", " ")
        words = words.replace(" sql", " SQL")
        return words[0].upper() + words[1:]


@dataclass(frozen=True)
class Subject:
    """A file of the suite."""

    file: str
    about: str  # its first sentence
    behaviours: tuple[Behaviour, ...]

    @property
    def title(self) -> str:
        """Its heading."""
        return self.file.removeprefix(SUITE).strip("_").capitalize() or "Answers"


@dataclass(frozen=True)
class Ran:
    """A test as a run told of it."""

    behaviour: Behaviour
    platform: str
    passed: bool
    skipped: bool


def subjects(folder: Path = ROOT / "tests") -> tuple[Subject, ...]:
    """The suite as it stands in its files, in their order."""
    return tuple(subject(file) for file in sorted(folder.glob(f"{SUITE}*.py")))


def subject(file: Path) -> Subject:
    """One file of it."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    about = (ast.get_docstring(module) or "").split("\n\n")[0].replace("\n", " ")
    tests = [
        Behaviour(file.stem, node.name)
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_") and PLAYED & {given.arg for given in node.args.args}
    ]
    return Subject(file.stem, about, tuple(tests))


def told(report: Path) -> Iterator[Ran]:
    """The tests of the suite in a JUnit file; others are passed over."""
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.get("classname", "").rpartition(".")[2]
        given = {one.get("name"): one.get("value", "") for one in case.iter("property")}
        if file.startswith(SUITE) and given.get("platform"):
            test = case.get("name", "").partition("[")[0]
            skipped = case.find("skipped") is not None
            wrong = case.find("failure") is not None or case.find("error") is not None
            yield Ran(
                Behaviour(file, test), given["platform"] or "", not (wrong or skipped), skipped
            )


def page(suite: Iterable[Subject], ran: Sequence[Ran]) -> str:
    """The whole page."""
    platforms = [name for name in NAMES if any(one.platform == name for one in ran)]
    parts = [BEFORE.format(command=RUN), *(section(one, platforms, ran) for one in suite)]
    return "\n\n".join([*parts, differences()]) + "\n"


def section(subject: Subject, platforms: Sequence[str], ran: Sequence[Ran]) -> str:
    """The table of one subject."""
    lines = [row(["", *(NAMES[one] for one in platforms)]), row(["---", *["---"] * len(platforms)])]
    for behaviour in subject.behaviours:
        of_it = [one for one in ran if one.behaviour == behaviour]
        cases = max(Counter(one.platform for one in of_it).values(), default=1)
        name = behaviour.sentence + (f" ({cases} cases)" if cases > 1 else "")
        lines.append(row([name, *(mark(of_it, one) for one in platforms)]))
    table = "\n".join(lines)
    return f"## {subject.title}\n\n{subject.about}\n\n{table}"


def mark(ran: Sequence[Ran], platform: str) -> str:
    """A tick where all cases ran and passed there."""
    here = [one for one in ran if one.platform == platform]
    return "✓" if here and all(one.passed for one in here) else "–"


def differences() -> str:
    """What is not the same, on purpose."""
    head = [row(["", *NAMES.values()]), row(["---"] * (len(NAMES) + 1))]
    rows = [row([what, *cells]) for what, cells in DIFFERENCES.items()]
    return "\n".join(["## Where they differ, on purpose\n", *head, *rows])


def row(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def cells(page: str) -> dict[str, Mapping[str, str]]:
    """Of each behaviour's sentence in a page, the mark of each platform, by its name."""
    found: dict[str, Mapping[str, str]] = {}
    head: list[str] = []
    for line in page.split("## Where they differ")[0].splitlines():
        if line.startswith("|"):
            name, *marks = (cell.strip() for cell in line.strip("|").split("|"))
            if not name:
                head = marks
            elif name != "---":
                found[name.partition(" (")[0]] = dict(zip(head, marks, strict=True))
    return found


def run_suite(folder: Path) -> Path:
    """Run it; the JUnit file that tells of it."""
    report, files = folder / "suite.xml", [f"tests/{one.file}.py" for one in subjects()]
    subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *files], cwd=ROOT)
    return report


def main() -> None:
    """Write the table, or look whether it is as it should be."""
    parser = argparse.ArgumentParser(prog=RUN, description="The table of docs/platforms.md.")
    parser.add_argument("reports", nargs="*", type=Path, help="JUnit files; none: run the suite")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reports = given.reports or [run_suite(Path(folder))]
        ran = [one for report in reports for one in told(report)]
    sys.exit(finished(ran, given.check))


def finished(ran: Sequence[Ran], check: bool) -> str | None:
    """Write or check; what is wrong, or None."""
    wrong = sorted({one.behaviour.test for one in ran if not (one.passed or one.skipped)})
    if wrong or not ran:
        return f"{RUN}: nothing was written: " + (", ".join(wrong) or "no test of the suite ran")
    made = page(subjects(), ran)
    if not check:
        TABLE.write_text(made, encoding="utf-8")
        return None
    held = TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""
    return None if made == held else f"docs/platforms.md is out of date: {RUN}"


if __name__ == "__main__":
    main()
