"""Examples of nearly one text: how they merge, where they disagree, and whose words it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from model.examples import Review
from tests.harvests import Team, bare, only

pytest_plugins = ["tests.harvest_fixtures"]


# -- merging and conflicts -----------------------------------------------------------------

LONG = "Rewrite: please tell the whole team that the office will be closed on Friday for repairs"


def test_nearly_the_same_text_merges_under_the_first_and_weights_add_up(team: Team) -> None:
    first, later = team.wrote(LONG, "Closed."), team.wrote(LONG + " then", "Closed.", asker="dan")
    team.up(first)
    team.harvest()
    team.up(later, "cleo")
    report = team.harvest()
    [example] = team.examples()
    assert (example.interactions, example.weight) == ((first, later), 2)
    assert "then" not in example.text
    assert report.merged == 1


def test_when_one_of_the_merged_goes_the_other_weighs_less(team: Team) -> None:
    first, later = team.wrote(LONG, "Closed."), team.wrote(LONG, "Closed.", asker="dan")
    team.up(first)
    team.up(later, "cleo")
    team.harvest()
    team.store.withdraw(later, "cleo")
    example = only(team)
    assert (example.interactions, example.weight) == ((first,), 1)
    assert team.harvest().seen == 0 or bare(only(team)) == bare(example)


GOES: dict[str, Callable[[Team, int], object]] = {
    "a vote is taken back": lambda team, id: team.store.withdraw(id, "cleo"),
    "its voter is forgotten": lambda team, _: team.store.forget("cleo", "slack"),
    "its voter objects": lambda team, _: team.people.choose("slack", "cleo", False),
}


@pytest.mark.parametrize("why", GOES)
def test_a_correction_goes_at_once_although_its_answer_was_judged_elsewhere_too(
    team: Team, why: str
) -> None:
    first, later = team.wrote(), team.wrote(asker="dan")
    team.down(first)
    team.down(later, "cleo", correction="I shall not be in today.")
    assert only(team).interactions == (first, later)
    GOES[why](team, later)
    assert team.examples() == []
    left = only(team)
    assert (left.interactions, left.chosen) == ((first,), "")


def test_words_that_stand_for_an_older_text_go_with_who_said_them(team: Team) -> None:
    older = team.wrote(LONG, "Closed.", asker="ben")
    newer = team.wrote(LONG + " then", "Closed.", asker="dan")
    team.up(newer, "cleo")
    team.harvest()
    team.up(older)
    assert only(team).interactions == (older, newer)
    team.store.forget("dan", "slack")
    assert team.examples() == []
    assert only(team).interactions == (older,)


@pytest.mark.parametrize("other", ["Monday", "Saturday"])
def test_a_text_with_another_name_is_another_text(team: Team, other: str) -> None:
    team.up(team.wrote(LONG, "Closed."))
    team.up(team.wrote(LONG.replace("Friday", other), "Closed."))
    team.harvest()
    assert len({example.group for example in team.examples()}) == 2


def test_another_right_answer_to_the_same_text_waits(team: Team) -> None:
    team.down(team.wrote(answer="A."), correction="The first right answer.")
    team.down(team.wrote(answer="B."), correction="Quite another right answer.")
    team.harvest()
    first, later = team.examples()
    assert (first.review, first.doubt) == (Review.ACCEPTED, "")
    assert (later.review, later.doubt) == (
        Review.WAITING,
        "the same text has another right answer",
    )


def test_an_answer_that_is_liked_here_and_rejected_there_waits(team: Team) -> None:
    team.down(team.wrote(answer="Worse."), correction="Better words.")
    team.down(team.wrote(answer="Better words."))
    team.harvest()
    assert [e.doubt for e in team.examples()] == ["", "what it does not want was wanted elsewhere"]


def test_two_liked_answers_to_one_text_are_no_conflict(team: Team) -> None:
    team.up(team.wrote(answer="One way."))
    team.up(team.wrote(answer="Another way."))
    team.harvest()
    assert [example.doubt for example in team.examples()] == ["", ""]


def test_what_waited_for_a_conflict_is_clear_when_the_other_goes(team: Team) -> None:
    first = team.wrote(answer="A.")
    team.down(first, correction="The first right answer.")
    team.down(team.wrote(answer="B."), correction="Quite another right answer.")
    team.harvest()
    team.store.withdraw(first, "ana")
    assert (only(team).chosen, only(team).review) == (
        "Quite another right answer.",
        Review.ACCEPTED,
    )


# -- whose words a text is ---------------------------------------------------------------

FIRST = (
    "Rewrite: please tell all of the people in the office that the lift is out of order and "
    "that nobody can say when somebody comes to look at it"
)
AGAIN = FIRST.replace("all of the", "all the")


def liked(team: Team, text: str, asker: str, answer: str) -> int:
    id = team.wrote(text=text, answer=answer, asker=asker)
    team.up(id)
    return id


def test_a_text_names_its_first_asker_also_without_their_vote(team: Team) -> None:
    first, second = liked(team, FIRST, "ben", "One."), liked(team, AGAIN, "cleo", "Two.")
    team.harvest()
    team.store.withdraw(first, "ana")
    team.harvest()
    team.up(second, "dan")
    [example] = (team.harvest(), team.examples())[1]
    assert (example.text, example.interactions) == (FIRST[9:], (first, second))
    team.store.forget("ben", "slack")
    assert FIRST[9:] not in {example.text for example in team.examples()}
    assert [e.text for e in (team.harvest(), team.examples())[1]] == [AGAIN[9:]]


def test_a_text_is_not_kept_when_its_first_asker_objects(team: Team) -> None:
    liked(team, FIRST, "ben", "One.")
    second = liked(team, AGAIN, "cleo", "Two.")
    team.harvest()
    team.people.choose("slack", "ben", False)
    team.up(second, "dan")
    team.harvest()
    assert [(e.text, e.interactions) for e in team.examples()] == [(AGAIN[9:], (second,))]


def test_a_text_goes_with_the_question_that_said_it_first(team: Team) -> None:
    later = team.wrote(text=AGAIN, answer="Two.", asker="cleo")
    first = liked(team, FIRST, "ben", "One.")
    team.harvest()
    team.up(later)  # an older question, under the words of the newer
    team.harvest()
    assert {e.text for e in team.examples()} == {FIRST[9:]}
    team.store.forget_interactions([first])
    assert team.examples() == []
    team.harvest()
    assert [(e.text, e.interactions) for e in team.examples()] == [(AGAIN[9:], (later,))]


def test_a_text_of_another_wish_names_its_first_asker(team: Team) -> None:
    first = liked(team, f'Make this more polite: "{FIRST[9:]}"', "ben", "One.")
    second = liked(team, f'Make this shorter: "{AGAIN[9:]}"', "cleo", "Two.")
    team.harvest()
    assert [e.interactions for e in team.examples()] == [(first,), (first, second)]


def test_words_of_an_answer_given_again_name_who_asked_first(team: Team) -> None:
    first = team.answered(asker="cleo")
    again = team.answered("how many leave days are there", earlier=first)
    team.up(again)
    assert only(team).interactions == (first, again)
    team.store.forget("cleo", "slack")
    assert team.examples() == []
