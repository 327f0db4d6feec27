"""The form after a thumbs-down: what it asks, and what is read from what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import wording
from bot.platforms.discord import controls
from bot.platforms.discord.reasons import LONGEST_CORRECTION, Reasoned, read_reason, reason_form


def sent(reason: object, correction: object, custom_id: object = "tandem:reason:12") -> Any:
    """The form as Discord gives it back."""
    radio = {"type": 21, "id": 3, "custom_id": "reason", "value": reason}
    field = {"type": 4, "id": 5, "custom_id": "correction", "value": correction}
    labels = [{"type": 18, "id": 2, "component": radio}, {"type": 18, "id": 4, "component": field}]
    return {"custom_id": custom_id, "components": [{"type": 10, "id": 1}, *labels]}


async def test_the_reason_is_a_choice_and_the_right_answer_is_words() -> None:
    form = reason_form(12).to_dict()
    assert form["custom_id"] == controls.reason(12)
    _, reason, correction = form["components"]
    offered = [option["value"] for option in reason["component"]["options"]]
    assert offered == list(wording.REASONS)
    assert correction["component"]["style"] == 2
    assert not any(label["component"]["required"] for label in (reason, correction))


async def test_discord_takes_the_form() -> None:
    form = reason_form(10**18 - 1).to_dict()
    labels = form["components"][1:]
    assert len(form["title"]) <= 45
    assert all(len(label["label"]) <= 45 for label in labels)
    assert all(len(label.get("description", "")) <= 100 for label in labels)
    assert 2 <= len(labels[0]["component"]["options"]) <= 10


def test_what_was_sent_is_read() -> None:
    assert read_reason(sent("outdated", " 28 days. ")) == Reasoned(12, "outdated", "28 days.")


def test_both_fields_may_be_left_empty() -> None:
    assert read_reason(sent(None, "")) == Reasoned(12, "", "")


def test_fields_in_rows_are_read_as_well() -> None:
    field = {"type": 4, "custom_id": "correction", "value": "28 days."}
    rows = [{"type": 1, "components": [field]}]
    told = {"custom_id": "tandem:reason:12", "components": rows}
    assert read_reason(told) == Reasoned(12, "", "28 days.")


def test_a_reason_that_was_not_offered_is_none() -> None:
    assert read_reason(sent("@everyone", "x")) == Reasoned(12, "", "x")


def test_what_is_too_long_is_cut() -> None:
    told = read_reason(sent("wrong", "x" * 5_000))
    assert told is not None
    assert len(told.correction) == LONGEST_CORRECTION


@pytest.mark.parametrize("custom_id", ["reason", "tandem:reason:", "tandem:vote:up:1", None, 7])
def test_another_s_form_is_none_of_ours(custom_id: object) -> None:
    assert read_reason(sent("wrong", "x", custom_id)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["components", "component", "custom_id", "value", "type"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_the_fields_are_the_form_is_read(components: object) -> None:
    told = read_reason({"custom_id": "tandem:reason:12", "components": components})
    assert told is not None
    assert told.interaction == 12


@given(JSON)
def test_whatever_is_sent_nothing_breaks(payload: object) -> None:
    assert read_reason(payload) is None
