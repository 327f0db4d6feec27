"""Adapters of a vLLM server: loaded, asked for, unloaded, and clear words where it refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.language_models import LanguageModels
from bot.learning.loaded import Loaded
from bot.learning.lora_endpoints import LoraServer
from bot.learning.serving import LOOK_S, Writers
from bot.settings import Settings
from knowledge.documents import quiet
from model.backends import Backend, Message, Prompt, Sampling
from model.errors import BackendUnavailable, VersionUnusable
from model.examples import What
from tests.conftest import free_port
from tests.patience import PATIENCE_S, wait_for
from tests.served import HERE, FakeVersions, a_folder, a_version
from tests.vllm import BASE, Vllm, serving

KEY = "sk-very-secret-1234567890"
HELLO = Prompt((Message("user", "Hi"),))
STYLE_1 = a_version("style-1")


@pytest.fixture
def vllm() -> Iterator[Vllm]:
    with serving() as made:
        yield made


def models(home: Path, vllm: Vllm, **told: Any) -> LanguageModels:
    given = {"use": "openai", "name": BASE, "url": vllm.url, "retries": 0, **told}
    settings = Settings.model_validate({"home": home, "cache": home / "cache", "model": given})
    return LanguageModels(settings, quiet)


def said(backend: Backend) -> str:
    return "".join(backend.complete(HELLO, Sampling(max_tokens=20)))


def test_an_adapter_is_loaded_listed_and_unloaded(tmp_path: Path, vllm: Vllm) -> None:
    folder, server = a_folder(tmp_path, STYLE_1), LoraServer(vllm.url)
    server.load("style-1", str(folder))
    served = server.served()
    assert {name: card.parent for name, card in served.items()} == {BASE: "", "style-1": BASE}
    assert served["style-1"].root == str(folder)
    assert server.unload("style-1")
    assert set(server.served()) == {BASE}


def test_one_that_is_there_already_is_fine_and_one_that_is_gone_too(
    tmp_path: Path, vllm: Vllm
) -> None:
    folder, server = a_folder(tmp_path, STYLE_1), LoraServer(vllm.url)
    server.load("style-1", str(folder))
    server.load("style-1", f"{folder}/")
    assert server.unload("style-1")
    assert not server.unload("style-1")


def test_another_adapter_of_the_same_name_is_not_taken_for_ours(tmp_path: Path, vllm: Vllm) -> None:
    theirs = a_folder(tmp_path / "theirs", STYLE_1)
    ours, server = a_folder(tmp_path / "ours", STYLE_1), LoraServer(vllm.url)
    server.load("style-1", str(theirs))
    with pytest.raises(BackendUnavailable, match=r"another adapter of this name, from .*theirs"):
        server.load("style-1", str(ours))


def test_a_server_that_may_not_be_changed_says_what_to_set(tmp_path: Path, vllm: Vllm) -> None:
    vllm.updating = False
    with pytest.raises(BackendUnavailable, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING=True"):
        LoraServer(vllm.url).load("style-1", str(a_folder(tmp_path, STYLE_1)))
    with pytest.raises(BackendUnavailable, match="--enable-lora"):
        LoraServer(vllm.url).unload("style-1")


def test_a_folder_that_the_server_does_not_see_is_told_of(tmp_path: Path, vllm: Vllm) -> None:
    vllm.mounts = {"/models": tmp_path}
    with pytest.raises(BackendUnavailable, match="lora_path_prefix"):
        LoraServer(vllm.url).load("style-1", str(a_folder(tmp_path, STYLE_1)))


def test_a_rank_that_is_too_great_is_told_of(tmp_path: Path, vllm: Vllm) -> None:
    vllm.max_rank = 1
    with pytest.raises(BackendUnavailable, match="--max-lora-rank"):
        LoraServer(vllm.url).load("style-1", str(a_folder(tmp_path, STYLE_1)))


def test_the_key_is_sent_and_never_said(tmp_path: Path, vllm: Vllm) -> None:
    vllm.key = KEY
    folder = str(a_folder(tmp_path, STYLE_1))
    LoraServer(vllm.url, KEY).load("style-1", folder)
    with pytest.raises(BackendUnavailable, match="Check the API key") as refused:
        LoraServer(vllm.url, f"{KEY}x").load("style-2", folder)
    assert KEY not in str(refused.value)


def test_a_server_that_is_not_there_is_told_of() -> None:
    address = f"http://me:{KEY}@127.0.0.1:{free_port()}/v1"
    with pytest.raises(BackendUnavailable, match="Check that the server runs") as refused:
        LoraServer(address, KEY).served()
    assert KEY not in str(refused.value)


def test_a_version_is_loaded_under_its_name_and_asked_for_by_it(tmp_path: Path, vllm: Vllm) -> None:
    folder = a_folder(tmp_path, STYLE_1)
    made = models(tmp_path, vllm)
    backend = made.load(STYLE_1)
    assert vllm.calls == [("load_lora_adapter", {"lora_name": "style-1", "lora_path": str(folder)})]
    assert backend.name == f"{BASE}+style-1"
    assert (said(backend), said(made.style)) == ("style-1 writes this", f"{BASE} writes this")


def test_the_server_may_see_the_folder_elsewhere(tmp_path: Path, vllm: Vllm) -> None:
    a_folder(tmp_path, STYLE_1)
    vllm.mounts = {"/mnt/tandem": tmp_path / "versions"}
    made = models(tmp_path, vllm, lora_path_prefix="/mnt/tandem/")
    assert said(made.load(STYLE_1)) == "style-1 writes this"
    assert vllm.adapters == {"style-1": "/mnt/tandem/style-1"}


def test_a_server_that_forgot_the_adapter_is_given_it_again(tmp_path: Path, vllm: Vllm) -> None:
    a_folder(tmp_path, STYLE_1)
    backend = models(tmp_path, vllm).load(STYLE_1)
    vllm.restart()
    assert said(backend) == "style-1 writes this"
    assert [what for what, _ in vllm.calls] == ["load_lora_adapter"] * 2
    vllm.restart()
    vllm.updating = False
    with pytest.raises(BackendUnavailable, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
        said(backend)


def test_a_version_that_serves_nobody_is_unloaded_and_one_of_an_ended_bot_stays(
    tmp_path: Path, vllm: Vllm
) -> None:
    a_folder(tmp_path, STYLE_1)
    made = models(tmp_path, vllm)
    made.end(made.load(STYLE_1))
    assert set(vllm.adapters) == {"style-1"}
    made.retire("style-1", made.load(STYLE_1))
    assert vllm.adapters == {}


def test_a_version_for_another_base_is_never_offered(tmp_path: Path, vllm: Vllm) -> None:
    a_folder(tmp_path, STYLE_1, base="someone/else")
    with pytest.raises(VersionUnusable, match=r"trained for someone/else, and tiny is used now"):
        models(tmp_path, vllm).load(STYLE_1)
    assert vllm.calls == []


def test_a_cloud_that_takes_no_adapters_is_told_of(tmp_path: Path, vllm: Vllm) -> None:
    a_folder(tmp_path, STYLE_1)
    with pytest.raises(VersionUnusable, match="`url` of a vLLM server"):
        models(tmp_path, vllm, url=None).load(STYLE_1)


def test_versions_change_on_the_server_with_no_answer_broken_off(
    tmp_path: Path, vllm: Vllm
) -> None:
    style_2 = a_version("style-2")
    for version in (STYLE_1, style_2):
        a_folder(tmp_path, version)
    made, versions, at = models(tmp_path, vllm), FakeVersions(), [0.0]
    bases = {What.STYLE: lambda: made.style}
    loaded = Loaded(made)
    writers = Writers(lambda: versions, bases, loaded, clock=lambda: at[0])
    versions.promote(STYLE_1)
    vllm.writing = threading.Event()
    with writers.writer("rewrite", HERE) as old, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(said, old.backend)
        assert vllm.begun.wait(PATIENCE_S)
        versions.promote(style_2)
        at[0] += LOOK_S
        writers.refresh()
        wait_for(lambda: "style-2" in loaded.names)
        at[0] += LOOK_S
        writers.refresh()
        assert set(vllm.adapters) == {"style-1", "style-2"}
        vllm.writing.set()
        assert answer.result() == "style-1 writes this"
    assert set(vllm.adapters) == {"style-2"}
    with writers.writer("rewrite", HERE) as new:
        assert said(new.backend) == "style-2 writes this"
    writers.close()
    assert set(vllm.adapters) == {"style-2"}
