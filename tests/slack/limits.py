"""What Slack refuses in blocks and views: their kinds, sizes and ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from tests.slack.elements import element_problems, id_problems, text_problems
from tests.slack.payloads import Json, Refused

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_MARKDOWN = 12_000  # characters, of all markdown blocks of a message together
MOST_TEXT = 13_200  # characters, of everything in a message; measured by others, undocumented
ONLY_IN_MESSAGES = {"markdown", "context_actions", "file", "plan", "task_card", "table"}
FREE = {"divider", "rich_text", "video", "file", "call", "card", "carousel", "alert", "container"}


def check_blocks(blocks: Sequence[Json], surface: Surface = "message") -> None:
    """Refuse blocks as Slack does: `invalid_blocks`, `msg_blocks_too_long`."""
    problems = [*count_problems(blocks, surface), *twice(blocks, "block_id", "/blocks")]
    for number, block in enumerate(blocks):
        problems += block_problems(block, f"/blocks/{number}", surface)
    if problems:
        raise Refused("invalid_blocks", problems)
    check_size(blocks)


def check_size(blocks: Sequence[Json], besides: int = 0) -> None:
    """Refuse more text than a message holds; `besides`: characters that stand there already."""
    if besides + text_size(list(blocks)) > MOST_TEXT:
        raise Refused("msg_blocks_too_long")


def text_size(value: object) -> int:
    """The characters of all text in blocks."""
    if isinstance(value, list):
        return sum(text_size(part) for part in value)
    if not isinstance(value, dict):
        return 0
    own = sum(len(v) for k, v in value.items() if k == "text" and isinstance(v, str))
    return own + sum(text_size(v) for v in value.values() if isinstance(v, (dict, list)))


def count_problems(blocks: Sequence[Json], surface: Surface) -> Iterator[str]:
    """Too many blocks, too much Markdown, more than one table."""
    if len(blocks) > MOST_BLOCKS[surface]:
        yield f"no more than {MOST_BLOCKS[surface]} items allowed [json-pointer:/blocks]"
    markdown = sum(len(str(b.get("text", ""))) for b in blocks if b.get("type") == "markdown")
    if markdown > MOST_MARKDOWN:
        yield f"markdown must be less than {MOST_MARKDOWN + 1} characters [json-pointer:/blocks]"
    if sum(block.get("type") == "table" for block in blocks) > 1:
        yield "only_one_table_allowed [json-pointer:/blocks]"


def twice(parts: Sequence[Json], name: str, pointer: str) -> Iterator[str]:
    """Ids that stand at more than one of the parts."""
    ids = [part[name] for part in parts if isinstance(part, dict) and part.get(name)]
    for id in {str(id) for id in ids if ids.count(id) > 1}:
        yield f"`{name}` must be unique: {id} [json-pointer:{pointer}]"


def block_problems(block: Json, at: str, surface: Surface) -> Iterator[str]:
    """All that is wrong with one block."""
    kind = block.get("type")
    if kind in ONLY_IN_MESSAGES and surface != "message":
        yield f"unsupported type in this view: {kind} [json-pointer:{at}/type]"
    yield from id_problems(block, "block_id", at)
    match kind:
        case "section":
            yield from section_problems(block, at)
        case "header":
            yield from text_problems(block.get("text"), f"{at}/text", 150, ("plain_text",))
        case "markdown":
            if not isinstance(block.get("text"), str) or not block["text"]:
                yield f"missing required field: text [json-pointer:{at}]"
        case "image":
            yield from image_problems(block, at)
        case "context":
            yield from elements_problems(block, at, 10, CONTEXT)
        case "actions":
            yield from elements_problems(block, at, 25, ACTIONS)
        case "context_actions":
            yield from elements_problems(block, at, 5, ("feedback_buttons", "icon_button"))
        case "input":
            yield from input_problems(block, at)
        case "table":
            yield from table_problems(block, at)
        case "task_card":
            yield from task_problems(block, at)
        case _ if kind not in FREE | {"plan", "data_table"}:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"


CONTEXT = ("mrkdwn", "plain_text", "image")
ACTIONS = (
    "button checkboxes datepicker datetimepicker overflow radio_buttons static_select "
    "external_select users_select conversations_select channels_select multi_static_select "
    "timepicker workflow_button"
).split()
INPUTS = [*ACTIONS, "plain_text_input", "email_text_input", "number_input", "url_text_input"]


def elements_problems(block: Json, at: str, most: int, kinds: Sequence[str]) -> Iterator[str]:
    """A block that holds elements of some kinds."""
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield f"no fewer than 1 items allowed [json-pointer:{at}/elements]"
        return
    if len(elements) > most:
        yield f"no more than {most} items allowed [json-pointer:{at}/elements]"
    yield from twice(elements, "action_id", f"{at}/elements")
    for number, element in enumerate(elements):
        yield from element_problems(element, f"{at}/elements/{number}", kinds)


def section_problems(block: Json, at: str) -> Iterator[str]:
    """A section: text to 3,000 characters, ten fields to 2,000, an element beside it."""
    fields = block.get("fields", [])
    if not isinstance(fields, list):
        yield f"must be an array [json-pointer:{at}/fields]"
        return
    if block.get("text") is not None or not fields:
        yield from text_problems(block.get("text"), f"{at}/text", 3000)
    if len(fields) > 10:
        yield f"no more than 10 items allowed [json-pointer:{at}/fields]"
    for number, field in enumerate(fields):
        yield from text_problems(field, f"{at}/fields/{number}", 2000)
    if block.get("accessory"):
        yield from element_problems(block["accessory"], f"{at}/accessory", [*ACTIONS, "image"])


def image_problems(block: Json, at: str) -> Iterator[str]:
    """An image needs its address and words for those who do not see it."""
    for name, most in (("image_url", 3000), ("alt_text", 2000)):
        if not 0 < len(str(block.get(name, ""))) <= most and "slack_file" not in block:
            yield f"must have 1 to {most} characters [json-pointer:{at}/{name}]"


def input_problems(block: Json, at: str) -> Iterator[str]:
    """A field of a form: a label to 2,000 characters, a hint, one element."""
    yield from text_problems(block.get("label"), f"{at}/label", 2000, ("plain_text",))
    if block.get("hint"):
        yield from text_problems(block["hint"], f"{at}/hint", 2000, ("plain_text",))
    yield from element_problems(block.get("element", {}), f"{at}/element", INPUTS)


def table_problems(block: Json, at: str) -> Iterator[str]:
    """A table: 100 rows of 20 cells, 10,000 characters."""
    rows = block.get("rows")
    if not isinstance(rows, list) or not 0 < len(rows) <= 100:
        yield f"must have 1 to 100 rows [json-pointer:{at}/rows]"
    elif any(not isinstance(row, list) or len(row) > 20 for row in rows):
        yield f"no more than 20 cells allowed [json-pointer:{at}/rows]"
    elif text_size(rows) > 10_000:
        yield f"must be less than 10001 characters [json-pointer:{at}/rows]"


def task_problems(block: Json, at: str) -> Iterator[str]:
    """A task card needs its id, its title, a status that there is."""
    for name in ("task_id", "title"):
        if not block.get(name):
            yield f"missing required field: {name} [json-pointer:{at}]"
    if block.get("status") not in ("pending", "in_progress", "complete", "error"):
        yield f"must be a valid enum value [json-pointer:{at}/status]"


def check_view(view: Json) -> None:
    """Refuse a modal or a Home as Slack does: `invalid_arguments`."""
    surface: Surface = "home" if view.get("type") == "home" else "modal"
    problems = [*view_problems(view)]
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(b, dict) for b in blocks):
        problems.append("missing required field: blocks [json-pointer:/view]")
        blocks = []
    problems += [*count_problems(blocks, surface), *twice(blocks, "block_id", "/view/blocks")]
    for number, block in enumerate(blocks):
        problems += block_problems(block, f"/view/blocks/{number}", surface)
    if problems:
        raise Refused("invalid_arguments", problems)


def view_problems(view: Json) -> Iterator[str]:
    """All that is wrong with a view around its blocks."""
    if view.get("type") not in ("modal", "home"):
        yield "must be a valid enum value [json-pointer:/view/type]"
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(str(view.get(name) or "")) > most:
            yield f"must be less than {most + 1} characters [json-pointer:/view/{name}]"
    if view.get("type") == "modal":
        yield from text_problems(view.get("title"), "/view/title", 24, ("plain_text",))
    for name in ("submit", "close"):
        if view.get(name):
            yield from text_problems(view[name], f"/view/{name}", 24, ("plain_text",))
    blocks = view.get("blocks")
    there = blocks if isinstance(blocks, list) else []
    inputs = [b for b in there if isinstance(b, dict) and b.get("type") == "input"]
    if view.get("type") == "modal" and inputs and not view.get("submit"):
        yield "missing required field: submit [json-pointer:/view]"
