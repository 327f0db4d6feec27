"""The embedded Weaviate when something dies, is damaged, taken or full."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from knowledge.errors import ServerUnavailable
from knowledge.server import WEAVIATE_VERSION, Endpoint, Status, serve, status, stop
from knowledge.server.find import cached
from knowledge.server.folder import State, folder
from knowledge.server.supervise import LOG_BYTES, LOG_FILES, keep_log
from knowledge.server.weaviate import command, complaint, environment, ready
from tests.servers import (
    CACHE,
    answer,
    fresh,
    ours,
    stranger,
    until,
    use,
    works,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with fresh(tmp_path / "home") as folder:
        yield folder


@pytest.mark.endurance
@pytest.mark.real
class TestDeaths:
    def test_a_killed_server_is_started_again_and_the_key_still_works(self, home: Path) -> None:
        with use(home) as endpoint:
            before = status(home).pid
            os.kill(before, signal.SIGKILL)
            until(lambda: status(home).running and status(home).pid != before, "it is back")
            assert works(endpoint)

    def test_a_killed_supervisor_is_recovered_from(self, home: Path) -> None:
        running = use(home)
        state = folder(home).state()
        assert state is not None
        os.kill(state.supervisor, signal.SIGKILL)
        until(lambda: not folder(home).supervising.taken(), "it is dead")
        with use(home) as endpoint:
            assert works(endpoint)
            servers = [p for p in ours(home) if "weaviate-server" in p.name()]
            assert [p.pid for p in servers] == [status(home).pid]
        running.close()

    def test_a_server_left_without_supervisor_is_ended(self, home: Path) -> None:
        with use(home) as endpoint:
            pass
        until(lambda: not ours(home), "it ends")
        kept = folder(home)
        with subprocess.Popen(
            command(cached(CACHE), kept, endpoint.port),
            env=environment(kept, endpoint.api_key, endpoint.port),
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as orphan:
            until(lambda: works(endpoint), "the orphan answers")
            with use(home) as again:
                assert works(again)
                assert orphan.wait(60) is not None

    def test_what_a_crash_left_behind_is_no_obstacle(self, home: Path) -> None:
        kept = folder(home)
        kept.prepare()
        kept.write_state(State("ready", WEAVIATE_VERSION, 999_999, 999_998, 23_000))
        for name in ("start.lock", "supervisor.lock", "users/1-dead.user"):
            (kept.root / name).write_text("120")
        with use(home) as endpoint:
            assert works(endpoint)
            assert status(home).users == 1


@pytest.mark.real
class TestTrouble:
    def test_a_stranger_on_the_remembered_port_is_left_alone(self, home: Path) -> None:
        with use(home) as first:
            pass
        until(lambda: not ours(home), "it ends")
        with stranger(first.grpc_port) as listening, use(home) as second:
            assert works(second)
            assert second.port != first.port
            assert re.search(f"port {first.port} is taken", " ".join(status(home).notes))
            listening.settimeout(0)
            told = []
            while True:
                try:
                    with listening.accept()[0] as caller:
                        caller.settimeout(1)
                        told.append(caller.recv(1 << 16))
                except BlockingIOError:
                    break
            assert not any(told)  # it was knocked at, and never told the key

    def test_damaged_data_are_a_clear_error(self, home: Path) -> None:
        kept = folder(home)
        kept.prepare()
        (kept.data / "raft").mkdir()
        (kept.data / "raft" / "raft.db").write_bytes(b"not a database" * 1000)
        with pytest.raises(ServerUnavailable) as caught:
            use(home)
        assert "invalid database" in caught.value.problem
        assert str(kept.data) in caught.value.remedy
        assert status(home).phase == "failed"
        assert "invalid database" in status(home).problem

    def test_a_full_disk_is_a_clear_error(self, small_disk: Path) -> None:
        with pytest.raises(ServerUnavailable, match="no space left") as caught:
            use(small_disk / "home")
        assert "Free at least" in caught.value.remedy

    @pytest.mark.endurance
    def test_a_disk_that_fills_up_while_it_runs_is_survived(self, disk: Path) -> None:
        with use(disk / "home") as endpoint:
            filler = disk / "filler"
            filler.write_bytes(bytes(shutil.disk_usage(disk).free))
            os.kill(status(disk / "home").pid, signal.SIGKILL)
            with pytest.raises(ServerUnavailable, match="no space left"):
                use(disk / "home")
            filler.unlink()
            with use(disk / "home") as again:
                assert works(again)
                assert again.api_key == endpoint.api_key


def mount(path: Path, size: str) -> None:
    path.mkdir()
    if shutil.which("mount") is None or sys.platform != "linux":
        pytest.skip("no small file system can be mounted here")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True
    )
    if made.returncode:
        pytest.skip(f"mounting is refused: {made.stderr.decode().strip()}")


def unmount(path: Path) -> None:
    stop(path / "home")
    until(lambda: not ours(path / "home"), "the processes of the test end")
    subprocess.run(["umount", "-l", path], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount(tmp_path / "disk", "1m")
    yield tmp_path / "disk"
    unmount(tmp_path / "disk")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    mount(tmp_path / "disk", "100m")
    yield tmp_path / "disk"
    unmount(tmp_path / "disk")


def script(path: Path, text: str) -> Callable[[Path, object], Path]:
    """A finder of a program that is no Weaviate."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return lambda cache, progress: path


def test_a_server_that_ends_at_once_is_given_up_with_its_last_words(
    home: Path, tmp_path: Path
) -> None:
    broken = script(tmp_path / "broken", 'echo \'{"level":"fatal","msg":"no luck today"}\'; exit 1')
    with pytest.raises(ServerUnavailable, match="no luck today") as caught:
        serve(home, CACHE, 0, find=broken)
    assert "weaviate.log" in caught.value.remedy
    assert (status(home).running, status(home).users) == (False, 0)


def test_a_port_of_the_settings_that_is_taken_is_a_clear_error(home: Path, tmp_path: Path) -> None:
    idle = script(tmp_path / "idle", "exec sleep 60")
    with stranger(0) as listening:
        port = listening.getsockname()[1] - 1
        with pytest.raises(ServerUnavailable, match=f"listens on {port + 1}"):
            serve(home, CACHE, 0, port=port, find=idle)


def test_data_of_a_newer_server_are_not_touched(home: Path) -> None:
    folder(home).prepare()
    folder(home).remember("version", "99.1.0")
    with pytest.raises(ServerUnavailable, match="newer than") as caught:
        use(home)
    assert "Update Tandem" in caught.value.remedy


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerUnavailable, match="cannot write in") as caught:
        use(tmp_path / "file")
    assert "TANDEM_HOME" in caught.value.remedy


def test_nothing_runs_in_a_folder_that_was_never_used(tmp_path: Path) -> None:
    asleep: Status = status(tmp_path / "none")
    assert (asleep.running, asleep.phase, asleep.data_bytes) == (False, "stopped", 0)
    assert not stop(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_importing_it_is_cheap() -> None:
    heavy = "{'httpx', 'psutil', 'weaviate', 'platformdirs'}"
    script = f"import sys, knowledge.server; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert said.stdout.strip() == "[]"


def test_a_program_that_agrees_to_everything_is_not_taken_for_ours() -> None:
    """A Weaviate of our version that is open to all is somebody else's."""
    body = f'{{"version": "{WEAVIATE_VERSION}"}}'.encode()

    class Open(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Open) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        endpoint = Endpoint(server.server_port, "our key")
        assert (answer(endpoint, "our key"), ready(endpoint)) == (200, False)
        server.shutdown()
        thread.join()


def test_the_log_is_kept_within_bounds(tmp_path: Path) -> None:
    chatter = f"for i in range({LOG_BYTES * 5 // 1000}): print(f'{{i:6}}', 'x' * 992)"
    with subprocess.Popen([sys.executable, "-c", chatter], stdout=subprocess.PIPE) as child:
        tail = keep_log(child, tmp_path / "weaviate.log")
        child.wait()
        last = tail()
    assert last[-1].split()[0] == str(LOG_BYTES * 5 // 1000 - 1)
    logs = list(tmp_path.iterdir())
    assert len(logs) == LOG_FILES
    assert sum(path.stat().st_size for path in logs) <= LOG_BYTES * LOG_FILES


def test_what_a_server_said_last_and_gravest_is_its_reason() -> None:
    lines = [
        '{"level":"info","msg":"starting"}',
        '{"level":"fatal","msg":"could not open","error":"invalid database"}',
        '{"level":"info","msg":"closing"}',
        "",
    ]
    assert complaint(lines) == "could not open: invalid database"
    assert complaint(["goroutine 1", "plain words"]) == "plain words"
    assert complaint([]) == "it said nothing"
