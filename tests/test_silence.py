"""When the bot is silent, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from bot.conversation import Mode, Place
from bot.doors import Order
from bot.posts import Door, Known, Post, Reason, Speaking, Standing, State
from bot.silence import SPEAK, Decision, Speaks, decide
from bot.thanks import nothing_asked

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUESTION, STATEMENT = "Where do we keep the spare kiln shelves?", "The kiln shelves arrived."
ROOT = Post("E1", "1", Place("slack", "T1", "C1", "1"), "anna", QUESTION, NOON)
FOLLOW_UP = replace(ROOT, event="E2", id="2")
MENTION = replace(ROOT, addressed=True)
UNKNOWN = Known()
WITH_ANNA = Known(takes_part=True, askers=frozenset({"anna"}))
QUIETLY = Decision(quiet=True)


def said(
    post: Post,
    known: Known = UNKNOWN,
    speaking: Speaking = Speaking.THREAD,
    order: Order | None = None,
    allowed: str = "",
) -> Reason | None:
    return decide(
        post, known, speaking, order=order, me="tandem", allowed_bots=frozenset({allowed})
    ).reason


# -- who speaks ----------------------------------------------------------------------------


@pytest.mark.parametrize(("door", "speaking"), list(product(Door, Speaking)))
def test_its_own_words_are_never_answered(door: Door, speaking: Speaking) -> None:
    own = replace(MENTION, author="tandem", by_bot=True, door=door)
    assert said(own, speaking=speaking, allowed="tandem") is Reason.OWN


def test_another_bot_is_answered_only_where_it_is_allowed_and_addresses_us() -> None:
    beep = replace(MENTION, author="beep", by_bot=True)
    assert said(beep) is Reason.BOT
    assert said(beep, allowed="beep") is None
    assert said(replace(beep, door=Door.DIRECT)) is Reason.BOT
    unaddressed = replace(beep, addressed=False)
    assert said(unaddressed, speaking=Speaking.AUTO, allowed="beep") is Reason.BOT
    took_part = Known(takes_part=True, askers=frozenset({"beep"}))
    assert said(replace(unaddressed, id="2"), took_part, allowed="beep") is Reason.BOT


# -- doors and settings --------------------------------------------------------------------


@pytest.mark.parametrize("speaking", Speaking)
@pytest.mark.parametrize("door", [Door.COMMAND, Door.SHORTCUT, Door.DIRECT])
def test_a_command_a_shortcut_and_a_direct_message_are_always_answered(
    door: Door, speaking: Speaking
) -> None:
    muted = Known(muted=True)
    assert decide(replace(ROOT, door=door), muted, speaking) == SPEAK


def test_a_command_without_a_text_is_answered_too() -> None:
    assert said(replace(ROOT, door=Door.COMMAND, text="")) is None


def test_thanks_in_a_direct_message_need_no_answer() -> None:
    direct = replace(ROOT, door=Door.DIRECT, text="thanks!")
    assert said(direct) is Reason.EMPTY
    assert said(replace(direct, text="help"), order=Order.HELP) is None
    assert said(replace(direct, text=""), order=Order.MODE) is None


@pytest.mark.parametrize("speaking", [Speaking.MENTION, Speaking.THREAD, Speaking.AUTO])
def test_a_mention_is_answered(speaking: Speaking) -> None:
    assert decide(MENTION, UNKNOWN, speaking) == SPEAK
    assert decide(replace(MENTION, text=STATEMENT), UNKNOWN, speaking) == SPEAK
    assert said(replace(MENTION, others=("ben",)), speaking=speaking) is None


def test_where_it_is_switched_off_a_mention_is_not_answered() -> None:
    assert said(MENTION, speaking=Speaking.OFF) is Reason.OFF
    assert said(FOLLOW_UP, WITH_ANNA, Speaking.OFF) is Reason.OFF
    assert said(MENTION, speaking=Speaking.OFF, order=Order.HELP) is Reason.OFF


def test_channels_may_speak_otherwise_than_usual() -> None:
    speaks = Speaks(Speaking.MENTION, {"C0HELP": Speaking.AUTO})
    assert (speaks.at("C0HELP"), speaks.at("C1")) == (Speaking.AUTO, Speaking.MENTION)
    assert Speaks().at("C1") is Speaking.THREAD


# -- muted ---------------------------------------------------------------------------------


def test_in_a_muted_thread_a_mention_is_silent_and_orders_get_through() -> None:
    muted = replace(WITH_ANNA, muted=True)
    assert said(MENTION, muted) is Reason.MUTED
    assert said(FOLLOW_UP, muted) is Reason.MUTED
    for order in (Order.UNMUTE, Order.HELP, Order.FORGET_ME):
        assert said(replace(MENTION, text=""), muted, order=order) is None
        assert said(replace(FOLLOW_UP, text=""), muted, order=order) is None
    for order in (Order.AUTO, Order.MODE):
        assert said(MENTION, muted, order=order) is Reason.MUTED


def test_an_order_that_nobody_gave_the_bot_is_not_followed() -> None:
    mute = replace(FOLLOW_UP, author="ben", text="")
    assert said(mute, WITH_ANNA, order=Order.MUTE) is not None
    assert said(mute, Known(), order=Order.MUTE) is Reason.NOT_ADDRESSED
    anna = replace(mute, author="anna")
    assert said(anna, WITH_ANNA, Speaking.MENTION, Order.MUTE) is Reason.MENTION_ONLY


# -- nothing asked -------------------------------------------------------------------------


THANKS = """
|  |!!|👍|🙏🏽 🎉|:+1: :tada:|thanks!|Thank you so much!|thx|ty|ok great|OK, perfect, thanks a lot
|got it|that worked, cheers|makes sense, ok|great, that's exactly what I needed|no worries|???
|Vielen Dank für die Hilfe|merci beaucoup !|muchas gracias|grazie mille|dank je wel|muito obrigado
|dzięki|tack så mycket|спасибо большое|谢谢|alles klar|lgtm 🚀
"""
ASKED = """thanks, and in June?|ok?|great, what about interns|thanks to whom|yes, for two|and
|the answer|E-07|no, the other kiln|https://a.example|```ok```|42|merci de me donner le code
|good night shift rules|hello"""


@pytest.mark.parametrize("text", THANKS.split("|"))
def test_thanks_and_signs_ask_nothing(text: str) -> None:
    assert nothing_asked(text)
    assert said(replace(MENTION, text=text)) is Reason.EMPTY
    assert said(replace(FOLLOW_UP, text=text), WITH_ANNA) is Reason.EMPTY


@pytest.mark.parametrize("text", ASKED.split("|"))
def test_a_real_text_asks_something(text: str) -> None:
    assert not nothing_asked(text)
    assert said(replace(MENTION, text=text)) is None


# -- not addressed -------------------------------------------------------------------------


@pytest.mark.parametrize("speaking", [Speaking.MENTION, Speaking.THREAD, Speaking.AUTO])
def test_what_is_said_to_others_is_theirs(speaking: Speaking) -> None:
    for post, known in ((ROOT, UNKNOWN), (FOLLOW_UP, WITH_ANNA)):
        assert said(replace(post, others=("ben",)), known, speaking) is Reason.OTHER


def test_a_channel_may_be_for_mentions_only() -> None:
    assert said(ROOT, speaking=Speaking.MENTION) is Reason.NOT_ADDRESSED
    assert said(FOLLOW_UP, speaking=Speaking.MENTION) is Reason.NOT_ADDRESSED
    assert said(FOLLOW_UP, WITH_ANNA, Speaking.MENTION) is Reason.MENTION_ONLY


@pytest.mark.parametrize("speaking", [Speaking.THREAD, Speaking.AUTO])
def test_the_asker_goes_on_without_a_mention(speaking: Speaking) -> None:
    for text in (QUESTION, "I meant the other kiln", "and in June"):
        assert decide(replace(FOLLOW_UP, text=text), WITH_ANNA, speaking) == SPEAK
    again = replace(WITH_ANNA, since=("anna", "anna"))
    assert decide(FOLLOW_UP, again, speaking) == SPEAK


@pytest.mark.parametrize("speaking", [Speaking.THREAD, Speaking.AUTO])
def test_once_somebody_else_spoke_people_talk_to_each_other(speaking: Speaking) -> None:
    talked = replace(WITH_ANNA, since=("anna", "ben"))
    assert said(FOLLOW_UP, talked, speaking) is Reason.PEOPLE
    assert said(replace(FOLLOW_UP, author="carl"), talked, speaking) is Reason.PEOPLE
    assert said(replace(FOLLOW_UP, addressed=True), talked, speaking) is None


def test_a_third_persons_clear_question_right_after_the_answer_is_answered() -> None:
    ben = replace(FOLLOW_UP, author="ben")
    assert said(ben, WITH_ANNA) is None
    assert said(replace(ben, text=STATEMENT), WITH_ANNA) is Reason.PEOPLE
    assert said(replace(ben, text=STATEMENT, mode=Mode.TUNED), WITH_ANNA) is None


@pytest.mark.parametrize("speaking", [Speaking.THREAD, Speaking.AUTO])
def test_a_statement_of_the_asker_is_left_to_stand(speaking: Speaking) -> None:
    tells = replace(FOLLOW_UP, text="Thanks, I'll tell my boss tomorrow.")
    assert said(tells, WITH_ANNA, speaking) is Reason.STATEMENT
    assert said(tells, replace(WITH_ANNA, mode=Mode.RAG), speaking) is Reason.STATEMENT
    assert said(tells, replace(WITH_ANNA, mode=Mode.TUNED), speaking) is None
    assert said(replace(tells, addressed=True), WITH_ANNA, speaking) is None
    assert said(replace(tells, mode=Mode.RAG), WITH_ANNA, speaking) is None
    assert said(replace(tells, author="ben"), WITH_ANNA, speaking) is Reason.PEOPLE


def test_a_statement_in_a_direct_message_is_answered() -> None:
    assert said(replace(ROOT, door=Door.DIRECT, text="I'll tell my boss tomorrow")) is None


def test_a_thread_of_others_is_left_alone() -> None:
    for speaking in (Speaking.THREAD, Speaking.AUTO):
        assert said(FOLLOW_UP, speaking=speaking) is Reason.NOT_ADDRESSED
    assert said(ROOT) is Reason.NOT_ADDRESSED


def test_in_an_auto_answer_channel_a_question_is_answered_quietly() -> None:
    assert decide(ROOT, UNKNOWN, Speaking.AUTO) == QUIETLY
    assert decide(replace(ROOT, text=STATEMENT), UNKNOWN, Speaking.AUTO) == Decision(
        Reason.NO_QUESTION
    )


def test_an_edited_question_stays_one_whoever_spoke_since() -> None:
    talked = replace(WITH_ANNA, since=("ben",), heard=Standing(State.DONE, "x"))
    edited = replace(FOLLOW_UP, edited=True)
    assert said(edited, talked) is None
    for state in (State.SILENT, State.GONE):
        assert said(edited, replace(talked, heard=Standing(state, "x"))) is Reason.PEOPLE


# -- all of it -----------------------------------------------------------------------------


def test_it_speaks_unaddressed_only_where_it_takes_part_or_answers_by_itself() -> None:
    yes_no = (True, False)
    for speaking, takes_part, author, text, root in product(
        Speaking, yes_no, ("anna", "ben"), (QUESTION, STATEMENT, ""), yes_no
    ):
        post = replace(ROOT if root else FOLLOW_UP, author=author, text=text)
        told = decide(post, replace(WITH_ANNA, takes_part=takes_part), speaking)
        by_itself = speaking is Speaking.AUTO and root
        follows = speaking in (Speaking.THREAD, Speaking.AUTO) and takes_part and not root
        assert told.quiet <= by_itself
        assert told.reason is not None or by_itself or follows
        assert text or told.reason is not None
