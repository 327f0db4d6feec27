"""What a person wrote in a message, without what is quoted below it and without signatures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

SIGNATURE = re.compile(r"--\s?")
LONGEST_SIGNATURE = 25  # lines; what is longer below a line of "--" is text
WROTE = r"wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|napisał"
INTRO = re.compile(rf"^(?=.{{8,300}}$).*\b({WROTE})\b.{{0,120}}[::]\s*$", re.I)
BEGINS = re.compile(r"^(on|am|le|el|il|op|em|w dniu)\b.*\d", re.I)
DIVIDER = re.compile(
    r"^[-_\s]*(original message|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht)[-_\s]*$",
    re.I,
)
FORWARDED = re.compile(r"^(fwd?|wg|tr|rv|i|doorst)\s*:", re.I)
FROM = re.compile(r"^[*_]*(from|von|de|da|van)\s?:[*_]*\s+\S", re.I)
SENT = re.compile(r"^[*_]*(sent|gesendet|envoyé|enviado|inviato|verzonden|date|datum)\s?:", re.I)
PHONE = re.compile(
    r"^(sent from my \w|get outlook for|von meinem \w+ gesendet|envoyé de mon"
    r"|enviado desde mi|inviato da|gesendet von|sent from outlook|sent via)[^\n]{0,80}$",
    re.I,
)
QUOTES = (  # what mail programs put around what they quote
    "blockquote[type=cite], .gmail_quote, .gmail_quote_container, .yahoo_quoted, "
    ".moz-cite-prefix, .protonmail_quote, .zmail_extra, .OutlookMessageHeader, #divRplyFwdMsg"
)
AFTER = "#divRplyFwdMsg, #appendonsend, .OutlookMessageHeader, [id^=mail-editor-reference-message]"
SIGNATURES = ".gmail_signature, .moz-signature, #Signature, .protonmail_signature_block"


def trimmed(text: str, subject: str = "") -> str:
    """Plain text without quotes and signature; a forwarded message stays, for it is the text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not FORWARDED.match(subject):
        lines = unquoted(lines[: quoted_from(lines)])
    lines = lines[: signed_from(lines)]
    while lines and (not lines[-1].strip() or PHONE.match(lines[-1].strip())):
        lines.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def signed_from(lines: list[str]) -> int:
    """Where the signature begins."""
    for at, line in enumerate(lines):
        if SIGNATURE.fullmatch(line) and len(lines) - at <= LONGEST_SIGNATURE:
            return at
    return len(lines)


def quoted_from(lines: list[str]) -> int:
    """Where a mail program put the whole message that is answered."""
    for at, line in enumerate(lines):
        if DIVIDER.match(line.strip()) or is_heads(lines[at : at + 6]):
            return at
    return len(lines)


def is_heads(lines: list[str]) -> bool:
    """Do the heads of another message stand here, as Outlook quotes them?"""
    return bool(lines and FROM.match(lines[0]) and any(SENT.match(line) for line in lines[1:4]))


def unquoted(lines: list[str]) -> list[str]:
    """Lines without those that begin with ">", and without who wrote them."""
    kept: list[str] = []
    quoting = False
    for line in lines:
        if not line.lstrip().startswith(">"):
            kept.append(line)
        elif not quoting:
            drop_intro(kept)
        quoting = line.lstrip().startswith(">")
    return kept


def drop_intro(kept: list[str]) -> None:
    """Take away "On Monday Ana wrote:", which may be broken into two lines."""
    while kept and not kept[-1].strip():
        kept.pop()
    for lines in (1, 2, 3):
        last = kept[-lines:]
        if all(line.strip() for line in last) and INTRO.match(" ".join(last)):
            if lines == 1 and not BEGINS.match(last[0]) and begins_above(kept):
                continue
            del kept[-lines:]
            return


def begins_above(kept: list[str]) -> bool:
    """Does the sentence that ends here begin on a line above?"""
    return any(BEGINS.match(line) for line in kept[-3:-1])


def trim_page(page: BeautifulSoup, subject: str = "") -> None:
    """Take quotes and signatures out of a message in HTML."""
    if not FORWARDED.match(subject):
        for mark in page.select(AFTER):
            for later in list(mark.find_next_siblings()):
                later.decompose()
        for quote in page.select(QUOTES):
            quote.decompose()
    for signature in page.select(SIGNATURES):
        signature.decompose()
