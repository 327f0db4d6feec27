"""reStructuredText into Markdown: quick, and never at a loss; what it does not know stays text."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.reading.dates import aware
from knowledge.reading.grids import grid_rows, pipe_table, simple_rows
from knowledge.reading.inline import markdown_inline, name_of
from knowledge.reading.plain import Content, decode

ADORNED = re.compile(r"([!-/:-@\[-`{-~])\1*\s*$")
FIELD = re.compile(r":((?![: ])(?:[^:\\\n]|\\.|:(?!\s|$))+):(?:\s+(.*)|$)")
HEADER = re.compile(r"([A-Z][A-Za-z-]*):(?:[ \t]+(.*)|$)")
ITEM = re.compile(r"([-*+•‣]|#\.|\(?(?:\d{1,4}|[A-Za-z]|[ivxlcdm]{1,6})[.)])(\s+)(?=\S)")
EXPLICIT = re.compile(r"\.\.(?:\s+|$)")
DIRECTIVE = re.compile(r"(?:\|([^|]+)\|\s+)?([A-Za-z][\w:+.-]*)\s?::(?:\s+(.*)|$)")
TARGET = re.compile(r"_(?:`([^`]+)`|([^:\\]|\\.|:(?!\s|$))+?):(?:\s+(.*)|$)")
SIMPLE = re.compile(r"=+(\s+=+)+\s*$")
CODE = {"code", "code-block", "sourcecode", "literalinclude", "parsed-literal", "productionlist",
        "math", "graphviz", "mermaid", "doctest", "testcode", "prompt"}  # fmt: skip
SILENT = {"contents", "highlight", "toctree", "include", "raw", "meta", "sectnum", "default-role",
          "role", "index", "sectionauthor", "currentmodule", "module", "title"}  # fmt: skip
QUIET_FIELDS = {"content-type"}
DATES = ("last-modified", "date", "updated", "created")


def read_rst(data: bytes, name: str) -> Content:
    """reStructuredText; title and date from the header fields, else title from first heading."""
    del name
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n").expandtabs(8)
    lines = [line.rstrip() for line in text.split("\n")]
    fields, rest = preamble(lines)
    reader = Reader(*definitions(rest))
    body = reader.blocks(rest)
    shown = [
        f"- {key}: {reader.inline(value)}"
        for key, value in fields.items()
        if value and key.lower() not in QUIET_FIELDS
    ]
    known = {key.lower(): value for key, value in fields.items()}
    dates = (aware(known[key]) for key in DATES if key in known)
    whole = "\n".join([*shown, "", *body])
    return Content(whole, titled(known, body), next(filter(None, dates), None))


def titled(fields: Mapping[str, str], body: list[str]) -> str:
    """The title of the header fields, or the heading that opens the text."""
    if "title" in fields:
        number = fields.get("pep", "")
        return f"PEP {number}: {fields['title']}" if number else fields["title"]
    first = next((line for line in body if line), "")
    return first.lstrip("# ") if first.startswith("# ") else ""


def preamble(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """The header fields at the top (`Title: ...` or `:Title: ...`, two or more) and the rest."""
    fields: dict[str, str] = {}
    key = ""
    start = next((place for place, line in enumerate(lines) if line), len(lines))
    for place in range(start, len(lines)):
        line = lines[place]
        if not line:
            return (fields, lines[place:]) if len(fields) > 1 else ({}, lines)
        if key and line[0] == " ":
            fields[key] = f"{fields[key]} {line.strip()}".strip()
        elif found := HEADER.match(line) or FIELD.match(line):
            key = found[1]
            fields[key] = found[2] or ""
        else:
            break
    return {}, lines


def definitions(lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The addresses of named targets, and the texts of substitutions."""
    targets: dict[str, str] = {}
    parts: dict[str, str] = {}
    for place, line in enumerate(lines):
        marked = line.lstrip()
        if marked.startswith(".. _") and (found := TARGET.match(marked[3:])):
            name = found[1] or marked[4:].partition(":")[0]
            following = lines[place + 1].strip() if place + 1 < len(lines) else ""
            url = found[3] or (following if re.match(r"[a-z]+:", following) else "")
            targets[name_of(name)] = url
        elif marked.startswith(".. |") and (found := DIRECTIVE.match(marked[3:])):
            parts[found[1].lower()] = found[3] or ""
    return targets, parts


@dataclass
class Reader:
    """Reads the blocks of one document; it learns the order of heading styles as it goes."""

    targets: Mapping[str, str]
    parts: Mapping[str, str]
    styles: list[str] = field(default_factory=list)

    def inline(self, text: str) -> str:
        """Inline markup as Markdown."""
        return markdown_inline(text, self.targets, self.parts)

    def blocks(self, lines: list[str], top: bool = True) -> list[str]:
        """Markdown lines of reStructuredText lines that begin in the first column."""
        out: list[str] = []
        at = 0
        while at < len(lines):
            if not lines[at]:
                out.append("")
                at += 1
                continue
            at = self.block(lines, at, out, top)
        return out

    def block(self, lines: list[str], at: int, out: list[str], top: bool) -> int:
        """Read the block that begins in line `at`; gives the line after it."""
        line = lines[at]
        if line[0] == " ":
            return self.quotation(lines, at, out)
        if top and (heading := self.heading(lines, at)):
            out += ["", heading[0], ""]
            return heading[1]
        if EXPLICIT.match(line):
            return self.explicit(lines, at, out)
        if table := self.table(lines, at):
            out += ["", table[0], ""]
            return table[1]
        if (found := ITEM.match(line)) and item_like(found[1], lines, at):
            return self.item(lines, at, out, found)
        if found := FIELD.match(line):
            end = indented(lines, at + 1)
            value = " ".join([found[2] or "", *(each.strip() for each in lines[at + 1 : end])])
            out.append(f"- {found[1]}: {self.inline(value.strip())}")
            return end
        return self.paragraph(lines, at, out)

    def heading(self, lines: list[str], at: int) -> tuple[str, int] | None:
        """A heading and the line after its underline."""
        over = bool(ADORNED.match(lines[at])) and len(lines[at]) > 2
        if over and at + 2 < len(lines) and lines[at + 2] == lines[at] and lines[at + 1].strip():
            return self.level(lines[at][0] * 2, lines[at + 1]), at + 3
        under = lines[at + 1] if at + 1 < len(lines) else ""
        if not ADORNED.match(under) or under in ("::", "..") or over:
            return None
        if len(under) < min(len(lines[at]), 4) or SIMPLE.match(under):
            return None
        return self.level(under[0], lines[at]), at + 2

    def level(self, style: str, text: str) -> str:
        """A Markdown heading; styles rank in the order in which they are met."""
        if style not in self.styles:
            self.styles.append(style)
        return f"{'#' * min(6, self.styles.index(style) + 1)} {self.inline(text.strip())}"

    def quotation(self, lines: list[str], at: int, out: list[str]) -> int:
        """An indented block is a quotation."""
        end = indented(lines, at)
        inner = self.blocks(dedented(lines[at:end]), top=False)
        out += [f"> {line}".rstrip() for line in trimmed(inner)]
        out.append("")
        return end

    def item(self, lines: list[str], at: int, out: list[str], found: re.Match[str]) -> int:
        """A list's item with all that it nests."""
        width = found.end()
        end = indented(lines, at + 1)
        body = [lines[at][width:], *dedented(lines[at + 1 : end])]
        mark = "-" if found[1] in "-*+•‣" else found[1].replace("#", "1")
        out += hanging(mark, trimmed(self.blocks(body, top=False)))
        if end > at + 1 and not lines[end - 1]:
            out.append("")
        return end

    def paragraph(self, lines: list[str], at: int, out: list[str]) -> int:
        """A paragraph, a term with its definition, or one that announces literal text."""
        end = at
        while end < len(lines) and lines[end] and (lines[end][0] != " " or end > at + 1):
            if end > at and EXPLICIT.match(lines[end]):
                break
            end += 1
        said = "\n".join(line.strip() for line in lines[at:end])
        if said.startswith(">>>"):
            out += [*fenced(lines[at:end], "python"), ""]
            return end
        if said.endswith("::"):
            return self.literal(lines, end, out, said)
        if end == at + 1 and end < len(lines) and lines[end][:1] == " ":
            return self.definition(lines, at, out)
        said = re.sub(r"^\| ?", "", said, flags=re.M) if said.startswith("| ") else said
        out += self.inline(said).split("\n")
        return end

    def definition(self, lines: list[str], at: int, out: list[str]) -> int:
        """A term and the indented text below it."""
        end = indented(lines, at + 1)
        body = trimmed(self.blocks(dedented(lines[at + 1 : end]), top=False))
        out += [*hanging("-", [f"{self.inline(lines[at])}:", *body]), ""]
        return end

    def literal(self, lines: list[str], at: int, out: list[str], said: str) -> int:
        """What was said before `::`, and the indented lines after it, as code."""
        before = said[:-2].rstrip()
        if before:
            out += [*self.inline(before + ("" if said[-3] in " \n" else ":")).split("\n"), ""]
        end = indented(lines, at)
        body = trimmed(dedented(lines[at:end]))
        if body:
            out += [*fenced(body), ""]
        return end

    def table(self, lines: list[str], at: int) -> tuple[str, int] | None:
        """A drawn table and the line after it."""
        end = at
        if lines[at].startswith("+-") and lines[at].endswith("+"):
            while end < len(lines) and lines[end][:1] in ("+", "|"):
                end += 1
            rows = grid_rows(lines[at:end])
            return (self.pipes(rows) if rows else "\n".join(fenced(lines[at:end]))), end
        if not SIMPLE.match(lines[at]):
            return None
        borders = [
            place for place in range(at, min(at + 2000, len(lines))) if SIMPLE.match(lines[place])
        ]
        end = next((p for p in borders[1:] if p + 1 >= len(lines) or not lines[p + 1]), at) + 1
        return (self.pipes(simple_rows(lines[at:end])), end) if end > at + 1 else None

    def pipes(self, rows: list[list[str]]) -> str:
        """A pipe table with its inline markup."""
        return pipe_table([[self.inline(cell) for cell in row] for row in rows])

    def explicit(self, lines: list[str], at: int, out: list[str]) -> int:
        """What begins with two dots: a directive, a footnote, a target, a comment."""
        found = EXPLICIT.match(lines[at])
        end = indented(lines, at + 1)
        text = lines[at][found.end() if found else 2 :]
        body = dedented(lines[at + 1 : end])
        if note := re.match(r"\[#?([^\]]*)\]\s*(.*)", text):
            inner = trimmed(self.blocks([note[2], *body], top=False))
            out += [*hanging(f"- [{note[1]}]", inner), ""]
        elif (directive := DIRECTIVE.match(text)) and not directive[1]:
            out += ["", *self.directive(directive[2].lower(), directive[3] or "", body), ""]
        return end

    def directive(self, name: str, arguments: str, body: list[str]) -> list[str]:
        """The Markdown of a directive."""
        options, content = parted(body)
        if name in SILENT:
            return []
        if name in CODE:
            return fenced(content, arguments if name.startswith(("code", "source")) else "")
        if name == "csv-table":
            rows = list(csv.reader([options.get("header", ""), *filter(None, content)]))
            return [
                self.caption(arguments),
                "",
                self.pipes([list(map(str.strip, r)) for r in rows]),
            ]
        if name == "list-table":
            return [self.caption(arguments), "", self.pipes(list_rows(content))]
        if name in ("image", "figure"):
            shown = options.get("alt", "")
            return [f"![{self.inline(shown)}]({arguments})", *self.blocks(content, top=False)]
        if name in ("epigraph", "pull-quote", "highlights", "container", "glossary", "table"):
            return [self.caption(arguments), "", *self.blocks(content, top=False)]
        return self.admonition(name, arguments, body if not options else content)

    def caption(self, text: str) -> str:
        """A table's title."""
        return f"**{self.inline(text)}**" if text else ""

    def admonition(self, name: str, arguments: str, content: list[str]) -> list[str]:
        """A note, a warning, or any other directive, by its name."""
        if ":" in name or name in ("class", "function", "method"):  # an API's description
            return [f"`{arguments}`", "", *self.blocks(content, top=False)]
        head = arguments if name in ("admonition", "topic", "rubric") else name.capitalize()
        rest = [] if head == arguments else [arguments]
        inner = trimmed(self.blocks([*rest, *content], top=False))
        return [f"**{self.inline(head)}:**", *inner]


def item_like(mark: str, lines: list[str], at: int) -> bool:
    """Whether a line opens a list: what follows it is blank, indented, or another item."""
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return not following or following[0] == " " or bool(ITEM.match(following)) or mark in "-*+"


def indented(lines: list[str], at: int) -> int:
    """The line after the block that is indented or blank from `at` on, blank lines at its end."""
    end = at
    while end < len(lines) and (not lines[end] or lines[end][0] == " "):
        end += 1
    return end


def dedented(lines: list[str]) -> list[str]:
    """The lines moved to the left by the indentation that all share."""
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def trimmed(lines: list[str]) -> list[str]:
    """The lines without blank ones at either end."""
    filled = [place for place, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def hanging(mark: str, lines: list[str]) -> list[str]:
    """A list item: the first line behind its mark, the others indented below it."""
    pad = " " * (len(mark) + 1 if not mark.startswith("- ") else 2)
    rest = [f"{pad}{line}" if line else "" for text in lines[1:] for line in text.split("\n")]
    return [f"{mark} {lines[0] if lines else ''}".rstrip(), *rest]


def fenced(lines: list[str], language: str = "") -> list[str]:
    """Code in a fence longer than any within."""
    body = trimmed(dedented(lines))
    longest = max((len(run) for line in body for run in re.findall("`{3,}", line)), default=2)
    fence = "`" * (longest + 1)
    return [fence + language.split(" ")[0], *body, fence] if body else []


def parted(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """A directive's options (`:name: value`) and its content."""
    options: dict[str, str] = {}
    for place, line in enumerate(body):
        found = FIELD.match(line)
        if found:
            options[found[1]] = found[2] or ""
        elif line[:1] != " " or not options:
            return options, body[place:]
    return options, []


def list_rows(lines: list[str]) -> list[list[str]]:
    """The rows of a list of lists."""
    rows: list[list[str]] = []
    for line in lines:
        if found := re.match(r"[-*+]\s+[-*+](?:\s+(.*))?$", line):
            rows.append([found[1] or ""])
        elif rows and (found := re.match(r"\s{1,5}[-*+](?:\s+(.*))?$", line)):
            rows[-1].append(found[1] or "")
        elif line and rows and not line.lstrip().startswith(".. "):
            rows[-1][-1] += " " + line.strip()
    return rows
