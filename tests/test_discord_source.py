"""Discord as a source, over a socket, against its documented REST."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.discord import source as discord
from knowledge.sources.discord.passing import DiscordSource
from tests.contracts import SourceContract
from tests.discords import BEN, Discord, Post, Talk, flake, reply
from tests.faults import Server, Still, limits_for
from tests.networked import NetworkedSourceContract, Page

HOUR_S, DAY_S = 3600.0, 24 * 3600.0
LONG_AGO_S = Still().now - 50 * DAY_S


def reading(server: Server, time: Still, **options: object) -> DiscordSource:
    given = {"channels": ["600"], "token": "hunter2", **options}
    url = f"{server.url}/api/v10"
    made = discord("chat", base_url=url, allow_private=True, **given)  # type: ignore[arg-type]
    return replace(made, limits=limits_for(tries=2), outside=time.outside, page=2)


class TestDiscord(SourceContract):
    @pytest.fixture
    def source(self, server: Server, time: Still) -> Source:
        then = flake(time.now - 30 * DAY_S)
        kiln = Talk(then, "The kiln", [Post(then, "Is it cold?"), Post(then + 9, "No.", BEN)])
        plain = [Post(then + 1, "Who has the key?"), reply(then + 2, "I have.", then + 1)]
        Discord(plain, [kiln]).at(server)
        return reading(server, time)


class TestDiscordOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract as active threads, archived ones, and talk outside of threads."""

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        talks = [self.talk(page) for page in pages if page.id % 3 != 2]
        posts = [self.post(page) for page in pages if page.id % 3 == 2]
        Discord(posts, talks).at(server)

    def talk(self, page: Page) -> Talk:
        id, last = flake(LONG_AGO_S) + page.id, flake(page.changed_s)
        posts = [Post(id, f"What is {page.name}?"), Post(last, page.text, BEN)]
        archived = page.changed_s + HOUR_S if page.id % 3 else 0.0
        return Talk(id, page.name, posts, archived_s=archived)

    def post(self, page: Page) -> Post:
        return Post(flake(LONG_AGO_S + DAY_S * page.id), page.text)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        made = reading(server, Still(), days=90)
        return replace(made, limits=limits, outside=outside)
