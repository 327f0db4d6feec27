"""What a vote teaches: which example is made of it, how much it weighs, and whether it waits."""

from __future__ import annotations

import pytest

from bot.conversation import Outcome, Turn
from model.examples import Origin, Review, What
from tests.harvests import Team, only

pytest_plugins = ["tests.harvest_fixtures"]

REWRITE = "cant come today"


# -- what a vote on a stylistic task teaches ---------------------------------------------


def test_a_correction_is_a_pair(team: Team) -> None:
    id = team.wrote(answer="I cant come.")
    team.down(id, correction="I can't come today, sorry.")
    example = only(team)
    assert (example.chosen, example.rejected) == ("I can't come today, sorry.", "I cant come.")
    assert (example.what, example.task, example.origin) == (
        What.STYLE,
        "rewrite",
        Origin.CORRECTION,
    )
    assert (example.interactions, example.review) == ((id,), Review.ACCEPTED)


def test_a_thumb_up_alone_is_a_good_answer_and_one_down_a_bad_one(team: Team) -> None:
    team.up(team.wrote(text="Rewrite: first text here", answer="Good."))
    team.down(team.wrote(text="Rewrite: second text here", answer="Bad."))
    team.harvest()
    assert [(e.chosen, e.rejected) for e in team.examples()] == [("Good.", ""), ("", "Bad.")]


def test_an_order_stands_beside_its_text(team: Team) -> None:
    team.up(team.wrote(text='Make this more polite: "send me the report now, it is late"'))
    example = only(team)
    assert example.wish == "Make this more polite"
    assert "send me the report now" in example.text


def test_several_who_agree_weigh_as_many(team: Team) -> None:
    id = team.wrote()
    for who in ("ana", "cleo", "dan"):
        team.up(id, who)
    assert only(team).weight == 3


def test_most_votes_decide_where_few_differ_and_count_less(team: Team) -> None:
    id = team.wrote()
    for who in ("ana", "cleo", "dan"):
        team.up(id, who)
    team.down(id, "eve")
    example = only(team)
    assert (example.weight, example.doubt, example.review) == (2, "", Review.ACCEPTED)


def test_votes_that_disagree_wait(team: Team) -> None:
    id = team.wrote()
    team.up(id)
    team.down(id, "dan")
    example = only(team)
    assert example.review is Review.WAITING
    assert example.doubt == "people disagree: 1 up, 1 down"


def test_of_two_corrections_the_one_that_more_people_gave_is_taken(team: Team) -> None:
    id = team.wrote()
    team.down(id, "ana", "I can't make it today.")
    team.down(id, "cleo", "i can't make it today")
    team.down(id, "dan", "Not coming, sorry all.")
    example = only(team)
    assert (example.chosen, example.weight) == ("I can't make it today.", 2)


def test_of_two_corrections_that_weigh_the_same_both_wait(team: Team) -> None:
    id = team.wrote()
    team.down(id, "ana", "I can't make it today.")
    team.down(id, "dan", "Sorry, I won't be there today.")
    team.harvest()
    made = team.examples()
    assert {e.chosen for e in made} == {"I can't make it today.", "Sorry, I won't be there today."}
    assert {e.doubt for e in made} == {"people corrected it in different ways"}


@pytest.mark.parametrize(
    ("correction", "doubt"),
    [
        ("I can't come today.", "the correction is the answer itself"),
        ("way too long!", "the correction reads like a remark, not like an answer"),
        ("This is wrong", "the correction reads like a remark, not like an answer"),
        ("word " * 200, "the correction is far longer than what it corrects"),
        ("jo@acme.com", "little is left of it once secrets are masked"),
    ],
)
def test_a_doubtful_correction_waits(team: Team, correction: str, doubt: str) -> None:
    team.down(team.wrote(), correction=correction)
    example = only(team)
    assert (example.review, example.doubt) == (Review.WAITING, doubt)


@pytest.mark.parametrize("nothing", ["", "   ", "?!", "\n"])
def test_an_empty_correction_is_a_thumb_down(team: Team, nothing: str) -> None:
    team.down(team.wrote(answer="Bad."), correction=nothing)
    assert (only(team).chosen, only(team).rejected) == ("", "Bad.")


def test_a_correction_of_a_label_is_one_of_the_labels(team: Team) -> None:
    team.down(team.wrote("Classify: it broke", "idea", "classify"), correction="Problem")
    assert only(team).chosen == "problem"


def test_a_correction_that_is_no_label_waits(team: Team) -> None:
    team.down(team.wrote("Classify: it broke", "idea", "classify"), correction="catastrophe")
    assert only(team).doubt == "'catastrophe' is no label of classify"


def test_under_the_policy_review_everything_waits(team: Team) -> None:
    team.policy = "review"
    team.up(team.wrote())
    assert (only(team).review, only(team).doubt) == (Review.WAITING, "")


def test_secrets_are_masked_before_anything_is_kept(team: Team) -> None:
    id = team.wrote("Rewrite: tell jo@acme.com that I am late", "Tell jo@acme.com I am late.")
    team.down(id, correction="Please tell jo@acme.com that I am running late.")
    example = only(team)
    assert "acme" not in repr(example)
    assert example.chosen == "Please tell [email] that I am running late."


# -- what a vote on an answer from the documents teaches ---------------------------------


def test_a_liked_answer_is_good_and_its_passage_right(team: Team) -> None:
    team.up(team.answered())
    example = only(team)
    assert (example.what, example.chosen) == (
        What.ANSWERS,
        "Full-time staff get 27 days of leave each year.",
    )
    assert [shown.right for shown in example.passages] == [True, False]
    [judged] = team.book.judged()
    assert (judged.key, judged.value, judged.voters) == ("leave", 1.0, ("slack:ana",))


@pytest.mark.parametrize("reason", ["wrong_source", "outdated", "off_topic"])
def test_a_passage_is_wrong_where_the_source_is_blamed(team: Team, reason: str) -> None:
    team.down(team.answered(), reason=reason)
    example = only(team)
    assert [shown.right for shown in example.passages] == [False, None]
    assert [judged.value for judged in team.book.judged()] == [-1.0]


@pytest.mark.parametrize("reason", ["", "wrong", "incomplete", "too_long", "unwanted", "other"])
def test_other_reasons_say_nothing_of_the_passages(team: Team, reason: str) -> None:
    team.down(team.answered(), reason=reason)
    example = only(team)
    assert example.rejected
    assert [shown.right for shown in example.passages] == [None, None]
    assert team.book.judged() == []


def test_a_correction_rests_on_the_passage_that_holds_it(team: Team) -> None:
    id = team.answered("Who books trips?", "27 days. [1]")
    team.down(id, correction="Trips are booked by the office.")
    team.harvest()
    example = next(e for e in team.examples() if id in e.interactions)
    assert [shown.right for shown in example.passages] == [False, True]
    assert (example.chosen, example.rejected) == ("Trips are booked by the office.", "27 days.")
    waiting = team.book.curated()
    assert [curated.answer for curated in waiting] == ["Trips are booked by the office."]


def test_a_correction_that_no_passage_holds_waits(team: Team) -> None:
    team.down(team.answered(), correction="Ask Petra, she decides each year in January.")
    assert only(team).doubt == "no passage that was found holds the correction"
    assert team.book.curated() == []


@pytest.mark.parametrize(
    "told", ["The handbook doesn't say.", "I don't know", "The documents do not mention that."]
)
def test_where_the_sources_do_not_tell_every_passage_is_wrong(team: Team, told: str) -> None:
    team.down(team.answered("What is for lunch?"), correction=told)
    example = only(team)
    assert (example.chosen, example.review) == ("", Review.ACCEPTED)
    assert [shown.right for shown in example.passages] == [False, False]
    assert team.book.curated() == []


def test_a_liked_silence_is_an_example_of_silence(team: Team) -> None:
    team.up(team.answered("What is for lunch?", "The sources don't say.", outcome=Outcome.UNKNOWN))
    example = only(team)
    assert (example.chosen, example.rejected) == ("", "")
    assert [shown.right for shown in example.passages] == [False, False]


def test_a_disliked_silence_alone_teaches_nothing(team: Team) -> None:
    team.down(team.answered("What is it?", "The sources don't say.", outcome=Outcome.UNKNOWN))
    team.harvest()
    assert team.examples() == []


def test_a_follow_up_is_learned_standalone(team: Team) -> None:
    thread = [Turn("user", "How many days of leave do I get?"), Turn("assistant", "27 days.")]
    team.up(team.answered("And part-time?", thread=thread))
    assert "leave" in only(team).text


def test_votes_on_an_answer_that_was_given_again_count_for_the_first(team: Team) -> None:
    first = team.answered()
    again = team.answered("how many days of leave do i get", earlier=first)
    team.up(first)
    team.up(again, "cleo")
    example = only(team)
    assert (example.interactions, example.weight) == ((first, again), 2)
