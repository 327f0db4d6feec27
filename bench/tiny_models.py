"""Tiny models of random weights, made on the spot: training runs in seconds and learns little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

WIDTH, HEADS, LAYERS, INNER = 64, 2, 2, 128
FIRST = 103  # ids below are special in BERT's vocabulary; 101 and 102 are [CLS] and [SEP]
KNOWN = 4000  # words
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def encoder() -> Any:
    """A BERT for `words`."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=FIRST + KNOWN,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
    )
    return BertModel(config, add_pooling_layer=False)


def words(texts: Iterable[str]) -> Any:
    """A tokenizer that knows the most frequent words of the texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    cut = pre_tokenizers.Whitespace()
    seen = Counter(word for text in texts for word, _ in cut.pre_tokenize_str(text.lower()))
    known = {f"[unused{number}]": number for number in range(FIRST)}
    known |= {word: FIRST + n for n, (word, _) in enumerate(seen.most_common(KNOWN))}
    made = Tokenizer(models.WordLevel(known, unk_token="[unused100]"))
    made.normalizer, made.pre_tokenizer = normalizers.Lowercase(), cut
    return made


def writer() -> tuple[Any, Any]:
    """A language model of Qwen's kind and its tokenizer, whose tokens are bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(1)
    known = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *SPECIAL]
    raw = Tokenizer(models.BPE({token: number for number, token in enumerate(known)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(list(SPECIAL))
    family: Any = PreTrainedTokenizerFast
    tokenizer = family(tokenizer_object=raw, eos_token=SPECIAL[0])
    tokenizer.chat_template = TEMPLATE
    config = Qwen2Config(
        vocab_size=len(known),
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=8192,
        initializer_range=0.2,  # wide: what is not trained must be able to tell tokens apart
        tie_word_embeddings=True,
    )
    model: Any = Qwen2ForCausalLM(config)
    return model.eval(), tokenizer


def saved_writer(folder: Path) -> str:
    """The folder with a `writer` in it, as transformers keeps one."""
    model, tokenizer = writer()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
