"""`tandem harvest`: votes become examples, what is too old goes, and the disk follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App, build
from bot.conversation import Answer, Feedback, Outcome, Verdict
from bot.learning.book_words import Expired
from bot.learning.golden import freeze, golden
from bot.learning.keeping_up import keep_up
from bot.learning.sweeping import Swept
from tests.bots import settings_for
from tests.fakes import kept
from tests.learned import TUNED

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with build(settings_for(tmp_path, {"learning": {"policy": "auto"}})) as app:
        yield app


def liked(app: App, words: str, at: datetime) -> int:
    """An answer that the style model wrote, with a thumbs-up."""
    answer = Answer(f"{words}, please.", Outcome.WRITTEN)
    id = kept(app.store, text=words, route=TUNED, answer=answer, asked_at=at).id
    app.store.rate(Feedback(id, "ana", Verdict.UP, at))
    return id


def texts(app: App) -> list[str]:
    return [each.text for each in app.learning.book.examples()]


def test_votes_become_examples_and_the_second_time_nothing_happens(app: App) -> None:
    liked(app, "Send numbers", NOW)
    first, second = keep_up(app.learning), keep_up(app.learning)
    assert (first.harvest.added, first.expired, first.swept) == (1, Expired(), Swept())
    assert (second.harvest.seen, second.trouble) == (0, "")
    assert str(second) == str(second.harvest)


def test_what_is_older_than_it_is_kept_goes_and_is_not_drawn_again(app: App) -> None:
    liked(app, "Send numbers", NOW - YEAR + timedelta(days=1))
    keep_up(app.learning)
    assert texts(app) == ["Send numbers"]
    freeze(app.settings.home, app.learning.book.examples(), NOW)
    later = keep_up(app.learning, NOW + YEAR + timedelta(days=1))
    assert (later.expired.examples, later.swept.lines) == (1, 1)
    assert "too old; 1 lines off the disk" in str(later)
    assert (texts(app), golden(app.settings.home, "rewrite")) == ([], [])
    assert keep_up(app.learning, anew=True).harvest.added == 0


def test_a_vote_that_is_too_old_makes_no_example_at_all(app: App) -> None:
    liked(app, "Send numbers", NOW - YEAR - timedelta(days=1))
    assert keep_up(app.learning).harvest.added == 0


def test_what_is_kept_for_ever_never_goes(tmp_path: Path) -> None:
    mine = {"learning": {"policy": "auto", "keep": "forever"}}
    with build(settings_for(tmp_path, mine)) as app:
        liked(app, "Send numbers", NOW - 9 * YEAR)
        keep_up(app.learning, NOW + 9 * YEAR)
        assert texts(app) == ["Send numbers"]


def test_a_disk_that_cannot_be_swept_fails_no_harvest(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    folder = app.settings.home / "golden"
    folder.mkdir()
    (folder / "rewrite.jsonl").write_text("damaged")
    liked(app, "Send numbers", NOW)
    done = keep_up(app.learning)
    assert done.harvest.added == 1
    assert "rewrite.jsonl" in done.trouble
    assert "not all is off the disk" in str(done)
    assert "not all that was forgotten is off the disk yet" in caplog.text
