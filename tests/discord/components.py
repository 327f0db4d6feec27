"""What Discord refuses in buttons, selects and forms: their kinds, sizes and ids."""

from __future__ import annotations

from collections.abc import Iterator

from tests.discord.refusals import (
    Json,
    Problem,
    bad_length,
    check,
    not_a,
    not_one_of,
    required,
    too_long,
)

ROW, BUTTON, SELECT, TEXT_INPUT, TEXT, LABEL = 1, 2, 3, 4, 10, 18
RADIO, CHECKBOXES, CHECKBOX = 21, 22, 23
SELECTS = (SELECT, 5, 6, 7, 8)
LINK, PREMIUM = 5, 6  # styles of buttons without a custom_id
V2 = (9, TEXT, 11, 12, 13, 14, 17)  # only with the flag for the second version of components
IN_LABELS = (*SELECTS, TEXT_INPUT, 19, RADIO, CHECKBOXES, CHECKBOX)
IN_FORMS = (ROW, TEXT, LABEL)
MOST_CUSTOM_ID, MOST_BUTTON_LABEL, MOST_OPTIONS, MOST_OPTION = 100, 80, 25, 100
MOST_FORM_TITLE, MOST_LABEL, MOST_INPUT, MOST_PLACEHOLDER = 45, 45, 4000, 100


def message_components_problems(components: object) -> Iterator[Problem]:
    """Five rows of five buttons, or of one select; every custom_id once."""
    if components is None:
        return
    if not isinstance(components, list):
        yield not_a("components", "LIST", "Only iterables may be used in a ListType")
        return
    if len(components) > 5 and all(row.get("type") == ROW for row in components):
        yield bad_length("components", 1, 5)
    for number, row in enumerate(components):
        yield from row_problems(row, f"components.{number}")
    yield from twice(components)


def row_problems(row: Json, at: str) -> Iterator[Problem]:
    """A row holds up to five buttons, or one select."""
    if row.get("type") in V2:
        return
    if row.get("type") != ROW:
        yield not_one_of(f"{at}.type", (ROW, *V2))
        return
    inside = row.get("components") or []
    if not 0 < len(inside) <= 5:
        yield bad_length(f"{at}.components", 1, 5)
    selects = [part for part in inside if part.get("type") in SELECTS]
    if selects and len(inside) > 1:
        told = "The specified component exceeds the maximum width"
        yield Problem(f"{at}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", told)
    for number, part in enumerate(inside):
        yield from part_problems(part, f"{at}.components.{number}", (BUTTON, *SELECTS))


def part_problems(part: Json, at: str, kinds: tuple[int, ...]) -> Iterator[Problem]:
    """One thing to press or to fill in."""
    kind = part.get("type")
    if kind not in kinds:
        yield not_one_of(f"{at}.type", kinds)
    elif kind == BUTTON:
        yield from button_problems(part, at)
    elif kind in SELECTS:
        yield from select_problems(part, at)
    elif kind == TEXT_INPUT:
        yield from input_problems(part, at)
    elif kind in (RADIO, CHECKBOXES):
        yield from choices_problems(part, at, 2 if kind == RADIO else 1, 10)
    else:
        yield from custom_id_problems(part, at)


def button_problems(button: Json, at: str) -> Iterator[Problem]:
    """A button: a style, a label or an emoji, and where it leads or its id."""
    style = button.get("style")
    if style not in range(1, 7):
        yield not_one_of(f"{at}.style", range(1, 7))
    if len(str(button.get("label") or "")) > MOST_BUTTON_LABEL:
        yield too_long(f"{at}.label", MOST_BUTTON_LABEL)
    if style != PREMIUM and not button.get("label") and not button.get("emoji"):
        yield Problem(f"{at}.label", "BUTTON_COMPONENT_INVALID", "A label or emoji is required")
    if style == LINK and not button.get("url"):
        yield Problem(f"{at}.url", "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
    if style not in (LINK, PREMIUM):
        yield from custom_id_problems(button, at)


def custom_id_problems(part: Json, at: str) -> Iterator[Problem]:
    """An id of 1 to 100 characters."""
    id = part.get("custom_id")
    if id is None:
        told = "A custom id is required"
        yield Problem(f"{at}.custom_id", "COMPONENT_CUSTOM_ID_REQUIRED", told)
    elif not isinstance(id, str) or not 0 < len(id) <= MOST_CUSTOM_ID:
        yield bad_length(f"{at}.custom_id", 1, MOST_CUSTOM_ID)


def select_problems(select: Json, at: str) -> Iterator[Problem]:
    """A select: 25 options at most, a placeholder of 150 characters."""
    if len(str(select.get("placeholder") or "")) > 150:
        yield too_long(f"{at}.placeholder", 150)
    if select.get("type") == SELECT:
        yield from choices_problems(select, at, 1, MOST_OPTIONS)
    else:
        yield from custom_id_problems(select, at)


def choices_problems(part: Json, at: str, least: int, most: int) -> Iterator[Problem]:
    """Options to choose from; their values differ."""
    yield from custom_id_problems(part, at)
    options = part.get("options") or []
    if not least <= len(options) <= most:
        yield bad_length(f"{at}.options", least, most)
    for number, option in enumerate(options):
        for name in ("label", "value", "description"):
            yield from option_problems(option, name, f"{at}.options.{number}.{name}")
    values = [option.get("value") for option in options]
    if len(set(values)) < len(values):
        told = "The specified option value is already used"
        yield Problem(f"{at}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", told)


def option_problems(option: Json, name: str, at: str) -> Iterator[Problem]:
    """A text of an option: 100 characters; only the description may be missing."""
    text = str(option.get(name) or "")
    if len(text) > MOST_OPTION or (not text and name != "description"):
        yield bad_length(at, 1, MOST_OPTION)


def input_problems(field: Json, at: str) -> Iterator[Problem]:
    """A text field: its style, its lengths, what stands in it already."""
    yield from custom_id_problems(field, at)
    if field.get("style") not in (1, 2):
        yield not_one_of(f"{at}.style", (1, 2))
    if len(str(field.get("placeholder") or "")) > MOST_PLACEHOLDER:
        yield too_long(f"{at}.placeholder", MOST_PLACEHOLDER)
    if len(str(field.get("value") or "")) > MOST_INPUT:
        yield too_long(f"{at}.value", MOST_INPUT)
    for name, least in (("min_length", 0), ("max_length", 1)):
        if not least <= (MOST_INPUT if field.get(name) is None else field[name]) <= MOST_INPUT:
            told = f"int value should be between {least} and {MOST_INPUT}."
            yield Problem(f"{at}.{name}", "NUMBER_TYPE_MAX", told)


def check_form(form: Json) -> None:
    """Refuse a modal as Discord does: 50035, with the wrong fields under `data`."""
    check([*form_problems(form)])


def form_problems(form: Json) -> Iterator[Problem]:
    """A modal: a title, an id, one to five fields, every custom_id once."""
    title = form.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= MOST_FORM_TITLE:
        yield bad_length("data.title", 1, MOST_FORM_TITLE)
    yield from custom_id_problems(form, "data")
    parts = form.get("components") or []
    if not 0 < len(parts) <= 5:
        yield bad_length("data.components", 1, 5)
    for number, part in enumerate(parts):
        yield from form_part_problems(part, f"data.components.{number}")
    yield from twice(parts, "data.components")


def form_part_problems(part: Json, at: str) -> Iterator[Problem]:
    """A row with one text field, a text, or a label with one field."""
    kind = part.get("type")
    if kind not in IN_FORMS:
        yield not_one_of(f"{at}.type", IN_FORMS)
    elif kind == TEXT and not 0 < len(str(part.get("content") or "")) <= MOST_INPUT:
        yield bad_length(f"{at}.content", 1, MOST_INPUT)
    elif kind == LABEL:
        yield from label_problems(part, at)
    elif kind == ROW:
        yield from form_row_problems(part.get("components") or [], at)


def form_row_problems(inside: list[Json], at: str) -> Iterator[Problem]:
    """A row of a modal has exactly one text field, which has a label of its own."""
    if len(inside) != 1:
        yield bad_length(f"{at}.components", 1, 1)
    for field in inside:
        yield from part_problems(field, f"{at}.components.0", (TEXT_INPUT,))
        if not 0 < len(str(field.get("label") or "")) <= MOST_LABEL:
            yield bad_length(f"{at}.components.0.label", 1, MOST_LABEL)


def label_problems(label: Json, at: str) -> Iterator[Problem]:
    """A label: 45 characters, a description of 100, and the field that it names."""
    if not 0 < len(str(label.get("label") or "")) <= MOST_LABEL:
        yield bad_length(f"{at}.label", 1, MOST_LABEL)
    if len(str(label.get("description") or "")) > MOST_OPTION:
        yield too_long(f"{at}.description", MOST_OPTION)
    field = label.get("component")
    if not isinstance(field, dict):
        yield required(f"{at}.component")
    elif field.get("label") is not None:
        told = "A text input in a label has no label of its own"
        yield Problem(f"{at}.component.label", "BASE_TYPE_BAD_VALUE", told)
    else:
        yield from part_problems(field, f"{at}.component", IN_LABELS)


def twice(components: list[Json], at: str = "components") -> Iterator[Problem]:
    """Ids that stand more than once."""
    ids = [id for part in leaves(components) if (id := part.get("custom_id"))]
    if len(set(ids)) < len(ids):
        told = "Component custom id cannot be duplicated"
        yield Problem(at, "COMPONENT_CUSTOM_ID_DUPLICATED", told)


def leaves(components: list[Json]) -> Iterator[Json]:
    """Everything that can be pressed or filled in, in rows, labels, sections and containers."""
    for part in components:
        inside = [*(part.get("components") or []), part.get("component"), part.get("accessory")]
        if found := [inner for inner in inside if isinstance(inner, dict)]:
            yield from leaves(found)
        else:
            yield part
