"""Shows a version whole: what it was taught and from what, how it stands, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.learning.overview import Standing, standing_of
from bot.learning.showing import standing_json
from model.versions import version_folder

if TYPE_CHECKING:
    from bot.learning.datasets import Origins
    from bot.learning.registry import Registry
    from bot.learning.version_rows import Promotion

PICTURE = "loss.png"
UNTOLD = ("-", "", None)


def version_json(registry: Registry, home: Path, name: str) -> dict[str, object]:
    """All that is known of a version. Raises `UnknownVersion`."""
    each = standing_of(registry, home, registry.version(name))
    folder = version_folder(home, name)
    told = standing_json(each) | {"folder": str(folder), "loss_picture": _picture(folder)}
    return told | _taught(registry, each) | {"promotions": _promotions(registry, name, each)}


def _picture(folder: Path) -> str | None:
    return str(folder / PICTURE) if (folder / PICTURE).is_file() else None


def _taught(registry: Registry, each: Standing) -> dict[str, object]:
    """Its run, dataset and recipe; a version that no run here has made has none of them."""
    if not each.version.run:
        return {"snapshot": None, "recipe": {}, "figures": {}}
    run = registry.run(each.version.run)
    held: Origins = registry.origins_of(run.snapshot)
    dataset = {
        "id": run.snapshot,
        "digest": each.manifest.dataset if each.manifest else None,
        "examples": held.examples,
        "forgotten": held.forgotten,
        "interactions": held.interactions,
        "people": held.people,
    }
    return {"snapshot": dataset, "recipe": dict(run.recipe), "figures": dict(run.figures)}


def _promotions(registry: Registry, name: str, each: Standing) -> list[dict[str, object]]:
    return [
        _promotion(change)
        for change in reversed(registry.promotions(each.version.what, limit=1000))
        if name in (change.version, change.previous)
    ]


def _promotion(change: Promotion) -> dict[str, object]:
    return {
        "at": change.at.isoformat(timespec="seconds"),
        "from": change.previous or "base",
        "to": change.version or "base",
        "by": change.by,
        "why": change.why,
        "forced": change.forced,
        "rollback": change.back,
    }


def lines(told: Mapping[str, object]) -> Iterator[str]:
    """The same as people read it, a line for each thing that is known."""
    parts = {
        "state": _state(told),
        "taught": ", ".join(_texts(told["tasks"])) or told["what"],
        "base": told["base"],
        "made": told["made_at"],
        "train again": told["retrain"],
        "problem": told["problem"],
        "run": f"{told['run']} (`tandem runs {told['run']}`)" if told["run"] else "",
        "dataset": _dataset(told["snapshot"]),
        "lessons": _lessons(told["lessons"]),
        "recipe": _pairs(told["recipe"]),
        "figures": _pairs(told["figures"]),
        "folder": told["folder"],
        "loss": told["loss_picture"],
        "gate": _gate(told["gate"]),
    }
    yield str(told["name"])
    for name, value in parts.items():
        if value not in UNTOLD:
            yield f"  {name + ':':12} {value}"
    yield from map(_change, _mappings(told["promotions"]))


def _state(told: Mapping[str, object]) -> str:
    why = f" ({told['why']})" if told["why"] else ""
    share = f", serves {told['canary']:.0%} of the places" if told["canary"] else ""
    return f"{told['state']}{share}{why}"


def _dataset(held: object) -> str:
    if not isinstance(held, Mapping):
        return ""
    lost = f" ({held['forgotten']} more are forgotten)" if held["forgotten"] else ""
    return (
        f"{held['id']}: {held['examples']} examples{lost}, from {held['interactions']} answers "
        f"and {held['people']} people; digest {held['digest']}"
    )


def _lessons(count: object) -> str:
    """What the training made of the dataset, which `tandem versions` lists too."""
    told = f"{count} taught, with those mixed in, without the validation part"
    return "" if count is None else told


def _gate(gate: object) -> str:
    if not isinstance(gate, Mapping):
        return ""
    word = "open" if gate["passed"] else "shut"
    return "; ".join([word, *_texts(gate["reasons"])])


def _change(change: Mapping[str, object]) -> str:
    how = "rolled back" if change["rollback"] else "promoted"
    forced = ", forced" if change["forced"] else ""
    why = f": {change['why']}" if change["why"] else ""
    told = f"{how} from {change['from']} to {change['to']} by {change['by']}"
    return f"  {change['at']} {told}{forced}{why}"


def _pairs(told: object) -> str:
    return (
        ", ".join(f"{k} {_short(v)}" for k, v in told.items()) if isinstance(told, Mapping) else ""
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _texts(told: object) -> Sequence[str]:
    return [str(each) for each in told] if isinstance(told, list | tuple) else []


def _mappings(told: object) -> list[Mapping[str, object]]:
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
