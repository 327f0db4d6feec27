"""A trained version is measured through the app: real weights, a real adapter, the real stores."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import App, build
from bot.learning.comparing import comparison
from bot.learning.evaluating import Part, evaluation
from bot.learning.opening import measuring
from bot.learning.words import ModelVersion, RunState, State
from bot.settings import load_settings
from model.evaluation.shape import read_scores
from model.examples import What
from model.versions import Manifest, version_folder, write_manifest
from tests.commands import TINY
from tests.measured import lesson, texts
from tests.servers import CACHE

pytestmark = [
    pytest.mark.real,
    pytest.mark.endurance,
    pytest.mark.soak,
    # PEFT asks transformers for a name that transformers has another one for.
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning"),
]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    told = {"HOME": str(tmp_path), "CACHE": str(CACHE), "MODEL__NAME": TINY}
    for name, value in told.items():
        monkeypatch.setenv(f"TANDEM_{name}", value)
    monkeypatch.chdir(tmp_path)
    return build(load_settings())


def adapter(app: App, folder: Path) -> None:
    """A LoRA that was taught nothing yet, as PEFT writes it."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    weights = app.models.style.weights()  # type: ignore[attr-defined]
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(weights.path), config)
    model.save_pretrained(str(folder))
    file = folder / "adapter_config.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps(told | {"base_model_name_or_path": weights.name}))


def version(app: App) -> str:
    """A candidate of the app's that was taught to rewrite."""
    registry, now = app.learning.registry, datetime.now(UTC)
    snapshot = registry.snapshot(What.STYLE, ["rewrite"], [app.learning.book.examples()[0].id])
    run = registry.begin(What.STYLE, ["rewrite"], snapshot.id, {}, "")
    name = f"style-{run.id}"
    folder = version_folder(app.learning.home, name)
    folder.mkdir(parents=True)
    adapter(app, folder)
    what = (What.STYLE, ("rewrite",), TINY)
    write_manifest(folder, Manifest(name, *what, "", snapshot.digest, 1, {}, {}, "", run.id))
    registry.end(run.id, RunState.DONE)
    registry.add_version(ModelVersion(name, *what, run.id, State.CANDIDATE, now, now))
    return name


def test_a_real_adapter_is_measured_beside_the_real_base(app: App) -> None:
    with app:
        held = texts(held_out=True)[:6]
        app.learning.book.keep([lesson(text) for text in (*held, *texts(held_out=False)[:4])])
        name, parts = version(app), measuring(app.learning)
        found = evaluation(parts, name, part=Part(limit=6))
        (told, *_) = read_scores(found.scores).tasks
        assert (told.task, told.examples, told.main) == ("rewrite", 6, "chrf")
        assert all(0 <= each.version < 50 for each in told.measures)
        assert not found.passed
        beside = comparison(parts, name, "base").examples
        assert any(each.one != each.other for each in beside)
        assert any(each.one for each in beside)
