"""Subtitles: what is said, by whom, without the times."""

from __future__ import annotations

import html
import re

from knowledge.reading.plain import Content, decode

TIMES = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*.*$")
SPEAKER = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
ASIDE = re.compile(r"(NOTE|STYLE|REGION)\b")


def read_subtitles(data: bytes, name: str) -> Content:
    """The spoken lines as paragraphs, one for each speaker in turn."""
    del name
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    paragraphs: list[list[str]] = []
    speaker = None
    for cue in re.split(r"\n\s*\n", text):
        for line in spoken(cue):
            found = re.match(r"([^\W\d_][\w .'-]{0,40}):\s", line)
            if not paragraphs or (found and found[1] != speaker):
                speaker = found[1] if found else speaker
                paragraphs.append([])
            elif found:
                line = line[found.end() :]
            if not paragraphs[-1] or paragraphs[-1][-1] != line:  # rolling captions repeat lines
                paragraphs[-1].append(line)
    return Content("\n\n".join("\n".join(paragraph) for paragraph in paragraphs))


def spoken(cue: str) -> list[str]:
    """The lines of a cue below its time; nothing for notes and styles."""
    lines = cue.strip("\n").split("\n")
    times = next((place for place, line in enumerate(lines) if TIMES.match(line)), None)
    if times is None or ASIDE.match(lines[0]):
        return []
    said = (SPEAKER.sub(r"\1: ", line) for line in lines[times + 1 :])
    clean = (html.unescape(re.sub(r"<[^>]*>|\{\\[^}]*\}", "", line)).strip() for line in said)
    return [line for line in clean if line]
