"""Which sources an audience may read."""

from __future__ import annotations

from bot.conversation import Question
from bot.settings import Settings


def readable(question: Question, settings: Settings) -> list[str]:
    """The names of the sources that this question may be answered from. Raises `UnknownSpace`.

    In the terminal sits whoever runs the bot, who may read all of them; `question.spaces`
    narrows that.
    """
    if question.spaces is None:
        return list(settings.sources)
    asked = {source for space in question.spaces for source in settings.sources_of(space)}
    return [source for source in settings.sources if source in asked]
