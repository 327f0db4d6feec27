"""Scores the vocabulary for the answers' tokens alone: a large part of a small model's cost."""

from __future__ import annotations

from functools import wraps
from typing import Any

AT_ONCE = 512  # positions that are scored at a time: 100 MB for each, with 50,000 words


def score_answers_only(model: Any) -> None:
    """Let `model(…, labels=…, fused_lm_head=True)`, as TRL's trainers ask, do no more than needed.

    TRL's own head leaves the prompt's positions out where Triton runs; elsewhere it scores all
    (1.16). Here they are left out everywhere. `weights` (rows,) multiply the log-probabilities,
    so that some rows count more. Entropy and its like, which TRL only shows, are zeros.
    """
    theirs = model.forward

    @wraps(theirs)
    def forward(
        *given: Any,
        labels: Any = None,
        weights: Any = None,
        fused_lm_head: bool = False,
        **more: Any,
    ) -> Any:
        if not fused_lm_head:
            return theirs(*given, **({} if labels is None else {"labels": labels}), **more)
        more.pop("num_items_in_batch", None)
        made = _scored(model, labels, *given, **more)
        if weights is not None:
            made.log_probs = made.log_probs * weights[:, None]
        return made

    model.forward = forward


def _scored(model: Any, labels: Any, *given: Any, **more: Any) -> Any:
    """TRL's output; `log_probs` (rows, longest - 1) are zero where there is no label."""
    import torch
    from trl.trainer.utils import FusedCausalLMOutput

    hidden = model.base_model(*given, **(more | {"use_cache": False})).last_hidden_state[:, :-1]
    wanted = labels[:, 1:]
    mask = wanted != -100
    found = _log_probs(model.get_output_embeddings(), hidden[mask], wanted[mask])
    log_probs = found.new_zeros(mask.shape).masked_scatter(mask, found)
    nothing = torch.zeros_like(log_probs, requires_grad=False)
    return FusedCausalLMOutput(
        loss=-log_probs.sum() / mask.sum().clamp(min=1),
        log_probs=log_probs,
        entropy=nothing,
        mean_logits=nothing,
        is_top1=torch.zeros_like(mask),
        label_mask=mask,
    )


def _log_probs(head: Any, hidden: Any, wanted: Any) -> Any:
    """How likely each of `wanted` (n,) is, after `hidden` (n, width); logarithms, float32."""
    import torch
    from torch.utils.checkpoint import checkpoint

    def some(part: Any, words: Any) -> Any:
        scores = head(part).float()
        return -torch.nn.functional.cross_entropy(scores, words, reduction="none")

    if len(wanted) <= AT_ONCE:
        return some(hidden, wanted)
    parts = zip(hidden.split(AT_ONCE), wanted.split(AT_ONCE), strict=True)
    return torch.cat([checkpoint(some, *each, use_reentrant=False) for each in parts])
