"""Atlassian's document format, which Jira's cloud writes text in, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Node = Mapping[str, Any]
DEEPEST = 60  # levels; what lies deeper is left out
FENCE = "```"
AROUND = {"strong": "**", "em": "*", "strike": "~~"}


def markdown_of(node: object) -> str:
    """A document as Markdown; "" for what is none."""
    return blocks(node, 0).strip() if isinstance(node, Mapping) else ""


def blocks(node: Node, depth: int) -> str:
    """The blocks within a node, an empty line between each two."""
    if depth > DEEPEST:
        return ""
    return "\n\n".join(filter(None, (block(child, depth + 1) for child in children(node))))


def block(node: Node, depth: int) -> str:
    """One block."""
    kind = str(node.get("type", ""))
    if made := BLOCKS.get(kind):
        return made(node, depth)
    return blocks(node, depth) if kind not in INLINE else inline(node)


def children(node: Node) -> Sequence[Node]:
    """The nodes within."""
    found = node.get("content")
    return [n for n in found if isinstance(n, Mapping)] if isinstance(found, list) else []


def said(node: Node, name: str) -> str:
    """An attribute in words."""
    attrs = node.get("attrs")
    found = attrs.get(name) if isinstance(attrs, Mapping) else None
    return str(found) if isinstance(found, (str, int, float)) else ""


def words(node: Node, depth: int = 0) -> str:
    """A line of text with its marks."""
    del depth
    return "".join(inline(child) for child in children(node)).strip()


def inline(node: Node) -> str:
    """A piece of a line."""
    match node.get("type"):
        case "text":
            return marked(node)
        case "hardBreak":
            return "\n"
        case "date":
            return day(said(node, "timestamp"))
        case "inlineCard":
            return f"<{url}>" if (url := said(node, "url")) else ""
        case "media":
            return said(node, "alt")
        case _:
            return said(node, "text") or said(node, "shortName")


def marked(node: Node) -> str:
    """A text with its marks: code, emphasis, links."""
    text = str(node.get("text") or "")
    found = node.get("marks")
    marks = [m for m in found if isinstance(m, Mapping)] if isinstance(found, list) else []
    kinds = {str(mark.get("type")): mark for mark in marks}
    inner = text.strip()
    if not inner:
        return text
    made = f"`{inner}`" if "code" in kinds else inner
    for kind, sign in AROUND.items():
        made = f"{sign}{made}{sign}" if kind in kinds and "code" not in kinds else made
    if "link" in kinds and (url := said(kinds["link"], "href")):
        made = f"[{made}]({url})"
    return text.replace(inner, made, 1)


def day(stamp: str) -> str:
    """A date, told in milliseconds."""
    try:
        return f"{datetime.fromtimestamp(float(stamp) / 1000, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return ""


def heading(node: Node, depth: int) -> str:
    """A heading of its level."""
    level = said(node, "level")
    text = words(node, depth)
    return f"{'#' * (int(level) if level in '123456' and level else 2)} {text}" if text else ""


def code(node: Node, depth: int) -> str:
    """Code in its language."""
    del depth
    text = "".join(str(child.get("text") or "") for child in children(node))
    return f"{FENCE}{said(node, 'language')}\n{text}\n{FENCE}" if text.strip() else ""


def bullets(node: Node, depth: int) -> str:
    """A list; of tasks, with whether each is done."""
    return listed(
        node, depth, [f"- {DONE.get(said(item, 'state'), '')}" for item in children(node)]
    )


def numbers(node: Node, depth: int) -> str:
    """A numbered list."""
    return listed(node, depth, [f"{n}. " for n, _ in enumerate(children(node), start=1)])


def listed(node: Node, depth: int, signs: Sequence[str]) -> str:
    """Items under their signs; what belongs to one stands below it."""
    if depth > DEEPEST:
        return ""
    lines: list[str] = []
    for mark, item in zip(signs, children(node), strict=True):
        if item.get("type") == node.get("type"):  # tasks below a task stand beside it
            lines.append(indented(block(item, depth + 1), "  "))
            continue
        simple = item.get("type") in ("taskItem", "decisionItem")
        text = words(item) if simple else blocks(item, depth + 1).replace("\n\n", "\n")
        width = len(mark) if mark[0].isdigit() else 2
        lines += [mark + indented(text, " " * width).lstrip(" ")] if text else []
    return "\n".join(lines)


def indented(text: str, by: str) -> str:
    """Lines moved to the right."""
    return "\n".join(f"{by}{line}" if line else line for line in text.split("\n"))


def quote(node: Node, depth: int) -> str:
    """A quotation, or a panel under its name."""
    name = said(node, "panelType").capitalize()
    text = blocks(node, depth)
    text = f"**{name}**\n\n{text}" if name and text else text
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if text else ""


def expand(node: Node, depth: int) -> str:
    """What is folded away, under its title."""
    title = said(node, "title")
    return "\n\n".join(filter(None, (f"**{title}**" if title else "", blocks(node, depth))))


def table(node: Node, depth: int) -> str:
    """A table; its first row is the head."""
    rows = [
        [" ".join(blocks(cell, depth + 1).replace("|", "\\|").split()) for cell in children(row)]
        for row in children(node)
    ]
    width = max((len(row) for row in rows), default=0)
    if not width or depth > DEEPEST:
        return ""
    full = [row + [""] * (width - len(row)) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in full]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def card(node: Node, depth: int) -> str:
    """A link that is shown as a card."""
    del depth
    return f"<{url}>" if (url := said(node, "url")) else ""


def rule(node: Node, depth: int) -> str:
    """A line across."""
    del node, depth
    return "---"


DONE = {"DONE": "[x] ", "TODO": "[ ] "}
INLINE = frozenset(
    {"text", "hardBreak", "date", "inlineCard", "media", "mention", "emoji", "status"}
)
BLOCKS: dict[str, Callable[[Node, int], str]] = {
    "paragraph": words,
    "heading": heading,
    "codeBlock": code,
    "bulletList": bullets,
    "orderedList": numbers,
    "taskList": bullets,
    "decisionList": bullets,
    "blockquote": quote,
    "panel": quote,
    "expand": expand,
    "nestedExpand": expand,
    "table": table,
    "rule": rule,
    "blockCard": card,
    "embedCard": card,
}
