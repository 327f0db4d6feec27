"""reStructuredText's inline markup as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping

LITERAL = re.compile(r"``(.+?)``(?!`)", re.S)
ROLE = re.compile(r":([a-zA-Z][\w:+.-]*):`([^`]+)`")
LINK = re.compile(r"`([^`<]*?)\s*<([^`<>]+)>`__?", re.S)
PHRASE = re.compile(r"`([^`]+)`__?(?!\w)")
WORD = re.compile(r"(?<![\w`/.:-])([A-Za-z0-9](?:[\w.+-]*[A-Za-z0-9])?)_(?![\w`])")
NOTE = re.compile(r"\[#?([^\]\s]+)\]_(?!\w)")
TITLED = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.S)
SUBSTITUTION = re.compile(r"\|([^|\s][^|\n]*?)\|_{0,2}")
WORDY = {"pep", "rfc", "ref", "doc", "term", "sup", "sub", "abbr", "title", "emphasis", "strong"}
NUMBERED = {"pep": "PEP", "rfc": "RFC"}


def markdown_inline(text: str, targets: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """Links, roles, literals and references; `targets` are URLs by name, `parts` replacements."""
    if not re.search(r"[`_|\\]", text):
        return text
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(f"`{' '.join(match[1].split())}`" if "`" not in match[1] else match[0])
        return f"\x00{len(kept) - 1}\x00"

    text = LITERAL.sub(keep, text)
    text = SUBSTITUTION.sub(lambda m: parts.get(m[1].lower(), m[0]), text)
    text = ROLE.sub(role, text)
    text = LINK.sub(lambda m: link(m[1], targets.get(m[2].strip("_").lower(), m[2])), text)
    text = PHRASE.sub(lambda m: link(m[1], targets.get(name_of(m[1]), "")), text)
    text = NOTE.sub(r"[\1]", text)
    text = WORD.sub(lambda m: word(m[0], m[1], targets), text)
    text = re.sub(r"\\(\s|(?=\W))", "", text)
    return re.sub("\x00(\\d+)\x00", lambda m: kept[int(m[1])], text)


def role(match: re.Match[str]) -> str:
    """What a role shows: its title, the number's full name, or the name as code."""
    kind, text = match[1].lower().rsplit(":", 1)[-1], " ".join(match[2].split())
    if titled := TITLED.match(text):
        return titled[1] or titled[2]
    if kind in NUMBERED:
        number, _, place = text.partition("#")
        return f"{NUMBERED[kind]} {number}" + (f" ({place.replace('-', ' ')})" if place else "")
    if kind in WORDY:
        return text
    return f"`{text.rsplit('.', 1)[-1] if text.startswith('~') else text.lstrip('!')}`"


def name_of(text: str) -> str:
    """The name of a reference as it is compared."""
    return " ".join(text.split()).lower()


def link(text: str, url: str) -> str:
    """A Markdown link; without an address, the text alone."""
    shown, address = " ".join(text.split()), "".join(url.split())
    if not re.match(r"[a-z][a-z0-9+.-]*:|[/.#]", address):
        return shown or address
    return f"[{shown}]({address})" if shown and shown != address else f"<{address}>"


def word(whole: str, name: str, targets: Mapping[str, str]) -> str:
    """A one-word reference, if there is such a target; else the text as it stands."""
    return link(name, targets[name.lower()]) if name.lower() in targets else whole
