"""What `tandem check` finds of learning, and what `/tandem status` says of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App, build
from bot.conversation import Place
from bot.doors import Order
from bot.health import Finding, learning
from bot.learning.promoting import promote
from bot.learning.words import RunState
from model.examples import Review, What
from tests.fakes import kept
from tests.learned import curated, example
from tests.served import BASE, a_base
from tests.test_promoting import Shop, settings

HERE = Place("slack", "T1", "C1")


def app_in(home: Path, **learning: object) -> App:
    """An app whose model nobody asks."""
    if not (home / BASE).exists():
        a_base(home / BASE)
    return build(settings(home, {"use": "local", "name": str(home / BASE)}, **learning))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with app_in(tmp_path) as made:
        yield made


def told(app: App) -> dict[str, str]:
    """What is found, by its name; all of it is well."""
    found = list(learning(app))
    assert all(finding.ok for finding in found)
    return {finding.name: finding.told for finding in found}


def test_where_nothing_is_learned_yet_all_is_well(app: App) -> None:
    nothing = {"examples": "none waits for review", "trainings": "none was left unfinished"}
    assert told(app) == nothing


def test_what_waits_for_review_is_counted(app: App) -> None:
    book = app.learning.book
    book.keep([example(review=Review.WAITING), example("done", review=Review.ACCEPTED)])
    assert told(app)["examples"] == "1 waits for review: `tandem examples review`"
    id = kept(app.store).id
    written = curated(id, review=Review.ACCEPTED)
    book.curate(written, id)
    book.keep([example("?", written.answer, review=Review.ACCEPTED, interactions=(id,))])
    assert told(app)["examples"].startswith("1 waits")
    book.doubt_curated(book.curated()[0].id, "its source changed")
    assert told(app)["examples"].startswith("2 wait")


def test_trainings_that_run_or_were_cut_off_are_named(app: App) -> None:
    registry = app.learning.registry
    snapshot = registry.snapshot(What.STYLE, ["rewrite"], []).id
    runs = [registry.begin(What.STYLE, ["rewrite"], snapshot, {}, "") for _ in range(3)]
    registry.let_go(runs[0].id)
    registry.end(runs[1].id, RunState.DONE)
    assert told(app)["trainings"] == (
        "style-3 runs; style-1 was cut off: `tandem train --resume 1` goes on with it"
    )


@pytest.mark.parametrize(
    ("files", "ok", "words"),
    [
        ({}, True, "none: all is trained as usual"),
        ({"style": "rank = 4", "retriever": "rate = 1e-5"}, True, "of retriever, style"),
        ({"style": "rank = 0"}, False, "rank"),
        ({"answers": "rank = "}, False, "answers.toml"),
        ({"retriever": "rates = 1"}, False, "`rates` is no dial"),
        ({"answer": "rank = 4"}, False, "answer.toml is read by nobody"),
    ],
)
def test_recipes_that_cannot_be_read_are_found(
    tmp_path: Path, files: dict[str, str], ok: bool, words: str
) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    with app_in(tmp_path, recipes=folder) as app:
        [*_, found] = learning(app)
    assert (found.name, found.ok) == ("recipes", ok)
    assert words in found.told


def test_a_folder_of_recipes_that_is_not_there_is_found(tmp_path: Path) -> None:
    with app_in(tmp_path, recipes=tmp_path / "nowhere") as app:
        [*_, found] = learning(app)
    told = f"there is no folder {tmp_path / 'nowhere'}: see `learning.recipes`"
    assert found == Finding("recipes", False, told)


def test_the_status_names_the_style_version_that_is_live(app: App) -> None:
    assert "Texts are worked on" not in app.desk.obey(Order.STATUS, "ben", HERE)
    shop = Shop(app, app.settings.home)
    shop.passed("style-1")
    promote(shop.parts, "style-1", "olga")
    told = app.desk.obey(Order.STATUS, "ben", HERE)
    assert "Texts are worked on by style-1 (rewrite" in told
    assert "may be learned from" in told
