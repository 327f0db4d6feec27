"""What Slack refuses in the elements of blocks: buttons, choices, fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.slack.payloads import Json, all_objects

EITHER = ("plain_text", "mrkdwn")


def text_problems(
    value: object, at: str, most: int, kinds: Sequence[str] = EITHER
) -> Iterator[str]:
    """A text object of 1 to `most` characters."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        yield f"missing required field: text [json-pointer:{at}]"
        return
    if value.get("type") not in kinds:
        yield f"must be a valid enum value [json-pointer:{at}/type]"
    if not value["text"]:
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    if len(value["text"]) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"


def id_problems(part: Json, name: str, at: str) -> Iterator[str]:
    """An id of at most 255 characters, where there is one."""
    if name in part and not (isinstance(part[name], str) and 0 < len(part[name]) <= 255):
        yield f"must be less than 256 characters [json-pointer:{at}/{name}]"


def element_problems(element: object, at: str, kinds: Sequence[str]) -> Iterator[str]:
    """All that is wrong with one element, in a block that allows some kinds."""
    if not isinstance(element, dict) or element.get("type") not in kinds:
        kind = element.get("type") if isinstance(element, dict) else None
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    yield from id_problems(element, "action_id", at)
    match element["type"]:
        case "mrkdwn" | "plain_text":
            yield from text_problems(element, at, 3000)
        case "button":
            yield from button_problems(element, at)
        case "feedback_buttons":
            yield from thumb_problems(element, at)
        case "icon_button":
            yield from text_problems(element.get("text"), f"{at}/text", 75, ("plain_text",))
        case "static_select" | "radio_buttons" | "checkboxes" | "overflow" | "multi_static_select":
            yield from option_problems(element, at)
        case "plain_text_input":
            yield from field_problems(element, at)


def button_problems(element: Json, at: str) -> Iterator[str]:
    """A button: text to 75 characters, a value to 2,000, an address to 3,000."""
    yield from text_problems(element.get("text"), f"{at}/text", 75, ("plain_text",))
    for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
        yield from length_problems(element, name, most, at)
    if element.get("style") not in (None, "primary", "danger"):
        yield f"must be a valid enum value [json-pointer:{at}/style]"


def thumb_problems(element: Json, at: str) -> Iterator[str]:
    """Two thumbs, each with text to 75 characters and a value to 2,000."""
    for name in ("positive_button", "negative_button"):
        button = element.get(name)
        if not isinstance(button, dict) or not button.get("value"):
            yield f"missing required field: {name} [json-pointer:{at}]"
            continue
        yield from text_problems(button.get("text"), f"{at}/{name}/text", 75, ("plain_text",))
        yield from length_problems(button, "value", 2000, f"{at}/{name}")
        yield from length_problems(button, "accessibility_label", 75, f"{at}/{name}")


def option_problems(element: Json, at: str) -> Iterator[str]:
    """A choice of 1 to 100 options (10 where all are seen, 5 in an overflow)."""
    most = {"radio_buttons": 10, "checkboxes": 10, "overflow": 5}.get(element["type"], 100)
    options = element.get("options")
    if "option_groups" in element:
        return
    if not isinstance(options, list) or not all_objects(options) or not 0 < len(options) <= most:
        yield f"must have 1 to {most} options [json-pointer:{at}/options]"
        return
    long = 150 if element["type"] == "static_select" else 75
    for number, option in enumerate(options):
        yield from text_problems(option.get("text"), f"{at}/options/{number}/text", long)
        yield from length_problems(option, "value", 150, f"{at}/options/{number}")


def field_problems(element: Json, at: str) -> Iterator[str]:
    """A field for words: a placeholder to 150 characters, `max_length` to 3,000."""
    if element.get("placeholder"):
        where = f"{at}/placeholder"
        yield from text_problems(element["placeholder"], where, 150, ("plain_text",))
    longest = element.get("max_length", 3000)
    if not isinstance(longest, int) or not 1 <= longest <= 3000:
        yield f"must be at most 3000 [json-pointer:{at}/max_length]"


def length_problems(part: Json, name: str, most: int, at: str) -> Iterator[str]:
    """Words of at most `most` characters, where there are some."""
    if name in part and not (isinstance(part[name], str) and len(part[name]) <= most):
        yield f"must be less than {most + 1} characters [json-pointer:{at}/{name}]"
