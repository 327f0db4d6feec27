"""A yes or no before a sentence stands where the quote bears it out, and goes in doubt."""

from __future__ import annotations

import pytest

from bot.yes_no import parted, stands


@pytest.mark.parametrize(
    ("text", "says", "sentence"),
    [
        ("Yes, you get 27 days.", True, "You get 27 days."),
        ("yes you may", True, "You may"),
        ("Yes. 27 days a year.", True, "27 days a year."),
        ("No, it is not paid.", False, "It is not paid."),
        ("No \u2014 it is not paid.", False, "It is not paid."),
        ("No you may not.", False, "You may not."),
        ("Of course, you may.", True, "You may."),
        ("Correct. You get 27 days.", True, "You get 27 days."),
        ("Yes and no: it depends.", None, "It depends."),
        ("Yes.", True, ""),
    ],
)
def test_the_word_is_told_from_the_sentence(text: str, says: bool | None, sentence: str) -> None:
    reply = parted(text)
    assert (reply.says, reply.sentence, reply.word != "") == (says, sentence, True)


@pytest.mark.parametrize(
    "text",
    [
        "No approval is needed.",
        "No one may enter.",
        "No.7 is the kiln for glazes.",
        "Yesterday was a holiday.",
        "Nobody knows.",
        "Correct labels are blue.",
        "27 days, yes.",
        "",
    ],
)
def test_a_sentence_that_denies_by_itself_stays_whole(text: str) -> None:
    reply = parted(text)
    assert (reply.word, reply.sentence) == ("", text)


@pytest.mark.parametrize(
    ("asked", "said", "quote"),
    [
        (
            "Do I get 27 days of leave?",
            "Yes, you get 27 days of leave.",
            "You get 27 days of leave.",
        ),
        (
            "Can I work from abroad?",
            "Yes, you can work from abroad.",
            "Staff may work from abroad.",
        ),
        ("Is lunch free?", "Yes, lunch is free.", "Lunch is free for everyone."),
        ("Is annual leave paid?", "Yes, annual leave is paid.", "Annual leave is paid in full."),
        ("Do I need a permit?", "Yes, you need a permit.", "You need a permit."),
        ("Must I wear goggles?", "Yes, goggles must be worn.", "Employees must wear goggles."),
        ("Can I smoke indoors?", "No, you may not smoke indoors.", "You may not smoke indoors."),
        ("Is lunch free?", "No, lunch is not free.", "Lunch is not free."),
        ("Do I need a permit?", "No, you do not need a permit.", "You do not need a permit."),
    ],
)
def test_a_word_that_the_quote_bears_out_stands(asked: str, said: str, quote: str) -> None:
    assert stands(parted(said), asked, quote)


@pytest.mark.parametrize(
    ("why", "asked", "said", "quote"),
    [
        ("the quote denies", "Is lunch free?", "Yes, lunch is free.", "Lunch is not free."),
        ("the quote affirms", "Is lunch free?", "No, lunch is free.", "Lunch is free."),
        ("the sentence denies", "Is lunch free?", "Yes, it is not free.", "Lunch is not free."),
        ("no yes or no is asked", "What is lunch?", "Yes, lunch is free.", "Lunch is free."),
        ("it is asked how", "How can I get lunch?", "Yes, get lunch.", "You can get lunch."),
        ("a choice is asked", "Is lunch or tea free?", "Yes, lunch is free.", "Lunch is free."),
        (
            "it is asked with not",
            "Isn't lunch free?",
            "No, lunch is not free.",
            "Lunch is not free.",
        ),
        ("nothing tells of paid", "Is leave paid?", "Yes, book leave.", "Leave is booked early."),
        ("nothing tells of free", "Is lunch free?", "Yes, lunch is at noon.", "Lunch is at noon."),
        ("a figure differs", "Can I keep 10 days?", "Yes, you can.", "You can keep 5 days."),
        (
            "the negation is about something else",
            "Is parking free?",
            "No, parking is free and you do not need a permit.",
            "Parking is free and you do not need a permit.",
        ),
        (
            "what is asked stands in two clauses",
            "Are bikes allowed in the office?",
            "Yes, bikes are in the shed.",
            "Bikes are in the shed, and dogs are allowed in the office.",
        ),
        (
            "others are spoken of",
            "Can I work abroad?",
            "Yes, contractors may work abroad.",
            "Contractors may work abroad.",
        ),
        (
            "some are spoken of",
            "Do I get 27 days of leave?",
            "Yes, full-time staff get 27 days of leave.",
            "Full-time staff get 27 days of leave.",
        ),
        (
            "leave is no duty",
            "Must I book leave?",
            "Yes, leave may be booked.",
            "You may book leave.",
        ),
        ("a ban spares nobody", "Must I book it?", "No, you must not.", "You must not book it."),
        ("a possibility is no fact", "Is lunch free?", "Yes, it may be.", "Lunch may be free."),
        ("it is restricted", "Can I park?", "Yes, you can park.", "You can park only on Mondays."),
        ("it has a condition", "Can I park?", "Yes, you can park.", "You can park if it is dry."),
        (
            "two denials",
            "Is it legal?",
            "No, it is not illegal.",
            "It is not illegal, never legal.",
        ),
        ("forbidden", "Can I smoke?", "Yes, you can smoke.", "To smoke is prohibited."),
        ("only some", "Is only lunch free?", "Yes, lunch is free.", "Lunch is free."),
        ("torn", "Is lunch free?", "Yes and no: lunch is free.", "Lunch is free."),
        ("nothing is asked", "", "Yes, lunch is free.", "Lunch is free."),
    ],
)
def test_in_doubt_the_word_goes(why: str, asked: str, said: str, quote: str) -> None:
    assert not stands(parted(said), asked, quote), why
