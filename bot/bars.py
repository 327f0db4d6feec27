"""Progress on stderr: a bar for each thing that is under way, or plain lines where none fit."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

LINES_S = 5.0  # without a terminal: a line for each step so often
MANY = 1_000_000  # from here on units are bytes
SPEED_S = 600.0  # over how long the rate is taken


class Bars:
    """A `Progress` callable; use it in a `with` block. Safe from several threads."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._told: dict[str, float] = {}
        self._shown = self._hushed = False
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[amount]}"),
            TextColumn("{task.fields[rate]}", style="dim"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=False,
            speed_estimate_period=SPEED_S,
        )

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Work goes on."""
        with self._lock:
            if self._hushed:
                return
            if self.console.is_terminal:
                self._bar(step, done, total)
            else:
                self._line(step, done, total)

    def _bar(self, step: str, done: int, total: int | None) -> None:
        if not self._shown:
            self._bars.start()
            self._shown = True
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total, rate="", amount="")
        task = self._tasks[step]
        speed = next((t.speed for t in self._bars.tasks if t.id == task), None)
        rate = f"{counted(speed)}/s" if speed else ""
        amount = of(done, total)
        self._bars.update(task, completed=done, total=total, rate=rate, amount=amount)

    def _line(self, step: str, done: int, total: int | None) -> None:
        now, last = time.monotonic(), self._told.get(step)
        whole = total is not None and done >= total
        if last is None or whole or now - last >= LINES_S:
            self._told[step] = now
            self.console.print(
                f"{step} {of(done, total)}".rstrip(), markup=False, highlight=False, soft_wrap=True
            )

    def note(self, text: str) -> None:
        """A line that stays."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def hush(self) -> None:
        """Take the bars away and show none any more: from now on there is a log."""
        self.close()
        self._hushed = True

    def close(self) -> None:
        """Take the bars away, before an answer is written."""
        with self._lock:
            if self._shown:
                self._bars.stop()
                self._shown = False
                for task in self._tasks.values():
                    self._bars.remove_task(task)
                self._tasks.clear()

    def __enter__(self) -> Bars:
        """For `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bars away."""
        self.close()


def of(done: int, total: int | None) -> str:
    """`3 of 40`, `12 of 86 MB`, or how much so far."""
    if total:
        return f"{counted(done, total)} of {counted(total)}" + (" MB" if total >= MANY else "")
    return counted(done) if done else ""


def counted(amount: float, scale: float | None = None) -> str:
    """A number; what goes into the millions are bytes, told in megabytes."""
    if (scale or amount) >= MANY:
        return f"{amount / 1e6:,.1f}"
    return f"{amount:,.0f}" if amount >= 10 or amount == int(amount) else f"{amount:,.1f}"
