"""An embedder that learns: its encoder out of the ONNX file, and sentence-transformers' loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.reranker.base import encoder
from knowledge.tuning.lessons import Lesson

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOKENS = 128  # of a text, while it learns: its title, its heading and how it begins


@dataclass(frozen=True)
class Dials:
    """How the embedder is trained."""

    epochs: float = 1.5
    batch: int = 16
    rate: float = 2e-5
    decay: float = 0.01
    warm: float = 0.1  # of all steps
    scale: float = 20.0  # of the cosines, in the loss
    kept: float = 0.0  # the share of the base in the weights that come out, against forgetting
    layers: int = 6  # that learn, from the top
    mixed: float = 1.0  # lessons from the documents' own headings for each from a verdict
    seed: int = 1


def learner(folder: Path, work: Path) -> SentenceTransformer:
    """The BERT of `folder`'s model.onnx (in floating point) as a model that learns; on the CPU.

    `work` takes what sentence-transformers wants on the disk. Raises `EmbeddingFailed`.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        Transformer,
    )

    work.mkdir(parents=True, exist_ok=True)
    bert = encoder(folder)
    bert.save_pretrained(work)
    _tokenizer(folder).save_pretrained(work)
    words = Transformer(str(work), max_seq_length=TOKENS)
    width = int(bert.config.hidden_size)
    return SentenceTransformer(modules=[words, Pooling(width, "cls"), Normalize()], device="cpu")


def _tokenizer(folder: Path) -> Any:
    """BERT's, with the names of its special tokens, which tokenizer.json does not tell."""
    from transformers import PreTrainedTokenizerFast

    marks = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    made: Any = PreTrainedTokenizerFast
    return made(tokenizer_file=str(folder / "tokenizer.json"), **marks)


def bert_of(model: SentenceTransformer) -> Any:
    """The encoder within."""
    return model[0].auto_model


def freeze(model: SentenceTransformer, layers: int) -> None:
    """Only the last `layers` learn: few lessons meet few words, and less is forgotten."""
    bert = bert_of(model)
    bert.requires_grad_(False)
    for layer in list(bert.encoder.layer)[-layers:]:
        layer.requires_grad_(True)


def loss(model: SentenceTransformer, dials: Dials) -> Any:
    """The loss of a batch of lessons: each question nearer to its passage than to all others."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    made = MultipleNegativesRankingLoss(model, scale=dials.scale)

    def of(lessons: Sequence[Lesson]) -> Any:
        some = once(lessons)
        columns = [[x.question for x in some], [x.right for x in some]]
        if all(x.wrong for x in some):
            columns.append([x.wrong for x in some])
        return made([model.preprocess(texts) for texts in columns], None)

    return of


def once(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Without lessons whose right passage is another's: in one batch it would count as wrong."""
    seen, kept = set[str](), list[Lesson]()
    for lesson in lessons:
        if lesson.right not in seen and lesson.question not in seen:
            seen |= {lesson.right, lesson.question}
            kept.append(lesson)
    return kept


def blended(model: SentenceTransformer, base: Any, kept: float) -> None:
    """Move the weights back towards the base's, by a share of the way."""
    import torch

    before = dict(base.named_parameters())
    with torch.no_grad():
        for name, weight in bert_of(model).named_parameters():
            weight.lerp_(before[name], kept)
