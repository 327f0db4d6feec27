"""The properties of a page as a short head: "Status: Done", a line each."""

from __future__ import annotations

from collections.abc import Callable

from knowledge.reading.plain import one_line
from knowledge.sources._services.refusals import Json
from knowledge.sources.notion.ids import dashed
from knowledge.sources.notion.rendering import Named, file_name
from knowledge.sources.notion.service import mapping, objects, part
from knowledge.sources.notion.words import date, markdown, moment, names

LEFT_OUT = frozenset(  # said elsewhere, or of no use to a reader
    {"title", "created_time", "last_edited_time", "last_edited_by", "button"}
)
NAMED_MOST = 25  # pages of a relation that are named; Notion tells no more at once
MORE = "…"


def head(properties: Json, named: Named) -> str:
    """What is filled in, a line each. `named` tells the titles of pages."""
    lines = []
    for name, told in properties.items():
        if not isinstance(told, dict) or str(told.get("type")) in LEFT_OUT:
            continue
        if text := one_line(value(told, named)):
            lines.append(f"- {one_line(name)}: {text}")
    return "\n".join(lines)


def value(told: Json, named: Named) -> str:
    """A property's value in words; "" where it has none."""
    kind = str(told.get("type") or "")
    own = told.get(kind)
    if own is None:
        return ""
    if kind == "relation":
        return related(told, named)
    if kind == "rollup":
        return rolled_up(part(told, kind), named)
    if kind == "formula":
        return value(part(told, kind), named)
    return WORDS[kind](own) if kind in WORDS else simple(own)


def related(told: Json, named: Named) -> str:
    """The pages that it is related to, by their titles."""
    ids = [dashed(one.get("id")) for one in objects(told.get("relation"))][:NAMED_MOST]
    titles = [title for title in map(named, ids) if title]
    more = [MORE] if titles and told.get("has_more") is True else []
    return ", ".join([*titles, *more])


def rolled_up(own: Json, named: Named) -> str:
    """What was gathered from related pages."""
    if own.get("type") != "array":
        return value(own, named)
    found = (value(one, named) for one in objects(own.get("array")))
    return ", ".join(dict.fromkeys(text for text in found if text))


def simple(own: object) -> str:
    """A value of a type that came after us: where it is a word, that; else its name."""
    if isinstance(own, bool):
        return "yes" if own else "no"
    if isinstance(own, (str, int, float)):
        return number(own)
    if isinstance(own, list):
        return ", ".join(filter(None, map(simple, own)))
    return one_line(str(own.get("name") or "")) if isinstance(own, dict) else ""


def number(own: object) -> str:
    """A number as people write it: 3, not 3.0."""
    return str(int(own)) if isinstance(own, float) and own.is_integer() else str(own)


def persons(own: object) -> str:
    """The names of people, or of one."""
    return ", ".join(names(own if isinstance(own, list) else [own]))


def numbered(own: object) -> str:
    """TASK-12."""
    pieces = (mapping(own).get(name) for name in ("prefix", "number"))
    return "-".join(str(one) for one in pieces if one not in (None, ""))


def verified(own: object) -> str:
    """Whether a page of a wiki was looked over, and by whom."""
    told = mapping(own)
    state = str(told.get("state") or "")
    by = persons(told.get("verified_by"))
    return "" if state in ("", "unverified") else f"{state}{f' by {by}' if by else ''}"


def filed(own: object) -> str:
    """The names of files."""
    return ", ".join(filter(None, map(file_name, objects(own))))


def place(own: object) -> str:
    """A place by its name and address."""
    told = mapping(own)
    return ", ".join(dict.fromkeys(str(told[n]) for n in ("name", "address") if told.get(n)))


WORDS: dict[str, Callable[[object], str]] = {
    "rich_text": markdown,
    "date": date,
    "people": persons,
    "created_by": persons,
    "files": filed,
    "unique_id": numbered,
    "verification": verified,
    "place": place,
    "created_time": moment,  # in what was rolled up
    "last_edited_time": moment,
}
