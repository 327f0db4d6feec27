"""What people say in named channels of a Slack workspace: a thread is a document.

What stands in a channel outside of threads is a document for each conversation. A pass lists
what was begun in the last `days`, and reads the threads that changed; once a day all is listed,
so that late answers to old questions, edits and deletions are found there, too.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from knowledge.net.guard import guarding
from knowledge.sources.slack.passing import Site, SlackSource, Wanted
from knowledge.sources.slack.talking import Taste

BASE = "https://slack.com/api/"


def source(
    name: str,
    channels: tuple[str, ...],
    token: str = "",
    private: bool = False,
    bots: bool = False,
    loose: bool = True,
    gap_s: Annotated[float, Field(gt=0)] = 600.0,
    days: Annotated[float, Field(ge=1)] = 30.0,
    since: str = "",
    limited: bool = False,
    base_url: str = BASE,
    allow_private: bool | tuple[str, ...] = False,
) -> SlackSource:
    """Read `channels` (ids or names), as the bot whose `token` it is, which must be in them.

    `private`: also private channels that are named. `bots`: also what other bots say. `loose`:
    also what is said outside of threads; a silence of over `gap_s` seconds parts conversations.
    `days`: how far back each pass looks for changes. `since`, a date or an age ("365d"): nothing
    before. `limited`: the app is sold outside of Slack's marketplace, and may ask once a minute.
    """
    site = Site(f"{base_url.strip().rstrip('/')}/", token, limited)
    taste = Taste(bots, loose, gap_s)
    wanted = Wanted(tuple(channels), taste, private, days, since)
    return SlackSource(name, site, wanted, guarding(allow_private))
