"""Three articles and three tickets of a Zendesk, and how they are read, for tests."""

from __future__ import annotations

from dataclasses import replace

from knowledge.sources.zendesk import source as zendesk
from knowledge.sources.zendesk.passing import ZendeskSource
from tests.faults import Server, Still, limits_for
from tests.passes import read
from tests.zendesk_server import Attachment, Case, Guide

HOUR_S = 3600.0


def guides(time: Still) -> tuple[Guide, ...]:
    """Three articles, the second with a translation, a file and a comment."""
    then, later = time.now - 48 * HOUR_S, time.now - 44 * HOUR_S
    heat = Attachment(91, "heat.txt", b"1,240 C", then)
    return (
        Guide(1, "Lids", "<p>Close the lid.</p>", then, then),
        Guide(
            2, "Glazes", "<h2>Blue</h2><p>Stir it.</p>", later, later, 22, ("guide",),
            translations={"de": ("Glasuren", "<p>Umrühren.</p>")}, files=(heat,),
            comments=((7, "Mind the door."), (8, "Thank you.")),
        ),
        Guide(3, "News", "<p>A new kiln.</p>", later + 4 * HOUR_S, later + 4 * HOUR_S),
    )  # fmt: skip


def cases(time: Still) -> tuple[Case, ...]:
    """A solved ticket with a note, one that is open, and a closed one."""
    then = time.now - 24 * HOUR_S
    said = ((8, "The kiln is cold.", True), (7, "He forgot it.", False), (7, "Plug it in.", True))
    return (
        Case(501, "Cold kiln", said, then, tags=("kiln",)),
        Case(502, "Open one", ((8, "Help!", True),), then + 60, "open"),
        Case(503, "Broken lid", ((8, "It broke.", True),), then + 120, "closed"),
    )


def reading(server: Server, time: Still, **options: object) -> ZendeskSource:
    given: dict[str, object] = {"token": "hunter2", "user": "bot@acme.example", **options}
    made = zendesk("help", server.url, allow_private=True, **given)  # type: ignore[arg-type]
    return replace(made, limits=limits_for(tries=2), outside=time.outside)


def items_of(server: Server, time: Still, **options: object) -> dict[str, str]:
    return read(list(reading(server, time, **options).documents(None)))
