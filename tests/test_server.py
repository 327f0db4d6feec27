"""The embedded Weaviate: real servers, each in a folder of its own."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from platformdirs import user_cache_path

from knowledge.errors import ServerUnavailable
from knowledge.server import Endpoint, Running, Status, serve, status, stop
from knowledge.server.find import cached
from knowledge.server.folder import State, folder
from knowledge.server.ports import BLOCK
from knowledge.server.weaviate import command, environment

CACHE = Path(os.environ.get("TANDEM_CACHE") or user_cache_path("tandem"))
SECONDS = 60.0  # far more than anything takes that is waited for


def use(home: Path, linger_s: float = 0, port: int | None = None) -> Running:
    return serve(home, CACHE, linger_s, port=port)


def until(true: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < limit, f"never: {what}"
        time.sleep(0.05)


def answer(endpoint: Endpoint, key: str) -> int:
    """The status that the server gives to a call with `key`; 0: no answer."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.http_port, timeout=10)
    try:
        connection.request("GET", "/v1/schema", headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def works(endpoint: Endpoint) -> bool:
    return answer(endpoint, endpoint.api_key) == 200


def ours(home: Path) -> list[psutil.Process]:
    """Every process, supervisor or server, that was started for `home`."""
    path = str(folder(home).root)
    return [
        process
        for process in psutil.process_iter(["cmdline", "pid"])
        if process.pid != os.getpid()
        and any(path in word for word in process.info["cmdline"] or ())
        and process.status() != psutil.STATUS_ZOMBIE
    ]


@contextmanager
def another_command(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server until it is told to end."""
    script = (
        "import sys; from pathlib import Path; from knowledge.server import serve, status\n"
        f"with serve(Path({str(home)!r}), Path({str(CACHE)!r}), 0) as endpoint:\n"
        f"    print(status(Path({str(home)!r})).pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def stranger(port: int) -> Iterator[socket.socket]:
    """A program that has nothing to do with us, on a port that we would like."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        yield listening


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A data folder; no process of it outlives the test."""
    yield tmp_path / "home"
    stop(tmp_path / "home")
    until(lambda: not ours(tmp_path / "home"), "the processes of the test end")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose server runs for all the tests that only look at it."""
    home = tmp_path_factory.mktemp("lasting")
    with use(home):
        yield home
    stop(home)
    until(lambda: not ours(home), "the processes of the tests end")


@pytest.mark.real
class TestAccess:
    def test_the_key_is_readable_by_its_owner_only(self, lasting: Path) -> None:
        key = lasting / "weaviate" / "key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert len(key.read_text()) >= 40

    def test_the_key_is_in_no_command_line_and_no_repr(self, lasting: Path) -> None:
        with use(lasting) as endpoint:
            assert endpoint.api_key not in repr(endpoint)
            words = [word for process in ours(lasting) for word in process.cmdline()]
        assert words
        assert not any(endpoint.api_key in word for word in words)

    @pytest.mark.parametrize("key", ["", "wrong"])
    def test_without_the_key_nothing_is_told(self, lasting: Path, key: str) -> None:
        with use(lasting) as endpoint:
            assert (answer(endpoint, key), answer(endpoint, endpoint.api_key)) == (401, 200)

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere keys guard gRPC, and it is told")
    def test_no_port_can_be_reached_from_another_machine(self, lasting: Path) -> None:
        open_now = psutil.Process(status(lasting).pid).net_connections("inet")
        waiting = [c.laddr for c in open_now if c.status in ("LISTEN", "NONE") and c.laddr]
        assert len({address.port for address in waiting}) == BLOCK
        assert {address.ip.removeprefix("::ffff:") for address in waiting} == {"127.0.0.1"}
        assert status(lasting).notes == ()

    def test_the_official_client_reads_and_writes(self, lasting: Path) -> None:
        import weaviate
        from weaviate.classes.init import Auth

        with (
            use(lasting) as endpoint,
            weaviate.connect_to_local(
                endpoint.host,
                endpoint.http_port,
                endpoint.grpc_port,
                auth_credentials=Auth.api_key(endpoint.api_key),
                skip_init_checks=True,  # they ask the internet for a newer client
            ) as client,
        ):
            notes = client.collections.create("Note")
            notes.data.insert({"text": "leave"}, vector=[0.6, 0.8])
            found = notes.query.near_vector([0.6, 0.8], limit=1).objects
            assert [found[0].properties, len(found)] == [{"text": "leave"}, 1]


@pytest.mark.real
class TestSharing:
    def test_two_commands_share_one_server(self, lasting: Path) -> None:
        with another_command(lasting) as other:
            assert int(first_line(other)) == status(lasting).pid
            assert status(lasting).users == 2
        until(lambda: status(lasting).users == 1, "the killed user is gone")

    def test_data_folders_started_at_once_run_side_by_side(self, tmp_path: Path) -> None:
        homes = [tmp_path / name for name in ("a", "b", "c")]
        with ThreadPoolExecutor(3) as pool:
            running = list(pool.map(use, homes))
        try:
            endpoints = [one.endpoint for one in running]
            assert all(works(endpoint) for endpoint in endpoints)
            assert len({endpoint.port // BLOCK for endpoint in endpoints}) == 3
            assert len({endpoint.api_key for endpoint in endpoints}) == 3
            assert answer(endpoints[0], endpoints[1].api_key) == 401
        finally:
            for one in running:
                one.close()
        until(lambda: not any(ours(one) for one in homes), "all end")

    def test_commands_that_start_at_once_get_one_server(self, home: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            running = list(pool.map(use, [home] * 4))
        assert len({one.endpoint for one in running}) == 1
        assert len([p for p in ours(home) if "weaviate-server" in p.name()]) == 1
        for one in running:
            one.close()

    def test_it_ends_with_its_last_user_and_not_before(self, home: Path) -> None:
        first, second = use(home), use(home)
        first.close()
        time.sleep(1)
        assert works(second.endpoint)
        second.close()
        until(lambda: not ours(home), "server and supervisor end")
        assert status(home).phase == "stopped"

    def test_a_killed_user_counts_as_gone(self, home: Path) -> None:
        with another_command(home) as other:
            assert first_line(other)
            other.send_signal(signal.SIGKILL)
        until(lambda: not ours(home), "server and supervisor end")

    def test_it_lingers_for_the_next_command(self, home: Path) -> None:
        with use(home, linger_s=60):
            before = status(home).pid
        time.sleep(1)
        with use(home):
            assert status(home).pid == before

    def test_it_comes_back_on_its_ports_with_its_data(self, home: Path) -> None:
        with use(home) as first:
            body = b'{"class": "Kept"}'
            connection = http.client.HTTPConnection(first.host, first.http_port)
            bearer = {"Authorization": f"Bearer {first.api_key}"}
            sent = {**bearer, "Content-Type": "application/json"}
            connection.request("POST", "/v1/schema", body, sent)
            assert connection.getresponse().status == 200
            connection.close()
        until(lambda: not ours(home), "it ends")
        with use(home) as second:
            assert second == first
            connection = http.client.HTTPConnection(second.host, second.http_port)
            connection.request("GET", "/v1/schema/Kept", headers=bearer)
            assert connection.getresponse().status == 200
            connection.close()

    def test_stop_ends_it_whoever_uses_it_and_ensure_brings_it_back(self, home: Path) -> None:
        running = use(home)
        assert stop(home)
        assert not works(running.endpoint)
        assert not stop(home)
        assert works(running.ensure())
        running.close()


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
                assert orphan.wait(SECONDS) is not None

    def test_what_a_crash_left_behind_is_no_obstacle(self, home: Path) -> None:
        kept = folder(home)
        kept.prepare()
        kept.write_state(State("ready", "1.39.0", 999_999, 999_998, 23_000))
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
