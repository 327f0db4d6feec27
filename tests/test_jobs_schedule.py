"""When jobs are due: intervals, cron, and the two nights a year when clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.jobs.cron import Cron, CronWrong
from bot.jobs.schedule import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


def due(text: str, since: datetime, count: int, zone: ZoneInfo = BERLIN) -> list[datetime]:
    """The next times, as the clock of the zone shows them."""
    cron, found = Cron.read(text, zone), [since]
    while len(found) <= count:
        at = cron.after(found[-1])
        assert at is not None
        found.append(at)
    return [at.astimezone(zone) for at in found[1:]]


def shown(times: list[datetime]) -> list[str]:
    return [f"{at:%a %d %H:%M %z}" for at in times]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 3 * * 1", ["Mon 30"]),
        ("0 3 * * 0", ["Sun 29"]),
        ("0 3 * * 7", ["Sun 29"]),
        ("0 3 * * sun", ["Sun 29"]),
        ("0 3 * * 1-5", ["Tue 24", "Wed 25", "Thu 26", "Fri 27", "Mon 30"]),
        ("0 3 * * 5-7", ["Fri 27", "Sat 28", "Sun 29", "Fri 04"]),
        ("0 3 * * fri-mon", ["Fri 27", "Sat 28", "Sun 29", "Mon 30", "Fri 04"]),
        ("0 3 * * */3", ["Wed 25", "Sat 28", "Sun 29"]),
        ("0 3 * * 0,3", ["Wed 25", "Sun 29"]),
        ("0 3 25 * 5", ["Wed 25", "Fri 27", "Fri 04"]),  # either, as cron has it
        ("0 3 25 * *", ["Wed 25", "Fri 25"]),
        ("@weekly", ["Sun 29", "Sun 06"]),
        ("0 0 29 2 *", ["Tue 29"]),
    ],
)
def test_days_are_those_of_cron_not_of_the_library(text: str, days: list[str]) -> None:
    assert [f"{at:%a %d}" for at in due(text, NOON, len(days))] == days


def test_a_clock_that_goes_back_by_seconds_gives_no_turn_twice() -> None:
    three = datetime(2026, 11, 24, 3, tzinfo=UTC)
    after = Schedule(cron="0 3 * * *").after(three, three - timedelta(seconds=2))
    assert after == three + timedelta(days=1)


def test_a_job_at_a_named_hour_runs_once_in_the_night_that_has_it_twice() -> None:
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = shown(due("30 2 * * *", saturday, 2))
    assert found == ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100"]


def test_a_job_at_a_named_hour_runs_once_in_the_night_that_leaves_it_out() -> None:
    saturday = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = shown(due("30 2 * * *", saturday, 2))
    assert found == ["Sun 29 03:30 +0200", "Mon 30 02:30 +0200"]


def test_a_bot_that_begins_in_the_second_of_both_hours_does_not_run_it_again() -> None:
    between = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10, for the second time
    assert shown(due("30 2 * * *", between, 1)) == ["Mon 26 02:30 +0100"]


def test_a_job_at_every_hour_goes_on_while_an_hour_comes_twice() -> None:
    night = datetime(2026, 10, 24, 23, 40, tzinfo=UTC)
    assert shown(due("*/30 * * * *", night, 6)) == [
        "Sun 25 02:00 +0200",
        "Sun 25 02:30 +0200",
        "Sun 25 02:00 +0100",
        "Sun 25 02:30 +0100",
        "Sun 25 03:00 +0100",
        "Sun 25 03:30 +0100",
    ]


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]
)
@pytest.mark.parametrize("text", ["0 * * * *", "*/20 * * * *", "45 */1 * * *"])
def test_what_runs_at_every_hour_is_never_left_out_and_never_double(zone: str, text: str) -> None:
    place = ZoneInfo(zone)
    minutes = {"0": {0}, "*/20": {0, 20, 40}, "45": {45}}[text.split()[0]]
    for month, day in ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31)):
        begin = datetime(2026, month, day, tzinfo=UTC)
        clock = [begin + timedelta(minutes=n) for n in range(1, 2 * 24 * 60)]
        told = [at for at in clock if at.astimezone(place).minute in minutes]
        found = due(text, begin, len(told), place)
        assert [at.astimezone(UTC) for at in found] == told


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "America/Sao_Paulo"])
def test_a_daily_job_runs_once_on_each_day_of_a_year(zone: str) -> None:
    for text in ("0 2 * * *", "30 1 * * *", "59 2 * * *"):
        found = due(text, datetime(2026, 1, 1, 12, tzinfo=UTC), 365, ZoneInfo(zone))
        assert [at.date() for at in found] == [
            date(2026, 1, 2) + timedelta(days=n) for n in range(365)
        ]


@pytest.mark.parametrize(
    "text",
    [
        *("", "0 3 * *", "0 3 * * * *", "60 3 * * *", "0 25 * * *", "0 3 * * 8", "0 3 0 * *"),
        *("0 3 * * sunday", "0 3 * * noon", "0 3 31 2 *", "x 3 * * *", "@often", "0 3 * * 1/x"),
    ],
)
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(CronWrong):
        Cron.read(text, BERLIN)


def test_an_interval_is_counted_from_when_it_was_due() -> None:
    schedule = Schedule(every=timedelta(hours=6))
    assert schedule.after(None, NOON) == NOON + timedelta(hours=6)
    assert schedule.after(NOON, NOON + timedelta(minutes=5)) == NOON + timedelta(hours=6)


def test_after_a_week_of_silence_one_turn_is_next_not_twenty_eight() -> None:
    schedule = Schedule(every=timedelta(hours=6))
    week = NOON + timedelta(days=7, hours=1)
    assert schedule.after(NOON, week) == NOON + timedelta(days=7, hours=6)


def test_what_is_only_by_hand_is_never_due() -> None:
    assert Schedule().after(None, NOON) is None
    assert str(Schedule()) == "never"


def test_a_schedule_reads_as_it_was_set() -> None:
    assert str(Schedule(every=timedelta(minutes=90))) == "every 90 min"
    assert str(Schedule(every=timedelta(hours=6))) == "every 6 h"
    assert str(Schedule(cron="0 3 * * 1", timezone="Europe/Berlin")) == "0 3 * * 1 (Europe/Berlin)"
