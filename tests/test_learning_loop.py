"""The whole loop: a person's vote becomes a version, is named by it, and is taken back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.learning.evaluating import evaluation
from bot.learning.gate import standing
from bot.learning.version_showing import lines, version_json
from bot.sessions import Sessions
from model.examples import What
from tests.conftest import is_setting
from tests.harvests import Team as Voters
from tests.harvests import empty_database
from tests.measured import Team as Measured
from tests.measured import house, plain, texts

ROOT = Path(__file__).resolve().parent.parent


def corrected(voters: Voters, who: str, some: list[str]) -> list[int]:
    """Somebody writes what the answers to these texts should have been."""
    ids = [voters.wrote(text=f"Rewrite: {text}", answer=plain(text)) for text in some]
    for id, text in zip(ids, some, strict=True):
        voters.down(id, who, correction=house(text))
    return ids


def test_from_a_vote_to_the_version_that_learned_it_and_back(tmp_path: Path) -> None:
    with closing(Sessions(f"sqlite:///{empty_database(tmp_path)}")) as sessions:
        voters, models = Voters(sessions), Measured(tmp_path, sessions)
        hers = corrected(voters, "ana", texts(False)[:1])
        corrected(voters, "cleo", [*texts(False)[1:6], *texts(True)[:20]])
        assert voters.harvest().added == 26

        name = models.version(house)
        evaluation(models.parts, name, "live")
        registry = models.registry
        assert standing(registry, registry.version(name)).passed
        registry.promote(name, "ops", over="")
        live = registry.live(What.STYLE)
        assert live
        assert live.name == name

        [learned] = [e for e in voters.examples() if e.interactions == (hers[0],)]
        assert [v.name for v in registry.trained_on([learned.id])] == [name]
        told = version_json(registry, models.home, name)
        dataset = told["snapshot"]
        assert isinstance(dataset, dict)
        counts = {k: dataset[k] for k in ("examples", "forgotten", "interactions", "people")}
        assert counts == {"examples": 26, "forgotten": 0, "interactions": 26, "people": 3}

        voters.store.forget("ana", "slack")
        assert learned.id not in {e.id for e in voters.examples()}
        page = "\n".join(lines(version_json(registry, models.home, name)))
        assert "25 examples (1 more are forgotten), from 25 answers and 2 people" in page
        assert "train again: A person who taught it wanted to be forgotten." in page
        assert registry.rollback(What.STYLE, "ops") is None


SHORT = 40  # pairs, the shortest: a training of minutes
RECIPE = (
    'method = "sft"\nepochs = 0.2\nbatch = 1\nrank = 4\nlooks = 1\nlongest = 200\nplain = 0.0\n'
)
SETTINGS = """
[model]
name = "SmolLM2-135M-Instruct"
[tasks.announce]
instruction = "Write it as we write announcements."
max_tokens = 40
[sources.notes]
use = "folder"
path = "notes"
"""


def tandem(home: Path, *arguments: str, code: int = 0) -> str:
    """What a command prints, run as a person runs it; with --json only what is on stdout."""
    theirs = {name: value for name, value in os.environ.items() if not is_setting(name)}
    told = {"TANDEM_HOME": str(home / "home"), "TANDEM_CONFIG": str(home / "tandem.toml")}
    command = [sys.executable, "-P", "-m", "bot", *arguments]
    done = subprocess.run(command, cwd=home, env=theirs | told, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if "--json" in arguments else done.stdout + done.stderr


@pytest.mark.endurance
@pytest.mark.soak
def test_the_real_loop_by_commands(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "deploys.md").write_text("We deploy on Tuesdays.")
    (tmp_path / "h2.py").write_text("raise SystemExit('taken for a library')")
    (tmp_path / "tandem.toml").write_text(SETTINGS)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    pairs = (ROOT / "examples" / "voice" / "pairs.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "pairs.jsonl").write_text("\n".join(sorted(pairs, key=len)[:SHORT]), "utf-8")
    try:
        assert "40 examples added" in tandem(
            tmp_path, "import", "examples", "pairs.jsonl", "--task", "announce"
        )
        trained = tandem(tmp_path, "train", "--task", "announce", "--recipe", "tiny.toml")
        assert "style-1 is trained" in trained
        assert "was not evaluated" in tandem(tmp_path, "promote", "style-1", code=1)
        tandem(tmp_path, "promote", "style-1", "--force", "--why", "to try it")
        asked = ("ask", "--json", "--mode", "tuned", "--task", "announce", "the lift is broken")
        assert json.loads(tandem(tmp_path, *asked))["version"] == "style-1"
        assert "The base model is live." in tandem(tmp_path, "rollback")
        shown = json.loads(tandem(tmp_path, "versions", "show", "style-1", "--json"))
        assert (shown["state"], shown["snapshot"]["people"]) == ("refused", 0)
        assert Path(shown["loss_picture"]).is_file()
    finally:
        tandem(tmp_path, "stop")
