"""The training loop: the same weights however often it is killed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model.errors import TrainingFailed
from model.training.fitting import CHECKPOINT, Fitted, Pace, dealt, fit

if TYPE_CHECKING:
    import torch

PACE = Pace(steps=12, warm=0.25, keep_every=4, seed=3)


class Killed(Exception):
    pass


def network() -> torch.nn.Module:
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 1))


def fitted(
    made: torch.nn.Module, folder: Path, dies_at: int | None = None, **options: Any
) -> Fitted:
    import torch

    def loss(step: int) -> torch.Tensor:
        if step == dies_at:
            raise Killed
        rows = torch.tensor([[float(i), 1.0, -1.0] for i in dealt(10, 2, step, PACE.seed)])
        value: torch.Tensor = (made(rows) - rows[:, :1]).square().mean()
        return value * math.nan if step in options.get("broken", ()) else value

    groups = [{"params": list(made.parameters()), "lr": 0.01}]
    mark = options.get("mark", "m")
    return fit(made, groups, loss, PACE, folder, mark, stop_at=options.get("stop_at"))


def weights(made: torch.nn.Module) -> list[float]:
    return [value for p in made.parameters() for value in p.detach().flatten().tolist()]


@pytest.mark.parametrize("dies_at", [1, 4, 7, 11])
def test_a_run_that_was_killed_ends_like_one_that_was_not(tmp_path: Path, dies_at: int) -> None:
    whole, killed, resumed = network(), network(), network()
    told = fitted(whole, tmp_path / "whole")
    with pytest.raises(Killed):
        fitted(killed, tmp_path / "cut", dies_at=dies_at)
    assert fitted(resumed, tmp_path / "cut") == told
    assert weights(resumed) == weights(whole) != weights(network())


def test_a_run_stopped_on_purpose_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, parts = network(), network()
    fitted(whole, tmp_path / "whole")
    assert fitted(parts, tmp_path / "parts", stop_at=5).steps == 5
    again = network()
    assert fitted(again, tmp_path / "parts").steps == 12
    assert weights(again) == weights(whole)


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    first, second = network(), network()
    fitted(first, tmp_path)
    assert fitted(second, tmp_path, dies_at=0).steps == 12
    assert weights(second) == weights(first)


def test_a_step_without_a_finite_gradient_is_left_out_and_counted(tmp_path: Path) -> None:
    made = network()
    told = fitted(made, tmp_path, broken=(2, 9))
    assert (told.steps, told.skipped) == (12, 2)
    assert all(map(math.isfinite, [*weights(made), told.loss]))


def test_too_many_such_steps_end_the_training(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="11 of 11 steps"):
        fitted(network(), tmp_path, broken=range(12))


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    fitted(network(), tmp_path, stop_at=4)
    with pytest.raises(TrainingFailed, match="other data or other dials; delete it"):
        fitted(network(), tmp_path, mark="other")


def test_a_damaged_checkpoint_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"half of it")
    with pytest.raises(TrainingFailed, match=r"checkpoint\.pt cannot be read .*delete it"):
        fitted(network(), tmp_path)


def test_a_checkpoint_is_never_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted(network(), tmp_path, stop_at=4)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def dies(state: object, file: Any) -> None:
        file.write(b"some")
        raise Killed

    monkeypatch.setattr("torch.save", dies)
    with pytest.raises(Killed):
        fitted(network(), tmp_path, stop_at=8)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_each_epoch_deals_every_example_once_and_otherwise_than_the_last() -> None:
    epochs = [
        [i for step in range(e * 5, e * 5 + 5) for i in dealt(20, 4, step, 1)] for e in (0, 1)
    ]
    assert [sorted(epoch) for epoch in epochs] == [list(range(20))] * 2
    assert epochs[0] != epochs[1]


def test_batches_by_size_hold_neighbours_in_size_and_still_every_example() -> None:
    sizes = [(i * 37) % 101 for i in range(48)]
    batches = [dealt(48, 4, step, 1, sizes) for step in range(12)]
    assert sorted(i for batch in batches for i in batch) == list(range(48))
    spreads = [max(sizes[i] for i in b) - min(sizes[i] for i in b) for b in batches]
    assert max(spreads) < 20


def test_the_rate_rises_then_falls() -> None:
    rates = [PACE.rate(step) for step in range(PACE.steps)]
    assert rates[0] == 0
    assert max(rates) == rates[3]
    assert rates[3:] == sorted(rates[3:], reverse=True)
