"""What people press in Discord: thumbs, their form, Stop, Redo, Share; also after a restart."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator

import pytest

from bot import wording
from bot.conversation import Feedback, Mode, Place, Verdict
from bot.desk import Ballot, Desk
from bot.errors import DatabaseUnavailable
from bot.platforms.discord import controls
from bot.posts import Door, Item
from tests.bots import Made
from tests.discord.choosing import Choosing, choosing
from tests.discord.ids import CHANNELS, GUILD, PEOPLE
from tests.discord.people import People
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S

LEAVE = "How many days of leave do I get?"
BEN, ANA = PEOPLE["ben"], PEOPLE["ana"]
CALLBACK = "POST /interactions/{interaction}/{token}/callback"
UP, DOWN = Verdict.UP, Verdict.DOWN


async def judged(there: Choosing) -> tuple[int, str]:
    """An answer with thumbs: its interaction, and the message."""
    item = await there.asked("ben", LEAVE)
    interaction = there.answer(item).id
    thumbs = (controls.vote(UP, interaction), controls.vote(DOWN, interaction))
    return interaction, await there.show(item, *thumbs)


def votes(there: Choosing, interaction: int) -> list[tuple[str, Verdict, str, str]]:
    """Who voted what, and why."""
    held: list[Feedback] = there.made.store.verdicts(interaction)
    return [(v.author, v.verdict, v.reason, v.correction) for v in held]


# -- thumbs --------------------------------------------------------------------------------


async def test_a_thumbs_up_is_kept_and_thanked_for(there: Choosing) -> None:
    interaction, message = await judged(there)
    told = await there.people.press("ana", message, controls.vote(UP, interaction))
    assert (told.kind, told.ephemeral) == ("answered", True)
    seen = (await there.people.look()).message(told.message)
    assert (seen.content, [button.label for button in seen.buttons]) == (
        wording.VOTED,
        [wording.TAKE_BACK],
    )
    assert votes(there, interaction) == [(ANA, UP, "", "")]


async def test_a_vote_is_taken_back(there: Choosing) -> None:
    interaction, message = await judged(there)
    told = await there.people.press("ana", message, controls.vote(UP, interaction))
    taken = await there.people.press("ana", told.message, wording.TAKE_BACK)
    assert taken.kind == "updated"
    seen = (await there.people.look()).message(told.message)
    assert (seen.content, seen.buttons) == (wording.TAKEN_BACK, ())
    assert votes(there, interaction) == []


async def test_a_vote_that_was_changed_since_is_not_taken_back(there: Choosing) -> None:
    interaction, message = await judged(there)
    told = await there.people.press("ana", message, controls.vote(UP, interaction))
    await there.people.press("ana", message, controls.vote(DOWN, interaction))
    await there.people.press("ana", told.message, wording.TAKE_BACK)
    seen = (await there.people.look()).message(told.message)
    assert seen.content == wording.NOT_TAKEN_BACK
    assert votes(there, interaction) == [(ANA, DOWN, "", "")]


async def test_a_thumbs_down_is_kept_and_then_asks_what_was_wrong(there: Choosing) -> None:
    interaction, message = await judged(there)
    told = await there.people.press("ana", message, controls.vote(DOWN, interaction))
    assert told.kind == "modal"
    assert votes(there, interaction) == [(ANA, DOWN, "", "")]
    form = await there.people.open_modal("ana")
    assert form is not None
    assert form.custom_id == controls.reason(interaction)


async def test_what_was_wrong_and_the_right_answer_are_kept_with_the_vote(
    there: Choosing,
) -> None:
    interaction, message = await judged(there)
    await there.people.press("ana", message, controls.vote(DOWN, interaction))
    told = await there.people.submit("ana", {"reason": "outdated", "correction": " 28 days. "})
    assert (told.kind, told.ephemeral) == ("answered", True)
    assert votes(there, interaction) == [(ANA, DOWN, "outdated", "28 days.")]
    await there.people.press("ana", told.message, wording.TAKE_BACK)
    assert votes(there, interaction) == []


async def test_a_form_may_be_sent_with_nothing_in_it(there: Choosing) -> None:
    interaction, message = await judged(there)
    await there.people.press("ana", message, controls.vote(DOWN, interaction))
    told = await there.people.submit("ana", {})
    assert told.kind == "answered"
    assert votes(there, interaction) == [(ANA, DOWN, "", "")]


async def test_buttons_and_forms_work_after_a_restart(
    discord_server: DiscordServer, discord_people: People, chooser: Made, unhurried: None
) -> None:
    async with choosing(discord_server, discord_people, chooser) as before:
        interaction, message = await judged(before)
        await before.people.press("ana", message, controls.vote(DOWN, interaction))
    async with choosing(discord_server, discord_people, chooser) as after:
        told = await after.people.submit("ana", {"reason": "wrong", "correction": "No."})
        assert told.kind == "answered"
        assert votes(after, interaction) == [(ANA, DOWN, "wrong", "No.")]
        told = await after.people.press("ana", message, controls.vote(UP, interaction))
        assert told.kind == "answered"
        assert votes(after, interaction)[0][1] is UP


async def test_a_vote_on_an_answer_that_is_forgotten_says_so(there: Choosing) -> None:
    _, message = await judged(there)
    there.made.desk.forget(BEN, there.place("general"))
    told = await there.people.press("ana", message, controls.vote(UP, 1))
    seen = (await there.people.look()).message(told.message)
    assert (seen.content, seen.only_for) == (wording.NO_ANSWER_HERE, ANA)


@pytest.mark.parametrize(
    "custom_id",
    ["tandem:vote:up:1234567890123456789", "tandem:vote:left:1", "tandem:redo:x:1", "else:7"],
)
async def test_a_button_that_is_none_of_ours_changes_nothing(
    there: Choosing, custom_id: str
) -> None:
    message = await there.post(custom_id, controls.vote(UP, 1))
    await there.people.configure(first_response_s=0.1)
    assert (await there.people.press("ana", message, custom_id)).kind == "failed"
    await there.people.configure(first_response_s=PATIENCE_S)
    assert (await there.people.press("ana", message, controls.vote(UP, 1))).kind == "answered"


# -- when the desk is slow or broken ---------------------------------------------------------


class Desks(Desk):
    """A desk that takes votes when it is let, and may then fail."""

    let: threading.Event
    fails = False

    @classmethod
    def of(cls, desk: Desk) -> Desks:
        parts = (desk.assistant, desk.inbox, desk.store, desk.people, desk.settings, desk.tasks)
        made = cls(*parts, desk.openness)
        made.let = threading.Event()
        return made

    def vote(self, ballot: Ballot, place: Place) -> bool:
        assert self.let.wait(PATIENCE_S)
        if self.fails:
            raise DatabaseUnavailable("sqlite:///x", "it is locked by robo", "Wait")
        return super().vote(ballot, place)


@pytest.fixture
async def slow(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> AsyncIterator[tuple[Choosing, Desks]]:
    """A Discord with a bot whose desk is slow."""
    desk = Desks.of(chooser.desk)
    async with choosing(discord_server, discord_people, chooser, desk) as there:
        try:
            yield there, desk
        finally:
            desk.let.set()


async def test_a_vote_that_takes_long_counts_though_no_form_can_be_opened_any_more(
    slow: tuple[Choosing, Desks],
) -> None:
    there, desk = slow
    interaction, message = await judged(there)
    told = await there.people.press("ana", message, controls.vote(DOWN, interaction))
    assert (told.kind, told.ephemeral) == ("deferred", True)
    desk.let.set()
    seen = await there.people.wait_for(lambda seen: wording.VOTED_DOWN in seen)
    assert [b.label for b in seen.message(told.message).buttons] == [wording.TAKE_BACK]
    assert votes(there, interaction) == [(ANA, DOWN, "", "")]


async def test_a_vote_that_cannot_be_kept_is_apologised_for(
    slow: tuple[Choosing, Desks], caplog: pytest.LogCaptureFixture
) -> None:
    there, desk = slow
    desk.fails = True
    desk.let.set()
    interaction, message = await judged(there)
    told = await there.people.press("ana", message, controls.vote(UP, interaction))
    seen = (await there.people.look()).message(told.message)
    assert "(code T-" in seen.content
    assert "robo" not in seen.content
    assert seen.content.split("code ")[1].rstrip(")") in caplog.text


async def test_a_vote_counts_where_discord_opens_no_form(there: Choosing) -> None:
    interaction, message = await judged(there)
    await there.people.configure(first_response_s=0.5)
    await there.people.fault(CALLBACK, status=400, code=50035, message="Invalid Form Body")
    told = await there.people.press("ana", message, controls.vote(DOWN, interaction))
    assert told.kind == "failed"
    assert votes(there, interaction) == [(ANA, DOWN, "", "")]


# -- answers -------------------------------------------------------------------------------


async def test_stop_ends_the_writing_in_whatever_process(there: Choosing) -> None:
    item = await there.asked("ben", LEAVE)
    message = await there.show(item, controls.stop(controls.Mark(item.id, 1, 0)))
    told = await there.people.press("ana", message, "stop")
    assert told.kind == "acknowledged"
    assert there.made.inbox.beat(item).stopped


async def test_who_asked_has_it_answered_in_another_mode(there: Choosing) -> None:
    item = await there.asked("ben", LEAVE)
    message = await there.finish(item, controls.redo(Mode.RAG, item.id))
    told = await there.people.press("ben", message, "redo")
    assert told.kind == "acknowledged"
    again = await there.taken()
    assert (again.id, again.revision, again.post.mode) == (item.id, 2, Mode.RAG)


async def test_nobody_else_has_it_answered_anew(there: Choosing) -> None:
    item = await there.asked("ben", LEAVE)
    message = await there.finish(item, controls.redo(Mode.RAG, item.id))
    told = await there.people.press("ana", message, "redo")
    seen = (await there.people.look()).message(told.message)
    assert (seen.content, seen.only_for) == (wording.NOT_YOURS, ANA)
    assert there.idle()


async def test_an_answer_that_stands_in_a_direct_message_is_redone_from_there(
    there: Choosing,
) -> None:
    item = await there.asked("ben", f"private: {LEAVE}")
    message = await there.finish(item, controls.redo(Mode.RAG, item.id), channel="dm-ben")
    await there.people.press("ben", message, "redo")
    assert (await there.taken()).revision == 2


async def test_what_nobody_knows_cannot_be_redone_or_shared(there: Choosing) -> None:
    message = await there.post(controls.redo(Mode.RAG, 77), controls.share(77))
    for button in ("redo", "share"):
        told = await there.people.press("ben", message, button)
        seen = (await there.people.look()).message(told.message)
        assert seen.content == wording.NO_ANSWER_HERE


async def chosen(there: Choosing) -> tuple[Item, str]:
    """Ben asked about a message of Ana's from its menu; the answer that only he sees."""
    message = await there.people.say("team", "ana", LEAVE)
    await there.people.menu("ben", "team", message, wording.MENU_ASK)
    item = await there.taken()
    return item, await there.finish(item, controls.share(item.id), channel="team")


async def test_a_private_answer_is_shared_at_the_message_that_it_is_about(
    there: Choosing,
) -> None:
    item, message = await chosen(there)
    told = await there.people.press("ben", message, "share")
    assert (await there.people.look()).message(told.message).content == wording.POSTED
    shared = await there.taken()
    place = Place("discord", GUILD, CHANNELS["team"], item.post.about)
    assert (shared.post.place, shared.post.door) == (place, Door.CHANNEL)
    assert (shared.post.private, shared.interaction) == (False, 1)


async def test_it_is_shared_once(there: Choosing) -> None:
    _, message = await chosen(there)
    for _ in range(2):
        await there.people.press("ben", message, "share")
    await there.taken()
    assert there.idle()


async def test_only_who_asked_shares(there: Choosing) -> None:
    _, message = await chosen(there)
    told = await there.people.press("pia", message, "share")
    assert (await there.people.look()).message(told.message).content == wording.NOT_YOURS
    assert there.idle()


async def test_what_not_all_may_read_is_not_shared(
    discord_server: DiscordServer, discord_people: People, chooser: Made
) -> None:
    async with choosing(
        discord_server, discord_people, chooser, guilds=("900000000000000009",)
    ) as there:  # the team's server is another one
        _, message = await chosen(there)
        told = await there.people.press("ben", message, "share")
        seen = (await there.people.look()).message(told.message)
        assert seen.content == wording.kept_back(["handbook"])
        assert there.idle()
