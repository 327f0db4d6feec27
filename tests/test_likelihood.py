"""How likely a model finds an answer: as the model says, token by token, whatever stands beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import tiny_models
from model.backends import Message, Prompt
from model.errors import BackendUnavailable
from model.evaluation.likelihood import BATCH, Asked, log_probs
from model.training.rows import speller
from tests.test_engines import lora

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tiny_models.saved_writer(tmp_path_factory.mktemp("tiny")))


def prompt(text: str) -> Prompt:
    return Prompt((Message("system", "Task: rewrite."), Message("user", text)))


ASKED = [
    Asked(prompt("the lift"), "Closed!"),
    Asked(prompt("a"), ""),
    Asked(prompt("b"), "no " * 9),
]


def told(weights: Path, adapter: Path | None, asked: list[Asked]) -> list[float | None]:
    found = dict(log_probs(weights, adapter, asked, "cpu"))
    return [found[number] for number in range(len(asked))]


def test_it_is_the_mean_of_what_the_model_says_of_each_token_and_of_the_end(weights: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model, spell = AutoModelForCausalLM.from_pretrained(weights), speller(weights)
    for asked, found in zip(ASKED, told(weights, None, ASKED), strict=True):
        before, answer = spell.prompt(asked.prompt), spell.answer(asked.prompt, asked.answer)
        with torch.no_grad():
            logits = model(torch.tensor([[*before, *answer]])).logits[0]
        logs = logits.log_softmax(-1)[len(before) - 1 : -1]
        wanted = logs.gather(-1, torch.tensor(answer)[:, None]).mean()
        assert found == pytest.approx(float(wanted), abs=1e-4)


def test_what_is_read_beside_an_answer_changes_nothing(weights: Path) -> None:
    many = [*ASKED, *(Asked(prompt(f"text {n}"), f"answer {n} " * n) for n in range(24))]
    assert sum(len(a.answer) for a in many) > BATCH  # so it takes several batches
    assert told(weights, None, many)[:3] == pytest.approx(told(weights, None, ASKED), abs=1e-4)


def test_what_is_too_long_is_left_out(weights: Path) -> None:
    found = told(weights, None, [Asked(prompt("x"), "y" * 5000), ASKED[0]])
    assert found[0] is None
    assert found[1] is not None


def test_an_adapter_counts(weights: Path, tmp_path: Path) -> None:
    made, _ = tiny_models.writer()
    lora(made, tmp_path, 3)
    base, adapted = (told(weights, adapter, ASKED) for adapter in (None, tmp_path))
    assert all(one != pytest.approx(two, abs=1e-3) for one, two in zip(base, adapted, strict=True))


def test_weights_that_cannot_be_read_are_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="Check the model's files"):
        told(tmp_path, None, ASKED)
