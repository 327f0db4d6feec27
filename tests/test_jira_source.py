"""Jira as a source, over a socket, against its documented search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.jira import adf, wiki
from knowledge.sources.jira import source as jira
from knowledge.sources.jira.passing import JiraSource
from tests.contracts import SourceContract
from tests.faults import Server, Still, as_json, limits_for
from tests.jiras import Jira, Ticket, when
from tests.networked import NetworkedSourceContract, Page
from tests.passes import Passes, keys, read

HOUR_S = 3600.0


@pytest.fixture
def tracker(server: Server, time: Still) -> Jira:
    made = Jira(lambda: time.now, tickets(time))
    made.at(server)
    return made


def said(words: object, **more: object) -> Mapping[str, Any]:
    """A comment of Ben's."""
    return {"author": {"displayName": "Ben"}, "created": when(1e9), "body": words, **more}


def tickets(time: Still) -> tuple[Ticket, ...]:
    then = time.now - 48 * HOUR_S
    return (
        Ticket("11", "The kiln is cold", "It stays at 20 degrees.", then, comments=(said("Why?"),)),
        Ticket("12", "Blue is green", "Stir it.", then + 60, files={"heat.txt": b"1,240 C"}),
        Ticket("13", "A secret", "Psst.", then + 120, closed=True),
    )


def reading(server: Server, tracker: Jira, time: Still, **options: object) -> JiraSource:
    given = {"token": "hunter2", "cloud": tracker.cloud, "projects": ["ENG"], **options}
    made = jira("bugs", server.url, allow_private=True, **given)  # type: ignore[arg-type]
    return replace(made, limits=limits_for(tries=2), outside=time.outside)


class TestJira(SourceContract):
    @pytest.fixture
    def source(self, server: Server, tracker: Jira, time: Still) -> Source:
        return reading(server, tracker, time, attachments=True)


class TestJiraOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract as issues, in the cloud."""

    cloud = True

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        found = [self.ticket(page) for page in pages]
        Jira(lambda: self.clock(), found, self.cloud).at(server)

    def ticket(self, page: Page) -> Ticket:
        return Ticket(str(page.id), page.name, page.text, page.changed_s)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        self.clock = outside.clock
        made = jira(
            "bugs", server.url, "hunter2", "anna@acme.example", ["ENG"], cloud=self.cloud,
            attachments=True, allow_private=True,
        )  # fmt: skip
        return replace(made, limits=limits, outside=outside)


@pytest.mark.endurance
class TestJiraOnAnOwnServer(TestJiraOverTheNetwork):
    """The same by offsets."""

    cloud = False


# -- what is read --------------------------------------------------------------------


@pytest.mark.parametrize("cloud", [True, False])
def test_issues_comments_and_files_are_read_in_the_cloud_and_on_own_servers(
    server: Server, tracker: Jira, time: Still, cloud: bool
) -> None:
    tracker.cloud = cloud
    tracker.at(server)
    items = list(reading(server, tracker, time, attachments=True).documents(None))
    assert keys(items) == ["11", "12", "12/912"]
    one = next(item for item in items if isinstance(item, Document))
    assert (one.title, one.url) == ("ENG-11: The kiln is cold", f"{server.url}/browse/ENG-11")
    assert one.modified_at is not None
    assert one.modified_at.timestamp() == time.now - 48 * HOUR_S
    head, text, *talk = one.text.split("\n\n")
    assert head.startswith("Bug ENG-11, Done (Fixed), by Anna on 2026-11-")
    assert text == "It stays at 20 degrees."
    assert talk == ["## Comments", "### Ben, 2001-09-09", "Why?"]
    assert read(items)["12/912"] == "1,240 C"


def test_what_only_some_may_read_is_read_only_where_asked_for(
    server: Server, tracker: Jira, time: Still
) -> None:
    closed = (said("Only us", visibility={"type": "role"}), said("Agents", jsdPublic=False))
    tracker.tickets = (replace(tracker.tickets[0], comments=closed), *tracker.tickets[1:])
    few = read(list(reading(server, tracker, time).documents(None)))
    assert sorted(few) == ["11", "12"]
    assert "Comments" not in few["11"]
    every = read(list(reading(server, tracker, time, restricted=True).documents(None)))
    assert sorted(every) == ["11", "12", "13"]
    assert "Only us" in every["11"]
    assert "Agents" in every["11"]


def test_all_comments_are_read_however_many_there_are(
    server: Server, tracker: Jira, time: Still
) -> None:
    many = tuple(said(f"word{n}") for n in range(5))
    tracker.tickets = (replace(tracker.tickets[0], comments=many),)
    text = read(list(reading(server, tracker, time).documents(None)))["11"]
    assert [f"word{n}" in text for n in range(5)] == [True] * 5


def test_what_an_issue_belongs_to_is_told(server: Server, tracker: Jira, time: Still) -> None:
    fields = {
        "labels": ["hot"],
        "components": [{"name": "Kilns"}],
        "parent": {"key": "ENG-1", "fields": {"summary": "Heat"}},
        "issuelinks": [
            {"type": {"outward": "blocks"}, "outwardIssue": {"key": "ENG-2"}},
            {"type": {"inward": "is caused by"}, "inwardIssue": {"key": "ENG-3"}},
        ],
    }
    tracker.tickets = (replace(tracker.tickets[0], fields=fields),)
    text = read(list(reading(server, tracker, time).documents(None)))["11"].split("\n")[0]
    for part in ("Labels: hot.", "Components: Kilns.", "Part of: ENG-1 (Heat).", "Blocks ENG-2."):
        assert part in text
    assert text.endswith("Is caused by ENG-3.")


# -- what a later pass asks for -------------------------------------------------------


@pytest.mark.parametrize("cloud", [True, False])
def test_only_what_changed_is_read_and_what_is_gone_forgotten_at_once(
    server: Server, tracker: Jira, time: Still, cloud: bool
) -> None:
    tracker.cloud = cloud
    tracker.at(server)
    passes = Passes(reading(server, tracker, time, attachments=True))
    passes.next()
    before = len(tracker.asked)
    assert read(passes.next()) == {}
    assert all("updated >=" in jql or "updated" not in jql for jql in tracker.asked[before:])
    one, two, three = tracker.tickets
    new = Ticket("14", "New", "Clay.", time.now)
    tracker.tickets = (one, replace(two, text="Shake it.", updated_s=time.now), three, new)
    time.now += HOUR_S
    assert sorted(read(passes.next())) == ["12", "14"]
    tracker.tickets = tracker.tickets[1:]
    assert sorted(keys(passes.next())) == ["12", "12/912", "14"]


def test_an_issue_that_is_closed_to_most_is_forgotten(
    server: Server, tracker: Jira, time: Still
) -> None:
    passes = Passes(reading(server, tracker, time))
    passes.next()
    one, two, three = tracker.tickets
    tracker.tickets = (replace(one, closed=True, updated_s=time.now), two, three)
    assert keys(passes.next()) == ["12"]
    tracker.tickets = (one, two, three)
    time.now += 25 * HOUR_S
    assert sorted(keys(passes.next())) == ["11", "12"]


# -- what goes wrong -----------------------------------------------------------------


def test_an_issue_that_fails_costs_no_other_and_is_asked_for_again(
    server: Server, tracker: Jira, time: Still
) -> None:
    tracker.broken = {"11"}
    passes = Passes(reading(server, tracker, time))
    items = passes.next()
    assert sorted(read(items)) == ["12"]
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["11"]
    tracker.broken = set()
    assert sorted(read(passes.next())) == ["11"]


def test_a_login_that_failed_forgets_nothing(server: Server, tracker: Jira, time: Still) -> None:
    tracker.login = "AUTHENTICATED_FAILED"
    with pytest.raises(SourceUnreadable, match="does not know us") as caught:
        list(reading(server, tracker, time).documents(None))
    assert "hunter2" not in str(caught.value)


def test_a_search_that_finds_nothing_of_what_it_counts_forgets_nothing(
    server: Server, tracker: Jira, time: Still
) -> None:
    passes = Passes(reading(server, tracker, time))
    passes.next()
    time.now += 25 * HOUR_S
    search = "/rest/api/3/search/jql"
    server.routes[search] = lambda asked: as_json({"issues": [], "isLast": True})
    with pytest.raises(SourceUnreadable, match="counts 3 entries and lists none"):
        passes.next()
    tracker.tickets = ()
    assert keys(passes.next()) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"projects": []}, "neither `projects` nor `jql`"),
        ({"jql": "status = Done ORDER BY key"}, "order by"),
    ],
)
def test_settings_that_cannot_work_are_named(
    server: Server, tracker: Jira, time: Still, options: dict[str, object], problem: str
) -> None:
    with pytest.raises(SourceUnreadable, match=problem):
        list(reading(server, tracker, time, **options).documents(None))
    assert server.asked == []


# -- its notations -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("h2. Open _the_ *lid*", "## Open *the* **lid**"),
        ("# one\n## two\n* three", "1. one\n   1. two\n- three"),
        ("{code:java|title=A.java}\nint *a* = 1;\n{code}", "A.java\n\n```java\nint *a* = 1;\n```"),
        ("{noformat}a_b_c{noformat}", "```\na_b_c\n```"),
        ("||Kiln||Heat||\n|A|[hot|https://x.example/a_b]|",
         "| Kiln | Heat |\n| --- | --- |\n| A | [hot](https://x.example/a_b) |"),
        ("|a|b|", "|  |  |\n| --- | --- |\n| a | b |"),
        ("{quote}\nHe said\n{quote}", "> He said"),
        ("{panel:title=Mind}Hot{panel}", "> **Mind**\n>\n> Hot"),
        ("[https://y.example] [~anna] {color:red}red{color}", "<https://y.example> @anna red"),
        ("snake_case 2*3*4 {{x*y*z}}", "snake_case 2*3*4 `x*y*z`"),
        ("a {code} that never ends", "a {code} that never ends"),
    ],
)  # fmt: skip
def test_wiki_markup_becomes_markdown(markup: str, markdown: str) -> None:
    assert wiki.markdown_of(markup) == markdown


def line(*texts: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text} for text in texts]}


def node(type: str, *content: object, **attrs: object) -> dict[str, object]:
    return {"type": type, "attrs": attrs, "content": list(content)}


LINKED = {"type": "text", "text": "link", "marks": [{"type": "link", "attrs": {"href": "/x"}}]}
BOLD = {"type": "text", "text": "bold ", "marks": [{"type": "strong"}]}


@pytest.mark.parametrize(
    ("made", "markdown"),
    [
        (node("heading", {"type": "text", "text": "H"}, level=3), "### H"),
        (node("paragraph", BOLD, LINKED, node("mention", text="@A")), "**bold** [link](/x)@A"),
        (node("bulletList", node("listItem", line("a"), node("orderedList",
              node("listItem", line("b"))))), "- a\n  1. b"),
        (node("taskList", node("taskItem", *line("t")["content"], state="DONE")), "- [x] t"),
        (node("panel", line("hot"), panelType="warning"), "> **Warning**\n>\n> hot"),
        (node("codeBlock", {"type": "text", "text": "x = 1"}, language="py"), "```py\nx = 1\n```"),
        (node("table", node("tableRow", node("tableHeader", line("A|B"))),
              node("tableRow", node("tableCell", line("1")))), "| A\\|B |\n| --- |\n| 1 |"),
        (node("expand", line("in"), title="More"), "**More**\n\nin"),
        (node("unknown", line("kept")), "kept"),
        (node("mediaSingle", node("media", alt="the lid")), "the lid"),
        (node("blockCard", url="https://x.example"), "<https://x.example>"),
    ],
)  # fmt: skip
def test_documents_of_the_cloud_become_markdown(made: dict[str, object], markdown: str) -> None:
    assert adf.markdown_of(node("doc", made)) == markdown


@pytest.mark.parametrize("odd", [None, 3, [], {"content": 3}, {"content": [{"type": []}]}])
def test_what_is_no_document_says_nothing(odd: object) -> None:
    assert adf.markdown_of(odd) == ""
    assert wiki.markdown_of(odd) == ""


def test_a_document_without_end_is_cut_off() -> None:
    made: dict[str, object] = line("deep")
    for _ in range(5000):
        made = node("bulletList", node("listItem", made))
    assert adf.markdown_of(node("doc", line("top"), made)) == "top"
