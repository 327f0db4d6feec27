"""What the parity table says beside its ticks: written by hand, read by `tests.parity`."""

from __future__ import annotations

NAMES = {"slack": "Slack", "discord": "Discord"}  # the columns, in order

BEFORE = (
    "# What every platform does\n\n"
    "Each line is a test of one suite, [`tests/test_platforms.py`](../tests/test_platforms.py) and"
    " the files beside it, which runs the real adapter against a local server that speaks the"
    " platform's protocol. A tick: it ran there and passed. `{command}` makes this page; CI fails"
    " where it is out of date. How to set each up: [Slack](slack.md), [Discord](discord.md)."
)

DIFFERENCES = {  # what differs: how it is in Slack, how it is in Discord
    "While it works": (
        "a status line and steps that tick off",
        "the typing sign, then the pages that were found",
    ),
    "While it writes": (
        "Slack's own stream, or an updated message",
        "the message is edited once a second, with a line that says so and a Stop button",
    ),
    "A mention in a channel": (
        "answered in the message's thread",
        "answered in a thread that the bot begins, or by a reply (`answers`)",
    ),
    "A slash command in a thread": ("Slack does not allow it", "works, and is answered there"),
    "What a slash command shows": (
        "the question is posted, and answered in its thread",
        "the command's own response, which begins with the question",
    ),
    "A private answer to a command": (
        "by direct message",
        "seen by the asker alone, where it was asked",
    ),
    "A choice from a message's menu": (
        "a window with the result",
        "a message that the chooser alone sees",
    ),
    "A direct message": (
        "each message begins a thread",
        "one conversation, until an hour passes without a word",
    ),
    "Taking a vote back": (
        "by removing the reaction",
        "by removing the reaction, or by the button that answers a thumb",
    ),
    "Own page": ("the Home tab", "none; `/tandem privacy` and `/tandem status` tell the same"),
    "Forum posts": ("there are none", "answered where they mention the bot, or all of them"),
    "Reading what does not mention it": (
        "in every channel that it is a member of",
        "only with the message-content intent; without it: mention only",
    ),
    "Who is outside": (
        "guests, and people of other organisations",
        "everybody in servers that are not the team's",
    ),
    "Who belongs to a space": ("channels, user groups, people", "channels, roles, servers, people"),
    "After an absence": (
        "Slack tells again what was not acknowledged",
        "the bot reads what was written meanwhile",
    ),
}
