"""Discord's markup as Markdown, with names in place of ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from knowledge.reading.plain import one_line

CODE = re.compile(r"```(?P<block>.*?)```|(?P<ticks>`{1,2})(?!`).+?(?<!`)(?P=ticks)(?!`)", re.S)
LANGUAGE = re.compile(r"(?P<language>[\w+#.-]*)\n")
MENTION = re.compile(
    r"<@!?(?P<user>\d{1,20})>|<@&(?P<role>\d{1,20})>|<#(?P<channel>\d{1,20})>"
    r"|<a?(?P<emoji>:\w{1,32}:)\d{1,20}>|<t:(?P<time>-?\d{1,13})(?::(?P<style>[tTdDfFsSR]))?>"
    r"|<(?P<command>/[^:<>\n]{1,100}):\d{1,20}>|<id:(?P<place>\w[\w-]*)(?::\d+)?>"
)
SPOILER = re.compile(r"\|\|(?=\S)(.+?)\|\|", re.S)
SMALL = re.compile(r"^-# +", re.M)
QUOTE = re.compile(r"^>>> ?", re.M)  # of all that follows
STYLES = {"t": "%H:%M UTC", "T": "%H:%M:%S UTC", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}
PLACES = {"customize": "Channels & Roles", "browse": "Browse Channels", "guide": "Server Guide"}


@dataclass(frozen=True)
class Names:
    """What people, roles and channels are called, by id."""

    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)


def markdown(text: str, names: Names) -> str:
    """A message's text; code stays as it is, its blocks on lines of their own."""
    quote = beginning(text)
    if quote is None:
        return rendered(text, names)
    rest = quoted(rendered(text[quote.end() :], names))
    return "\n".join(part for part in (rendered(text[: quote.start()], names), rest) if part)


def beginning(text: str) -> re.Match[str] | None:
    """Where all that follows is a quote: not within code, where people write so as well."""
    at = 0
    for code in CODE.finditer(text):
        if found := QUOTE.search(text, at, code.start()):
            return found
        at = code.end()
    return QUOTE.search(text, at)


def rendered(text: str, names: Names) -> str:
    """A text without a quote to its end."""
    at, parts = 0, list[str]()
    for code in CODE.finditer(text):
        parts += [plain(text[at : code.start()], names), shown(code)]
        at = code.end()
    made = "".join((*parts, plain(text[at:], names)))
    return re.sub(r"\n{3,}", "\n\n", made).strip("\n")


def quoted(text: str) -> str:
    """Lines as a quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def shown(code: re.Match[str]) -> str:
    """Code in Markdown, where a block stands by itself."""
    block = code["block"]
    if block is None:
        return code[0]
    told = LANGUAGE.match(block)
    language, body = (told["language"], block[told.end() :]) if told else ("", block)
    fence = "~~~" if re.search("^ {0,3}```", body, re.M) else "```"
    return f"\n{fence}{language}\n{body.strip(chr(10))}\n{fence}\n"


def plain(text: str, names: Names) -> str:
    """Text beside code."""
    text = MENTION.sub(lambda found: named(found, names), text)
    return SMALL.sub("", SPOILER.sub(r"\1", text))


def named(found: re.Match[str], names: Names) -> str:
    """What a mention stands for."""
    match found.lastgroup:
        case "user":
            return f"@{one_line(names.users.get(int(found['user']), '')) or 'somebody'}"
        case "role":
            return f"@{one_line(names.roles.get(int(found['role']), '')) or 'a role'}"
        case "channel":
            return f"#{one_line(names.channels.get(int(found['channel']), '')) or 'a channel'}"
        case "place":
            return PLACES.get(found["place"], found["place"])
        case "time" | "style":
            return moment(found)
    return str(found["emoji"] or found["command"])


def moment(found: re.Match[str]) -> str:
    """A time in UTC; what no calendar has stays as it is."""
    try:
        when = datetime.fromtimestamp(int(found["time"]), UTC)
    except (ValueError, OverflowError, OSError):
        return found[0]
    return when.strftime(STYLES.get(found["style"] or "f", "%Y-%m-%d %H:%M UTC"))
