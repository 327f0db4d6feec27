"""The answer that the pictures in the docs show, as the example handbook gives it."""

from datetime import UTC, datetime

from bot.conversation import (
    Answer,
    Citation,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
)
from bot.settings import load_settings
from bot.store import Store

ASKED_AT = datetime(2026, 3, 2, 10, 11, tzinfo=UTC)


def example(platform: str) -> Interaction:
    """A question about leave, answered from two pages."""
    pages = "https://handbook.halden.example"
    leave = "Full-time staff get 27 days of paid leave a year."
    carry = "Up to 5 unused days carry over until 31 March of the next year."
    cited = (
        Citation(1, "Leave", f"{pages}/people/leave", "handbook", "leave.md", leave),
        Citation(2, "Carry-over", f"{pages}/people/carry-over", "handbook", "carry.md", carry),
    )
    text = f"{leave.replace('27 days', '**27 days**')} [1]\n{carry} [2]"
    question = "How many days of leave do I get, and can I keep them?"
    return Interaction(
        12,
        Question(question, "U1", Place(platform)),
        Route(Mode.RAG, None, "a question for the documents", 0.9),
        Answer(text, Outcome.CITED, cited, (), "qwen2.5-0.5b-instruct"),
        Timings(total_ms=3210.0),
        ASKED_AT,
    )


def chosen(platform: str, arguments: list[str]) -> Interaction:
    """The answer of this data folder whose number is given, or else the example."""
    if not arguments:
        return example(platform)
    store = Store(load_settings().database_url().get_secret_value())
    return store.interaction(int(arguments[0]))
