"""Slack's own markup (mrkdwn) into Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from knowledge.sources.slack.faces import faced

Named = Callable[[str], str]
"""The name of a person or a channel by its id."""
CODE = re.compile(r"```(?P<block>.*?)```|`(?P<inline>[^`\n]+)`", re.S)
ANGLE = re.compile(r"<(?P<sign>[@#!]?)(?P<what>[^<>|\n]*)(?:\|(?P<words>[^<>\n]*))?>")
HELD = re.compile("\ue000(\\d+)\ue001")  # what is no text any more stands apart meanwhile
STYLES = (
    (re.compile(r"(?<![\w*\\])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])"), r"**\1**"),
    (re.compile(r"(?<![\w_\\])_(?=\S)([^_\n]*[^_\s])_(?![\w_])"), r"*\1*"),
    (re.compile(r"(?<![\w~\\])~(?=\S)([^~\n]*[^~\s])~(?![\w~])"), r"~~\1~~"),
)
BULLET = re.compile(r"^([ \t]*)[•◦▪‣]\s+", re.M)
NOT_HEADING = re.compile(r"^( {0,3})(?=#{1,6}[ \t])", re.M)


def markdown(text: str, person: Named, channel: Named) -> str:
    """The Markdown of a message, with names in place of ids."""
    held: list[str] = []

    def apart(made: str) -> str:
        held.append(made)
        return f"\ue000{len(held) - 1}\ue001"

    def linked(found: re.Match[str]) -> str:
        return apart(angled(found, person, channel))

    bare = text.replace("\r\n", "\n").replace("\ue000", "").replace("\ue001", "")
    bare = CODE.sub(lambda found: apart(coded(found)), bare)
    bare = html.unescape(ANGLE.sub(linked, bare))
    for style, marks in STYLES:
        bare = style.sub(marks, bare)
    bare = faced(NOT_HEADING.sub(r"\1\\", BULLET.sub(r"\1- ", bare)))
    for _ in range(2):  # code may stand in the words of a link
        bare = HELD.sub(lambda found: held[int(found[1])], bare)
    return bare.strip()


def coded(found: re.Match[str]) -> str:
    """Code as it is; a block stands on lines of its own."""
    if found["block"] is None:
        return f"`{plain(found['inline'])}`"
    code = fenced(plain(found["block"]).strip("\n"))
    before = "" if found.start() == 0 or found.string[found.start() - 1] == "\n" else "\n"
    after = "" if found.string[found.end() : found.end() + 1] in ("", "\n") else "\n"
    return f"{before}{code}{after}"


def fenced(code: str) -> str:
    """A block of code in Markdown."""
    fence = "~~~~" if "```" in code else "```"
    return f"{fence}\n{code}\n{fence}"


def plain(text: str) -> str:
    """Code without Slack's markup of addresses in it."""
    bare = ANGLE.sub(lambda found: found["words"] or found["what"], text)
    return html.unescape(bare)


def angled(found: re.Match[str], person: Named, channel: Named) -> str:
    """What stands in angle brackets: a person, a channel, a group, a date, an address."""
    what, words = html.unescape(found["what"]), html.unescape(found["words"] or "").strip()
    match found["sign"]:
        case "@":
            return f"@{words or person(what)}"
        case "#":
            return f"#{words or channel(what).removeprefix('#')}"
        case "!":
            return special(what, words)
    if "://" not in what and not what.startswith(("mailto:", "tel:")):
        return found[0]
    address = what.replace(" ", "%20").replace(")", "%29")
    if not words or words == what.removeprefix("mailto:"):
        return f"<{what}>"
    return f"[{words.replace('[', '(').replace(']', ')')}]({address})"


def special(what: str, words: str) -> str:
    """`<!here>`, `<!subteam^S1|@eng>`, `<!date^1392734382^{date}|February 18th>`."""
    if what.startswith("date^"):
        return words
    name = words or what.split("^")[-1]
    return f"@{name.lstrip('@')}"
