"""Every sentence on knowledge gaps that people read in a chat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.gaps.words import Gap, GapReport, Near, Suggestion
from bot.inert import inert
from bot.measures import shortened

LINE = 160  # units of a question or a page's name
LACKS = {
    "unknown": "the sources don't say",
    "down": "voted down",
    "redone": "asked for again",
}
UNCHECKED = (
    "My documents or my model were out of reach: some of these I may be able to answer meanwhile."
)
NO_SOURCE = "There is no source to write it in."


def digest(report: GapReport, until: datetime) -> str:
    """What a channel reads of a report."""
    lines = [summary(report, until)]
    for number, gap in enumerate(report.gaps, 1):
        lines += [
            f"{number}. {line(gap.question)}",
            *(f"    {told}" for told in about(gap, report.trouble)),
        ]
    return "\n".join([*lines, *rest(report)])


def rest(report: GapReport) -> Iterator[str]:
    """What a digest tells of questions that it does not show, and of what was out of reach."""
    if answered := sum(gap.count for gap in report.answered):
        yield f"Left out: {counted(answered, 'question')} that I can answer meanwhile."
    if report.unquoted and (report.gaps or report.answered):
        yield f"Beside these: {counted(report.unquoted, 'question')}."
    elif report.unquoted:
        yield "None of them may be quoted here."
    if report.trouble:
        yield UNCHECKED


def summary(report: GapReport, until: datetime) -> str:
    """How much was asked in vain, and since when."""
    asked = f"{counted(report.questions, 'question')} from {people(report.people)}"
    since = f"{report.since.astimezone(UTC):%d %b} to {until.astimezone(UTC):%d %b %Y}"
    return f"What I could not answer well, {since}: {asked}."


def about(gap: Gap, trouble: str = "") -> Iterator[str]:
    """How often and how it was asked in vain, and where the answer could be written.

    `trouble`: why pages may not be known.
    """
    lacks = ", ".join(f"{LACKS[lack]}: {count}" for lack, count in gap.lacks.items())
    yield f"asked {times(gap.count)} by {people(gap.people)} ({lacks})"
    if gap.suggestion or not trouble:
        yield advice(gap.suggestion)
    others = [page for page in gap.pages if gap.suggestion and page != gap.suggestion.page]
    if others:
        yield f"See also: {'; '.join(page_name(page) for page in others)}"


def advice(suggestion: Suggestion | None) -> str:
    """Where the answer could be written."""
    if suggestion is None:
        return NO_SOURCE
    if suggestion.page is None:
        return f"Write it on a new page of {suggestion.source}."
    address = suggestion.page.url
    link = f" ({address})" if address.startswith(("http://", "https://")) else ""
    return f"Write it here: {page_name(suggestion.page)}{link}"


def page_name(page: Near) -> str:
    """A page, and the heading in it."""
    return line(" › ".join(filter(None, (page.title or page.key, *page.headings[-1:]))))


def line(text: str) -> str:
    """Somebody else's words in a line: they ping nobody and lead nowhere."""
    return inert(shortened(" ".join(text.split()), LINE))


def people(number: int) -> str:
    """How many people."""
    return "1 person" if number == 1 else f"{number} people"


def times(number: int) -> str:
    """How often."""
    return "once" if number == 1 else f"{number} times"


def counted(number: int, what: str) -> str:
    """How many of something."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
