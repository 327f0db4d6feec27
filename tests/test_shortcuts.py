"""What is chosen from a message's menu: somebody else's words, which order nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.conversation import Mode, Place
from bot.desk import Ears
from bot.posts import Door, Heard, Post
from tests.bots import Made
from tests.fakes import kept


def chosen(text: str) -> Post:
    """Somebody asks about a message of somebody else's."""
    return Post(
        event="E1",
        id="E1",
        place=Place("slack", "T1", "C1"),
        author="ben",
        text=text,
        written_at=datetime.now(UTC),
        door=Door.SHORTCUT,
        addressed=True,
        about="100.1",
    )


@pytest.mark.parametrize("text", ["forget me", "mute", "tuned: rag: private: How many days?"])
def test_somebody_else_s_words_force_nothing(bot: Made, text: str) -> None:
    earlier = kept(bot.store, "How much leave?", "ben", ("slack", "T1", "C1", "1.1"))
    assert bot.desk.hear(chosen(text), Ears()) is Heard.ACCEPTED
    item = bot.inbox.claim("slack", "w")
    assert item is not None
    assert (item.post.text, item.post.mode, item.notice) == (text, Mode.AUTO, "")
    assert not item.post.private
    assert bot.store.interaction(earlier.id).question.text == "How much leave?"
