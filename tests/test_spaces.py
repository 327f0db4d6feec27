"""Who may read what, and what may be shown to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation import Answer, Audience, Interaction, Outcome, Place, Question, Turn
from bot.errors import UnknownSpace
from bot.settings import Settings
from bot.spaces import channels_named, groups_named, may_share, readable
from tests.fakes import FakeStore, an_answer, kept

SPACES = {
    "engineering": {"slack_channels": ["C0ENG"], "discord_channels": ["77"]},
    "board": {"people": ["U0ANNA"], "groups": ["S0BOARD"], "discord_roles": ["board", "9"]},
    "north": {"discord_guilds": ["901"]},
    "south": {"discord_guilds": ["902"], "discord_roles": ["902/board"]},
    "both": {"discord_guilds": ["901", "902"]},
}
SOURCES = {
    "handbook": "everyone",
    "site": "public",
    "runbooks": "engineering",
    "minutes": "board",
    "snow": "north",
    "sun": "south",
    "sky": "both",
}
SETTINGS = Settings.model_validate(
    {
        "home": Path("home"),
        "cache": Path("cache"),
        "spaces": SPACES,
        "sources": {
            name: {"use": "folder", "path": "x", "spaces": [space]}
            for name, space in SOURCES.items()
        },
    }
)
IN_ENGINEERING = Audience("C0ENG", outside=False, members=True)
ALONE = Audience(outside=False, members=True)


def read_by(
    audience: Audience | None,
    platform: str = "slack",
    asker: str = "U0BEN",
    spaces: tuple[str, ...] | None = None,
) -> set[str]:
    place = Place(platform, "T1", "C0ENG")
    return set(readable(Question("?", asker, place, spaces=spaces, audience=audience), SETTINGS))


def test_who_runs_the_bot_in_the_terminal_reads_all() -> None:
    assert read_by(None, "terminal") == set(SOURCES)


@pytest.mark.parametrize("platform", ["slack", "discord", "web", "", "Terminal"])
def test_an_audience_that_nobody_established_reads_what_is_public(platform: str) -> None:
    assert read_by(None, platform) == {"site"}
    assert read_by(Audience(), platform) == {"site"}


def test_a_channel_of_members_reads_what_is_for_everyone_and_what_names_it() -> None:
    assert read_by(IN_ENGINEERING) == {"site", "handbook", "runbooks"}
    assert read_by(replace(IN_ENGINEERING, channel="C0OTHER")) == {"site", "handbook"}


def test_a_channel_with_guests_reads_what_is_public_and_what_names_it() -> None:
    assert read_by(replace(IN_ENGINEERING, members=False)) == {"site", "runbooks"}


def test_a_channel_that_is_shared_with_others_reads_only_what_is_public() -> None:
    assert read_by(replace(IN_ENGINEERING, outside=True)) == {"site"}


def test_a_channel_of_another_platform_is_another_channel() -> None:
    assert read_by(IN_ENGINEERING, "discord") == {"site", "handbook"}
    assert read_by(replace(IN_ENGINEERING, channel="77"), "discord") >= {"runbooks"}
    assert "runbooks" not in read_by(IN_ENGINEERING, "web")


def test_what_the_asker_may_read_alone_is_not_shown_in_a_channel() -> None:
    chosen = replace(IN_ENGINEERING, groups=frozenset({"S0BOARD"}), roles=frozenset({"board"}))
    assert "minutes" not in read_by(chosen, asker="U0ANNA")
    elsewhere = Audience("C0OTHER", outside=False, channels=frozenset({"C0ENG"}))
    assert "runbooks" not in read_by(elsewhere)


def test_who_reads_alone_has_the_spaces_of_the_person() -> None:
    assert read_by(ALONE) == {"site", "handbook"}
    assert read_by(ALONE, asker="U0ANNA") == {"site", "handbook", "minutes"}
    assert read_by(replace(ALONE, groups=frozenset({"S0BOARD"}))) >= {"minutes"}
    assert read_by(replace(ALONE, roles=frozenset({"9"}))) >= {"minutes"}
    assert read_by(replace(ALONE, channels=frozenset({"C0ENG"}))) >= {"runbooks"}


def test_a_guest_who_reads_alone_has_only_what_names_the_guest() -> None:
    guest = replace(ALONE, members=False, channels=frozenset({"C0ENG"}))
    assert read_by(guest) == {"site", "runbooks"}


def in_guild(guild: str, channel: str = "55") -> Audience:
    return Audience(channel, outside=False, members=True, guilds=frozenset({guild}))


def test_a_channel_of_a_server_reads_what_is_for_all_members_of_the_server() -> None:
    assert read_by(in_guild("901"), "discord") == {"site", "handbook", "snow", "sky"}
    assert read_by(in_guild("902"), "discord") == {"site", "handbook", "sun", "sky"}
    assert read_by(in_guild("903"), "discord") == {"site", "handbook"}
    assert read_by(in_guild("901", "77"), "discord") >= {"snow", "runbooks"}


def test_a_server_that_is_not_the_team_s_reads_only_what_is_public() -> None:
    assert read_by(replace(in_guild("901"), outside=True), "discord") == {"site"}


def test_roles_of_an_asker_are_not_those_of_a_channel_of_the_same_server() -> None:
    asked = replace(in_guild("901"), roles=frozenset({"902/board"}))
    assert "sun" not in read_by(asked, "discord")


def test_who_reads_alone_has_the_spaces_of_their_servers() -> None:
    alone = replace(ALONE, guilds=frozenset({"901"}))
    assert read_by(alone, "discord") == {"site", "handbook", "snow", "sky"}
    of_two = replace(ALONE, guilds=frozenset({"901", "902"}))
    assert read_by(of_two, "discord") == {"site", "handbook", "snow", "sun", "sky"}
    assert "sun" in read_by(replace(alone, roles=frozenset({"902/board"})), "discord")


def test_an_asker_of_a_foreign_team_reads_only_what_is_public() -> None:
    foreign = Audience(outside=True, members=True, groups=frozenset({"S0BOARD"}))
    assert read_by(foreign, asker="U0ANNA") == {"site"}


def test_named_spaces_narrow_and_never_widen() -> None:
    assert read_by(IN_ENGINEERING, spaces=("engineering",)) == {"runbooks"}
    assert read_by(IN_ENGINEERING, spaces=("board", "public")) == {"site"}
    assert read_by(Audience(), spaces=("everyone", "engineering", "board")) == set()
    assert read_by(None, "terminal", spaces=("board",)) == {"minutes"}


def test_a_space_that_nobody_made_is_an_error() -> None:
    with pytest.raises(UnknownSpace):
        read_by(ALONE, spaces=("enginering",))


def test_what_a_platform_has_to_look_up_is_told() -> None:
    assert channels_named(SETTINGS, "slack") == {"C0ENG"}
    assert channels_named(SETTINGS, "discord") == {"77"}
    assert channels_named(SETTINGS, "web") == frozenset()
    assert groups_named(SETTINGS) == {"S0BOARD"}


# -- sharing -------------------------------------------------------------------------------


def told(answer: Answer, asker: str = "U0ANNA", *thread: Turn) -> Interaction:
    place = Place("slack", "T1", "D1")
    question = Question("?", asker, place, thread, audience=ALONE)
    return replace(kept(FakeStore(), answer=answer), question=question)


def test_an_answer_may_be_shared_where_all_of_its_passages_may_be_read() -> None:
    assert may_share(told(an_answer()), IN_ENGINEERING, SETTINGS) == []


def test_it_may_not_where_any_may_not_be_read_cited_or_not() -> None:
    found = an_answer()
    uncited = replace(found, citations=())
    for answer in (found, uncited, replace(found, passages=())):
        guests = replace(IN_ENGINEERING, members=False)
        assert may_share(told(answer), guests, SETTINGS) == ["handbook"]
        assert may_share(told(answer), Audience("C0ENG"), SETTINGS) == ["handbook"]


def test_an_answer_of_one_server_is_not_shared_in_another() -> None:
    def source(name: str) -> Interaction:
        chunk = replace(an_answer().passages[0].chunk, source=name)
        passages = (replace(an_answer().passages[0], chunk=chunk),)
        one = told(replace(an_answer(), passages=passages, citations=()))
        return replace(one, question=replace(one.question, place=Place("discord", "901", "55")))

    assert may_share(source("snow"), in_guild("901"), SETTINGS) == []
    assert may_share(source("snow"), in_guild("902"), SETTINGS) == ["snow"]
    assert may_share(source("sky"), in_guild("902"), SETTINGS) == []


def test_what_a_question_was_narrowed_to_does_not_stop_its_sharing() -> None:
    one = told(an_answer())
    narrowed = replace(one, question=replace(one.question, spaces=("public",)))
    assert may_share(narrowed, IN_ENGINEERING, SETTINGS) == []


def test_a_source_that_is_no_longer_set_is_not_shared() -> None:
    chunk = replace(an_answer().passages[0].chunk, source="gone")
    passages = (replace(an_answer().passages[0], chunk=chunk),)
    answer = replace(an_answer(), passages=passages, citations=())
    assert may_share(told(answer), IN_ENGINEERING, SETTINGS) == ["gone"]


def test_a_text_written_from_private_turns_counts_as_all_that_was_readable() -> None:
    written, turn = Answer("Short.", Outcome.WRITTEN), Turn("assistant", "The CEO goes.")
    assert may_share(told(written, "U0ANNA", turn), IN_ENGINEERING, SETTINGS) == ["minutes"]
    assert may_share(told(written, "U0ANNA", turn), Audience("D1"), SETTINGS) == []
    assert may_share(told(written, "U0BEN", turn), IN_ENGINEERING, SETTINGS) == []
    own_words = Turn("user", "I go.")
    assert may_share(told(written, "U0ANNA", own_words), IN_ENGINEERING, SETTINGS) == []
