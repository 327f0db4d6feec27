"""Real adapters on a real engine, changed under a stream of questions."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench import tiny_models
from bot.app import App, build
from bot.conversation import Answer, Mode, Outcome, Question
from bot.learning.promoting import promote, rollback
from bot.settings import Settings
from model.examples import What
from model.versions import version_folder
from tests.patience import wait_for
from tests.served import BASE, HERE, a_version, sign
from tests.test_engines import lora

# peft 0.21 asks what transformers 5.23 calls otherwise by now.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
TEXT = "teh bild is brokn"
VERSIONS = ("style-1", "style-2")


@pytest.fixture(params=["openvino", "transformers"])
def home(home: Path, request: pytest.FixtureRequest) -> Path:
    """A data folder with a tiny base model and two versions of it."""
    made, tokenizer = tiny_models.writer()
    made.config.eos_token_id = made.generation_config.eos_token_id = tokenizer.eos_token_id
    weights = home / BASE
    made.save_pretrained(weights)
    tokenizer.save_pretrained(weights)
    for seed, name in enumerate(VERSIONS):
        version = a_version(name)
        folder = version_folder(home, name)
        lora(made, folder, seed)
        config = folder / "adapter_config.json"
        told = json.loads(config.read_text()) | {"base_model_name_or_path": BASE}
        config.write_text(json.dumps(told))
        sign(folder, version)
    (home / "engine").write_text(request.param)
    return home


@contextmanager
def opened(home: Path) -> Iterator[App]:
    """A bot on it."""
    engine = (home / "engine").read_text()
    told = {
        "home": home,
        "cache": home / "cache",
        "model": {"use": "local", "name": str(home / BASE), "engine": engine},
        "tasks": {"rewrite": {"instruction": "Rewrite the text.", "max_tokens": 12}},
    }
    with build(Settings.model_validate(told)) as app:
        yield app


def asked(app: App) -> Answer:
    return app.assistant.ask(Question(TEXT, "ben", HERE, mode=Mode.TUNED, task="rewrite")).answer


@pytest.mark.endurance
@pytest.mark.soak
def test_adapters_change_under_a_stream_of_questions_and_no_answer_is_dropped(home: Path) -> None:
    answers, ended = list[Answer](), threading.Event()
    with opened(home) as app, ThreadPoolExecutor(3) as pool:
        parts = app.learning
        for name in VERSIONS:
            parts.registry.add_version(a_version(name))

        def people() -> None:
            while not ended.is_set():
                answers.append(asked(app))

        def served(version: str) -> None:
            """Wait until people were answered by it."""
            before = len(answers)
            wait_for(lambda: version in [answer.version for answer in answers[before:]])

        work = [pool.submit(people) for _ in range(3)]
        try:
            served("")
            for name in (*VERSIONS, *VERSIONS):
                promote(parts, name, "olga", "it is a test", forced=True)
                served(name)
            for before in ("style-1", ""):
                back = rollback(parts, What.STYLE, "otto")
                assert (back.name if back else "") == before
                served(before)
        finally:
            ended.set()
        for done in work:
            done.result()
        wait_for(lambda: len(psutil.Process().children()) <= 2)  # the base and what is live
    assert {answer.outcome for answer in answers} == {Outcome.WRITTEN}
    texts = {(answer.version, answer.text) for answer in answers}
    assert len(texts) == 3, texts  # each writes its own, always the same
    assert len({text for _, text in texts}) == 3
