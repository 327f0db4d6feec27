"""A tiny embedder as the catalogue's lie in their folders: model.onnx and tokenizer.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import tiny_models
from knowledge.tuning.exporting import export

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (
    *("how", "long", "is", "leave", "days", "a", "year", "lunch", "at", "noon", "the", "of"),
    *("kitchen", "car", "park", "where", "when", "office", "opens", "nine", "sick", "key"),
)


def tiny_embedder(folder: Path) -> Path:
    """Random weights, the same each time; it knows `WORDS`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    folder.mkdir(parents=True, exist_ok=True)
    known = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    made = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    ends = [(name, known[name]) for name in ("[CLS]", "[SEP]")]
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    made.save(str(folder / "tokenizer-made.json"))
    export(
        uneven(tiny_models.encoder()), folder / "tokenizer-made.json", folder / "tiny", int8=False
    )
    return folder / "tiny"


def uneven(bert: Any) -> Any:
    """With no two parameters alike: those the tracer would write as one."""
    import torch

    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in bert.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return bert
