"""The limits of blocks, views and chunks refuse whatever is no such thing, and never break."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.slack.limits import check_blocks, check_view
from tests.slack.payloads import Refused
from tests.slack.streams import check_chunks

KINDS = (
    "section header markdown image context actions context_actions input table task_card button "
    "feedback_buttons static_select plain_text_input markdown_text task_update blocks modal"
).split()
NAMES = (
    "text elements fields accessory element label options rows blocks title sources block_id "
    "action_id value positive_button submit status id url max_length alt_text"
).split()
LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(KINDS)


def objects(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """JSON objects with names that mean something."""
    typed = st.fixed_dictionaries({"type": st.sampled_from(KINDS)})
    rest = st.dictionaries(st.sampled_from(NAMES), inside, max_size=4)
    return st.builds(lambda a, b: {**b, **a}, typed, rest)


JSON = st.recursive(LEAF, lambda inside: st.lists(inside, max_size=3) | objects(inside))


@example([{"type": "blocks", "blocks": [None]}])
@example([{"type": "task_update", "sources": {"type": "url"}}])
@example([{"type": "section", "fields": None}])
@example([{"type": "section", "block_id": ["x"]}] * 2)
@example([{"type": "modal", "blocks": True}])
@given(st.lists(objects(JSON), max_size=3))
def test_any_json_is_taken_or_refused(parts: list[Any]) -> None:
    with suppress(Refused):
        check_blocks(parts)
    with suppress(Refused):
        check_chunks(parts)
    for view in parts:
        with suppress(Refused):
            check_view(view)
