"""Recipes: defaults, TOML, and every way in which one can be wrong."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from model.errors import RecipeWrong
from model.examples import What
from model.training.recipe import LIMITS, Recipe, as_told, read_recipe, recipe_from, usual


def recipe_in(folder: Path, text: str) -> Path:
    file = folder / "recipe.toml"
    file.write_text(text)
    return file


def test_a_recipe_says_only_what_is_not_as_usual(tmp_path: Path) -> None:
    file = recipe_in(tmp_path, 'method = "kto"\nepochs = 1\nrank = 4\nthumbs = false\n')
    made = read_recipe(file, usual(What.STYLE, 135_000_000))
    assert (made.method, made.epochs, made.rank, made.thumbs) == ("kto", 1.0, 4, False)
    assert made.rate == usual(What.STYLE, 135_000_000).rate


def test_a_small_base_learns_at_a_higher_rate_and_answers_by_sft() -> None:
    assert usual(What.STYLE, 100_000_000).rate > usual(What.STYLE, 500_000_000).rate
    assert usual(What.ANSWERS, 500_000_000).method == "sft"


def test_all_that_is_wrong_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    wrong = 'epoch = 2\nrank = 0\nrate = "fast"\nmethod = "ppo"\nbatch = 1.5\nthumbs = 1\n'
    with pytest.raises(RecipeWrong) as told:
        read_recipe(recipe_in(tmp_path, wrong))
    assert told.value.place == str(tmp_path / "recipe.toml")
    assert told.value.problems == (
        "`epoch` is unknown; did you mean `epochs`?",
        "`rank` must be from 1 to 256; it is 0",
        "`rate` must be a number",
        "`method` must be one of auto, sft, kto, dpo",
        "`batch` must be a whole number",
        "`thumbs` must be true or false",
    )


@pytest.mark.parametrize("text", ["rank = ", "rank = 1\nrank = 2", "[sft]\nrank = 3"])
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecipeWrong):
        read_recipe(recipe_in(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeWrong, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeWrong, match="no TOML in UTF-8"):
        read_recipe(tmp_path / "bytes.toml")


def test_nan_and_true_are_no_numbers() -> None:
    with pytest.raises(RecipeWrong, match="`rate` must be from"):
        recipe_from({"rate": float("nan")}, "here")
    with pytest.raises(RecipeWrong, match="`rank` must be a whole number"):
        recipe_from({"rank": True}, "here")


def test_kto_needs_two_examples_at_a_time() -> None:
    with pytest.raises(RecipeWrong, match="`batch` must be 2 or more"):
        recipe_from({"method": "kto", "batch": 1}, "here")


def test_every_number_has_its_limits_and_every_default_is_within_them() -> None:
    numbers = {each.name for each in fields(Recipe)} - {"method", "thumbs"}
    assert numbers == LIMITS.keys()
    for what in What:
        made = usual(what, 1)
        assert recipe_from(as_told(made), "itself") == made
