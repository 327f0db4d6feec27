"""What every implementation of a port must do, as tests to inherit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from bot.conversation import Feedback, Interaction, Verdict
from bot.errors import UnknownInteraction
from tests.fakes import Recorder, kept

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Memory(Recorder, Protocol):
    """What keeps interactions and verdicts."""

    def interaction(self, id: int) -> Interaction: ...
    def error_detail(self, id: int) -> str: ...
    def rate(self, feedback: Feedback) -> None: ...
    def withdraw(self, interaction: int, author: str) -> bool: ...
    def verdicts(self, interaction: int) -> list[Feedback]: ...


class MemoryContract:
    """Give a `memory` fixture that holds nothing yet."""

    def test_what_was_recorded_comes_back(self, memory: Memory) -> None:
        recorded = kept(memory, thread=("Hello", "Leave, please"), asked_at=NOON)
        assert memory.interaction(recorded.id) == recorded

    def test_each_has_an_id_of_its_own(self, memory: Memory) -> None:
        assert len({kept(memory).id for _ in range(3)}) == 3

    def test_the_detail_of_an_error_is_kept_for_the_operator(self, memory: Memory) -> None:
        recorded = kept(memory, error_detail="no answer from 10.0.0.7")
        assert memory.error_detail(recorded.id) == "no answer from 10.0.0.7"

    def test_an_unknown_interaction_is_said_to_be_unknown(self, memory: Memory) -> None:
        with pytest.raises(UnknownInteraction, match="12345"):
            memory.interaction(12345)
        with pytest.raises(UnknownInteraction, match="12345"):
            memory.rate(Feedback(12345, "anna", Verdict.UP, NOON))

    def test_a_later_verdict_replaces_the_earlier(self, memory: Memory) -> None:
        id = kept(memory).id
        up = Feedback(id, "anna", Verdict.UP, NOON)
        later = NOON + timedelta(seconds=1)
        down = Feedback(id, "anna", Verdict.DOWN, later, "wrong", "26 days", {"by": "button"})
        for vote in (up, down, up):  # the last is the first, come late
            memory.rate(vote)
        assert memory.verdicts(id) == [down]

    def test_each_person_has_a_verdict(self, memory: Memory) -> None:
        id, other = kept(memory).id, kept(memory).id
        votes = [Feedback(id, "anna", Verdict.UP, NOON)]
        votes.append(Feedback(id, "ben", Verdict.DOWN, NOON + timedelta(seconds=1)))
        for vote in [*votes, Feedback(other, "anna", Verdict.DOWN, NOON)]:
            memory.rate(vote)
        assert memory.verdicts(id) == votes

    def test_a_verdict_can_be_taken_back(self, memory: Memory) -> None:
        id = kept(memory).id
        memory.rate(Feedback(id, "anna", Verdict.UP, NOON))
        assert [memory.withdraw(id, "anna"), memory.withdraw(id, "anna")] == [True, False]
        assert memory.verdicts(id) == []
