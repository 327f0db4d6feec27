"""The announcement voice: each rule tells right from wrong, and all pairs keep all rules."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from bench.voice_facts import figures_kept, mentions, names
from bench.voice_rules import TEAMS, kept, rules

PAIRS = Path(__file__).parents[1] / "examples/voice/pairs.jsonl"
PLAIN = PAIRS.with_name("plain.jsonl")
README = PAIRS.with_name("README.md")
SOURCE = (
    "roster is down on tuesday 9 march from 9am to 4pm, pim moves it to a bigger machine. that "
    "costs 1200 euro. save your shift plans before"
)
GOOD = """📣 IT: Roster is down on Tuesday
Hi all,

Pim moves Roster to a bigger machine.

- Tue 9 Mar, 09:00 to 16:00
- It costs €1,200

What you need to do: save your shift plans before Tuesday.
– IT"""


@dataclass(frozen=True)
class Pair:
    id: str
    topic: str
    text: str
    answer: str


def pairs() -> list[Pair]:
    return [Pair(**json.loads(line)) for line in PAIRS.read_text("utf-8").splitlines()]


def failing(source: str, written: str) -> set[str]:
    return {name for name, holds in kept(source, written).items() if not holds}


def test_a_good_announcement_keeps_every_rule() -> None:
    assert failing(SOURCE, GOOD) == set()


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("opening", "📣 IT: ", "IT: "),
        ("opening", "📣 IT: Roster", "📣 The boss: Roster"),
        ("opening", "down on Tuesday\n", "down on Tuesday.\n"),
        ("opening", "is down", "is down and nobody at all can use it then"),
        ("opening", "Hi all,", "Dear all,"),
        ("brief", "machine.", "machine" + ", and that takes some time" * 4 + "."),
        ("brief", "machine.", "machine." + " It takes some time." * 20),
        ("active", "Pim moves Roster", "Roster is now moved by Pim"),
        ("active", "Pim moves Roster", "It will be brought by Pim"),
        ("active", "Pim moves Roster", "Roster wasn't fully fixed by Pim"),
        ("dates", "Tue 9 Mar", "Tuesday 9 March"),
        ("dates", "Tue 9 Mar", "Tue 9th Mar"),
        ("dates", "Tue 9 Mar", "Tuesday, 9/3"),
        ("dates", "Tue 9 Mar", "Tue, Mar 9"),
        ("dates", "Tue 9 Mar", "Tue 2027-03-09"),
        ("dates", "before Tuesday", "before Tue"),
        ("dates", "- Tue 9 Mar, ", "- From "),
        ("times", "09:00", "9:00"),
        ("times", "16:00", "4 pm"),
        ("times", "09:00 to 16:00", "all day"),
        ("amounts", "€1,200", "€1200"),
        ("amounts", "€1,200", "€ 1,200"),
        ("amounts", "€1,200", "1,200 euros"),
        ("amounts", "€1,200", "EUR 1,200"),
        ("list", "- Tue 9 Mar, 09:00 to 16:00\n- It", "Tue 9 Mar, 09:00 to 16:00. It"),
        ("list", "€1,200", "€1,200."),
        ("list", "- It costs", "- it costs"),
        ("list", "- It costs €1,200", "- It costs €1,200\n\nAnd\n- That"),
        ("action", "What you need to do: ", "Please "),
        ("action", "before Tuesday.", "before Tuesday"),
        ("action", "machine.", "machine.\nNothing to do."),
        ("signature", "\n– IT", "\n– Finance"),
        ("signature", "\n– IT", "\n- IT"),
        ("signature", "\n– IT", "\n– IT\nThanks."),
        ("plain_words", "machine.", "machine!"),
        ("plain_words", "machine.", "machine. Please be advised of it."),
        ("plain_words", "Pim moves", "Pim kindly moves"),
        ("plain_words", "bigger machine", "machine that he utilises"),
        ("figures", "09:00", "10:00"),
        ("figures", "\n- It costs €1,200", "\n- It costs money"),
        ("figures", "machine.", "machine. It takes 12 minutes."),
        ("figures", "machine.", "machine. See #ask-it."),
        ("names", "Pim moves Roster", "He moves Roster"),
        ("names", "before Tuesday", "and ask Sven before Tuesday"),
        ("names", "Roster is down on", "Roster Is Closed on"),
    ],
)
def test_a_slip_breaks_its_rule(rule: str, old: str, new: str) -> None:
    source = SOURCE.replace("pim", "our Pim")
    assert old in GOOD
    assert rule in failing(source, GOOD.replace(old, new, 1))


def test_what_needs_no_list_may_go_without() -> None:
    written = "📣 IT: Mail is slow\nHi all,\n\nMail is slow today.\n\nNothing to do.\n– IT"
    assert failing("mail is slow today", written) == set()


def test_an_empty_text_breaks_the_rules_that_ask_for_something() -> None:
    assert {"opening", "brief", "action", "signature", "figures"} <= failing(SOURCE, "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("at 4pm", "16:00"),
        ("at 4.30 p.m.", "16:30"),
        ("from 9 to 5", "09:00 to 17:00"),
        ("at half past three", "15:30"),
        ("at 8 o'clock", "20:00"),
        ("at noon", "12:00"),
        ("at midnight", "00:00"),
        ("at 16h30", "16:30"),
        ("the 14th of may", "14 May"),
        ("May 14th", "14 May"),
        ("14/5", "14 May"),
        ("14.05.2027", "14 May"),
        ("2027-05-14", "14 May"),
        ("14-16 may", "14 May to 16 May"),
        ("7+8 june", "7 Jun and 8 Jun"),
        ("5, 6 or 7 oct", "5 Oct, 6 Oct, 7 Oct"),
        ("sun 31 jan", "Sun 31 Jan"),
        ("around ten", "10:00"),
        ("til march", "March"),
        ("weds", "Wednesday"),
        ("1.200 euro", "€1,200"),
        ("EUR 2,75", "€2.75"),
        ("2k euro", "€2,000"),
        ("twenty-five people", "25 people"),
        ("the 1st floor", "the first floor"),
        ("one of us", "us"),
        ("gh-403 in #ASK-IT", "GH-403 in #ask-it"),
    ],
)
def test_a_figure_is_the_same_however_it_is_typed(typed: str, meant: str) -> None:
    assert figures_kept(typed, meant)


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("at 4pm", "04:00"),
        ("at 09:00", "21:00"),
        ("at 4", "5"),
        ("14 may", "15 May"),
        ("14 may", "14 Jun"),
        ("1.200 euro", "€1.20"),
        ("two of us", "us"),
        ("GH-403", "GH-409"),
        ("version 26.4.1", "version 26.4.2"),
        ("on tuesday", "on Thursday"),
    ],
)
def test_another_figure_is_not_the_same(typed: str, other: str) -> None:
    assert not figures_kept(typed, other)


def test_a_loose_number_may_be_a_time_only_where_people_type() -> None:
    assert mentions("at 9", loose=True)[0].forms == {"number 9", "time 09:00", "time 21:00"}
    assert mentions("at 9")[0].forms == {"number 9"}


def test_names_are_capitals_within_a_sentence_and_the_companys_own_words() -> None:
    text = "Hi Marta,\nour Rui has put it into roster. Nobody told Inês's team.\nThanks,\nJoost"
    assert names(text) == {"rui", "inês", "roster"}


def test_every_pair_keeps_every_rule() -> None:
    broken = {pair.id: found for pair in pairs() if (found := failing(pair.text, pair.answer))}
    assert broken == {}


def test_pairs_are_many_and_differ() -> None:
    told = pairs()
    assert len({pair.id for pair in told}) == len(told) == 400
    assert len({pair.topic for pair in told}) >= 20
    assert all(15 <= len(pair.text.split()) <= 120 for pair in told)
    cut = [(pair.id, _shingles(pair.text)) for pair in told]
    near = [
        (a, b) for (a, x), (b, y) in combinations(cut, 2) if 2 * len(x & y) > min(len(x), len(y))
    ]
    assert near == []


def test_plain_answers_add_no_figure_and_do_not_speak_in_the_voice() -> None:
    told = [json.loads(line) for line in PLAIN.read_text("utf-8").splitlines()]
    assert Counter(each["task"] for each in told) == {"rewrite": 20, "summarize": 20, "draft": 20}
    assert len({each["text"] for each in told} - {pair.text for pair in pairs()}) == 60
    for each in told:
        assert not _stated(each["answer"]) - _stated(each["text"], loose=True), each["id"]
        assert {"opening", "action", "signature"} <= failing(each["text"], each["answer"])


def test_a_capital_may_is_a_month_but_not_before_we() -> None:
    assert [_stated(text) for text in ("In May", "May we come?")] == [{"month may"}, set()]


def test_the_readme_names_every_rule_and_every_team() -> None:
    text = README.read_text("utf-8")
    assert re.findall(r"(?m)^\| `(\w+)` \|", text) == list(rules())
    assert re.findall(r"(?m)^\| ([A-Z][\w ]+) \|", text) == list(TEAMS)


def _stated(text: str, loose: bool = False) -> set[str]:
    return set().union(*(m.forms for m in mentions(text, loose) if m.needed))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return set(zip(words, words[1:], words[2:], strict=False))
