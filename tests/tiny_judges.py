"""Tiny cross-encoders of random weights, in folders as sentence-transformers reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import tiny_models

SAID = ("how many days of leave do i get", "full time staff get 27 days", "the lid is open [SEP]")


def tokenizer() -> Any:
    """Of the words of `SAID`, two texts of at most 128 tokens one after the other."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    raw = tiny_models.words(SAID)
    special = {"cls_token": "[unused101]", "sep_token": "[unused102]", "pad_token": "[unused0]"}
    raw.post_processor = TemplateProcessing(
        single="[unused101] $A [unused102]",
        pair="[unused101] $A [unused102] $B:1 [unused102]:1",
        special_tokens=[("[unused101]", 101), ("[unused102]", 102)],
    )
    family: Any = PreTrainedTokenizerFast
    return family(tokenizer_object=raw, unk_token="[unused100]", model_max_length=128, **special)


def judge(folder: Path, labels: Sequence[str] = ("LABEL_0",), bias: float = 0.0) -> str:
    """A cross-encoder with these outputs, each about its bias; its folder."""
    import torch
    from transformers import BertForSequenceClassification

    config = tiny_models.encoder().config
    config.id2label, config.pad_token_id = dict(enumerate(labels)), 0
    config.label2id = {label: at for at, label in enumerate(labels)}
    torch.manual_seed(3)
    made: Any = BertForSequenceClassification(config)
    made.classifier.weight.data.normal_(std=0.5)  # wide: what is judged shall be told apart
    made.classifier.bias.data.fill_(bias)
    return _saved(made, folder)


def headless(folder: Path) -> str:
    """An encoder that was never trained to judge; its folder."""
    return _saved(tiny_models.encoder(), folder)


def _saved(made: Any, folder: Path) -> str:
    made.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return str(folder)
