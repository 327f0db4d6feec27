"""What every platform does with thumbs: one vote per person and answer; the last one counts."""

from __future__ import annotations

from bot.conversation import Feedback, Verdict
from tests.platforms import Chat, Said, Stands

LEAVES = "@tandem How many days of leave do I get?"
UP, DOWN = Verdict.UP, Verdict.DOWN


async def answered(chat: Chat) -> tuple[Said, Stands]:
    """A question of Ben's with its answer."""
    said = await chat.say("ben", LEAVES)
    return said, await chat.answer_to(said)


async def votes(chat: Chat, answer: Stands) -> list[Feedback]:
    """Those that stand, once all is settled."""
    await chat.settled()
    return chat.bot.store.verdicts(answer.number)


async def verdicts(chat: Chat, answer: Stands) -> list[Verdict]:
    """What people think of it, in the order of voting."""
    return [vote.verdict for vote in await votes(chat, answer)]


async def test_a_thumb_up_is_stored(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.vote("ben", answer.last, UP)
    assert await verdicts(chat, answer) == [UP]
    assert not await chat.asked_why("ben")


async def test_a_thumb_down_is_stored_before_it_is_asked_why(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.vote("ana", answer.last, DOWN)
    assert await chat.asked_why("ana")
    assert await verdicts(chat, answer) == [DOWN]


async def test_a_form_that_cannot_be_opened_loses_no_vote(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.refuse_forms()
    await chat.vote("ana", answer.last, DOWN)
    assert not await chat.asked_why("ana")
    assert await verdicts(chat, answer) == [DOWN]


async def test_a_correction_is_stored_with_its_reason(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.vote("ana", answer.last, DOWN)
    await chat.correct("ana", "outdated", "It is 28 days by now.")
    [vote] = await votes(chat, answer)
    assert (vote.verdict, vote.reason) == (DOWN, "outdated")
    assert vote.correction == "It is 28 days by now."


async def test_a_changed_mind_replaces_the_vote_and_its_reason(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.vote("ana", answer.last, DOWN)
    await chat.correct("ana", "wrong", "28 days.")
    await chat.vote("ana", answer.last, UP)
    [vote] = await votes(chat, answer)
    assert (vote.verdict, vote.reason, vote.correction) == (UP, "", "")


async def test_two_people_have_two_votes(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.vote("ana", answer.last, DOWN)
    await chat.vote("ben", answer.last, UP)
    assert await verdicts(chat, answer) == [DOWN, UP]


async def test_a_reaction_is_a_vote(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.react("ana", answer.last, UP)
    assert await verdicts(chat, answer) == [UP]


async def test_a_button_and_a_reaction_of_one_person_are_one_vote(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.vote("ana", answer.last, UP)
    await chat.react("ana", answer.last, DOWN)
    assert await verdicts(chat, answer) == [DOWN]


async def test_a_removed_reaction_takes_the_vote_back(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.react("ana", answer.last, UP)
    await chat.settled()
    await chat.unreact("ana", answer.last, UP)
    assert await verdicts(chat, answer) == []


async def test_a_removed_reaction_leaves_a_later_vote_alone(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.react("ana", answer.last, UP)
    await chat.settled()
    await chat.vote("ana", answer.last, DOWN)
    await chat.unreact("ana", answer.last, UP)
    assert await verdicts(chat, answer) == [DOWN]


async def test_a_replayed_vote_changes_nothing(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.react("ana", answer.last, UP)
    await chat.settled()
    await chat.vote("ana", answer.last, DOWN)
    await chat.replay()
    assert await verdicts(chat, answer) == [DOWN]


async def test_a_replayed_vote_that_was_taken_back_stays_taken_back(chat: Chat) -> None:
    _, answer = await answered(chat)
    await chat.react("ana", answer.last, UP)
    await chat.settled()
    await chat.unreact("ana", answer.last, UP)
    await chat.settled()
    await chat.replay()
    assert await verdicts(chat, answer) == []


async def test_a_vote_on_a_redone_answer_counts_for_what_stands_now(chat: Chat) -> None:
    said, before = await answered(chat)
    await chat.press("ben", before.last, "Redo as tuned")
    after = await chat.answer_to(said)
    await chat.vote("ana", after.last, UP)
    await chat.react("ben", after.last, DOWN)
    assert await verdicts(chat, after) == [UP, DOWN]
    assert await verdicts(chat, before) == []


async def test_a_reaction_on_a_person_s_message_is_no_vote(chat: Chat) -> None:
    said, answer = await answered(chat)
    await chat.react_to("ana", said, UP)
    assert await verdicts(chat, answer) == []
