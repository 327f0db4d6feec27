"""Fits parameters to a loss, step by step; killed at any step, it goes on where it was.

What a step does follows from the seed and its number alone (which examples, in which order, with
what dropout), so that a run that was interrupted ends with the weights of one that was not.
transformers' Trainer replays its data loader instead and has no way to leave out a step.
"""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import TrainingFailed
from model.progress import Progress, quiet

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

CHECKPOINT = "checkpoint.pt"
CLIP = 1.0  # the longest gradient
LEAST = 0.02  # of the rate, at the end
UNUSABLE = 0.1  # of the steps; when more are left out, something is wrong
WINDOW = 12  # batches whose examples are sorted by length together
RECENT = 0.99  # the share of the mean loss that a step leaves


@dataclass(frozen=True)
class Pace:
    """How long to fit, and how often to keep what was learned."""

    steps: int
    warm: float = 0.06  # of the steps, in which the rate rises
    keep_every: int = 50  # steps
    seed: int = 1

    def rate(self, step: int) -> float:
        """What the rate is multiplied with: it rises from 0, then falls evenly."""
        return min(1.0, step / max(1.0, self.warm * self.steps)) * max(LEAST, 1 - step / self.steps)


@dataclass(frozen=True)
class Fitted:
    """How far a fitting is."""

    steps: int = 0
    skipped: int = 0  # of them, because their gradient was not finite
    loss: float = math.nan  # a mean over about the last hundred steps


def fit(
    module: Module,
    groups: Sequence[Mapping[str, Any]],
    loss: Callable[[int], Tensor],
    pace: Pace,
    folder: Path,
    mark: str,
    decay: float = 0.0,
    progress: Progress = quiet,
    stop_at: int | None = None,
) -> Fitted:
    """Fit `module` with AdamW; `loss` is given the step, from 0, which decides all by chance.

    `groups` are the parameters that learn, as an optimizer takes them. What was learned lies in
    `folder` every `pace.keep_every` steps; `mark` says by what data and dials, and a checkpoint
    of another mark is refused. `stop_at` ends early, as a kill would, but keeps first. Raises
    `TrainingFailed`, also when too many steps have no finite gradient.
    """
    import torch

    optimizer = torch.optim.AdamW([dict(group) for group in groups], weight_decay=decay)
    rates = [group["lr"] for group in optimizer.param_groups]
    at = _resumed(module, optimizer, folder, mark)
    learned = [p for group in optimizer.param_groups for p in group["params"]]
    module.train()
    for step in range(at.steps, min(pace.steps, stop_at or pace.steps)):
        torch.manual_seed(seed_of(pace.seed, step))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * pace.rate(step)
        value = loss(step)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        usable = bool(torch.isfinite(torch.nn.utils.clip_grad_norm_(learned, CLIP)))
        if usable:
            optimizer.step()
        at = _after(at, float(value.detach()), usable)
        progress("training", at.steps, pace.steps)
        if at.skipped > UNUSABLE * max(100, at.steps):
            raise TrainingFailed(f"{at.skipped} of {at.steps} steps had no finite gradient")
        if at.steps % pace.keep_every == 0 or at.steps == (stop_at or pace.steps):
            _keep(module, optimizer, at, folder, mark)
    module.eval()
    return at


def _after(at: Fitted, loss: float, usable: bool) -> Fitted:
    share = min(RECENT, at.steps / (at.steps + 1))
    if not math.isfinite(loss):
        mean = at.loss
    else:
        mean = loss if math.isnan(at.loss) else share * at.loss + (1 - share) * loss
    return Fitted(at.steps + 1, at.skipped + (not usable), mean)


def seed_of(seed: int, step: int) -> int:
    """A seed for a step: neighbours have nothing in common."""
    return int.from_bytes(hashlib.sha256(f"{seed}.{step}".encode()).digest()[:6], "big")


def dealt(
    count: int, batch: int, step: int, seed: int, sizes: Sequence[int] | None = None
) -> list[int]:
    """Which of `count` examples a step sees; each is seen once in an epoch.

    With `sizes`, batches hold examples of about one size, so that little is padded. The examples
    that would fill only a part of a batch wait for the next epoch.
    """
    batches = max(1, count // batch)
    turn, place = divmod(step, batches)
    chance = random.Random(f"{seed}.{turn}")  # noqa: S311  # no secret hangs on it
    order = chance.sample(range(count), count)
    if sizes is not None:
        window = batch * WINDOW
        some = [order[i : i + window] for i in range(0, count, window)]
        order = [i for each in some for i in sorted(each, key=lambda i: sizes[i])]
        place = chance.sample(range(batches), batches)[place]
    return order[place * batch : (place + 1) * batch]


def _resumed(module: Module, optimizer: Any, folder: Path, mark: str) -> Fitted:
    """Where the fitting is, with the weights and the optimizer brought there."""
    import torch

    file = folder / CHECKPOINT
    if not file.is_file():
        return Fitted()
    try:
        kept = torch.load(file, map_location="cpu", weights_only=True)
        if kept["mark"] != mark:
            raise TrainingFailed(
                f"{file} is of other data or other dials; delete it, or go elsewhere"
            )
        module.load_state_dict(kept["learned"], strict=False)
        optimizer.load_state_dict(kept["optimizer"])
        return Fitted(**kept["at"])
    except (OSError, RuntimeError, KeyError, ValueError, EOFError, pickle.PickleError) as error:
        raise TrainingFailed(f"{file} cannot be read ({error}); delete it to begin anew") from error


def _keep(module: Module, optimizer: Any, at: Fitted, folder: Path, mark: str) -> None:
    """Write the checkpoint: the new one is whole on the disk before the old one goes."""
    import torch

    learned = {n: p.detach().cpu() for n, p in module.named_parameters() if p.requires_grad}
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / (CHECKPOINT + ".half")
    with half.open("wb") as file:
        state = optimizer.state_dict()
        torch.save({"mark": mark, "at": asdict(at), "learned": learned, "optimizer": state}, file)
        file.flush()
        os.fsync(file.fileno())
    half.replace(folder / CHECKPOINT)
