"""What a person sees of a text: hidden characters and hidden markup go, words stay."""

from __future__ import annotations

import re

# Characters without a shape: joiners inside words of Indic and Arabic scripts and emoji are kept.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
JOINERS = re.compile("(?<=[\\x00-\u024f])[\u200c\u200d]+|[\u200c\u200d]+(?=[\\x00-\u024f])")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
# Link definitions that Markdown does not show: [//]: # (a comment), [x]: url "title".
DEFINITION = re.compile(
    r"^ {0,3}\[(?P<name>[^\]\n^][^\]\n]*|)\]:[ \t]*\S[^\n]*(?:\n[ \t]+[\"'(][^\n]*[\"')][ \t]*$)?",
    re.MULTILINE,
)
LIQUID_COMMENT = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL | re.IGNORECASE
)
# Tags that part words, and tags that stand within them; names that HTML does not have are text.
PARTING = (
    "address|article|aside|blockquote|body|br|button|caption|center|col|colgroup|dd|details|div|dl"
    "|dt|figcaption|figure|footer|form|h[1-6]|header|hr|html|img|input|label|legend|li|main|menu"
    "|nav|ol|optgroup|option|p|pre|section|select|summary|table|tbody|tfoot|thead|tr|ul|video"
)
WITHIN = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span"
    "|strike|strong|sub|sup|time|tt|u|var|wbr"
)
ATTRIBUTES = r"(?:\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?/?"
MARKED = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    rf"|(?P<cells></t[dh]\s*>\s*<t[dh]{ATTRIBUTES}>)|</?(?:{PARTING}|td|th){ATTRIBUTES}>"
    rf"|(?P<within></?(?:{WITHIN}){ATTRIBUTES}>)"
    r"|(?P<liquid>\{%-?(?:\"[^\"\n{]*\"|'[^'\n{]*'|[^%\"'\n{]|%(?!\}))*%\})|&nbsp;",
    re.IGNORECASE,
)
LIQUID_WORDS = re.compile(r"\"([^\"]*)\"|'([^']*)'")
ADDRESS = re.compile(r"/|\.\w{2,5}$")
# A line that only opens or closes rows and boxes: what stands before and after it is apart.
FRAME = re.compile(
    rf"^\s*(?:</?(?:table|thead|tbody|tfoot|tr|ul|ol|div|section|details){ATTRIBUTES}>\s*)+$",
    re.IGNORECASE,
)
HIDING = (
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*[;\"']"
    r"|font-size\s*:\s*0|(?:width|height)\s*:\s*0|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top)\s*:\s*-\d{3,}|color\s*:\s*(?:white|transparent|#fff(?:fff)?)\b)"
)
HIDDEN = re.compile(
    rf"<(?P<tag>[a-z][a-z0-9]*)\b(?=[^>]*(?:\bhidden\b|aria-hidden\s*=\s*[\"']?true|{HIDING}))"
    r"[^>]*>.*?</(?P=tag)\s*>",
    re.IGNORECASE | re.DOTALL,
)
SILENT = re.compile(
    r"<(?P<tag>script|style|template|noscript|title|head|iframe|object|svg|textarea)\b[^>]*>"
    r".*?</(?P=tag)\s*>",
    re.IGNORECASE | re.DOTALL,
)
DATA_URL = re.compile(r"\b(?:data:[\w.+-]+/[\w.+-]+[;,]|javascript:|vbscript:)[^\s)>\"']*", re.I)
CHAT_TOKEN = re.compile(r"<\|(?=[\w-]+\|?>)|\[(?=/?INST\])|<(?=</?SYS>>)", re.IGNORECASE)


def seen(text: str) -> str:
    """The text without characters that cannot be seen; its words stay as they are."""
    return JOINERS.sub("", UNSEEN.sub("", text))


def visible(markdown: str) -> str:
    """What a reader of the page sees of its Markdown: no comments, no hidden elements.

    Line ends stay, so that what stood in lines of its own still does. Code keeps its comments:
    it is shown as it stands.
    """
    text = seen(markdown)
    if not re.search(r"[<\[:{]", text):
        return text
    return "".join(part if fenced else _shown(part) for fenced, part in _parts(text))


FENCED = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=fence)[ \t]*$|\Z)", re.M | re.S)


def _parts(text: str) -> list[tuple[bool, str]]:
    """Code blocks (true) and what lies between them."""
    parts: list[tuple[bool, str]] = []
    at = 0
    for block in FENCED.finditer(text):
        parts += [(False, text[at : block.start()]), (True, block[0])]
        at = block.end()
    return [*parts, (False, text[at:])]


def _shown(text: str) -> str:
    for hidden in (COMMENT, LIQUID_COMMENT, HIDDEN, SILENT):
        text = hidden.sub("", text)
    return DATA_URL.sub("", DEFINITION.sub("", text))


def unmarked(text: str) -> str:
    """The text with the marks of chat templates broken up, so that no tokenizer takes them."""
    return CHAT_TOKEN.sub(lambda m: f"{m[0]} ", text)


def wordy(text: str) -> str:
    """The text with its HTML tags gone and its Liquid tags as their quoted words.

    `{% slack_channel "sf" "San Francisco" %}` is `sf San Francisco`; a quoted path or address
    is no word. Inline code stays as it is, and so does a tag that HTML does not have.
    """
    return MARKED.sub(_words, text) if re.search(r"[<&]|\{%", text) else text


def _words(found: re.Match[str]) -> str:
    if found["code"]:
        return found[0]
    if found["cells"]:
        return "; "
    if found["liquid"]:
        quoted = ("".join(pair) for pair in LIQUID_WORDS.findall(found[0]))
        return " ".join(word for word in quoted if not ADDRESS.search(word))
    return "" if found["within"] else " "
