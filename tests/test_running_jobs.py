"""`tandem run --only jobs` told to end: in the midst of embedding, and of a source that hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.database import upgrade
from bot.jobs.leases import Leases
from bot.jobs.runs import Runs
from bot.jobs.words import RunState
from bot.sessions import Sessions
from tests.commands import Terminal, terminal
from tests.faults import serving
from tests.patience import PATIENCE_S
from tests.servers import until

LEFT = ("left in the middle", "did not end in time")
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><guid>1</guid><title>Kilns</title><description>Kilns are fired.</description></item>
</channel></rss>"""


@dataclass
class Schedule:
    """A `tandem run --only jobs`, its log, and its rows."""

    process: subprocess.Popen[bytes]
    file: Path
    sessions: Sessions

    @property
    def log(self) -> str:
        return self.file.read_text()

    def works_at(self, job: str) -> int:
        """The token of who works at it; 0: nobody does."""
        leases = Leases(self.sessions)
        now, standings = leases.standings()
        held = standings.get(job)
        return held.token if held and leases.runs_now(held, now) else 0

    def works_long_at(self, job: str) -> bool:
        """Is one run of it under way for a while?"""
        token = self.works_at(job)
        time.sleep(1.0)
        return token > 0 and self.works_at(job) == token

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextmanager
def scheduled(person: Terminal) -> Iterator[Schedule]:
    """It runs, and nothing is to be done at first."""
    file, url = person.folder / "run.log", f"sqlite:///{person.home / 'tandem.db'}"
    with file.open("wb") as log:
        command = [sys.executable, "-m", "bot", "run", "--only", "jobs"]
        process = subprocess.Popen(
            command, cwd=person.folder, env=person.environment(), stdout=log, stderr=log
        )
    upgrade(url)
    with closing(Sessions(url)) as sessions:
        made = Schedule(process, file, sessions)
        try:
            until(lambda: "next:" in made.log, "it runs")
            yield made
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Terminal]:
    with terminal(tmp_path) as made:
        yield made


def page(number: int) -> str:
    parts = [f"## Part {part}\n\n" + f"Kiln {number} has {part} doors. " * 30 for part in range(9)]
    return "\n\n".join([f"# Page {number}", *parts])


@pytest.mark.real
@pytest.mark.endurance
def test_told_to_end_while_it_embeds_it_ends_and_the_next_sync_goes_on(person: Terminal) -> None:
    person.write("wiki/first.md", "# First\n\nThe first page.\n")
    person.write("tandem.toml", '[sources.wiki]\nuse = "folder"\npath = "wiki"\nevery = "1s"\n')
    assert person.tandem("sync").code == 0
    for number in range(40):
        person.write(f"aside/{number}.md", page(number))
    with scheduled(person) as schedule:
        (person.folder / "aside").rename(person.folder / "wiki" / "more")
        until(lambda: schedule.works_long_at("sync-wiki"), "it embeds")
        assert schedule.end() == 0
        assert not any(words in schedule.log for words in LEFT)
        assert "gone on with" in schedule.log or "ends here" in schedule.log
        assert not schedule.works_at("sync-wiki")
    (report,) = person.tandem("sync", "--json").rows
    assert report["new"] + report["unchanged"] == report["seen"] == 41
    assert not report["unreadable"]


@pytest.mark.real
@pytest.mark.endurance
def test_told_to_end_it_does_not_wait_for_a_source_that_says_nothing(person: Terminal) -> None:
    with serving() as server:
        server.page("/feed", FEED, "application/rss+xml")
        person.write(
            "tandem.toml",
            f'[sources.news]\nuse = "feed"\nurl = "{server.url}/feed"\nallow_private = true\n'
            'every = "1s"\n',
        )
        assert person.tandem("sync").code == 0
        with scheduled(person) as schedule:
            server.break_with("no answer")
            before = len(server.asked)
            until(lambda: len(server.asked) > before, "it is asked and says nothing")
            until(lambda: schedule.works_long_at("sync-news"), "it waits")
            assert schedule.end() == 0
            assert not any(words in schedule.log for words in LEFT)
            run = Runs(schedule.sessions).last()["sync-news"]
            assert run.state is RunState.STOPPED


THREADS = """
import threading, time
from bot.running import depart

class Slow:
    def __del__(self):
        print("cleared away", flush=True)

def work():
    time.sleep(0.2)
    print("ended", flush=True)

slow = Slow()
slow.itself = slow
threading.Thread(target=work).start()
depart()
print("departs", flush=True)
"""


def test_the_process_waits_for_its_threads_and_clears_nothing_away() -> None:
    root = Path(__file__).resolve().parents[1]
    told = subprocess.run([sys.executable, "-c", THREADS], cwd=root, capture_output=True, text=True)
    assert (told.returncode, told.stdout.split()) == (0, ["departs", "ended"]), told.stderr
