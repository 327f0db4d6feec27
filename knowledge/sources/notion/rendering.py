"""The blocks of a page as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import unquote

from knowledge.reading.grids import pipe_table
from knowledge.reading.plain import one_line
from knowledge.sources._services.refusals import Json
from knowledge.sources.notion.blocks import Block
from knowledge.sources.notion.ids import dashed, link
from knowledge.sources.notion.service import objects, part
from knowledge.sources.notion.words import fenced, markdown, plain

LISTS = {"bulleted_list_item": "- ", "to_do": "- ", "numbered_list_item": ""}
HEADINGS = {f"heading_{level}": "#" * level for level in range(1, 5)}
EMPTY = frozenset({"table_of_contents", "breadcrumb", "button"})
PLAIN_CODE = "plain text"
Named = Callable[[str], str]
"""The title of a page by its id; "" where it is not known."""


@dataclass(frozen=True)
class Drawing:
    """Draws blocks."""

    named: Named

    def blocks(self, blocks: Sequence[Block]) -> str:
        """Blocks one below the other; neighbours of the same list stand together."""
        made: list[str] = []
        for kind, run in groupby(blocks, key=lambda block: block.type):
            some = list(run)
            if kind in LISTS:
                made.append(self.items(kind, some))
            else:
                made += [self.block(one) for one in some]
        return "\n\n".join(part for part in made if part)

    def block(self, block: Block) -> str:
        """One block, which is no item of a list."""
        if block.type in EMPTY:
            return ""
        if block.type in WHOLE:
            return WHOLE[block.type](self, block)
        if block.type in BOXES:
            return boxed(self.below(BOXES[block.type](block), block))
        draw = LINES.get(block.type)
        line = draw(self, block) if draw else unknown(block)
        return self.below(line, block)

    def below(self, line: str, block: Block) -> str:
        """A line, and what lies in its block."""
        note = f"*({block.note})*" if block.note else ""
        return "\n\n".join(p for p in (line, self.blocks(block.children), note) if p)

    def items(self, kind: str, items: Sequence[Block]) -> str:
        """A list; what belongs to an item stands below it."""
        lines = []
        for number, item in enumerate(items, start=1):
            mark = LISTS[kind] or f"{number}. "
            line = markdown(item.told.get("rich_text")).strip()
            if kind == "to_do":
                line = f"{'[x]' if item.told.get('checked') is True else '[ ]'} {line}"
            simple = all(child.type in LISTS for child in item.children) and not item.note
            text = self.below(line, item)
            text = text.replace("\n\n", "\n", 1) if simple else text
            lines.append(f"{mark}{indented(text, ' ' * len(mark)).lstrip()}" if text else "")
        return "\n".join(line for line in lines if line)

    def table(self, block: Block) -> str:
        """A table; its first row heads it."""
        rows = (row.told.get("cells") for row in block.children)
        lists = (row for row in rows if isinstance(row, list))
        return pipe_table([[markdown(cell) for cell in row] for row in lists])

    def elsewhere(self, block: Block) -> str:
        """A link to a page or a database that lies somewhere else."""
        kind = str(block.told.get("type") or "")
        id = dashed(block.told.get(kind))
        return f"[{self.named(id) or 'A page'}]({link(id)})" if id else ""


# -- lines ---------------------------------------------------------------------------


def words(_: Drawing, block: Block) -> str:
    """The text of a block."""
    return markdown(block.told.get("rich_text")).strip()


def heading(_: Drawing, block: Block) -> str:
    """A heading of its level."""
    text = one_line(markdown(block.told.get("rich_text")))
    return f"{HEADINGS[block.type]} {text}" if text else ""


def code(_: Drawing, block: Block) -> str:
    """Code in its language, with what is said below it."""
    text = "".join(str(one.get("plain_text") or "") for one in objects(block.told.get("rich_text")))
    language = str(block.told.get("language") or "")
    made = fenced(text, "" if language == PLAIN_CODE else language) if text.strip() else ""
    return "\n\n".join(p for p in (made, caption(block)) if p)


def equation(_: Drawing, block: Block) -> str:
    """A formula that stands alone."""
    text = str(block.told.get("expression") or "").strip()
    return f"$$\n{text}\n$$" if text else ""


def inner_page(_: Drawing, block: Block) -> str:
    """A page or a database that lies here: by its name, for it is a document of its own."""
    title = one_line(str(block.told.get("title") or "")) or "Untitled"
    return f"[{title}]({link(block.id)})"


def bookmark(_: Drawing, block: Block) -> str:
    """A link that stands alone, by its caption."""
    return linked(caption(block), str(block.told.get("url") or ""))


def media(_: Drawing, block: Block) -> str:
    """A picture by its caption: its address ends within the hour, or needs no reading."""
    return caption(block)


def file(_: Drawing, block: Block) -> str:
    """A file by its name; one that lies elsewhere is linked."""
    url = str(part(block.told, "external").get("url") or "")
    line = linked(file_name(block.told), url)
    return " – ".join(p for p in (line, caption(block)) if p)


def divider(*_: object) -> str:
    """A line across."""
    return "---"


def nothing(*_: object) -> str:
    """A block that only holds others."""
    return ""


def meeting(_: Drawing, block: Block) -> str:
    """The title of a meeting's notes."""
    title = block.told.get("title")
    return f"**{plain(title)}**" if plain(title) else ""


def untold(_: Drawing, block: Block) -> str:
    """A block that Notion's interface does not have."""
    kind = str(block.told.get("block_type") or "") or "an unknown type"
    return f"*(A block that Notion does not tell: {kind}.)*"


def unknown(block: Block) -> str:
    """A block of a type that came after us: what it says, else what it is called."""
    told = block.told
    text = next((t for t in map(markdown, texts(told)) if t.strip()), "").strip()
    url = told.get("url")
    line = linked(text, url) if isinstance(url, str) else text
    return line or ("" if block.children else f"*(A block of the type {block.type}.)*")


def texts(told: Json) -> Iterator[object]:
    """Where blocks have their text."""
    yield from (told.get(name) for name in ("rich_text", "title", "caption", "text"))


# -- boxes ---------------------------------------------------------------------------


def quote(block: Block) -> str:
    """What is quoted."""
    return markdown(block.told.get("rich_text")).strip()


def callout(block: Block) -> str:
    """What is pointed out, behind its sign."""
    sign = str(part(block.told, "icon").get("emoji") or "")
    return f"{sign} {markdown(block.told.get('rich_text')).strip()}".strip()


def boxed(text: str) -> str:
    """A quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if text else ""


# -- pieces --------------------------------------------------------------------------


def caption(block: Block) -> str:
    """What is said below a block."""
    return markdown(block.told.get("caption")).strip()


def linked(text: str, url: str) -> str:
    """A link by its text; without one, by its address."""
    if not url:
        return text
    return f"[{text}]({url})" if text else f"<{url}>"


def file_name(told: Json) -> str:
    """The name of a file: as told, or the end of its address."""
    kind = str(told.get("type") or "")
    path = str(part(told, kind).get("url") or "").partition("?")[0]
    return one_line(str(told.get("name") or unquote(path.rpartition("/")[2])))


def indented(text: str, by: str) -> str:
    """Lines moved to the right."""
    return "\n".join(f"{by}{line}" if line else line for line in text.split("\n"))


Line = Callable[[Drawing, Block], str]
LINES: dict[str, Line] = {
    "paragraph": words,
    "toggle": words,
    "template": words,
    **dict.fromkeys(HEADINGS, heading),
    "code": code,
    "equation": equation,
    "child_page": inner_page,
    "child_database": inner_page,
    "link_to_page": Drawing.elsewhere,
    **dict.fromkeys(("bookmark", "embed", "link_preview"), bookmark),
    **dict.fromkeys(("image", "video", "audio"), media),
    **dict.fromkeys(("file", "pdf"), file),
    "divider": divider,
    **dict.fromkeys(("synced_block", "column_list", "column", "tab"), nothing),
    **dict.fromkeys(("meeting_notes", "transcription"), meeting),
    "unsupported": untold,
}
WHOLE: dict[str, Line] = {"table": Drawing.table}
BOXES: dict[str, Callable[[Block], str]] = {"quote": quote, "callout": callout}
