"""Forms as people fill them in: what they send, and what the client does not let them send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.discord.components import (
    CHECKBOX,
    CHECKBOXES,
    LABEL,
    MOST_INPUT,
    RADIO,
    ROW,
    SELECTS,
    TEXT_INPUT,
)
from tests.discord.invoked import impossible
from tests.discord.refusals import Json


def sent(form: Json, values: Mapping[str, object]) -> Json:
    """The `data` of a form with these values, by custom_id or label."""
    known = {name for field, label in fields(form) for name in (field["custom_id"], label)}
    unknown = sorted(values.keys() - known)
    if unknown:
        raise impossible(unknown[0], f"no such field; there are: {sorted(known)}")
    parts = [sent_part(part, values) for part in form["components"]]
    return {"custom_id": form["custom_id"], "components": parts}


def fields(form: Json) -> Iterator[tuple[Json, str]]:
    """Everything that can be filled in, with its label."""
    for part in form["components"]:
        if part["type"] == LABEL:
            yield part["component"], part["label"]
        for field in part.get("components") or []:
            yield field, field.get("label") or ""


def sent_part(part: Json, values: Mapping[str, object]) -> Json:
    """A part of the form as it is sent."""
    told: Json = {"type": part["type"], "id": part["id"]}
    if part["type"] == LABEL:
        told["component"] = sent_field(part["component"], part["label"], values)
    if part["type"] == ROW:
        inside = part["components"]
        told["components"] = [sent_field(f, f.get("label") or "", values) for f in inside]
    return told


def sent_field(field: Json, label: str, values: Mapping[str, object]) -> Json:
    """A field with its value."""
    value = values.get(field["custom_id"], values.get(label))
    told = {"type": field["type"], "id": field["id"], "custom_id": field["custom_id"]}
    if field["type"] == TEXT_INPUT:
        return told | {"value": text(field, label, value)}
    if field["type"] == RADIO:
        return told | {"value": one_of(field, label, value)}
    if field["type"] == CHECKBOX:
        return told | {"value": bool(field.get("default") if value is None else value)}
    if field["type"] in (*SELECTS, CHECKBOXES):
        return told | {"values": several_of(field, label, value)}
    raise impossible(label, f"nobody fills in a field of type {field['type']} here")


def text(field: Json, label: str, value: object) -> str:
    """What is written in a text field; what stood there, where nobody wrote."""
    written = str(field.get("value") or "" if value is None else value)
    needed = field.get("required", True)
    least, most = field.get("min_length") or int(needed), field.get("max_length") or MOST_INPUT
    if (written or needed) and not least <= len(written) <= most:
        raise impossible(label, f"{label}: {least} to {most} characters")
    return written


def one_of(field: Json, label: str, value: object) -> str | None:
    """The one option that is chosen, by value or label; the default, where nobody chose."""
    found = [*chosen(field["options"], label, [] if value is None else [value])]
    found = found or [option["value"] for option in field["options"] if option.get("default")]
    if not found and field.get("required", True):
        raise impossible(label, f"needs a choice: {label}")
    return found[0] if found else None


def several_of(field: Json, label: str, value: object) -> list[str]:
    """The options that are chosen."""
    wanted = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    options = field.get("options")
    found = [str(v) for v in wanted] if options is None else [*chosen(options, label, wanted)]
    least, most = field.get("min_values", 1), field.get("max_values", 1)
    if (found or field.get("required", True)) and not least <= len(found) <= most:
        raise impossible(label, f"{label}: {least} to {most} choices")
    return found


def chosen(options: Sequence[Json], label: str, wanted: Sequence[object]) -> Iterator[str]:
    """The values of the options that are meant."""
    for one in wanted:
        found = [o["value"] for o in options if one in (o["value"], o["label"])]
        if not found:
            there = [option["value"] for option in options]
            raise impossible(label, f"no option {one!r}; there are: {there}")
        yield found[0]
