"""Slack's tabs while Slack is busy: what is told of them is acknowledged at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bots import made
from tests.platforms import Knowing
from tests.slack.under_test import slack

PUBLISH, SUGGEST = "views.publish", "assistant.threads.setSuggestedPrompts"
BUSY = {"status": 429, "retry_after_s": 20}


@pytest.mark.parametrize(("tab", "method"), [("home", PUBLISH), ("messages", SUGGEST)])
async def test_an_opened_tab_is_acknowledged_before_it_can_be_shown(
    tmp_path: Path, tab: str, method: str
) -> None:
    with made(tmp_path, Knowing()) as bot:
        async with slack(bot) as chat:
            await chat.people.fault(method, **BUSY)
            await chat.people.open_home("ben", tab)
            await chat.people.wait_for_calls(method)
            await chat.heard()
            assert len(await chat.people.calls(method)) == 1


async def test_a_choice_on_the_home_tab_is_acknowledged_before_it_can_be_shown(
    tmp_path: Path,
) -> None:
    with made(tmp_path, Knowing()) as bot:
        async with slack(bot) as chat:
            await chat.people.open_home("ben")
            await chat.people.wait_for(lambda seen: seen.homes.get("U0BEN"))
            await chat.people.fault(PUBLISH, **BUSY)
            told = await chat.people.press_view("ben", "home", "Don't learn from me")
            assert told.acked
            assert len(await chat.people.calls(PUBLISH)) < 3
            assert "are not used to make" in await chat.order("ben", "privacy")
