"""GGUF files become transformers folders that compute the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.backends import Message, Prompt, Sampling
from model.backends.local import backend
from model.errors import WeightsDamaged
from model.progress import quiet
from model.weights.cache import Cache
from model.weights.gguf import convert
from tests import tiny


def scores(model: Any) -> Any:
    import torch

    with torch.inference_mode():
        return model(torch.tensor([[5, 60, 200, 3, 77]])).logits


@pytest.mark.parametrize("kind", ["llama", "qwen2"])
@pytest.mark.parametrize(("tied", "twice"), [(True, False), (True, True), (False, False)])
def test_a_converted_model_computes_the_same(
    tmp_path: Path, kind: str, tied: bool, twice: bool
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    made = tiny.model(kind, tied)
    convert(tiny.write_gguf(made, tmp_path / "tiny.gguf", twice), tmp_path / "out", quiet)
    read: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert read.dtype == torch.float32
    assert read.config.tie_word_embeddings is tied
    assert torch.allclose(scores(read), scores(made), atol=2e-3)
    assert scores(made).abs().max() > 0.02  # so that equal means something


def test_the_end_of_a_turn_ends_an_answer(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    convert(tiny.write_gguf(tiny.model("llama"), tmp_path / "tiny.gguf"), tmp_path / "out", quiet)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    said = json.loads((tmp_path / "out" / "generation_config.json").read_text())
    assert tokenizer.eos_token == "<|im_end|>"
    known = tiny.tokens()
    assert said["eos_token_id"] == [known.index("<|im_end|>"), known.index("<|endoftext|>")]
    assert tokenizer("abc")["input_ids"] == [known.index("abc")]
    assert tokenizer.decode(tokenizer("abc ü 12")["input_ids"]) == "abc ü 12"


def test_a_gguf_file_anywhere_is_a_model(tmp_path: Path) -> None:
    path = tiny.write_gguf(tiny.model("qwen2"), tmp_path / "mine.gguf")
    made = backend(str(path), cache=tmp_path / "cache")
    prompt = Prompt((Message("system", "Be brief, be very brief."), Message("user", "Hi")))
    pieces = list(made.complete(prompt, Sampling(max_tokens=8)))
    assert made.name == "mine"
    assert "\ufffd" not in "".join(pieces)  # random bytes: hardly a character among them
    assert made.context == 512
    first = made.weights().path
    assert backend(str(path), cache=tmp_path / "cache").weights().path == first


# peft 0.21 asks what transformers 5.23 calls otherwise by now.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_an_adapter_changes_what_is_written(tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    folder = Cache(tmp_path).converted(
        tiny.write_gguf(tiny.model("llama"), tmp_path / "tiny.gguf"), quiet
    )
    trained = get_peft_model(
        tiny.model("llama"),
        LoraConfig(target_modules=["q_proj", "down_proj"], init_lora_weights=False),
    )
    trained.save_pretrained(str(tmp_path / "voice"))
    plain, tuned = (
        backend(str(folder), adapter=adapter, engine="transformers")
        for adapter in (None, tmp_path / "voice")
    )
    assert tuned.name == f"{folder.name}+voice"
    ids, some = [5, 60, 200, 3, 77], range(50)
    given = [torch.tensor(made.engine().chances(ids, some)) for made in (plain, tuned)]
    wanted = torch.softmax(scores(trained)[0, -1], -1)[:50]
    assert not torch.allclose(given[0], given[1], rtol=0.05, atol=0.0)
    assert torch.allclose(given[1], wanted, rtol=0.02)


def test_what_is_no_gguf_file_is_told(tmp_path: Path) -> None:
    path = tiny.write_gguf(tiny.model("llama"), tmp_path / "tiny.gguf")
    whole = path.read_bytes()
    for content in (b"", b"GGUF", b"hello" * 100, whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(WeightsDamaged, match="Fetch it again"):
            convert(path, tmp_path / "out", quiet)


def test_an_unknown_kind_of_model_is_told(tmp_path: Path) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(tmp_path / "x.gguf", "mamba")
    writer.add_tensor("a", np.zeros((2, 2), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(WeightsDamaged, match=r"mamba.*llama, qwen2"):
        convert(tmp_path / "x.gguf", tmp_path / "out", quiet)
