"""The embedded Weaviate: real servers, each in a folder of its own."""

from __future__ import annotations

import http.client
import signal
import stat
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from knowledge.server import status, stop
from knowledge.server.ports import BLOCK
from tests.servers import (
    another_command,
    answer,
    first_line,
    fresh,
    ours,
    until,
    use,
    works,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with fresh(tmp_path / "home") as folder:
        yield folder


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose server runs for all the tests that only look at it."""
    with fresh(tmp_path_factory.mktemp("lasting")) as folder, use(folder):
        yield folder


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
        from weaviate.classes.config import DataType, Property
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
            text = Property(name="text", data_type=DataType.TEXT)  # nothing is guessed here
            notes = client.collections.create("Note", properties=[text])
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
