"""What every test stands on: a home of its own, no network, a real PostgreSQL for those who ask."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.indexes import connected, drop_all
from tests.sendable import sendable
from tests.servers import fresh, use

if TYPE_CHECKING:
    from weaviate import WeaviateClient

pytest_plugins = [
    *("tests.slack.fixtures", "tests.slack.houses", "tests.slack_threads"),
    *("tests.platform_fixtures", "tests.discord.fixtures", "tests.discord.choosing_fixtures"),
    *("tests.discord.lives", "tests.still_fixtures"),
]
LOOPBACK = "127.0.0.1,::1,localhost"
hypothesis.settings.register_profile(  # how long a case takes says nothing on a busy machine
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")
ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "hunter2-of-the-tests"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Switch network beyond loopback off, as pytest-socket's options would."""
    config.option.allow_hosts = LOOPBACK
    config.option.allow_unix_socket = True


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Words of hostile texts stand in reports of tests, too."""
    return sendable((yield))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the real parts in the cache before the first test that uses them."""
    if session.config.option.collectonly:
        return
    if any(item.get_closest_marker("real") for item in session.items):
        subprocess.run([sys.executable, "-m", "tests.set_up"], cwd=ROOT, check=True)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of this test; the cache stays the user's, with what was set up once."""
    for variable in [name for name in os.environ if is_setting(name)]:
        monkeypatch.delenv(variable)
    made = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TANDEM_HOME", str(made))
    return made


def is_setting(variable: str) -> bool:
    """Would this variable change what a test sees?"""
    return variable == "TANDEM_CONFIG" or (variable.startswith("TANDEM_") and "__" in variable)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: a SQLite file, and one on a real PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tandem.db'}"
    made: str = request.getfixturevalue("postgres_url")
    return made


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield f"{postgres_server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL on a free port of loopback, ended with the session: its address."""
    bin_folder = postgres_binaries()
    if bin_folder is None:
        pytest.skip("no PostgreSQL here: `initdb` and `postgres` were not found")
    with tempfile.TemporaryDirectory(prefix="tandem-pg-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with running(bin_folder, folder) as port:
            yield f"postgresql://tandem:{PASSWORD}@127.0.0.1:{port}"


def postgres_binaries() -> Path | None:
    """The folder that has `initdb` and `postgres`."""
    on_path = shutil.which("initdb")
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places = [*([Path(on_path).resolve().parent] if on_path else []), *packaged]
    return next((place for place in places if (place / "postgres").is_file()), None)


@contextmanager
def running(bin_folder: Path, folder: Path) -> Iterator[int]:
    """Make a cluster in `folder` and run it; gives its port."""
    user = not_root(folder)
    (folder / "password").write_text(PASSWORD)
    init = ["initdb", "-D", "data", "-U", "tandem", "-E", "UTF8", "--locale=C", "--no-sync"]
    command = [*init, "-A", "scram-sha-256", "--pwfile", "password"]
    command[0] = str(bin_folder / "initdb")
    subprocess.run(command, cwd=folder, check=True, capture_output=True, **user)
    port = free_port()
    serve = [str(bin_folder / "postgres"), "-D", "data", "-k", str(folder), "-p", str(port)]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*serve, *options], cwd=folder, stderr=log, stdout=log, **user)
    try:
        wait_until_ready(bin_folder, port, server, folder / "log")
        yield port
    finally:
        server.send_signal(signal.SIGINT)  # its fast shutdown
        server.wait(timeout=30)


def not_root(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses root: give `folder` to nobody, and run as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(bin_folder: Path, port: int, server: Any, log: Path) -> None:
    """Wait until the server takes connections."""
    ready = [str(bin_folder / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended: {log.read_text(errors='replace')}")
        if subprocess.run(ready).returncode == 0:
            return
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError("PostgreSQL was not ready within 30 s")


@pytest.fixture(scope="session")
def weaviate_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a real Weaviate that runs until the tests end."""
    with fresh(tmp_path_factory.mktemp("weaviate")) as served, use(served):
        yield served


@pytest.fixture(scope="session")
def weaviate(weaviate_home: Path) -> Iterator[WeaviateClient]:
    """A client of the real Weaviate."""
    client = connected(weaviate_home)
    yield client
    client.close()


@pytest.fixture
def prefix(weaviate: WeaviateClient) -> Iterator[str]:
    """Names the collections of this test, which go with it."""
    name = f"T{uuid.uuid4().hex[:12]}"
    yield name
    drop_all(weaviate, name)
