"""The tokenizer that a GGUF file describes, built from the file's own fields.

What transformers makes of these fields has been wrong for SmolLM2 (see model/LOG.md), and the
model then reads and writes nonsense; so the pieces are put together here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import WeightsDamaged

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5  # GGUF's kinds of tokens
_QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def tokenizer_of(fields: Mapping[str, Any]) -> Tokenizer:
    """A byte-level BPE tokenizer with the tokens, merges and special tokens of the fields."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

    kinds, tokens = fields["tokenizer.ggml.token_type"], fields["tokenizer.ggml.tokens"]
    vocabulary = {t: i for i, t in enumerate(tokens) if kinds[i] != _UNUSED}
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    try:
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    except Exception as error:  # the library raises no narrower one
        raise WeightsDamaged("GGUF", f"its tokenizer: {error}", "Fetch it again") from error
    tokenizer.pre_tokenizer = _pre_tokenizer(fields)
    tokenizer.decoder = decoders.ByteLevel()
    if fields["tokenizer.ggml.pre"] == "qwen2":
        tokenizer.normalizer = normalizers.NFC()  # as Qwen was trained; GGUF cannot say it
    for kind in (_CONTROL, _USER_DEFINED):
        known = [tokens[i] for i in range(len(tokens)) if kinds[i] == kind]
        special = kind == _CONTROL
        tokenizer.add_tokens([AddedToken(t, normalized=False, special=special) for t in known])
    return tokenizer


def save_tokenizer(fields: Mapping[str, Any], folder: Path) -> None:
    """Write tokenizer.json, its config and the chat template, for AutoTokenizer to read."""
    from transformers import PreTrainedTokenizerFast

    tokens = fields["tokenizer.ggml.tokens"]
    context = fields[f"{fields['general.architecture']}.context_length"]
    end = "<|im_end|>" if "<|im_end|>" in tokens else tokens[fields["tokenizer.ggml.eos_token_id"]]
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer_of(fields),
        eos_token=end,  # where a turn ends
        pad_token="<|endoftext|>" if "<|endoftext|>" in tokens else end,
        clean_up_tokenization_spaces=False,
        model_max_length=int(context),
        chat_template=fields.get("tokenizer.chat_template"),
    )
    tokenizer.save_pretrained(folder)


def _pre_tokenizer(fields: Mapping[str, Any]) -> Any:
    """How text is cut into words before the merges, by the name that GGUF gives it."""
    from tokenizers import Regex, pre_tokenizers

    if fields.get("tokenizer.ggml.model") != "gpt2":
        kind = fields.get("tokenizer.ggml.model")
        raise WeightsDamaged("GGUF", f"a tokenizer of kind {kind!r}", "Only byte-level BPE is read")
    words: pre_tokenizers.PreTokenizer
    match fields.get("tokenizer.ggml.pre"):
        case "qwen2":
            words = pre_tokenizers.Split(Regex(_QWEN2_WORDS), behavior="isolated")
            last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        case "smollm":
            words = pre_tokenizers.Digits(individual_digits=True)
            last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        case other:
            problem = f"a pre-tokenizer {other!r}, of which only smollm and qwen2 are known"
            raise WeightsDamaged("GGUF", problem, "Take a transformers folder instead")
    return pre_tokenizers.Sequence([words, last])
