"""Confluence as a source, over a socket, against its documented search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.reading.plain import NotReadable
from knowledge.sources import Source
from knowledge.sources.confluence import source as confluence
from knowledge.sources.confluence.passing import ConfluenceSource
from knowledge.sources.confluence.rendering import markdown_of
from tests.confluences import Confluence, Thing
from tests.contracts import SourceContract
from tests.faults import Server, Still, as_json, limits_for
from tests.networked import NetworkedSourceContract, Page
from tests.passes import Passes, keys, read

HOUR_S = 3600.0
STORED = """<p>Done <ac:emoticon ac:name="tick" ac:emoji-fallback="✅" /></p>
<ac:structured-macro ac:name="code"><ac:parameter ac:name="title">run.py</ac:parameter>
<ac:plain-text-body><![CDATA[if a < b:
    print("<x>")]]></ac:plain-text-body></ac:structured-macro>
<ac:structured-macro ac:name="warning"><ac:rich-text-body>
<p>Never on <strong>Friday</strong>.</p></ac:rich-text-body></ac:structured-macro>
<ac:structured-macro ac:name="toc" />
<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link>
<ri:page ri:content-title="Rules" /></ac:link></ac:parameter></ac:structured-macro>
<p>See <ac:link><ri:page ri:space-key="HR" ri:content-title="Leave &amp; pay" />
<ac:plain-text-link-body><![CDATA[the rules]]></ac:plain-text-link-body></ac:link>.</p>
<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>
<ac:task-body>Buy clay</ac:task-body></ac:task><ac:task>
<ac:task-status>incomplete</ac:task-status><ac:task-body>Fire</ac:task-body></ac:task>
</ac:task-list>
<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">More</ac:parameter>
<ac:rich-text-body><p>The rest.</p></ac:rich-text-body></ac:structured-macro>
<table><tbody><tr><th>Kiln</th><th>Heat</th></tr>
<tr><td><p>A</p></td><td><p>1,240 °C</p></td></tr></tbody></table>"""
SHOWN = """<div class="toc-macro"><ul><li>Contents</li></ul></div><h2>Heading</h2>
<div class="confluence-information-macro confluence-information-macro-note">
<p class="title">Mind</p><span class="aui-icon"></span>
<div class="confluence-information-macro-body"><p>Hot</p></div></div>
<div class="code panel pdl"><div class="codeHeader panelHeader pdl"><b>run.sh</b></div>
<div class="codeContent panelContent pdl"><pre class="syntaxhighlighter-pre">ls -la
  cd</pre></div></div>
<ul class="inline-task-list"><li class="checked">a</li><li>b</li></ul>
<div class="expand-container"><div class="expand-control">
<span class="expand-control-icon"></span><span class="expand-control-text">More</span></div>
<div class="expand-content"><p>inside</p></div></div>
<p><img class="emoticon" data-emoji-fallback="✅" alt="(tick)"><img src="/t.png"></p>"""


@pytest.fixture
def wiki(server: Server, time: Still) -> Confluence:
    made = Confluence(lambda: time.now, things(time))
    made.at(server)
    return made


def things(time: Still) -> tuple[Thing, ...]:
    """Two pages, a post, a comment, and a file."""
    then = time.now - 48 * HOUR_S
    return (
        Thing("11", "Kilns", "<p>Close the lid.</p>", 3, then),
        Thing("12", "Glazes", "<h2>Blue</h2><p>Stir it.</p>", 1, then + 60, ancestors=("11",)),
        Thing("13", "News", "<p>A new kiln.</p>", 1, then + 120, type="blogpost"),
        Thing("14", "Re: Kilns", "<p>Mind the door.</p>", 1, then + 180, "comment", container="11"),
        Thing(
            "att15", "heat.txt", "", 2, then + 240, "attachment", container="12", file=b"1,240 C"
        ),
    )


def reading(server: Server, wiki: Confluence, time: Still, **options: object) -> ConfluenceSource:
    given = {"url": server.url + wiki.root, "token": "hunter2", "cloud": wiki.cloud, **options}
    made = confluence("wiki", allow_private=True, **given)  # type: ignore[arg-type]
    return replace(made, limits=limits_for(tries=2), outside=time.outside)


class TestConfluence(SourceContract):
    @pytest.fixture
    def source(self, server: Server, wiki: Confluence, time: Still) -> Source:
        return reading(server, wiki, time, comments=True)


class TestConfluenceOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract, by Confluence's search."""

    cloud, comments = True, False

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        made = Confluence(lambda: self.clock(), [self.thing(page) for page in pages], self.cloud)
        made.at(server)

    def thing(self, page: Page) -> Thing:
        html, version = f"<p>{page.text}</p>", int(page.changed_s) % 10**6
        return Thing(str(page.id), page.name, html, version, page.changed_s)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        self.clock = outside.clock
        url = server.url + Confluence(self.clock, cloud=self.cloud).root
        made = confluence(
            "wiki", url, "hunter2", "anna@example.org", cloud=self.cloud, comments=self.comments,
            allow_private=True,
        )  # fmt: skip
        return replace(made, limits=limits, outside=outside)


@pytest.mark.endurance
class TestConfluenceOnAnOwnServer(TestConfluenceOverTheNetwork):
    """The same by offsets, and with the questions for comments."""

    cloud, comments = False, True


# -- what is read --------------------------------------------------------------------


@pytest.mark.parametrize("cloud", [True, False])
def test_pages_posts_and_files_are_read_in_the_cloud_and_on_own_servers(
    server: Server, wiki: Confluence, time: Still, cloud: bool
) -> None:
    wiki.cloud = cloud
    wiki.at(server)
    items = list(reading(server, wiki, time).documents(None))
    assert keys(items) == ["11", "12", "13", "12/att15"]
    assert read(items)["12/att15"] == "1,240 C"
    assert read(items)["12"] == "## Blue\n\nStir it."
    page = next(item for item in items if isinstance(item, Document))
    assert page.title == "Kilns"
    assert page.url == f"{server.url}{wiki.root}/spaces/ENG/pages/11"
    assert page.modified_at is not None
    assert page.modified_at.timestamp() == time.now - 48 * HOUR_S


def test_comments_are_read_where_asked_for(server: Server, wiki: Confluence, time: Still) -> None:
    plain = read(list(reading(server, wiki, time).documents(None)))["11"]
    talked = read(list(reading(server, wiki, time, comments=True).documents(None)))["11"]
    day = f"{datetime.fromtimestamp(wiki.things[3].changed_s, UTC):%Y-%m-%d}"
    assert plain == "Close the lid."
    assert talked == f"Close the lid.\n\n## Comments\n\n### Anna, {day}\n\nMind the door."


def test_spaces_labels_and_cql_narrow(server: Server, wiki: Confluence, time: Still) -> None:
    one, two, three, *_ = wiki.things
    wiki.things = (replace(one, labels=("guide",)), replace(two, space="HR"), three)
    assert keys(list(reading(server, wiki, time, space_keys=["HR"]).documents(None))) == ["12"]
    assert keys(list(reading(server, wiki, time, labels=["guide"]).documents(None))) == ["11"]
    left = reading(server, wiki, time, exclude_labels=["guide"])
    assert keys(list(left.documents(None))) == ["12", "13"]
    list(reading(server, wiki, time, cql='creator = "anna"').documents(None))
    assert '(creator = "anna")' in wiki.asked[-2]


def test_quotes_in_settings_stay_within_their_clause(
    server: Server, wiki: Confluence, time: Still
) -> None:
    list(reading(server, wiki, time, space_keys=['X") or ("']).documents(None))
    assert 'space in ("X\\") or (\\"")' in wiki.asked[0]


def test_what_only_some_may_read_is_left_out_with_all_below_it(
    server: Server, wiki: Confluence, time: Still
) -> None:
    wiki.things = (replace(wiki.things[0], readers=("Ben",)), *wiki.things[1:])
    assert keys(list(reading(server, wiki, time).documents(None))) == ["13"]
    everything = reading(server, wiki, time, restricted=True)
    assert keys(list(everything.documents(None))) == ["11", "12", "13", "12/att15"]


def test_a_restriction_above_that_the_settings_leave_out_counts(
    server: Server, wiki: Confluence, time: Still
) -> None:
    above = replace(wiki.things[0], space="SECRET", readers=("Ben",))
    wiki.things = (above, *wiki.things[1:])
    assert keys(list(reading(server, wiki, time, space_keys=["ENG"]).documents(None))) == ["13"]


def test_a_page_below_one_that_does_not_show_is_named(
    server: Server, wiki: Confluence, time: Still
) -> None:
    _, below, *rest = wiki.things  # long ago, so that a later pass is not told of it
    wiki.things = (replace(below, changed_s=below.changed_s - 9 * HOUR_S), *rest)
    passes = Passes(reading(server, wiki, time))
    for _ in range(3):
        items = passes.next()
        [named] = [item for item in items if isinstance(item, Unreadable) and item.key == "12"]
        assert "does not tell who may read it; " in named.reason
        assert {"12", "12/att15"}.isdisjoint(read(items))


def test_a_page_that_is_newly_restricted_is_forgotten_with_all_below_it(
    server: Server, wiki: Confluence, time: Still
) -> None:
    passes = Passes(reading(server, wiki, time))
    passes.next()
    closed = replace(wiki.things[0], readers=("Ben",), version=4, changed_s=time.now)
    wiki.things = (closed, *wiki.things[1:])
    assert keys(passes.next()) == ["13"]
    wiki.things = (replace(closed, readers=()), *wiki.things[1:])
    time.now += 25 * HOUR_S
    assert sorted(keys(passes.next())) == ["11", "12", "12/att15", "13"]


@pytest.mark.parametrize("status", ["trashed", "archived"])
def test_what_is_thrown_away_is_forgotten_at_once(
    server: Server, wiki: Confluence, time: Still, status: str
) -> None:
    passes = Passes(reading(server, wiki, time))
    passes.next()
    wiki.things = (*wiki.things[:2], replace(wiki.things[2], status=status), *wiki.things[3:])
    assert keys(passes.next()) == ["11", "12", "12/att15"]


# -- what a later pass asks for -------------------------------------------------------


def test_only_what_changed_is_read(server: Server, wiki: Confluence, time: Still) -> None:
    passes = Passes(reading(server, wiki, time, comments=True))
    passes.next()
    assert read(passes.next()) == {}
    wiki.things = (
        wiki.things[0],
        replace(wiki.things[1], html="<p>Shake it.</p>", version=2, changed_s=time.now),
        *wiki.things[2:],
        Thing("16", "Re: News", "<p>Good news.</p>", 1, time.now, "comment", container="13"),
        Thing("17", "Clay", "<p>Dig it.</p>", 1, time.now),
    )
    time.now += HOUR_S
    before = len(wiki.asked)
    told = read(passes.next())
    assert sorted(told) == ["12", "13", "17"]
    assert told["13"].endswith("Good news.")
    assert all("now(" in cql or " in (" in cql for cql in wiki.asked[before:])
    assert not any("order by created" in cql for cql in wiki.asked[before:] if "now(" not in cql)


def test_a_changed_file_is_read_and_a_removed_one_forgotten_within_a_day(
    server: Server, wiki: Confluence, time: Still
) -> None:
    passes = Passes(reading(server, wiki, time))
    passes.next()
    file = replace(wiki.things[4], file=b"1,260 C", version=3, changed_s=time.now)
    wiki.things = (*wiki.things[:4], file)
    assert read(passes.next()) == {"12/att15": "1,260 C"}
    wiki.things = wiki.things[:4]
    time.now += 25 * HOUR_S
    assert keys(passes.next()) == ["11", "12", "13"]


def test_pages_without_text_are_left_out_and_not_read_again(
    server: Server, wiki: Confluence, time: Still
) -> None:
    wiki.things = (replace(wiki.things[0], html="<p><br/></p>"), *wiki.things[1:])
    passes = Passes(reading(server, wiki, time))
    assert keys(passes.next()) == ["12", "13", "12/att15"]
    time.now += 25 * HOUR_S
    before = len(wiki.asked)
    assert read(passes.next()) == {}
    assert not any("id in" in cql for cql in wiki.asked[before:])


# -- what goes wrong -----------------------------------------------------------------


def test_a_page_that_cannot_be_drawn_costs_no_other_and_is_asked_for_again(
    server: Server, wiki: Confluence, time: Still
) -> None:
    wiki.broken = {"12"}
    passes = Passes(reading(server, wiki, time))
    items = passes.next()
    assert sorted(read(items)) == ["11", "12/att15", "13"]
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["12"]
    wiki.broken = set()
    assert sorted(read(passes.next())) == ["12"]


def test_a_login_that_is_taken_for_nobody_forgets_nothing(
    server: Server, wiki: Confluence, time: Still
) -> None:
    wiki.nobody = True
    with pytest.raises(SourceUnreadable, match="does not know us") as caught:
        list(reading(server, wiki, time).documents(None))
    assert "hunter2" not in str(caught.value)


def test_a_search_that_finds_nothing_of_what_it_counts_forgets_nothing(
    server: Server, wiki: Confluence, time: Still
) -> None:
    passes = Passes(reading(server, wiki, time))
    passes.next()
    time.now += 25 * HOUR_S
    search = f"{wiki.root}/rest/api/content/search"
    server.routes[search] = lambda asked: as_json({"results": [], "_links": {}})
    with pytest.raises(SourceUnreadable, match=r"counts \d entries and lists none"):
        passes.next()
    wiki.things = ()
    assert keys(passes.next()) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"url": "wiki"}, "`url` is no address"),
        ({"url": "http://wiki.acme.example"}, "credentials would be sent over http"),
        ({"token": "", "user": "anna"}, "no `token`"),
        ({"cql": "label = x order by title"}, "order by"),
        ({"kinds": []}, "`kinds` is empty"),
    ],
)
def test_settings_that_cannot_work_are_named(
    server: Server, wiki: Confluence, time: Still, options: dict[str, object], problem: str
) -> None:
    with pytest.raises(SourceUnreadable, match=problem):
        list(reading(server, wiki, time, **options).documents(None))
    assert server.asked == []


def test_the_cloud_is_found_below_wiki_and_asked_as_a_user() -> None:
    made = confluence("wiki", "https://acme.atlassian.net/", "hunter2", "anna@acme.example")
    assert (made.site.url, made.site.cloud) == ("https://acme.atlassian.net/wiki", True)
    own = confluence("wiki", "https://wiki.acme.example/confluence", "hunter2")
    assert (own.site.url, own.site.cloud) == ("https://wiki.acme.example/confluence", False)
    assert own.site.credentials is not None
    assert own.site.credentials.headers == {"Authorization": "Bearer hunter2"}
    assert "hunter2" not in repr(made) + repr(own)


# -- macros --------------------------------------------------------------------------


def test_saved_macros_are_kept_sensibly() -> None:
    text = markdown_of(STORED, "storage", "https://acme.example/wiki", "ENG")
    for part in (
        'run.py\n\n```\nif a < b:\n    print("<x>")\n```',
        "> **Warning**\n>\n> Never on **Friday**.",
        "See the page “Rules”.",
        "[the rules](https://acme.example/wiki/display/HR/Leave+%26+pay)",
        "- [x] Buy clay\n- [ ] Fire",
        "| Kiln | Heat |\n| --- | --- |\n| A | 1,240 °C |",
        "✅",
        "**More**\n\nThe rest.",
    ):
        assert part in text, text
    assert "toc" not in text
    assert "ac:" not in text


def test_shown_macros_are_kept_sensibly() -> None:
    text = markdown_of(SHOWN, "export_view")
    for part in ("## Heading", "> **Mind**\n>\n> Hot", "**run.sh**\n\n```\nls -la\n  cd\n```"):
        assert part in text, text
    assert "- [x] a\n- [ ] b" in text
    assert "**More**\n\ninside" in text
    assert text.endswith("✅")
    assert "Contents" not in text


@pytest.mark.parametrize("html", ["", "<p>", "]]>", "<ac:link><ri:page/>", "<![CDATA[x", "\0<p>a"])
def test_broken_html_is_no_crash(html: str) -> None:
    for kind in ("storage", "export_view"):
        assert "ac:" not in markdown_of(html, kind)


def test_html_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(NotReadable, match="nested"):
        markdown_of("<div>" * 5000, "storage")
