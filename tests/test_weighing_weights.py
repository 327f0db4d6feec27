"""How likely a model finds an answer is told by its weights, where they are on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import tiny_models
from bot.app import App, build
from bot.learning.opening import measuring
from bot.settings import Settings
from model.backends import Message, Prompt
from model.errors import LikelihoodsUnknown
from model.evaluation.likelihood import Asked
from model.examples import What
from model.versions import version_folder
from tests.served import BASE, a_version, sign
from tests.test_engines import lora

# peft 0.21 asks what transformers 5.23 calls otherwise by now.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
ASKED = [Asked(Prompt((Message("user", "the lift"),)), "Closed!")]
VERSION = a_version("style-1")


@pytest.fixture
def home(home: Path) -> Path:
    """A data folder with a tiny base model and a version of it."""
    tiny_models.saved_writer(home / BASE)
    made, _ = tiny_models.writer()
    folder = version_folder(home, VERSION.name)
    lora(made, folder, 1)
    config = folder / "adapter_config.json"
    told = json.loads(config.read_text()) | {"base_model_name_or_path": BASE}
    config.write_text(json.dumps(told))
    sign(folder, VERSION)
    return home


@contextmanager
def opened(home: Path, **model: str) -> Iterator[App]:
    told = {"home": home, "cache": home / "cache", "model": model}
    with build(Settings.model_validate(told)) as app:
        yield app


def likely(app: App) -> tuple[float | None, ...]:
    """By the base, and by the version."""
    weighs = measuring(app.learning).weighs
    return tuple(dict(weighs(What.STYLE, each, ASKED))[0] for each in (None, VERSION))


@pytest.mark.endurance
def test_by_the_base_and_by_a_version_wherever_they_are_served(home: Path) -> None:
    with opened(home, use="local", name=str(home / BASE)) as app:
        base, adapted = likely(app)
    assert base is not None
    assert adapted is not None
    assert base != pytest.approx(adapted, abs=1e-3)
    address = "http://127.0.0.1:9/v1"  # nobody is asked there
    with opened(home, use="openai", name=str(home / BASE), url=address) as app:
        assert likely(app) == pytest.approx((base, adapted))


def test_without_weights_here_it_is_said_what_to_do(home: Path) -> None:
    with opened(home, use="openai", name="far/away", url="http://127.0.0.1:9/v1") as app:
        weighs = measuring(app.learning).weighs
        with pytest.raises(LikelihoodsUnknown, match="weights of 'far/away' are not on this"):
            weighs(What.STYLE, None, ASKED)
        with pytest.raises(LikelihoodsUnknown, match="on the machine that trains"):
            weighs(What.STYLE, None, ASKED)
