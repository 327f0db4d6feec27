"""Texts and sources for Discord that mean no good, and answers made of them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.conversation import (
    Answer,
    Citation,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
)

PAGE = "https://docs.halden.example/leave"
MARKED_PAGE = "https://docs.halden.example/a_b_(c)*d~~e__f"
NOW = datetime(2026, 3, 2, 10, 11, tzinfo=UTC)
LEAVE = Citation(1, "Leave", PAGE, "handbook", "leave.md", "Full-time staff get 27 days.")


def interaction(
    text: str = "You get 27 days. [1]",
    citations: tuple[Citation, ...] = (LEAVE,),
    outcome: Outcome = Outcome.CITED,
    route: Route | None = None,
    model: str = "small-instruct",
) -> Interaction:
    route = route or Route(Mode.RAG, None, "a question for the documents", 0.9)
    answer = Answer(text, outcome, citations, (), model)
    question = Question("How many days?", "7", Place("discord", "9", "6", "5"))
    return Interaction(12, question, route, answer, Timings(total_ms=3210.0), NOW)


TOKENS = (
    "<@1> <@!2> <@&3> <#4> <:a:5> <a:b:6> <t:7:R> </ask:8> <id:customize> <+49301> @here @everyone"
    " @Here <word@here <x:y> discord.gg/abc || ||x|| -# >>> > # ####"
).split(" ")
MARKS = (
    "* ** *** _ __ ___ ~~ ` `` ``` ~~~ \\ [ ] ( ) ]( ![ < > | : ! . a_b_c *i* **b** __u__".split()
)
CODE = [
    "`x`",
    "`a*b`",
    "`a_b`",
    "`**`",
    "```py\n",
    "\n```\n",
    "~~~\n",
    "- ```\n",
    "> ```\n",
    "````",
]
LINES = ["\n", "\n\n", "\r", "# ", "- ", "* ", "1. ", "> ", "---", "    ", "\t", " ", "\\\n"]
TABLE = ["| a | b |\n", "|---|:-:|\n", "a | b\n", "| `c` | **d** |\n"]
LINKS = [
    *(PAGE, MARKED_PAGE, f"<{PAGE}>", f"[l]({PAGE})", f"[m]({MARKED_PAGE})", f"[*n*]({PAGE})"),
    *(f"[https://bank.example]({PAGE})", f"[🎉]({PAGE})", f"[]({PAGE})", f"[@here]({PAGE})"),
    *(f"{PAGE}.evil.example", "https://evil.example/x_y", "www.evil.example", "evil.com"),
    *("[a](https://evil.example)", "<https://evil.example>", "[x]: https://evil.example"),
    *("![p](https://evil.example/p.png)", "//evil.example/x", "javascript:x", "[1]", "[1][2]"),
]
ODD = ["\u202egnp", "\u2067x", "\u200b", "\x00", "\ud800", "\u2028", "\ue000", "שלום", "👍🏽", "é"]
PLAIN = ["word", "word ", "&lt;@1&gt;", "&amp;", "R&amp;D", "<img src=//evil.example>"]
BITS = st.sampled_from([*TOKENS, *MARKS, *CODE, *LINES, *TABLE, *LINKS, *ODD, *PLAIN])
SHORT = st.lists(BITS | st.text(max_size=8), max_size=25).map("".join)
LONG = st.tuples(st.lists(BITS, min_size=1, max_size=8).map("".join), st.integers(1, 6_000)).map(
    lambda told: (told[0] * told[1])[: told[1]]
)
TEXT = SHORT | LONG
URLS = st.sampled_from(
    [
        *(PAGE, MARKED_PAGE, "http://h.example:8080/a_b/c?d=e&f=g#h", "https://h.example/(x)", ""),
        *("https://halden.example@evil.example/x", "file:///srv/leave.md", "javascript:alert(1)"),
        *("https://bücher.example/ä", "https://h.example/" + "x" * 5000, "https://[::1]/x", "x"),
        *(
            "https://h.example/" + "(" * 400,
            "https://" + "a." * 100 + "example/x",
            "//h",
            "https://[",
        ),
        "https://h.example/<@1>",
    ]
) | st.text(max_size=30).map(lambda path: f"https://h.example/{path}")
BRIEF = st.lists(BITS, max_size=8).map("".join) | st.text(max_size=300)
CITATIONS = st.lists(st.tuples(BRIEF, URLS, BRIEF), max_size=12).map(
    lambda told: tuple(
        Citation(n, title, url, "handbook", title, quote)
        for n, (title, url, quote) in enumerate(told, 1)
    )
)
