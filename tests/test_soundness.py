"""Which folders of versions can be served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.learning.soundness import sound
from bot.learning.words import ModelVersion
from model.errors import VersionUnusable
from model.examples import What
from model.versions import MANIFEST, version_folder
from tests.served import BASE, a_folder, a_version, sign

STYLE_1, STYLE_2 = a_version("style-1"), a_version("style-2")


@contextmanager
def unusable(home: Path, version: ModelVersion, words: str) -> Iterator[None]:
    yield
    with pytest.raises(VersionUnusable, match=words):
        sound(home, version, BASE)


def test_a_whole_folder_for_this_base_is_sound(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, STYLE_1)
    for base in (BASE, f"someone/{BASE}", f"/weights/{BASE}/", BASE.upper()):
        assert sound(tmp_path, STYLE_1, base) == folder


def test_what_is_wrong_with_a_folder_is_told(tmp_path: Path) -> None:
    with unusable(tmp_path / "a", STYLE_1, "holds no whole version"):
        a_folder(tmp_path / "a", STYLE_1).joinpath(MANIFEST).unlink()
    with unusable(tmp_path / "b", STYLE_1, r"adapter in .* cannot be read"):
        tensors = a_folder(tmp_path / "b", STYLE_1) / "adapter_model.safetensors"
        tensors.write_bytes(tensors.read_bytes()[:-10])
    with unusable(tmp_path / "c", STYLE_1, "cannot be read"):
        a_folder(tmp_path / "c", STYLE_1).joinpath("adapter_config.json").write_text("{")
    with unusable(tmp_path / "d", STYLE_1, "holds no LoRA adapter"):
        a_folder(tmp_path / "d", STYLE_1).joinpath("adapter_config.json").write_text("{}")
    with unusable(tmp_path / "e", STYLE_1, "trained for other-model, and tiny is used now"):
        a_folder(tmp_path / "e", STYLE_1, base="other-model")
    with unusable(tmp_path / "f", STYLE_1, r"holds 'style-2' \(style\) instead"):
        sign(a_folder(tmp_path / "f", STYLE_1), STYLE_2)


def test_a_retriever_needs_its_embedder(tmp_path: Path) -> None:
    version = a_version("retriever-1", What.RETRIEVER, ())
    folder = version_folder(tmp_path, version.name)
    (folder / "embedder").mkdir(parents=True)
    sign(folder, version)
    with pytest.raises(VersionUnusable, match="holds no embedder"):
        sound(tmp_path, version, BASE)
    (folder / "embedder" / "config.json").write_text("{}")
    assert sound(tmp_path, version, "any") == folder
