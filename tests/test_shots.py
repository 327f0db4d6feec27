"""What people wrote, as examples for the base model."""

from __future__ import annotations

from bot.learning.shots import FRESH_S, Shown
from model.examples import Example, What
from model.tasks import Shot


class Book:
    """Accepted examples."""

    def __init__(self, *examples: Example) -> None:
        self.held, self.reads = list(examples), 0

    def examples(self, wanted: object = None) -> list[Example]:
        self.reads += 1
        return self.held


def test_what_people_wrote_is_read_anew_every_half_minute() -> None:
    at = [0.0]
    book = Book(Example(What.STYLE, "rewrite", "teh build", "The build."))
    shown = Shown(lambda: book, lambda: at[0])
    assert [shown("rewrite") for _ in range(3)] == [(Shot("teh build", "The build."),)] * 3
    book.held = []
    at[0] = FRESH_S
    assert (shown("rewrite"), book.reads) == ((), 2)


def test_a_wish_and_a_bad_answer_are_no_examples() -> None:
    wished = Example(What.STYLE, "rewrite", "one", "One!", wish="louder")
    bad = Example(What.STYLE, "rewrite", "two", rejected="tow")
    assert Shown(lambda: Book(wished, bad))("rewrite") == ()
