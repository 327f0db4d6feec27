"""Thumbs under our replies that were given while the bot was away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import discord

from bot.conversation import Verdict
from bot.desk import Ballot, Desk
from bot.platforms.discord.calls import calling
from bot.platforms.discord.keeping import keep
from bot.platforms.discord.listening import THUMBS
from bot.platforms.discord.reading import Me, guild_of, raw_place, who_gave


async def count(message: discord.Message, desk: Desk, me: Me) -> None:
    """Keep the verdicts of people who have none yet on what a message of ours answers.

    Who gave both thumbs is not counted: which came last is not told. Raises `PlatformAway`,
    `Refused`.
    """
    given = [(verdict, r) for r in message.reactions if (verdict := verdict_of(r)) is not None]
    place = raw_place(guild_of(message), message.channel.id)
    answered = await keep(desk.answered, place, str(message.id)) if given else None
    if answered is None or answered.interaction is None:
        return
    counted = {v.author for v in await keep(desk.store.verdicts, answered.interaction)}
    for author, verdict in (await thumbs(given)).items():
        if author in counted or author == me.user:
            continue
        event = f"r{message.id}:{author}:{verdict}"
        now = datetime.now(UTC)
        await keep(desk.vote, Ballot(event, answered.interaction, author, verdict, now), place)


def verdict_of(reaction: discord.Reaction) -> Verdict | None:
    """The verdict that a reaction stands for, of any colour; None: for none."""
    return THUMBS.get(str(reaction.emoji)[:1])


async def thumbs(given: Sequence[tuple[Verdict, discord.Reaction]]) -> dict[str, Verdict]:
    """Who gave which thumb, without those who gave both."""
    verdicts: dict[str, set[Verdict]] = {}
    for verdict, reaction in given:
        for author in await calling("GET reactions", who_gave(reaction)):
            verdicts.setdefault(author, set()).add(verdict)
    return {author: one.pop() for author, one in verdicts.items() if len(one) == 1}
