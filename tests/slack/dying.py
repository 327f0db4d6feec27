"""Bots on the local Slack, which die where a test says: `python -m tests.slack.dying`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.nursery import Life, serve

if TYPE_CHECKING:
    from bot.platforms import Platform


def platform(life: Life) -> Platform:
    """Slack as the settings of a life would build it."""
    from tests.slack.bots import slack_platform

    return slack_platform(life.api, **life.options)


if __name__ == "__main__":
    serve(platform, "bot.platforms.slack.connecting", "tests.slack.bots")
