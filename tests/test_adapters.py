"""The adapters that ship: which model each is for, and that it is used with no other."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import bot
import knowledge
import model
from model.adapters import ANSWERS, misfit, shipped_adapter
from model.backends.local import LocalBackend
from model.engines import Dials
from model.engines.adapters import read_adapter
from model.weights import DEFAULT_LLM, Weights
from model.weights.cache import Cache
from model.weights.catalogue import QWEN_05, QWEN_15, SMOLLM2, entry

ROOT = Path(__file__).resolve().parent.parent


def shipped() -> Path:
    found = shipped_adapter(DEFAULT_LLM)
    assert found is not None
    return found


def an_adapter(folder: Path, config: str) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(config, encoding="utf-8")
    return folder


def found(name: str, folder: Path, adapter: Path) -> LocalBackend:
    """A backend whose weights turned out to be those of this name."""
    weights = Weights(name, "llm", folder)
    return LocalBackend(None, QWEN_05, lambda: weights, Cache(folder), Dials(adapter=adapter))


def test_the_default_model_has_an_adapter_for_answers_and_others_have_none() -> None:
    assert shipped().is_dir()
    assert shipped_adapter(SMOLLM2) is None
    assert shipped_adapter("someone/else") is None


@pytest.mark.parametrize("name", ANSWERS)
def test_each_is_plain_lora_names_its_base_and_has_a_card(name: str) -> None:
    folder = shipped_adapter(name)
    assert folder is not None
    assert entry(name) is not None
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == name
    assert read_adapter(folder)
    assert (folder / "README.md").read_text("utf-8").strip()


def test_an_adapter_is_fit_for_the_weights_that_it_was_trained_on() -> None:
    for name in (QWEN_05, f"Qwen/{QWEN_05}", QWEN_05.lower()):
        assert misfit(shipped(), name) == ""


@pytest.mark.parametrize("other", [QWEN_15, SMOLLM2])
def test_an_adapter_is_no_fit_for_other_weights_of_the_catalogue(other: str) -> None:
    told = misfit(shipped(), other)
    assert QWEN_05 in told
    assert other in told


def test_of_weights_that_the_catalogue_does_not_know_the_person_is_believed(tmp_path: Path) -> None:
    assert misfit(shipped(), "my-own-qwen") == ""
    theirs = an_adapter(tmp_path / "a", '{"base_model_name_or_path": "someone/else"}')
    assert misfit(theirs, SMOLLM2) == ""


def test_a_base_is_known_by_the_folder_that_it_lay_in(tmp_path: Path) -> None:
    config = json.dumps({"base_model_name_or_path": f"/home/ben/.cache/tandem/weights/{QWEN_05}"})
    theirs = an_adapter(tmp_path / "a", config)
    assert misfit(theirs, QWEN_05) == ""
    assert misfit(theirs, SMOLLM2)


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"base_model_name_or_path": null}', "null"])
def test_a_config_that_names_no_base_is_left_to_the_engine_to_judge(
    tmp_path: Path, config: str
) -> None:
    assert misfit(an_adapter(tmp_path / "a", config), SMOLLM2) == ""
    assert misfit(tmp_path / "nowhere", SMOLLM2) == ""


def test_weights_that_stand_in_for_others_are_used_without_the_adapter_and_it_is_said(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "none-such"}', encoding="utf-8")
    made = found(SMOLLM2, tmp_path, shipped())
    assert "left off" in made.note
    assert made.name == SMOLLM2


def test_the_weights_that_were_wanted_are_used_with_the_adapter(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "none-such"}', encoding="utf-8")
    made = found(QWEN_05, tmp_path, shipped())
    assert "left off" not in made.note
    assert made.name == f"{QWEN_05}+{shipped().name}"


@pytest.mark.parametrize(
    ("package", "file"),
    [
        (knowledge, "reranker/reader.onnx"),
        (model, f"adapters/{ANSWERS[QWEN_05]}/adapter_model.safetensors"),
        (model, f"adapters/{ANSWERS[QWEN_05]}/adapter_config.json"),
        (bot, "confidence.json"),
        (bot, "followups.json"),
        (bot, "routing_examples.jsonl"),
        (knowledge, "injection_signs.py"),
    ],
)
def test_what_was_learned_travels_in_the_wheel(package: object, file: str) -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = told["tool"]["hatch"]["build"]["targets"]["wheel"]
    [folder] = [Path(path) for path in getattr(package, "__path__", ())]
    assert folder.name in wheel["packages"]
    assert (folder / file).stat().st_size > 0
