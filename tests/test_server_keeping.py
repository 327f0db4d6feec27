"""Weaviate is there for who uses it: it comes back by itself, and is not stopped under anybody."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from weaviate.exceptions import WeaviateConnectionError

from bot.app import build
from bot.errors import WeaviateInUse
from bot.stopping import stop as stop_command
from knowledge.errors import IndexUnavailable, ServerUnavailable
from knowledge.server import Endpoint, status, stop
from knowledge.server.folder import Folder, folder
from knowledge.server.keeper import MOST_S, Keeper, pause_s
from knowledge.server.locks import register
from tests.bots import settings_for
from tests.commands import terminal
from tests.dying import ask_after_deaths
from tests.servers import fresh, ours, stranger, until, use, works

NOON = "# Lunch\nLunch is served at noon in the canteen."


@pytest.fixture
def kept_home(tmp_path: Path) -> Iterator[Path]:
    with fresh(tmp_path / "home") as made:
        yield made


@pytest.mark.real
@pytest.mark.endurance
def test_what_was_stopped_or_killed_is_started_again_once_for_all_who_use_it(
    kept_home: Path,
) -> None:
    with closing(use(kept_home)) as first, closing(use(kept_home)) as second:
        first.keep()
        second.keep()
        stop(kept_home)
        assert first.back(60)
        state = folder(kept_home).state()
        assert state is not None
        os.kill(state.supervisor, signal.SIGKILL)
        os.kill(state.server, signal.SIGKILL)
        until(lambda: not folder(kept_home).supervising.taken(), "both are dead")
        assert second.back(60)
        assert works(first.endpoint)
        servers = [each for each in ours(kept_home) if "weaviate-server" in each.name()]
        assert [each.pid for each in servers] == [status(kept_home).pid]
    until(lambda: not ours(kept_home), "it ends with its last user")


@pytest.mark.real
@pytest.mark.endurance
def test_who_uses_it_hears_that_it_came_back_at_other_ports(kept_home: Path) -> None:
    heard = list[Endpoint]()
    with closing(use(kept_home)) as running:
        before = running.endpoint
        keeper = Keeper(folder(kept_home), running.ensure, before, heard.append)
        assert keeper.look()
        assert heard == []
        stop(kept_home)
        with stranger(before.grpc_port):
            assert keeper.look()
        [now] = heard
        assert now.port != before.port
        assert works(now)


@pytest.mark.real
@pytest.mark.endurance
def test_a_question_asked_right_after_a_death_is_answered(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.write("docs/lunch.md", NOON)
        person.write("tandem.toml", '[sources.docs]\nuse = "folder"\npath = "docs"\n')
        assert person.tandem("sync").code == 0
        answers = ask_after_deaths(person, "When is lunch served?")
        assert [each["outcome"] for each in answers] == ["cited"] * 3, answers


@pytest.mark.real
@pytest.mark.endurance
def test_it_is_stopped_under_nobody_but_by_force(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        with closing(use(person.home)) as running:
            running.keep()
            told = person.tandem("stop")
            assert told.code == 1
            assert f"process {os.getpid()}" in told.err
            assert works(running.endpoint)
            forced = person.tandem("stop", "--force")
            assert (forced.code, "starts it again" in forced.err) == (0, True)
            assert running.back(60)
        assert person.tandem("stop").code == 0


# Without a server


@dataclass
class Starts:
    """What is asked to start, and fails while it is told to."""

    kept: Folder
    fails: bool = True
    begun: int = 0
    heard: list[Endpoint] = field(default_factory=list)

    def __call__(self) -> Endpoint:
        self.begun += 1
        if self.fails:
            raise ServerUnavailable("no space left", "Free some")
        return Endpoint(23_000, "key")


def test_a_start_that_fails_is_told_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    starts = Starts(folder(tmp_path))
    keeper = Keeper(starts.kept, starts, Endpoint(23_000, "key"), starts.heard.append)
    assert not keeper.look()
    assert "no space left" in caplog.text
    starts.fails = False
    assert keeper.look()
    assert (starts.begun, starts.heard) == (2, [])


def test_while_there_is_a_supervisor_all_is_its_work(tmp_path: Path) -> None:
    starts = Starts(folder(tmp_path))
    starts.kept.prepare()
    held = starts.kept.supervising.take()
    assert held is not None
    keeper = Keeper(starts.kept, starts, Endpoint(23_000, "key"), starts.heard.append)
    assert keeper.look()
    assert starts.begun == 0
    os.close(held)


def test_failing_starts_come_ever_later() -> None:
    pauses = [pause_s(failed) for failed in (0, 1, 2, 3, 99)]
    assert pauses == sorted(set(pauses))
    assert pauses[-1] == MOST_S


def test_a_server_in_use_is_not_stopped_and_its_users_are_named(tmp_path: Path) -> None:
    kept = folder(tmp_path)
    kept.prepare()
    mine = register(kept.users, 0)
    with pytest.raises(WeaviateInUse, match=f"process {os.getpid()}") as caught:
        stop_command(tmp_path, force=False)
    assert caught.value.processes == (os.getpid(),)
    assert "--force" in str(caught.value)
    mine.leave()
    assert stop_command(tmp_path, force=False) == "Weaviate was not running."


def test_a_server_that_somebody_else_runs_is_never_started(tmp_path: Path) -> None:
    given = {"sources": {}, "spaces": {}, "weaviate": {"url": "https://cluster.example"}}
    with build(settings_for(tmp_path, given)) as app:

        def broken() -> None:
            raise IndexUnavailable("away", "Look") from WeaviateConnectionError("no route")

        with pytest.raises(IndexUnavailable):
            app.patiently(broken)
        assert "server" not in app.__dict__


def test_an_error_that_is_no_absence_is_not_waited_for(tmp_path: Path) -> None:
    asked = list[int]()
    with build(settings_for(tmp_path, {"sources": {}, "spaces": {}})) as app:

        def wrong() -> None:
            asked.append(1)
            raise IndexUnavailable("it is empty", "Run `tandem sync`")

        with pytest.raises(IndexUnavailable):
            app.patiently(wrong)
        assert (asked, "server" in app.__dict__) == ([1], False)
