"""How many questions may be asked, and what is said to who asks more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.limits import Rate, Rates, notice, over, rate
from bot.posts import Load

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RATES = Rates(Rate(3, HOUR), Rate(10, HOUR))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30/h", Rate(30, HOUR)),
        (" 200 / H ", Rate(200, HOUR)),
        ("5/10min", Rate(5, 10 * MINUTE)),
        ("5 per 10 m", Rate(5, 10 * MINUTE)),
        ("100/d", Rate(100, timedelta(days=1))),
        ("1/s", Rate(1, timedelta(seconds=1))),
        ("none", None),
        ("None", None),
    ],
)
def test_a_rate_is_read_from_words(text: str, said: Rate | None) -> None:
    assert rate(text) == said


@pytest.mark.parametrize(
    "text", ["", "30", "h", "0/h", "-3/h", "3/0h", "3/y", "3.5/h", "9999999/h", "3/h/h", "many"]
)
def test_a_rate_that_is_none_says_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match='"30/h"'):
        rate(text)


def asked(person: int = 0, channel: int = 0, ago: int = 1) -> Load:
    """So many questions, the first of each some minutes ago."""
    oldest = NOON - ago * MINUTE
    return Load(person, channel, oldest if person else None, oldest if channel else None, False)


def test_below_the_limit_nobody_waits() -> None:
    assert over(asked(2, 9), RATES, NOON) is None
    assert over(asked(), RATES, NOON) is None


def test_at_the_limit_one_waits_until_the_oldest_question_no_longer_counts() -> None:
    assert over(asked(3, 3, ago=48), RATES, NOON) == NOON + 12 * MINUTE
    assert over(asked(3, 3, ago=60), RATES, NOON) is None


def test_a_busy_channel_makes_wait_who_asked_nothing() -> None:
    assert over(asked(0, 10, ago=59), RATES, NOON) == NOON + MINUTE


def test_of_two_limits_the_longer_wait_counts() -> None:
    both = Load(3, 10, NOON - 50 * MINUTE, NOON - 30 * MINUTE, False)
    assert over(both, RATES, NOON) == NOON + 30 * MINUTE


def test_without_a_limit_all_is_answered() -> None:
    assert over(asked(999, 999), Rates(), NOON) is None


def test_limits_that_count_different_stretches_are_asked_one_by_one() -> None:
    assert Rates().apart() == []
    assert RATES.apart() == [RATES]
    apart = Rates(Rate(1, MINUTE), Rate(1, HOUR)).apart()
    assert apart == [Rates(person=Rate(1, MINUTE)), Rates(channel=Rate(1, HOUR))]
    assert [each.reach for each in apart] == [MINUTE, HOUR]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=-5), "in a minute"),
        (timedelta(seconds=20), "in a minute"),
        (timedelta(seconds=61), "in 2 minutes"),
        (12 * MINUTE, "in 12 minutes"),
        (11 * MINUTE + timedelta(seconds=1), "in 12 minutes"),
        (100 * MINUTE, "in 2 hours"),
        (timedelta(days=2), "in 2 days"),
    ],
)
def test_the_notice_says_when_to_come_back(left: timedelta, words: str) -> None:
    assert f"{words}." in notice(NOON + left, NOON)
