"""What follows at once from a vote costs little, and its failure is no failure of the vote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from bot.app import App
from bot.conversation import Answer, Feedback, Outcome, Verdict
from bot.errors import DatabaseUnavailable
from model.examples import What
from tests.fakes import kept
from tests.learned import TUNED
from tests.served import a_version
from tests.test_learning_health import app_in

MOST, OF_STYLE, TRIED = 14, 6, 12  # statements, those of the vote itself among them


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with app_in(tmp_path) as made:
        yield made


def vote(app: App, interaction: int, person: str = "ana") -> None:
    verdict = Feedback(interaction, person, Verdict.DOWN, datetime.now(UTC), "wrong")
    app.assistant.rate(verdict)


def statements(app: App, interaction: int) -> list[str]:
    """What SQL is told for a vote, once the parts are made."""
    vote(app, interaction, "ben")
    told = list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        vote(app, interaction)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return [statement for statement in told if not statement.startswith("BEGIN")]


def test_a_vote_asks_little_of_the_database(app: App) -> None:
    style = kept(app.store, route=TUNED, answer=Answer("Kindly.", Outcome.WRITTEN)).id
    for id, most in ((kept(app.store).id, MOST), (style, OF_STYLE)):
        told = statements(app, id)
        assert 3 < len(told) <= most, told


def test_a_vote_on_a_candidate_s_answer_looks_at_that_candidate_alone(app: App) -> None:
    registry = app.learning.registry
    for name, what in (("style-1", What.STYLE), ("answers-1", What.ANSWERS)):
        registry.add_version(a_version(name, what))
        registry.set_canary(name, 0.5)
    answer = Answer("Kindly.", Outcome.WRITTEN, version="style-1")
    id = kept(app.store, route=TUNED, answer=answer).id
    told = statements(app, id)
    assert OF_STYLE < len(told) <= TRIED, told
    assert sum("FROM interaction" in each and "row_number" not in each for each in told) == 2


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable("sqlite", "it is away", "Wait"), RuntimeError("a bug")]
)
def test_what_fails_after_a_vote_is_logged_and_the_vote_stands(
    app: App, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: int) -> None:
        raise error

    id = kept(app.store).id
    app.assistant.voted = fail
    vote(app, id)
    assert [verdict.author for verdict in app.store.verdicts(id)] == ["ana"]
    assert f"could not heed the verdicts on interaction {id}" in caplog.text
    assert app.assistant.withdraw(id, "ana")
