"""What a person reads when something went wrong, and what the operator reads."""

from __future__ import annotations

import re

import pytest

from bot.errors import (
    DatabaseUnavailable,
    QuestionRefused,
    UnknownSpace,
    apology,
    failure_code,
)
from knowledge.errors import IndexUnavailable, ServerUnavailable, SourceUnreadable
from model.errors import BackendUnavailable, PromptTooLong, UnknownTask

INSIDE = "no answer from 10.0.0.7 for anna:hunter2"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (SourceUnreadable("handbook", INSIDE, "Start it"), "can't reach our sources"),
        (IndexUnavailable(INSIDE, "Start it"), "can't reach our sources"),
        (ServerUnavailable(INSIDE, "Start it"), "can't reach our sources"),
        (BackendUnavailable("openai", INSIDE, "Start it"), "model is not available"),
        (DatabaseUnavailable("sqlite://", INSIDE, "Free some space"), "went wrong on my side"),
        (ValueError(INSIDE), "went wrong on my side"),
        (UnknownSpace(INSIDE, ("everyone", "board")), "no space of that name"),
    ],
)
def test_a_person_reads_what_to_do_and_a_code_but_no_details(error: Exception, says: str) -> None:
    told = apology(error, "T-7F3A")
    assert says in told
    assert "T-7F3A" in told
    assert not re.search("10.0.0.7|hunter2|board", told)


def test_what_a_person_can_mend_is_said() -> None:
    refused = QuestionRefused("", "I can't read an empty question.")
    assert apology(refused, "T-7F3A") == "I can't read an empty question."
    assert "rewrite, draft" in apology(UnknownTask("rewirte", ("rewrite", "draft")), "T-7F3A")
    assert "shorter" in apology(PromptTooLong(9000, 2048), "T-7F3A")


def test_a_code_is_short_and_easily_read_aloud() -> None:
    assert re.fullmatch(r"T-[0-9A-F]{4}", failure_code())
