"""A recipe: how a model is taught, and recipes read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from model.errors import RecipeWrong
from model.examples import What
from model.training.words import METHODS, Method

SMALL = 300_000_000  # parameters, below which a base learns at a higher rate


@dataclass(frozen=True)
class Recipe:
    """How a model is taught.

    A training is stopped early, and goes back to its best, when the validation loss has not fallen
    `stop_early` times in a row; it is looked at `looks` times in an epoch. It is the loss on one
    text in ten (`Example.validation`) that is not taught then; what is held out is never looked at.
    """

    method: Method = "auto"  # auto: SFT, then KTO and DPO where there are enough examples for them
    rank: int = 16  # of LoRA
    alpha: int = 32
    dropout: float = 0.0
    rate: float = 2e-4  # of SFT
    preference_rate: float = 5e-5  # of KTO and DPO
    epochs: float = 3.0
    batch: int = 8  # examples at a time on each device
    accumulate: int = 1  # batches to a step
    longest: int = 768  # tokens of prompt and answer; what is longer is left out, and counted
    warm: float = 0.06  # of the steps, in which the rate rises
    decay: float = 0.0  # of the weights
    beta: float = 0.1  # how closely KTO and DPO stay with what was there before
    seed: int = 5
    threads: int = 0  # 0: all cores, but one where a bot runs
    plain: float = 0.15  # examples of other tasks, as a share of those of the tasks taught
    thumbs: bool = True  # answers that were found good are taught by SFT too
    fewest_unpaired: int = 40  # good or bad answers, without which auto leaves KTO out
    fewest_pairs: int = 40  # pairs, without which auto leaves DPO out
    stop_early: int = 3  # looks in a row at a validation loss that does not fall; 0: all is taught
    looks: int = 2  # at the validation loss, in each epoch
    keep_every: int = 50  # steps between checkpoints
    processes: int = 1  # one for each GPU, by `accelerate launch`


LIMITS: Mapping[str, tuple[float, float]] = {  # both included
    "rank": (1, 256),
    "alpha": (1, 1024),
    "dropout": (0.0, 0.9),
    "rate": (1e-7, 0.1),
    "preference_rate": (1e-8, 0.1),
    "epochs": (0.01, 1000),
    "batch": (1, 1024),
    "accumulate": (1, 1024),
    "longest": (32, 131_072),
    "warm": (0.0, 1.0),
    "decay": (0.0, 1.0),
    "beta": (1e-4, 10),
    "seed": (0, 2**31 - 1),
    "threads": (0, 1024),
    "plain": (0.0, 2.0),
    "fewest_unpaired": (2, 1_000_000),
    "fewest_pairs": (2, 1_000_000),
    "stop_early": (0, 1000),
    "looks": (1, 100),
    "keep_every": (1, 1_000_000),
    "processes": (1, 64),
}


def usual(what: What, parameters: int) -> Recipe:
    """The recipe for what is taught, to a base of so many parameters, where none is given."""
    if what is What.ANSWERS:
        return Recipe("sft", 8, 16, rate=1.5e-4, epochs=1.4, longest=1024, plain=0.0)
    if parameters < SMALL:
        return Recipe(rate=5e-4, preference_rate=2e-4)
    return Recipe()


def read_recipe(path: Path, base: Recipe | None = None) -> Recipe:
    """The recipe of a TOML file; what it leaves out is as in `base`. Raises `RecipeWrong`."""
    return recipe_from(told_in(path), str(path), base)


def told_in(path: Path) -> dict[str, Any]:
    """What the TOML file of a recipe says, whatever is taught by it. Raises `RecipeWrong`."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise RecipeWrong(str(path), (f"it cannot be read ({error.strerror})",)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeWrong(str(path), (f"it is no TOML in UTF-8 ({error})",)) from error


def recipe_from(told: Mapping[str, object], place: str, base: Recipe | None = None) -> Recipe:
    """The recipe with these values. Raises `RecipeWrong`, which tells all that is wrong."""
    problems = tuple(wrong for name, value in told.items() if (wrong := _wrong(name, value)))
    if problems:
        raise RecipeWrong(place, problems)
    kinds = get_type_hints(Recipe)
    values = {
        name: float(value) if kinds[name] is float and isinstance(value, int) else value
        for name, value in told.items()
    }
    made = replace(base or Recipe(), **values)  # type: ignore[arg-type]  # each was looked at above
    if made.method == "kto" and made.batch < 2:
        raise RecipeWrong(
            place, ("KTO compares the examples of a batch: `batch` must be 2 or more",)
        )
    return made


def as_told(recipe: Recipe) -> dict[str, object]:
    """The recipe as it is kept in SQL and JSON."""
    return asdict(recipe)


def _wrong(name: str, value: object) -> str:
    """What is wrong with a value; empty: nothing."""
    known = [each.name for each in fields(Recipe)]
    if name not in known:
        near = get_close_matches(name, known, 1)
        meant = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
        return f"`{name}` is unknown; {meant}"
    if name == "method":
        return "" if value in METHODS else f"`method` must be one of {', '.join(METHODS)}"
    if name == "thumbs":
        return "" if isinstance(value, bool) else "`thumbs` must be true or false"
    whole = get_type_hints(Recipe)[name] is int
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return f"`{name}` must be a {'whole ' if whole else ''}number"
    least, most = LIMITS[name]
    fits = least <= value <= most  # not so for a NaN either
    return "" if fits else f"`{name}` must be from {least:g} to {most:g}; it is {value}"
