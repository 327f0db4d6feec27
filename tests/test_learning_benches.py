"""The benches that learn, in their short form, and how they choose and count."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench import corpora, voice
from bench.intents import Row, Sizes, parted, ranked, worded
from bench.team import line_of, seconds
from model.examples import group_of, held_out
from model.training.words import TOLD, Told
from tests.patience import PATIENCE_S
from tests.test_bench import figures

ROOT = Path(__file__).resolve().parents[1]
needs_banking = pytest.mark.skipif(not corpora.BANKING.is_file(), reason="banking77 is not here")
SUBJECTS = "card transfer cash balance refund limit currency account".split()


def customers() -> list[Row]:
    return [
        Row(f"{subject} question {number} of {place}", label)
        for number, (subject, place) in enumerate(
            (subject, place) for subject in SUBJECTS for place in range(60)
        )
        for label in [("card arrival", "exchange rate", "refund")[number % 3]]
    ]


def test_rows_are_parted_by_their_words_and_never_stand_in_two_parts() -> None:
    parts = parted(customers(), Sizes(train=90, dev=12, test=30))
    texts = [row.text for part in (parts.train, parts.dev, parts.test) for row in part]
    assert len(texts) == len(set(texts)) == 132
    assert not any(held_out(group_of(row.text)) for row in parts.train)
    assert all(held_out(group_of(row.text)) for row in (*parts.dev, *parts.test))
    assert parts == parted(customers()[::-1], Sizes(train=90, dev=12, test=30))


def test_each_intent_has_its_turn() -> None:
    parts = parted(customers(), Sizes(train=90, dev=12, test=30))
    assert set(Counter(row.label for row in parts.test).values()) == {10}
    assert {row.label for row in ranked(customers())[:3]} == {row.label for row in customers()}


def test_a_row_that_nearly_repeats_one_that_is_asked_is_not_taught() -> None:
    words = "why was i charged a fee when my card was used abroad in a shop on holiday"
    same = [Row(f"{words} {end}", "card arrival") for end in "abcdefghijklmnopqrstuvwxyz"]
    parts = parted(same, Sizes(train=20, dev=0, test=20))
    assert len(parts.train) + len(parts.test) == 1


def test_a_few_intents_can_be_taken_alone() -> None:
    parts = parted(customers(), Sizes(train=10, dev=2, test=4, labels=2))
    assert parts.labels == ["card arrival", "exchange rate"]


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("Refund_not_showing_up", "refund not showing up"),
        ("reverted_card_payment?", "reverted card payment"),
    ],
)
def test_an_intent_is_written_as_words(category: str, words: str) -> None:
    assert worded(category) == words


def test_the_time_of_a_training_that_was_killed_is_that_of_all_its_processes() -> None:
    assert seconds([1.0, 7.0, 0.5, 9.0, 0.5, 3.0]) == 19.0
    assert seconds([2.0, 5.0]) == 5.0
    assert seconds([]) == 0


def test_a_step_is_told_with_its_figures() -> None:
    told = Told(3, 9, "sft", 0.5, loss=1.25, tokens_s=110.0, note="stopped")
    assert line_of(told) == "step 3 of 9: loss 1.25, tokens/s 110 stopped"


SOURCE = "roster is down on tuesday 9 march from 9am to 4pm"


def test_how_amounts_are_written_is_asked_only_where_there_is_one() -> None:
    asked = voice.rules(SOURCE, "anything").keys()
    assert {"dates", "times", "opening", "figures", "names"} <= asked
    assert "amounts" not in asked
    assert "amounts" in voice.rules("it costs 20 euro", "anything")
    assert not {"dates", "times"} & voice.rules("sven is back", "anything").keys()


def test_the_dials_of_the_voice_are_chosen_on_pairs_that_the_product_does_not_hold_out() -> None:
    found = voice.pairs(None)
    assert sum(pair.held for pair in found) == 86
    chosen = voice.dev(found)
    assert len(chosen) == voice.DEV
    assert not any(pair.held for pair in chosen)


# -- the short forms -------------------------------------------------------------------


def command(name: str, out: Path, folder: Path) -> list[str]:
    return [sys.executable, "-m", f"bench.{name}", str(folder), "--short", "--json", str(out)]


def ran(name: str, out: Path, folder: Path) -> tuple[dict[str, Any], str]:
    """The table of a bench, and what it told on the way."""
    told = subprocess.run(
        command(name, out, folder), cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr[-3000:]
    return json.loads(out.read_text()), told.stderr


def kill_at_work(name: str, out: Path, folder: Path) -> None:
    """Start a bench, and kill it once its training has begun."""
    with subprocess.Popen(
        command(name, out, folder),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        limit = time.monotonic() + 4 * PATIENCE_S  # two programs start, and both load torch
        while not any(file.stat().st_size for file in folder.rglob(TOLD)):
            assert process.poll() is None, "it ended before it trained"
            assert time.monotonic() < limit, "it never trained"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)


@needs_banking
@pytest.mark.real
@pytest.mark.bench
def test_intents_are_learned_and_a_bench_that_was_killed_goes_on(tmp_path: Path) -> None:
    out, folder = tmp_path / "out.json", tmp_path / "work"
    kill_at_work("intents", out, folder)
    assert not out.exists()
    table, _ = ran("intents", out, folder)
    told = figures(table)
    assert {"tiny, taught", "tiny, few-shot", "training"} <= told.keys()
    assert [*folder.glob("taught/home/versions/*/manifest.json")] == [
        folder / "taught/home/versions/style-1/manifest.json"
    ]


@pytest.mark.bench
def test_the_voice_is_measured_three_ways_and_what_was_written_is_not_written_again(
    tmp_path: Path,
) -> None:
    out, folder = tmp_path / "out.json", tmp_path / "work"
    table, _ = ran("voice", out, folder)
    told = figures(table)
    for measure in ("chrF", "style score", "rules of the voice kept"):
        assert all(0 <= told[f"{measure}: {way}"] <= 1 for way in ("few-shot", "taught"))
        assert 0 <= told[f"{measure}: taught over instruction alone, p"] <= 1
    again, said = ran("voice", out, folder)
    assert figures(again) == told
    assert "step " not in said
