"""What `/tandem` says in Slack where Slack does not say in time who asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.platforms.slack import listening
from tests.bots import made
from tests.slack.under_test import slack


@pytest.mark.parametrize("trouble", [{"status": 429, "retry_after_s": 3600}, {"delay_s": 0.5}])
async def test_status_counts_what_is_public_where_nobody_knows_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, float]
) -> None:
    monkeypatch.setattr(listening, "LOOK_S", 0.1)
    with made(tmp_path) as bot:
        async with slack(bot) as chat:
            await chat.people.fault("users.list", times=20, **trouble)
            assert "read 1 source for you." in await chat.order("pia", "status")
