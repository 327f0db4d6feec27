"""Examples, judged passages, curated answers and marks: kept once, found, decided on."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import UnknownExample, UnknownInteraction
from bot.learning import history
from bot.learning.book_words import Expired, Kept, Wanted
from model.examples import Example, Origin, Review, What
from tests.learned import NOON, SHOWN, Learned, curated, example, imported, judged

pytest_plugins = ["tests.learning_fixtures"]
UNKNOWN = 2**31 + 5


# -- examples ----------------------------------------------------------------------------


def test_an_example_comes_back_as_it_was_kept(learned: Learned) -> None:
    id = learned.asked()
    one = example(
        rejected="I cant.",
        wish="politely",
        passages=(SHOWN,),
        weight=2.5,
        review=Review.WAITING,
        doubt="two say so",
        interactions=(id,),
    )
    assert learned.book.keep([one], {0: ["slack:ben"]}) == Kept(added=1)
    [back] = learned.book.examples()
    assert back == replace(one, id=back.id)
    assert learned.book.example(back.id) == back


@pytest.mark.parametrize("text", ["a\0b", "half \ud800 a pair", "x" * 1_000_000, "", "'; DROP--"])
def test_hostile_text_is_kept_and_known_when_it_comes_again(learned: Learned, text: str) -> None:
    one = replace(imported(), text=text, chosen=text, came_from=text[:90])
    assert learned.book.keep([one]) == Kept(added=1)
    [back] = learned.book.examples()
    assert len(back.text) == len(text)
    assert learned.book.keep([one]) == learned.book.keep([back]) == Kept(unchanged=1)


def test_what_teaches_the_same_is_kept_once(learned: Learned) -> None:
    first, second = learned.asked(), learned.asked()
    one, other = example(interactions=(first,)), example(interactions=(second,))
    assert learned.book.keep([one, one]) == Kept(added=1)
    assert learned.book.keep([one]) == Kept(unchanged=1)
    assert learned.book.keep([other]) == Kept(changed=1)
    [back] = learned.book.examples()
    assert back.interactions == (first, second)


def test_weight_and_doubt_follow_the_votes_and_a_person_s_decision_stays(learned: Learned) -> None:
    learned.book.keep([example(review=Review.WAITING, doubt="they disagree")])
    [back] = learned.book.examples()
    assert learned.book.keep([example(weight=3.0)]) == Kept(changed=1)
    now = learned.book.example(back.id)
    assert (now.weight, now.review, now.doubt) == (3.0, Review.ACCEPTED, "")
    learned.book.review(back.id, Review.REJECTED, "olga", "not our voice")
    assert learned.book.keep([example(weight=4.0)]) == Kept(changed=1)
    now = learned.book.example(back.id)
    assert (now.weight, now.review, now.doubt) == (4.0, Review.REJECTED, "not our voice")


def test_an_edit_stays_when_the_example_is_drawn_again(learned: Learned) -> None:
    id = learned.asked()
    learned.draw(id, example())
    [back] = learned.book.examples()
    edited = learned.book.edit(back.id, "I can't make it today.", None, "olga")
    assert (edited.text, edited.chosen) == (back.text, "I can't make it today.")
    learned.draw(id, example())
    assert learned.book.examples() == [edited]


def test_an_edited_text_takes_its_own_side_of_the_split(learned: Learned) -> None:
    texts = [f"text {n}" for n in range(40)]
    inside = next(text for text in texts if not example(text).held_out)
    outside = next(text for text in texts if example(text).held_out)
    learned.book.keep([example(inside)])
    [back] = learned.book.examples(Wanted(held_out=False))
    learned.book.edit(back.id, None, outside, "olga")
    assert learned.book.examples(Wanted(held_out=False)) == []
    assert [one.text for one in learned.book.examples(Wanted(held_out=True))] == [outside]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(what=What.ANSWERS),
        Wanted(task="answers"),
        Wanted(review=Review.WAITING),
        Wanted(origin=Origin.IMPORT),
        Wanted(words="100%_SURE"),
        Wanted(what=What.ANSWERS, words="sure", limit=5),
    ],
)
def test_examples_are_filtered(learned: Learned, wanted: Wanted) -> None:
    meant = Example(What.ANSWERS, "answers", "Is it?", "It is 100%_sure.", review=Review.WAITING)
    learned.book.keep([example(), example("hello"), meant])
    assert [one.chosen for one in learned.book.examples(wanted)] == [meant.chosen]


def test_examples_are_listed_newest_first_and_paged(learned: Learned) -> None:
    learned.book.keep([imported(n) for n in range(600)])
    whole = learned.book.examples()
    assert [one.id for one in whole] == sorted((one.id for one in whole), reverse=True)
    first = learned.book.examples(Wanted(limit=2))
    rest = learned.book.examples(Wanted(before_id=first[-1].id))
    assert first + rest == whole
    ids = {one.id for one in whole[::2]}
    assert learned.book.examples(Wanted(ids=ids)) == whole[::2]
    assert learned.book.examples(Wanted(ids=[UNKNOWN, -1])) == []
    assert learned.book.examples(Wanted(ids=[])) == []


def test_removed_examples_are_gone(learned: Learned) -> None:
    learned.book.keep([imported(1), imported(2)])
    first, second = learned.book.examples()
    assert learned.book.remove([first.id, UNKNOWN]) == 1
    assert learned.book.examples() == [second]


def test_an_unknown_example_is_said_to_be_unknown(learned: Learned) -> None:
    for id in (77_777, UNKNOWN, -1):
        with pytest.raises(UnknownExample, match=f"{id}.*tandem examples"):
            learned.book.example(id)
        with pytest.raises(UnknownExample):
            learned.book.review(id, Review.ACCEPTED, "olga")
        with pytest.raises(UnknownExample):
            learned.book.edit(id, "x", None, "olga")
        with pytest.raises(UnknownExample):
            learned.book.review_curated(id, Review.ACCEPTED)


def test_what_was_made_from_an_unknown_interaction_is_not_kept(learned: Learned) -> None:
    there = learned.asked()
    for id in (there + 1, UNKNOWN):
        with pytest.raises(UnknownInteraction, match=str(id)):
            learned.book.keep([imported(), example(interactions=(there, id))])
        for write in (
            lambda id=id: learned.book.replace_of(id, [example()]),
            lambda id=id: learned.book.judge(id, [judged(id)]),
            lambda id=id: learned.book.curate(curated(id), id),
        ):
            with pytest.raises(UnknownInteraction, match=str(id)):
                write()
    assert learned.book.examples() == []


# -- what is made from an interaction ----------------------------------------------------


def test_the_examples_of_an_interaction_become_exactly_these(learned: Learned) -> None:
    id = learned.asked()
    assert learned.book.replace_of(id, [example("1"), example("2")]) == Kept(added=2)
    assert learned.book.replace_of(id, [example("1"), example("2")]) == Kept(unchanged=2)
    again = learned.book.replace_of(id, [example("2"), example("3")])
    assert again == Kept(added=1, unchanged=1, gone=1)
    assert [one.text for one in learned.book.examples()] == ["3", "2"]
    assert learned.book.replace_of(id, []) == Kept(gone=2)
    assert learned.book.examples() == []


def test_an_example_of_several_stays_with_the_first_of_them(learned: Learned) -> None:
    first, second = learned.asked(), learned.asked()
    for id in (first, second):
        learned.draw(id, example(weight=2.0))
    learned.draw(second)
    assert [one.interactions for one in learned.book.examples()] == [(first,)]
    assert learned.changed() == [first]


def test_an_example_goes_with_the_one_whose_words_it_has(learned: Learned) -> None:
    first, second = learned.asked(), learned.asked()
    for id in (first, second):
        learned.draw(id, example())
    learned.draw(first)
    assert learned.book.examples() == []
    assert learned.changed() == [second]


def test_what_was_drawn_from_votes_that_changed_meanwhile_is_not_kept(learned: Learned) -> None:
    id = learned.asked()
    learned.vote(id, "anna", correction="I can't come.")
    [voted] = learned.book.harvestable()
    learned.vote(id, "anna", up=True)
    assert learned.book.replace_of(id, [example()], seen=voted.mark) == Kept()
    learned.book.judge(id, [judged(id)], seen=voted.mark)
    learned.book.curate(curated(id), id, seen=voted.mark)
    assert (learned.book.examples(), learned.book.judged()) == ([], [])
    assert learned.book.curated_waiting() == []
    [voted] = learned.book.harvestable(voted.mark)
    assert learned.book.replace_of(id, [example()], seen=voted.mark) == Kept(added=1)


def test_judged_passages_are_brought_in_step_and_keep_their_vectors(learned: Learned) -> None:
    id = learned.asked()
    learned.book.judge(id, [judged(id), judged(id, key="pay.md", text="y" * 5000)])
    leave, pay = learned.book.judged()
    assert leave == judged(id, id=leave.id)
    assert pay.text == "y" * 2000
    learned.book.set_vectors({leave.id: b"\x00\x01"}, "e5")
    learned.book.judge(id, [judged(id, value=-0.5)])
    told = {"vector": b"\x00\x01", "embedder": "e5", "id": leave.id}
    assert learned.book.judged() == [judged(id, value=-0.5, **told)]
    assert learned.book.judged("another") == []
    assert len(learned.book.judged("e5")) == 1


def test_what_was_decided_on_a_curated_answer_stays_while_its_words_do(learned: Learned) -> None:
    id = learned.asked()
    learned.book.curate(curated(id), id)
    [waits] = learned.book.curated_waiting()
    assert waits == curated(id, id=waits.id)
    assert learned.book.curated() == []
    assert learned.book.review_curated(waits.id, Review.ACCEPTED).review is Review.ACCEPTED
    learned.book.curate(curated(id, trace="t2"), id)
    assert [one.trace for one in learned.book.curated()] == ["t2"]
    learned.book.curate(curated(id, answer="28."), id)
    assert [one.answer for one in learned.book.curated_waiting()] == ["28."]
    learned.book.curate(None, id)
    assert learned.book.curated(review=None) == []


def test_the_vector_of_a_curated_answer_can_be_kept_later(learned: Learned) -> None:
    id = learned.asked()
    learned.book.curate(curated(id, vector=b""), id)
    [one] = learned.book.curated_waiting()
    learned.book.set_curated_vectors({one.id: b"\x07"}, "e5")
    [kept] = learned.book.curated_waiting()
    assert (kept.vector, kept.embedder) == (b"\x07", "e5")


# -- changed verdicts --------------------------------------------------------------------


def test_changed_verdicts_are_harvestable_in_the_order_of_their_changes(learned: Learned) -> None:
    first, second = learned.asked(), learned.asked()
    learned.vote(first, "anna", up=True)
    learned.vote(second, "anna", up=True)
    learned.vote(first, "carl", correction="27 days")
    voted = learned.book.harvestable()
    assert [one.id for one in voted] == [second, first]
    assert [one.author for one in voted[1].verdicts] == ["anna", "carl"]
    assert voted[1].interaction == learned.store.interaction(first)
    assert voted[1].person("carl") == "slack:carl"
    assert [one.id for one in learned.book.harvestable(limit=1)] == [second]
    assert [one.id for one in learned.book.harvestable(voted[0].mark)] == [first]
    assert learned.book.harvestable(voted[1].mark) == []


def test_a_vote_that_says_nothing_new_is_no_change(learned: Learned) -> None:
    id = learned.asked()
    learned.vote(id, "anna", correction="27 days")
    assert learned.changed() == [id]
    late = learned.store.verdicts(id)[0]
    learned.vote(id, "anna", correction="27 days")
    assert learned.changed() == []
    learned.vote(id, "anna", correction="28 days")
    assert learned.changed() == [id]
    learned.store.rate(late)
    assert learned.changed() == []


def test_the_history_holds_what_was_said_before(learned: Learned) -> None:
    id = learned.asked()
    for correction in ("27 days", "28 days"):
        learned.vote(id, "anna", correction=correction)
    learned.store.withdraw(id, "anna")
    assert learned.store.verdicts(id) == []
    told = learned.everything()
    assert all(word in told for word in ("'given'", "'changed'", "'withdrawn'", "27 days"))


def test_no_change_is_passed_over_while_many_vote_at_once(learned: Learned) -> None:
    ids = [learned.asked() for _ in range(40)]
    seen, over = set[int](), threading.Event()

    def vote(mine: list[int]) -> None:
        for id in mine:
            learned.vote(id, "anna", up=True)

    def follow() -> None:
        mark = 0
        while True:
            ended = over.is_set()
            found = learned.book.harvestable(mark, 3)
            seen.update(voted.id for voted in found)
            mark = found[-1].mark if found else mark
            if ended and not found:
                return

    voters = [threading.Thread(target=vote, args=(ids[n::4],)) for n in range(4)]
    follower = threading.Thread(target=follow)
    for thread in (*voters, follower):
        thread.start()
    for thread in voters:
        thread.join()
    over.set()
    follower.join()
    assert seen == set(ids)


def waits(learned: Learned) -> bool:
    """Does somebody wait to note a change?"""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with learned.sessions.reading() as connection:
        return bool(connection.exec_driver_sql(waiting).scalar())


@pytest.mark.postgres
@pytest.mark.parametrize("learning_database", ["postgres"], indirect=True)
def test_a_change_is_not_seen_before_one_that_was_noted_earlier(learned: Learned) -> None:
    first, second = learned.asked(), learned.asked()
    voter = threading.Thread(target=learned.vote, args=(second, "anna"))
    with learned.sessions.writing() as connection:
        history.note(connection, history.wordless([first], NOON))
        voter.start()
        while voter.is_alive() and not waits(learned):
            time.sleep(0.01)
        assert learned.book.harvestable() == []
    voter.join()
    assert [voted.id for voted in learned.book.harvestable()] == [first, second]


def test_a_mark_is_kept_by_its_name(learned: Learned) -> None:
    assert learned.book.mark("harvest") == 0
    for value in (5, 3):
        learned.book.set_mark("harvest", value)
        assert (learned.book.mark("harvest"), learned.book.mark("other")) == (value, 0)


# -- what is too old ---------------------------------------------------------------------


def test_what_people_gave_long_ago_expires_and_imports_stay(learned: Learned) -> None:
    old = learned.asked()
    learned.vote(old, "anna", correction="xylophone")
    learned.draw(old, example("xylophone"))
    learned.book.judge(old, [judged(old, text="xylophone")])
    learned.book.curate(curated(old, answer="xylophone"), old)
    learned.book.keep([imported()])
    snapshot = snapshot_of_all(learned)
    learned.at = NOON + timedelta(days=400)
    new = learned.asked()
    learned.draw(new, example("new"))
    gone = learned.book.expire(learned.at - timedelta(days=365))
    assert gone == Expired(examples=1, judged=1, curated=1, changes=1)
    assert [one.text for one in learned.book.examples()] == ["new", "line 0"]
    assert [one.text for one in learned.registry.examples_of(snapshot)] == ["line 0"]
    [vote] = learned.store.verdicts(old)
    assert (vote.correction, learned.everything().count("xylophone")) == ("xylophone", 1)
    assert learned.book.expire(learned.at - timedelta(days=365)) == Expired()


def snapshot_of_all(learned: Learned) -> int:
    ids = [one.id for one in learned.book.examples()]
    return learned.registry.snapshot(What.STYLE, ["rewrite"], ids).id


def test_what_expired_datasets_hold_goes_although_it_was_replaced_since(learned: Learned) -> None:
    id = learned.asked()
    learned.draw(id, example("xylophone"))
    snapshot = snapshot_of_all(learned)
    learned.draw(id)
    assert len(learned.registry.examples_of(snapshot)) == 1
    assert learned.book.expire(NOON + timedelta(seconds=1)) == Expired()
    assert learned.registry.examples_of(snapshot) == []


def test_what_expires_comes_again_from_a_later_interaction(learned: Learned) -> None:
    old = learned.asked()
    learned.draw(old, example())
    learned.at = NOON + timedelta(days=400)
    new = learned.asked()
    learned.draw(new, example())
    assert learned.book.expire(learned.at - timedelta(days=365)).examples == 1
    assert learned.changed() == [new]
