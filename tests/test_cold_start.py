"""A cold start imports little, begins with what takes longest, and tells what goes wrong."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from bot.setting_up import together

HEAVY = {"torch", "transformers", "sklearn", "scipy", "alembic", "openvino", "weaviate", "onnx"}
RUNNING = {"bot.desk", "bot.inbox", "bot.gate_words", "slack_bolt"}  # of `tandem run` alone
LEARNED = {"bot.learning.tables", "bot.learning.version_tables"}  # read when they are asked for


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    script = "import sys, bot.app, bot.asking; print(*sys.modules)"
    asked = [sys.executable, "-c", script]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    assert HEAVY & set(told.split()) == set()
    assert RUNNING & set(told.split()) == set()
    assert LEARNED & set(told.split()) == set()


def test_what_comes_first_is_begun_before_the_others() -> None:
    begun: list[str] = []
    together([lambda: begun.append("model"), *[lambda: begun.append("other")] * 3])
    assert begun == ["model", "other", "other", "other"]


def test_a_long_first_part_holds_nobody_up() -> None:
    other = threading.Event()
    together([lambda: other.wait(30), other.set], head_start_s=0.01)
    assert other.is_set()


def test_the_first_error_is_raised_when_all_have_ended() -> None:
    ended: list[str] = []

    def fail() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        together([fail, lambda: ended.append("other")])
    assert ended == ["other"]
