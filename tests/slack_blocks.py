"""What Slack takes of blocks and views, and what a person would see in them; strict, from its docs.

Written apart from the drawing and from the local server, so that each checks the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

Shape = Mapping[str, Any]

READ = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PING = re.compile(
    r"<(?:!(?:here|channel|everyone|group|subteam)|[@#][a-z0-9])|@(?:here|channel|everyone)\b",
    re.IGNORECASE,
)
HIDDEN = re.compile(
    "[\u202a-\u202e\u2066\u2067\u200e\u200f\u061c\u00ad\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
ANGLED = re.compile(r"<([^<>]*)>")
DATE = re.compile(r"!date\^\d+\^[^|^]+\|[^|]+")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s<>\"'`|]+|(?:javascript|data|vbscript):\S", re.I)
ENDING = ".,;:!?)]}'\"\u200b"
MESSAGES_ONLY = {"markdown", "context_actions"}


def units(text: str) -> int:
    """UTF-16 units, of which there are never fewer than characters."""
    return len(text.encode("utf-16-le")) // 2


def message_problems(blocks: Sequence[Shape]) -> list[str]:
    """What Slack would refuse in a message's blocks."""
    markdown = sum(units(block["text"]) for block in blocks if block["type"] == "markdown")
    found = list(_blocks(blocks, 50))
    found += ["more than 12,000 of markdown"] * (markdown > 12_000)
    return found + ["more than 13,000 in all"] * (weight(blocks) > 13_000)


def view_problems(view: Shape) -> list[str]:
    """What Slack would refuse in a modal or a home tab."""
    found = list(_blocks(view["blocks"], 100))
    found += [f"{b['type']} in a view" for b in view["blocks"] if b["type"] in MESSAGES_ONLY]
    for part in ("title", "submit", "close"):
        found += _plain(view[part], 24, part) if part in view else []
    found += ["private_metadata"] * (len(view.get("private_metadata", "")) > 3_000)
    found += ["callback_id"] * (len(view.get("callback_id", "")) > 255)
    needs = any(block["type"] == "input" for block in view["blocks"])
    big = view["type"] == "modal" and weight(view["blocks"]) > 13_000
    found += ["more than 13,000 in a modal"] * big
    found += ["an input and no submit"] * (needs and "submit" not in view)
    return found + ["no title"] * (view["type"] == "modal" and "title" not in view)


def weight(value: object) -> int:
    """Roughly what Slack counts: every string and every name."""
    if isinstance(value, Mapping):
        return sum(weight(key) + weight(part) + 4 for key, part in value.items())
    if isinstance(value, list | tuple):
        return sum(weight(part) + 2 for part in value)
    return len(str(value))


def _blocks(blocks: Sequence[Shape], most: int) -> Iterator[str]:
    if not 0 < len(blocks) <= most:
        yield f"{len(blocks)} blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)) or any(not 0 < len(id) <= 255 for id in ids):
        yield "block ids"
    for block in blocks:
        yield from _block(block)


def _block(block: Shape) -> Iterator[str]:
    match block["type"]:
        case "markdown":
            if not block["text"].strip() or "block_id" in block:
                yield "markdown without text, or with an id that is not kept"
        case "section":
            yield from _marked(block["text"], 3_000)
            yield from _elements(
                [block["accessory"]] if "accessory" in block else [], 1, {"button"}
            )
        case "header":
            yield from _plain(block["text"], 150, "header")
        case "context":
            if not 0 < len(block["elements"]) <= 10:
                yield "elements of a context"
            for element in block["elements"]:
                yield from _marked(element, 3_000)
        case "context_actions":
            yield from _elements(block["elements"], 5, {"feedback_buttons"})
        case "actions":
            yield from _elements(block["elements"], 25, {"button"})
        case "input":
            yield from _plain(block["label"], 2_000, "label")
            yield from _elements([block["element"]], 1, {"radio_buttons", "plain_text_input"})
            yield from _plain(block["hint"], 2_000, "hint") if "hint" in block else ()
        case "divider":
            pass
        case other:
            yield f"unknown block {other}"


def _elements(elements: Sequence[Shape], most: int, kinds: Collection[str]) -> Iterator[str]:
    names = [element["action_id"] for element in elements]
    if len(elements) > most or len(names) != len(set(names)):
        yield "elements or their action ids"
    for element in elements:
        if element["type"] not in kinds or not 0 < len(element["action_id"]) <= 255:
            yield f"element {element['type']}"
        yield from _element(element)


def _element(element: Shape) -> Iterator[str]:
    match element["type"]:
        case "button":
            yield from _plain(element["text"], 75, "button")
            if len(element["value"]) > 2_000 or element.get("style") not in (None, "danger"):
                yield "value or style of a button"
            yield from _confirm(element["confirm"]) if "confirm" in element else ()
        case "feedback_buttons":
            for side in ("positive_button", "negative_button"):
                yield from _plain(element[side]["text"], 75, side)
                if len(element[side]["value"]) > 2_000:
                    yield "value of a thumb"
                if not 0 < len(element[side]["accessibility_label"]) <= 75:
                    yield "label of a thumb"
        case "radio_buttons":
            options = element["options"]
            if (
                not 0 < len(options) <= 10
                or element.get("initial_option", options[0]) not in options
            ):
                yield "options"
            for option in options:
                yield from _plain(option["text"], 75, "option")
                if not 0 < len(option["value"]) <= 75:
                    yield "value of an option"
        case "plain_text_input":
            if element["max_length"] > 3_000:
                yield "max_length"
            if units(element.get("initial_value", "")) > element["max_length"]:
                yield "initial_value"


def _confirm(confirm: Shape) -> Iterator[str]:
    for part, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _plain(confirm[part], most, part)


def _plain(text: Shape, most: int, what: str) -> Iterator[str]:
    if text["type"] != "plain_text" or not 0 < units(text["text"]) <= most:
        yield f"{what} of {units(text['text'])}"


def _marked(text: Shape, most: int) -> Iterator[str]:
    if text["type"] != "mrkdwn" or not 0 < units(text["text"]) <= most:
        yield f"mrkdwn of {units(text['text'])}"
    if text.get("verbatim") is not True:
        yield "mrkdwn that Slack adds links to"


def strings(value: object) -> Iterator[str]:
    """Every string in blocks."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)


def marked_texts(value: object) -> Iterator[str]:
    """Every text in Slack's own markup."""
    if isinstance(value, Mapping):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for part in value.values():
            yield from marked_texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from marked_texts(part)


def mrkdwn_dangers(text: str, cited: Collection[str]) -> list[str]:
    """What in Slack's markup pings, hides, or leads where it does not say."""
    found = [f"{m[0]!r} in {text!r}" for m in (PING.search(text), HIDDEN.search(text)) if m]
    for inner in ANGLED.findall(text):
        url, _, words = inner.partition("|")
        url, host = url.replace("&amp;", "&"), urlsplit(url).hostname or "?"
        good = url in cited and host in words and "@" not in urlsplit(url).netloc
        found += [] if good or DATE.fullmatch(inner) else [f"link {inner!r}"]
    bare = ANGLED.sub("", text)
    found += [f"{bare!r}"] if "<" in bare or ">" in bare.replace("> ", "") else []
    return found + [f"address {m[0]!r}" for m in ADDRESS.finditer(bare) if "://" in m[0]]


def markdown_dangers(text: str, cited: Collection[str]) -> list[str]:
    """What in Markdown pings, hides, or leads where it does not say, as CommonMark reads it."""
    found = [f"{m[0]!r} in {text!r}" for m in (PING.search(text), HIDDEN.search(text)) if m]
    if len(re.findall(r"^```", text, re.MULTILINE)) % 2:
        found.append(f"a fence is open in {text!r}")
    for block in READ.parse(text):
        found += _tokens(block.children or [], cited, text)
        found += [f"{block.type} in {text!r}"] * (
            block.type == "html_block" and "://" in block.content
        )
    return found


def _tokens(tokens: Sequence[Any], cited: Collection[str], text: str) -> Iterator[str]:
    href, label = "", ""
    for token in tokens:
        label += token.content
        if token.type == "link_open":
            href, label = str(token.attrs["href"]), ""
        elif token.type == "link_close":
            if href not in cited or (urlsplit(href).hostname or "?") not in label:
                yield f"link {href!r} called {label!r} in {text!r}"
            href = ""
        elif token.type == "image":
            yield f"an image in {text!r}"
        elif token.type in ("text", "html_inline") and not href:
            outside = (m[0] for m in ADDRESS.finditer(token.content) if "://" in m[0])
            yield from (
                f"address {address!r} in {text!r}"
                for address in outside
                if address not in cited and address.rstrip(ENDING) not in cited
            )
