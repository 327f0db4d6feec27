"""Making a version live: only through the gate, or forced with a reason; and going back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from bot.app import App, build
from bot.commands.promoting import promoted, rolled_back
from bot.database import upgrade
from bot.errors import PromotionRefused, UnknownVersion, WrongUse
from bot.health import versions
from bot.learning.canary import begin_trial
from bot.learning.parts import Learning
from bot.learning.promoting import promote, rollback
from bot.learning.words import ModelVersion, State
from bot.settings import Settings
from model.errors import BackendUnavailable, VersionUnusable
from model.examples import What
from model.versions import MANIFEST, version_folder
from tests.patience import PATIENCE_S
from tests.served import BASE, a_base, a_folder, a_version, measured
from tests.vllm import Vllm, serving

STYLE = What.STYLE


@dataclass
class Shop:
    """An app of its own, with versions that were trained."""

    app: App
    home: Path

    @property
    def parts(self) -> Learning:
        return self.app.learning

    def trained(self, name: str, what: What = STYLE, base: str = BASE) -> ModelVersion:
        """A candidate with a whole folder."""
        version = replace(a_version(name, what), base=base)
        a_folder(self.home, version, base)
        return self.parts.registry.add_version(version)

    def passed(self, name: str, against: str = "", what: What = STYLE) -> ModelVersion:
        """One that passed the gate."""
        version = self.trained(name, what)
        self.parts.registry.evaluate(measured(name, against))
        return version

    def live(self, what: What = STYLE) -> str:
        """What is live; empty: the base."""
        found = self.parts.registry.live(what)
        return found.name if found else ""


@cache
def migrated() -> bytes:
    """An empty database of the newest revision."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tandem.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def settings(home: Path, model: dict[str, object], **learning: object) -> Settings:
    (home / "tandem.db").write_bytes(migrated())
    told = {"home": home, "cache": home / "cache", "model": model, "learning": learning}
    return Settings.model_validate(told)


@pytest.fixture
def shop(home: Path) -> Iterator[Shop]:
    weights = a_base(home / BASE)
    with build(settings(home, {"use": "local", "name": str(weights)})) as app:
        yield Shop(app, home)


@pytest.fixture
def vllm() -> Iterator[Vllm]:
    with serving() as made:
        yield made


@pytest.fixture
def served(home: Path, vllm: Vllm) -> Iterator[Shop]:
    with build(settings(home, {"use": "openai", "name": BASE, "url": vllm.url})) as app:
        yield Shop(app, home)


def test_a_version_that_passed_the_gate_goes_live(shop: Shop) -> None:
    shop.passed("style-1")
    assert promote(shop.parts, "style-1", "olga").state is State.LIVE
    assert shop.live() == "style-1"
    [promotion] = shop.parts.registry.promotions(STYLE)
    assert (promotion.by, promotion.forced) == ("olga", False)


def test_twice_changes_nothing(shop: Shop) -> None:
    shop.passed("style-1")
    first = promote(shop.parts, "style-1", "olga")
    marker = shop.parts.registry.marker()
    assert promote(shop.parts, "style-1", "olga") == first
    assert shop.parts.registry.marker() == marker
    assert len(shop.parts.registry.promotions()) == 1


def test_one_that_nobody_measured_is_refused_and_what_to_do_is_said(shop: Shop) -> None:
    shop.trained("style-1")
    with pytest.raises(PromotionRefused, match=r"not evaluated.*`tandem evaluate style-1`"):
        promote(shop.parts, "style-1", "olga")
    assert shop.live() == ""


def test_one_that_did_not_pass_is_refused_with_the_gate_s_reasons(shop: Shop) -> None:
    shop.trained("style-1")
    reasons = ["chrF is no better.", "It repeats itself."]
    shop.parts.registry.evaluate(measured("style-1", passed=False, reasons=reasons))
    with pytest.raises(PromotionRefused, match=r"base model: chrF is no better; It repeats itself"):
        promote(shop.parts, "style-1", "olga")


def test_the_last_measurement_counts(shop: Shop) -> None:
    shop.passed("style-1")
    shop.parts.registry.evaluate(measured("style-1", passed=False))
    with pytest.raises(PromotionRefused, match="did not pass"):
        promote(shop.parts, "style-1", "olga")
    shop.parts.registry.evaluate(measured("style-1"))
    assert promote(shop.parts, "style-1", "olga").name == "style-1"


def test_one_that_was_compared_with_what_is_live_no_more_is_refused(shop: Shop) -> None:
    shop.passed("style-1")
    shop.passed("style-2")
    promote(shop.parts, "style-1", "olga")
    with pytest.raises(PromotionRefused, match="with the base model, and style-1 is live now"):
        promote(shop.parts, "style-2", "olga")
    shop.parts.registry.evaluate(measured("style-2", against="style-1"))
    promote(shop.parts, "style-2", "olga")
    assert shop.parts.registry.version("style-1").state is State.RETIRED


def test_it_can_be_forced_with_a_reason_that_is_kept(shop: Shop) -> None:
    shop.trained("style-1")
    with pytest.raises(WrongUse, match="--why"):
        promote(shop.parts, "style-1", "olga", "  ", forced=True)
    promote(shop.parts, "style-1", "olga", "the boss likes it", forced=True)
    [promotion] = shop.parts.registry.promotions()
    assert (promotion.forced, promotion.why) == (True, "the boss likes it")


def test_force_does_not_make_a_broken_folder_live(shop: Shop) -> None:
    shop.trained("style-1")
    (version_folder(shop.home, "style-1") / "adapter_model.safetensors").write_bytes(b"xx")
    with pytest.raises(VersionUnusable, match="cannot be read"):
        promote(shop.parts, "style-1", "olga", "now!", forced=True)
    shop.trained("style-2", base="other-model")
    with pytest.raises(VersionUnusable, match="trained for other-model"):
        promote(shop.parts, "style-2", "olga", "now!", forced=True)
    assert shop.live() == ""


def test_one_that_was_refused_needs_force(shop: Shop) -> None:
    shop.passed("style-1")
    shop.parts.registry.refuse("style-1", "it is rude")
    with pytest.raises(PromotionRefused, match=r"refused \(it is rude\)"):
        promote(shop.parts, "style-1", "olga")
    promote(shop.parts, "style-1", "olga", "not so rude", forced=True)
    assert shop.live() == "style-1"


def test_a_version_that_nobody_knows_is_told_of(shop: Shop) -> None:
    with pytest.raises(UnknownVersion, match="style-9"):
        promote(shop.parts, "style-9", "olga")


def test_of_two_at_once_one_wins(shop: Shop) -> None:
    names = [f"style-{number}" for number in range(6)]
    for name in names:
        shop.passed(name)
    together = threading.Barrier(len(names))

    def one(name: str) -> str:
        together.wait()
        try:
            return promote(shop.parts, name, "olga").name
        except PromotionRefused:
            return ""

    with ThreadPoolExecutor(len(names)) as pool:
        won = [name for name in pool.map(one, names) if name]
    assert won == [shop.live()]
    assert len(shop.parts.registry.promotions()) == 1


def test_a_rollback_goes_back_step_by_step_and_refuses_what_was_live(shop: Shop) -> None:
    for name, against in (("style-1", ""), ("style-2", "style-1")):
        shop.passed(name, against)
        promote(shop.parts, name, "olga")
    back = rollback(shop.parts, STYLE, "otto", "it shouts")
    assert back is not None
    assert (back.name, back.state) == ("style-1", State.LIVE)
    refused = shop.parts.registry.version("style-2")
    assert (refused.state, refused.why) == (State.REFUSED, "it shouts")
    assert rollback(shop.parts, STYLE, "otto") is None
    assert shop.live() == ""
    with pytest.raises(PromotionRefused, match="live already"):
        rollback(shop.parts, STYLE, "otto")


@pytest.mark.parametrize("gone", [MANIFEST, "adapter_model.safetensors"])
def test_a_rollback_passes_over_what_cannot_be_served_any_more(shop: Shop, gone: str) -> None:
    against = ""
    for name in ("style-1", "style-2", "style-3"):
        shop.passed(name, against)
        promote(shop.parts, name, "olga")
        against = name
    (version_folder(shop.home, "style-2") / gone).unlink()
    back = rollback(shop.parts, STYLE, "otto")
    assert (back and back.name, shop.live()) == ("style-1", "style-1")
    assert shop.parts.registry.version("style-2").state is State.REFUSED


def test_each_of_style_and_answers_has_its_own(shop: Shop) -> None:
    shop.passed("style-1")
    shop.passed("answers-1", what=What.ANSWERS)
    for name in ("style-1", "answers-1"):
        promote(shop.parts, name, "olga")
    rollback(shop.parts, STYLE, "otto")
    assert (shop.live(), shop.live(What.ANSWERS)) == ("", "answers-1")


def test_a_check_says_what_is_live_and_what_is_wrong_with_it(shop: Shop) -> None:
    assert list(versions(shop.app)) == []
    shop.passed("style-1")
    promote(shop.parts, "style-1", "olga")
    shop.trained("style-2")
    begin_trial(shop.parts, "style-2", 0.25, "to see", forced=True)
    told = {finding.name: (finding.ok, finding.told) for finding in versions(shop.app)}
    assert told == {
        "version style-1": (True, "live: rewrite"),
        "version style-2": (True, "tried on 25% of the places: rewrite"),
    }
    (version_folder(shop.home, "style-1") / MANIFEST).write_text("{")
    [broken, _] = versions(shop.app)
    assert (broken.name, broken.ok) == ("version style-1", False)
    assert "manifest.json is damaged" in broken.told


# -- a server that loads adapters ----------------------------------------------------------


def test_a_server_takes_the_version_before_it_goes_live(served: Shop, vllm: Vllm) -> None:
    served.passed("style-1")
    promote(served.parts, "style-1", "olga")
    assert (served.live(), set(vllm.adapters)) == ("style-1", {"style-1"})
    assert [finding.told for finding in versions(served.app)] == [
        "live: rewrite; loaded by the server"
    ]
    vllm.restart()
    assert "is given it when it is asked for" in next(versions(served.app)).told


def test_what_a_server_does_not_take_does_not_go_live(served: Shop, vllm: Vllm) -> None:
    served.passed("style-1")
    vllm.updating = False
    with pytest.raises(BackendUnavailable, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
        promote(served.parts, "style-1", "olga")
    assert served.live() == ""
    vllm.updating = True
    promote(served.parts, "style-1", "olga")
    assert served.live() == "style-1"


# -- the commands --------------------------------------------------------------------------


def test_the_commands_promote_try_and_roll_back(shop: Shop) -> None:
    shop.passed("style-1")
    shop.passed("style-2", against="style-1")
    no = (False, "")
    told = json.loads(promoted(shop.parts, "style-1", None, no, json=True))
    assert (told["name"], told["state"], told["tasks"]) == ("style-1", "live", ["rewrite"])
    tried = promoted(shop.parts, "style-2", 0.1, no, json=False)
    assert tried == "style-2 serves 10% of the places."
    assert rolled_back(shop.parts, "style", "it shouts", json=False) == "The base model is live."
    forced = promoted(shop.parts, "style-1", None, (True, "no, it does not"), json=False)
    assert forced == "style-1 is live."
    back = json.loads(rolled_back(shop.parts, "style", "", json=True))
    assert (back["name"], shop.live()) == ("", "")


@pytest.mark.endurance
def test_a_refusal_is_a_sentence_and_an_exit_code(shop: Shop) -> None:
    shop.trained("style-1")
    told = tandem(shop.home, "promote", "style-1")
    assert (told.returncode, told.stdout) == (1, "")
    assert "style-1: it was not evaluated. Measure it" in told.stderr
    told = tandem(shop.home, "promote", "style-1", "--force", "--why", "so", "--json")
    assert json.loads(told.stdout)["state"] == "live"
    assert tandem(shop.home, "rollback", "--what", "style").stdout == "The base model is live.\n"
    assert tandem(shop.home, "promote", "style-1", "--canary", "2").returncode == 2


def tandem(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an operator does, with the settings of the shop."""
    told = {"TANDEM_HOME": str(home), "TANDEM_MODEL__NAME": str(home / BASE)}
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, env=os.environ | told, capture_output=True, text=True)


@pytest.mark.endurance
def test_one_that_is_killed_while_the_server_loads_promoted_nothing(
    served: Shop, vllm: Vllm
) -> None:
    served.passed("style-1")
    vllm.loading = threading.Event()
    told = {"TANDEM_HOME": str(served.home), "TANDEM_MODEL__NAME": BASE}
    told |= {"TANDEM_MODEL__USE": "openai", "TANDEM_MODEL__URL": vllm.url}
    command = [sys.executable, "-m", "bot", "promote", "style-1"]
    child = subprocess.Popen(command, env=os.environ | told)
    assert vllm.begun.wait(PATIENCE_S)
    child.kill()
    child.wait()
    vllm.loading.set()
    assert (served.live(), served.parts.registry.promotions()) == ("", [])
    promote(served.parts, "style-1", "olga")
    assert (served.live(), set(vllm.adapters)) == ("style-1", {"style-1"})
