"""Which sources an audience may read, and whether an answer may be shown to another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.conversation import Audience, Interaction, Place, Question
from bot.endorsed.words import source_of
from bot.settings import Settings
from bot.settings.sections import Space

ALL_MEMBERS, ANYBODY = "everyone", "public"  # the spaces that are there without being set


def readable(question: Question, settings: Settings) -> list[str]:
    """The names of the sources that this question may be answered from. Raises `UnknownSpace`.

    In a channel that is what all who read it may read; for who reads alone, what that person
    may. In the terminal sits whoever runs the bot, who may read all. Elsewhere an audience that
    nobody established reads what is public. `question.spaces` narrows that and never widens it.
    """
    granted = _granted(question, settings)
    if question.spaces is not None:
        granted &= _sources(question.spaces, settings)
    own = answers_here(question) if settings.trusted.anybody else []
    return [*(source for source in settings.sources if source in granted), *own]


def answers_here(question: Question) -> list[str]:
    """The sources of endorsed answers of the channels that all who read the answer read."""
    audience, place = question.audience or Audience(), question.place
    if audience.outside or question.spaces is not None:
        return []
    channels = [audience.channel] if audience.channel else sorted(audience.channels)
    homes = sorted(audience.guilds) or [place.workspace]  # a direct message is in none of them
    there = (replace(place, workspace=home) for home in homes)
    return [source_of(replace(one, channel=channel)) for one in there for channel in channels]


def may_share(interaction: Interaction, audience_there: Audience, settings: Settings) -> list[str]:
    """The sources of an answer that another audience may not read; none: it may be shared there.

    Each passage that the answer was written from counts, cited or not. A text that was written
    from earlier turns of another channel may hold anything that its asker could read.
    """
    question = interaction.question
    there = replace(question, spaces=None, audience=audience_there)
    hidden = _used(interaction, audience_there, settings) - set(readable(there, settings))
    return sorted(hidden)


def channels_named(settings: Settings, platform: str) -> frozenset[str]:
    """The ids of the channels of a platform that any space names."""
    return frozenset(c for space in settings.spaces.values() for c in _channels(space, platform))


def groups_named(settings: Settings) -> frozenset[str]:
    """The ids of the user groups that any space names, and of those that are trusted."""
    spaces = (group for space in settings.spaces.values() for group in space.groups)
    return frozenset((*spaces, *settings.trusted.slack_groups))


def spaces_naming(place: Place, spaces: Mapping[str, Space]) -> list[str]:
    """The spaces that name the channel of a place."""
    return [n for n, space in spaces.items() if place.channel in _channels(space, place.platform)]


def _granted(question: Question, settings: Settings) -> set[str]:
    if question.audience is None and question.place.platform == "terminal":
        return set(settings.sources)
    return _sources(_spaces(question, question.audience or Audience(), settings), settings)


def _spaces(question: Question, audience: Audience, settings: Settings) -> Iterator[str]:
    """The spaces that an audience belongs to."""
    yield ANYBODY
    if audience.outside:
        return
    if audience.members:
        yield ALL_MEMBERS
    for name, space in settings.spaces.items():
        if _belongs(question, audience, space):
            yield name


def _belongs(question: Question, audience: Audience, space: Space) -> bool:
    """Are all who read it in the space: by their server, by the channel, or the asker alone?"""
    channels = _channels(space, question.place.platform)
    if not audience.guilds.isdisjoint(space.discord_guilds):
        return True
    if audience.channel:
        return audience.channel in channels
    return (
        question.asker in space.people
        or not audience.groups.isdisjoint(space.groups)
        or not audience.roles.isdisjoint(space.discord_roles)
        or not audience.channels.isdisjoint(channels)
    )


def _channels(space: Space, platform: str) -> tuple[str, ...]:
    """The channels that a space names; those of a platform without such a setting are none."""
    return {"slack": space.slack_channels, "discord": space.discord_channels}.get(platform, ())


def _sources(spaces: Iterable[str], settings: Settings) -> set[str]:
    return {source for space in spaces for source in settings.sources_of(space)}


def _used(interaction: Interaction, there: Audience, settings: Settings) -> set[str]:
    answer, question = interaction.answer, interaction.question
    used = {passage.chunk.source for passage in answer.passages}
    used |= {citation.source for citation in answer.citations}
    own = there.channel != "" and there.channel == question.place.channel
    told = any(turn.role == "assistant" for turn in question.thread)
    if told and not (used or own):
        used |= set(readable(replace(question, spaces=None), settings))
    return used
