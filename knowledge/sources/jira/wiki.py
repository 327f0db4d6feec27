"""Wiki markup, which Jira on own servers writes text in, as Markdown."""

from __future__ import annotations

import re

CODE = re.compile(r"\{(code|noformat)(?::([^}]*))?\}\n?(.*?)\n?\{\1\}", re.S)
QUOTE = re.compile(r"\{(quote|panel)(?::([^}]*))?\}\s*(.*?)\s*\{\1\}", re.S)
GONE = re.compile(r"\{(?:color|anchor|toc|loading)(?::[^}]*)?\}")
MONO = re.compile(r"\{\{(.+?)\}\}")
LINK = re.compile(r"\[([^\]|\n]+)\|([^\]|\s]+)(?:\|[^\]\n]*)?\]")
BARE = re.compile(r"\[((?:https?|mailto|ftp):[^\]|\s]+)\]")
PERSON = re.compile(r"\[~(?:accountid:)?([^\]\n]+)\]")
PICTURE = re.compile(r"(?<![\w!])!([^!\s|][^!\n|]*\.\w{2,5})(?:\|[^!\n]*)?!(?!\w)")
BOLD = re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]+?)(?<!\s)\*(?![\w*])")
ITALIC = re.compile(r"(?<![\w_])_(?![\s_])([^_\n]+?)(?<!\s)_(?![\w_])")
HEADING = re.compile(r"^\s*h([1-6])\.\s+(.*)$")
ITEM = re.compile(r"^\s*([*#-]+)\s+(.*)$")
KEPT = re.compile("\x00(\\d+)\x00")


def markdown_of(text: object) -> str:
    """A text in wiki markup as Markdown; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    kept: list[str] = []

    def keep(made: str) -> str:
        kept.append(made)
        return f"\x00{len(kept) - 1}\x00"

    plain = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    plain = CODE.sub(lambda m: keep(fenced(m[1], m[2] or "", m[3])), plain)
    plain = MONO.sub(lambda m: keep(f"`{m[1]}`"), plain)
    plain = QUOTE.sub(lambda m: "\n" + quoted(title_in(m[2] or ""), m[3]) + "\n", plain)
    lines = [line_of(line) for line in GONE.sub("", plain).split("\n")]
    made = "\n".join(with_heads(lines))
    return KEPT.sub(lambda m: kept[int(m[1])], re.sub(r"\n{3,}", "\n\n", made)).strip()


def fenced(kind: str, options: str, text: str) -> str:
    """Code under its title, in its language."""
    first = options.split("|")[0]
    language = first if kind == "code" and re.fullmatch(r"[\w+#-]+", first) else ""
    title = title_in(options)
    head = f"\n\n{title}\n\n" if title else "\n\n"
    return f"{head}```{language}\n{text}\n```\n\n"


def title_in(options: str) -> str:
    """The title among a macro's options."""
    told = re.search(r"\btitle=([^|}]*)", options)
    return told[1].strip() if told else ""


def quoted(title: str, text: str) -> str:
    """A quotation under its title."""
    whole = f"**{title}**\n\n{text}" if title else text
    return "\n".join(f"> {line}".rstrip() for line in whole.split("\n"))


def line_of(line: str) -> str:
    """One line: headings, lists, tables, and what stands within."""
    if told := HEADING.match(line):
        return f"\n{'#' * int(told[1])} {spans(told[2])}\n"
    if told := ITEM.match(line):
        if set(told[1]) == {"-"} and len(told[1]) > 1:
            return line
        sign = "1. " if told[1][-1] == "#" else "- "
        return f"{'   ' * (len(told[1]) - 1)}{sign}{spans(told[2])}"
    if line.startswith("bq. "):
        return quoted("", spans(line[4:]))
    if re.fullmatch(r"\s*-{4,}\s*", line):
        return "\n---\n"
    return row(line) if line.lstrip().startswith("|") else spans(line)


def row(line: str) -> str:
    """A row of a table; a head begins with two bars."""
    head = line.strip().startswith("||")
    inner = spans(line.strip())  # links first: they have bars of their own
    cells = [cell.strip() for cell in inner.strip("|").split("||" if head else "|")]
    made = f"| {' | '.join(cells)} |"
    return f"{made}\n|{' --- |' * len(cells)}" if head else made


def with_heads(lines: list[str]) -> list[str]:
    """Tables without a head get an empty one, as Markdown wants it."""
    made: list[str] = []
    for line in lines:
        before = made[-1] if made else ""
        if line.startswith("| ") and "\n| ---" not in line and not before.startswith("| "):
            width = line.count(" | ") + 1
            made.append(f"|{'  |' * width}\n|{' --- |' * width}")
        made.append(line)
    return made


def spans(text: str) -> str:
    """What stands within a line: links, people, pictures, emphasis."""
    text = PICTURE.sub("", text)
    text = ITALIC.sub(r"*\1*", BOLD.sub("\x01\\1\x01", text)).replace("\x01", "**")
    text = PERSON.sub(r"@\1", text)
    text = BARE.sub(r"<\1>", LINK.sub(r"[\1](\2)", text))
    return text.replace("\\\\", "\n")
