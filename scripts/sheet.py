"""A picture of a chat for the docs: an SVG that grows downwards, with words that are wrapped."""

import html
import re
from dataclasses import dataclass

WIDTH, LEFT, RIGHT = 720, 64, 24
FONTS = "Lato, Helvetica, Arial, DejaVu Sans, sans-serif"
WIDE = {
    "i": 0.3,
    "l": 0.3,
    "j": 0.3,
    "t": 0.4,
    "f": 0.38,
    "r": 0.42,
    " ": 0.32,
    ".": 0.32,
    ",": 0.32,
}
THUMB = "M2 8h3v8H2zM6 15V8l4-6c2 0 2 2 1 5h5c1 0 1.5 1 1 2l-2 6c0 .6-.6 1-1.200 1H8z"
TURNED = "translate(18 18) rotate(180) "

Spans = list[tuple[str, str]]
"""Words, each with its style as SVG attributes."""


@dataclass(frozen=True)
class Look:
    """The colours of a chat."""

    ink: str
    grey: str
    paper: str
    line: str


class Sheet:
    """An SVG that grows downwards."""

    def __init__(self, look: Look, left: int = LEFT) -> None:
        """Words begin at `left`."""
        self.look, self.left, self.y, self.parts = look, left, 20.0, list[str]()

    def put(self, mark: str) -> None:
        """Add a piece of SVG."""
        self.parts.append(mark)

    def text(self, spans: Spans, size: float, colour: str = "") -> None:
        """Words with their styles, wrapped to the width."""
        for line in wrapped(spans, size, WIDTH - self.left - RIGHT):
            self.y += size * 1.5
            inner = "".join(f"<tspan {style}>{html.escape(word)}</tspan>" for word, style in line)
            self.put(
                f'<text x="{self.left}" y="{self.y:.1f}" font-size="{size}"'
                f' fill="{colour or self.look.ink}"'
                f' xml:space="preserve">{inner}</text>'
            )

    def thumb(self, x: float, colour: str, down: bool = False) -> None:
        """A thumb as a shape: not every font has it."""
        self.put(
            f'<g transform="translate({x} {self.y:.1f}) {TURNED * down}"><path d="{THUMB}"'
            f' fill="none" stroke="{colour}" stroke-width="1.4" stroke-linejoin="round"/></g>'
        )

    def svg(self) -> str:
        """The whole picture."""
        height = self.y + 24
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" font-family="{FONTS}">'
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="10" '
            f'fill="{self.look.paper}" stroke="{self.look.line}"/>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )


def width(words: str, size: float) -> float:
    """About how wide words are, in pixels."""
    return size * sum(
        WIDE.get(c, 0.95 if ord(c) > 0x2000 and c not in "“”–…•" else 0.62) for c in words
    )


def wrapped(spans: Spans, size: float, room: float) -> list[Spans]:
    """The words in lines."""
    lines, used = [Spans()], 0.0
    for text, style in spans:
        for word in re.findall(r"\n|\S+ ?| ", text):
            wide = width(word, size) * (1.07 if "bold" in style or "mono" in style else 1)
            if word == "\n" or (used + wide > room and used):
                lines.append([])
                used = 0.0
            if word != "\n":
                lines[-1].append((word, style))
                used += wide
    return lines
