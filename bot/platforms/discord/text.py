"""Answer text as Discord may show it: its Markdown in Discord's own, its powers gone.

What the Markdown means is decided here, line by line, and written so that Discord reads the
same: a code block is opened and closed by three backticks on lines of their own and is never
empty, and nothing outside of code opens what a later line could close.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.backticks import code_in
from bot.inert import code_unpinged
from bot.measures import GAP, isolated, tidy
from bot.platforms.discord.inline import LONGEST_CODE, inline, literal
from bot.platforms.discord.tables import is_delimiter, is_row, table

FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)")
LANGUAGE = re.compile(r"[A-Za-z0-9_+.-]{1,30}(?=\s|$)")
QUOTE = re.compile(r"[ ]{0,3}>[ \t]?")
QUOTES = re.compile(r"(?:[ ]{0,3}>[ \t]?)++")
HEADING = re.compile(r"[ ]{0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<words>.*))?")
RULE = re.compile(r"[ ]{0,3}([-*_])(?:[ \t]*+\1){2,}+[ \t]*+")
ITEM = re.compile(r"(?P<indent>[ ]*)(?P<sign>[-*+]|\d{1,9}[.)])[ \t]+(?P<rest>.*)")
BOX = re.compile(r"\[(?P<done>[ xX])\][ \t]+")
HALF_LINK = re.compile(r"!?\[[^\[\]]*+(?:\](?:\([^()]*+)?)?\Z")
HALF_MARK = re.compile(r"[*_~]+\s*\Z")
HELD = 300  # characters at the end of a line that are not shown while they may become a link
LINE = "———"  # what stands for a rule, which Discord does not draw


@dataclass(frozen=True)
class Block:
    """What the lines before have begun; lines have no line end, and are tidy."""

    links: Collection[str] = ()
    fence: str = ""  # the marks of the code block that is open
    opening: str = ""  # its first line, until there is code to show
    indent: int = 0  # of the fence: so much is taken off the code
    quoted: bool = False  # it stands in a quote, and ends with that
    rows: tuple[str, ...] = ()  # of what is a table, or its head may be

    def add(self, line: str) -> tuple[Block, str]:
        """What is begun then, and the lines that stand now, each with its end."""
        if self.fence:
            return self._code(line)
        if self.rows:
            return self._row(line)
        bare = QUOTE.sub("", line) if QUOTE.match(line) else line
        if found := FENCE.fullmatch(_item_text(bare)):
            return self._opened(found, quoted=bare != line), ""
        if is_row(line):
            return replace(self, rows=(line,)), ""
        return self, f"{_drawn(line, self.links)}\n"

    def rest(self) -> str:
        """What was held back, and the end of what is open."""
        if self.fence:
            return "" if self.opening else "```\n"
        return self._held()

    def _opened(self, found: re.Match[str], quoted: bool) -> Block:
        language = LANGUAGE.match(found["info"])
        opening = f"```{language[0] if language else ''}\n"
        indent = len(found["indent"])
        return replace(self, fence=found["marks"], opening=opening, indent=indent, quoted=quoted)

    def _closed(self) -> Block:
        return Block(self.links)

    def _code(self, line: str) -> tuple[Block, str]:
        quote = QUOTE.match(line) if self.quoted else None
        if self.quoted and quote is None:
            block, told = self._closed().add(line)
            return block, self.rest() + told
        line = line[quote.end() :] if quote else line
        if line.strip().startswith(self.fence) and not line.strip().strip(self.fence[0]):
            return self._closed(), self.rest()
        if self.opening and not line.strip():
            return self, ""  # so that no code block is ever empty
        within = line[: self.indent].lstrip() + line[self.indent :]
        return replace(self, opening=""), f"{self.opening}{_code(within)}\n"

    def _row(self, line: str) -> tuple[Block, str]:
        begun = len(self.rows) > 1
        if is_row(line) if begun else is_delimiter(line, self.rows[0]):
            return replace(self, rows=(*self.rows, line)), ""
        block, told = self._closed().add(line)
        return block, self._held() + told

    def _held(self) -> str:
        if len(self.rows) > 1:
            return table(self.rows, self.links)
        return "".join(f"{_drawn(row, self.links)}\n" for row in self.rows)


def whole_line(line: str) -> str:
    """A line as `Block.add` takes it: what cannot be seen is gone."""
    return tidy(line).rstrip()


def growing(block: Block, line: str) -> str:
    """What may be shown, of what is held back and of a line that goes on, with all closed."""
    line = whole_line(line)
    if block.fence:
        marks = line.strip().strip(block.fence[0])
        block, told = block.add(line) if marks else (block, "")
        return told + block.rest()
    if len(block.rows) > 1 or is_row(line) or _begins_table(block):
        return block.rest() if len(block.rows) > 1 else ""
    held = block.rest()
    return f"{held}{_drawn(line, block.links, unfinished=True)}\n" if line else held


def _begins_table(block: Block) -> bool:
    return len(block.rows) == 1 and block.rows[0].lstrip().startswith("|")


def steady(line: str) -> str:
    """The beginning of a line that goes on: whole words, and no half of a link, code or mark."""
    end = max(line.rfind(" "), line.rfind("\t")) + 1
    line = line[:end]
    for opened in (HALF_LINK, HALF_MARK):
        found = opened.search(line, max(0, end - HELD))
        line = line[: found.start()] if found else line
    begun = _half_code(line)
    return line if begun is None or len(line) - begun > HELD else line[:begun]


def _half_code(line: str) -> int | None:
    """Where code begins that is not ended."""
    at = 0
    for code in code_in(line, lambda code: code.end - code.begin <= LONGEST_CODE):
        at = code.stop
    begun = line.find("`", at)
    return begun if begun >= 0 else None


def plain(text: str, most: int) -> str:
    """A line for where Discord reads no Markdown, of at most `most` units: labels, footers."""
    return isolated(" ".join(tidy(text).split()), most)


def words(text: str, most: int) -> str:
    """A line that is only read, of at most `most` units before its marks are escaped."""
    return literal(plain(text, most))


def _item_text(line: str) -> str:
    """What stands behind a list's sign, where code begins there."""
    found = ITEM.fullmatch(line)
    begun = found and FENCE.fullmatch(found["rest"])
    return " " * found.start("rest") + found["rest"] if found and begun else line


def _code(line: str) -> str:
    return code_unpinged(re.sub("`(?=``)", f"`{GAP}", line))


def _drawn(line: str, links: Collection[str], unfinished: bool = False) -> str:
    """A line that stands outside of code blocks and tables."""
    found = QUOTES.match(line)
    told = _content(_untabbed(line[found.end() :] if found else line), links, unfinished)
    return f"> {told or GAP}" if found else told  # one level of quotes is all that Discord knows


def _untabbed(line: str) -> str:
    begin = len(line) - len(line.lstrip())
    return line[:begin].replace("\t", "    ") + line[begin:]


def _content(line: str, links: Collection[str], unfinished: bool) -> str:
    if RULE.fullmatch(line):
        return LINE
    if heading := HEADING.fullmatch(line):
        return _heading(heading, links, unfinished)
    if item := ITEM.fullmatch(line):
        return _item(item, links, unfinished)
    return inline(line, links, unfinished)


def _heading(found: re.Match[str], links: Collection[str], unfinished: bool) -> str:
    marks, words = found["marks"], _headed(found["words"] or "")
    if not words:
        return ""
    if len(marks) <= 3:
        return f"{marks} {inline(words, links, unfinished)}"
    return inline(f"**{words}**", links, unfinished)


def _headed(words: str) -> str:
    """A heading's words without the marks that may close it."""
    words = words.strip()
    bare = words.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] in " \t" else words


def _item(found: re.Match[str], links: Collection[str], unfinished: bool) -> str:
    sign = f"{found['sign'][:-1]}." if found["sign"][0].isdigit() else "-"
    rest, box = found["rest"], BOX.match(found["rest"])
    if box:
        rest = f"{'☐' if box['done'] == ' ' else '☑'} {rest[box.end() :]}"
    heading = HEADING.fullmatch(rest)
    told = (
        _heading(heading, links, unfinished) if heading else inline(rest, links, unfinished)
    ).lstrip("# ")
    return f"{found['indent']}{sign} {told}".rstrip()
