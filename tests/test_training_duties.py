"""What a child that trains tells its parent when something goes wrong."""

from __future__ import annotations

import io
import json

import pytest

from knowledge.errors import KnowledgeError
from model.errors import TrainingFailed
from model.training.duties import guarded
from model.training.watching import Sink
from model.training.words import CUT, DONE, FAILED


def failing(error: Exception, out: io.StringIO) -> int:
    def work() -> int:
        raise error

    return guarded(Sink(out), work, KnowledgeError)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (TrainingFailed("no plan"), FAILED, "no plan"),
        (KnowledgeError("no embedder"), FAILED, "no embedder"),
        (OSError("the disk is full"), CUT, "the disk is full"),
        (MemoryError(), CUT, "there is too little memory"),
        (RuntimeError("cannot allocate"), CUT, "cannot allocate"),
    ],
)
def test_what_may_pass_cuts_a_training_off_and_a_fault_ends_it(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = io.StringIO()
    assert failing(error, out) == code
    assert said in json.loads(out.getvalue())["error"]
    assert said in capsys.readouterr().err


def test_what_goes_well_tells_nothing() -> None:
    out = io.StringIO()
    assert guarded(Sink(out), lambda: DONE) == DONE
    assert out.getvalue() == ""
