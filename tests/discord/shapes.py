"""What has the wrong type anywhere in a body is refused, before anything else is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from tests.discord.refusals import Problem, not_a

LISTS = set("embeds components fields options choices attachments".split())  # of objects
OBJECTS = set(
    "data message message_reference allowed_mentions footer author emoji component "
    "accessory".split()
)
NUMBERS = set(
    "type style flags min_length max_length min_values max_values auto_archive_duration".split()
)
TEXTS = set("name description title label custom_id url text placeholder".split())
MOST_DEPTH = 12


def shape_problems(value: object, at: str = "", depth: int = 0) -> Iterator[Problem]:
    """Every field of a known name that is no list, object, number or text where it must be."""
    if depth > MOST_DEPTH:
        yield not_a(at, "DICT", "Too deep")
    elif isinstance(value, dict):
        for name, inner in value.items():
            place = f"{at}.{name}" if at else str(name)
            yield from misfit(name, inner, place)
            yield from shape_problems(inner, place, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from shape_problems(inner, f"{at}.{number}" if at else str(number), depth + 1)


def misfit(name: str, value: object, at: str) -> Iterator[Problem]:
    """The problem of one field; null stands for nothing."""
    if value is None:
        return
    if name in LISTS and not (isinstance(value, list) and all(isinstance(v, dict) for v in value)):
        yield not_a(at, "LIST", "Only iterables may be used in a ListType")
    if name in OBJECTS and not isinstance(value, dict):
        yield not_a(at, "DICT", "Only dictionaries may be used in a DictType")
    words_for_type = name == "type" and "embeds." in at  # of an embed: "rich"
    number = isinstance(value, int) and not isinstance(value, bool)
    if name in NUMBERS and not number and not words_for_type:
        yield not_a(at, "NUMBER", f'Value "{value}" is not int.')
    if name in TEXTS and not isinstance(value, str):
        yield not_a(at, "STRING", f'Could not interpret "{value}" as string.')
