"""Questions go first: what works in the background waits for them, in this process or another."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.attention import LOOK_S, MOST_S, OWN_S, Attention
from bot.line import Line
from tests.test_line import Waiter

ROOT = Path(__file__).resolve().parents[1]
ASKS = """
import sys
from pathlib import Path
from bot.attention import Attention

with Attention(Path(sys.argv[1])).paid():
    print("asked", flush=True)
    sys.stdin.read()
"""


@dataclass
class Time:
    """Time that passes only where somebody sleeps, who may do something then."""

    now: float = 1000.0
    then: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.then()


def attention(home: Path, time: Time | None = None) -> Attention:
    time = time or Time()
    return Attention(home / "questions.lock", time, time.sleep)


@contextmanager
def asked_elsewhere(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in which a question is in hand until its end."""
    command, pipe = [sys.executable, "-c", ASKS, str(home / "questions.lock")], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        try:
            yield process
        finally:
            process.kill()


def waited_s(mine: Attention, time: Time) -> float:
    before = time.now
    mine.wait()
    return time.now - before


def test_with_no_question_in_hand_nobody_waits(tmp_path: Path) -> None:
    time = Time()
    mine = attention(tmp_path, time)
    with mine.paid():
        pass
    assert not mine.needed
    assert waited_s(mine, time) == 0


def test_the_background_waits_until_the_last_question_is_answered(tmp_path: Path) -> None:
    time = Time()
    mine = attention(tmp_path, time)
    first, second = ExitStack(), ExitStack()
    first.enter_context(mine.paid())
    second.enter_context(mine.paid())
    leaving = iter([first, second])
    time.then = lambda: next(leaving).close()
    assert waited_s(mine, time) == pytest.approx(2 * LOOK_S)


def test_where_there_is_always_a_question_a_little_of_the_time_is_the_background_s(
    tmp_path: Path,
) -> None:
    time = Time()
    mine = attention(tmp_path, time)
    with mine.paid():
        assert waited_s(mine, time) == pytest.approx(MOST_S, abs=2 * LOOK_S)
        assert waited_s(mine, time) == 0
        time.now += OWN_S
        assert waited_s(mine, time) == pytest.approx(MOST_S, abs=2 * LOOK_S)


def test_a_question_of_another_process_is_seen_and_one_of_a_dead_process_is_not(
    tmp_path: Path,
) -> None:
    mine = attention(tmp_path)
    with asked_elsewhere(tmp_path) as process:
        assert mine.needed
        with mine.paid():
            assert mine.needed
        assert mine.needed
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not mine.needed


def test_many_hold_it_at_once(tmp_path: Path) -> None:
    mine, other = attention(tmp_path), attention(tmp_path)
    with mine.paid(), other.paid():
        third = attention(tmp_path)
        assert third.needed


def test_where_no_file_can_be_written_those_of_this_process_are_known(tmp_path: Path) -> None:
    mine = attention(tmp_path / "nowhere")
    assert not mine.needed
    with mine.paid():
        assert mine.needed
    assert not mine.needed


def test_who_waits_in_the_line_or_is_inside_is_noticed(tmp_path: Path) -> None:
    mine = attention(tmp_path)
    line, leave, inside = Line(1, mine.paid), threading.Event(), threading.Event()

    def visit() -> None:
        with line.turn("ana", Waiter()):
            inside.set()
            leave.wait()

    thread = threading.Thread(target=visit)
    thread.start()
    inside.wait()
    assert mine.needed
    leave.set()
    thread.join()
    assert not mine.needed
