"""Feeds of RSS and Atom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from knowledge.documents import Document
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.guard import guarding
from knowledge.sources.feed import FeedSource, followable
from knowledge.sources.feed import source as feed
from knowledge.sync import sync
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.faults import Server, limits_for, serving, still
from tests.networked import NetworkedSourceContract, Page

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Kilns</title><link>https://d.example/kilns</link><guid>k1</guid>
<description>&lt;p&gt;Fired on &lt;b&gt;Tuesdays&lt;/b&gt;&lt;script&gt;x()&lt;/script&gt;&lt;/p&gt;
</description>
<pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>Only a title</title><link>https://d.example/title</link></item></channel></rss>"""
NAMED = "application/rss+xml"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        made.page("/feed", RSS, NAMED)
        yield made


def of(server: Server, **options: Any) -> FeedSource:
    client = Client(guarding(True), limits_for(tries=2), outside=still())
    return FeedSource("news", f"{server.url}/feed", client, **options)


class TestFeed(SourceContract):
    @pytest.fixture
    def source(self, server: Server) -> FeedSource:
        return of(server)


def test_entries_are_documents(server: Server) -> None:
    first, second, _ = of(server).documents(None)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.key, first.title, first.url) == ("k1", "Kilns", "https://d.example/kilns")
    assert first.text == "Fired on **Tuesdays**"
    assert first.modified_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert (second.key, second.text) == ("https://d.example/title", "Only a title")


@pytest.mark.parametrize(("keep", "left"), [(True, {"k1", "k2"}), (False, {"k2"})])
def test_an_entry_that_left_the_feed_stays_if_it_is_to(
    server: Server, keep: bool, left: set[str]
) -> None:
    index = FakeIndex()
    short = RSS[: RSS.index("<item><title>Only")] + "</channel></rss>"
    for text in (short, short, short.replace("k1", "k2")):
        server.page("/feed", text, NAMED)
        sync(of(server, keep=keep), index, FakeEmbedder(), paragraphs)
    assert index.fingerprints("news").keys() == left


def test_a_feed_that_did_not_change_is_not_read(server: Server) -> None:
    index = FakeIndex()
    for _ in range(2):
        report = sync(of(server), index, FakeEmbedder(), paragraphs)
    assert (report.unchanged, report.seen) == (2, 2)
    assert "if-none-match" in server.asked[1].headers


@pytest.mark.parametrize(
    "text", ["<html><p>Sign in</p></html>", "", RSS[:300], '{"items": []}', "\x00\x01"]
)
def test_what_is_no_feed_is_told(server: Server, text: str) -> None:
    server.page("/feed", text, NAMED)
    with pytest.raises(SourceUnreadable, match="feed"):
        list(of(server).documents(None))


@pytest.mark.parametrize(
    "text",
    [f"\n{RSS}", RSS.replace("Only a", "A & B"), RSS.replace("Only a", "A&nbsp;B"), RSS + "\n"],
)
def test_a_feed_with_small_faults_is_read(server: Server, text: str) -> None:
    server.page("/feed", text, NAMED)
    assert len([item for item in of(server).documents(None) if isinstance(item, Document)]) == 2


@pytest.mark.parametrize("end", [-1, -20, -300])
def test_a_feed_that_breaks_off_is_told(server: Server, end: int) -> None:
    server.page("/feed", RSS[:end], NAMED)
    with pytest.raises(SourceUnreadable, match="breaks off"):
        list(of(server).documents(None))


@pytest.mark.parametrize(
    ("told", "link"),
    [
        ("/kilns", "/kilns"),
        ("kilns", "/kilns"),
        ("k#a?utm_x=1", "/k#a?utm_x=1"),
        ("http://[", "/feed"),
        ("javascript:x()", "/feed"),
    ],
)
def test_a_link_is_an_address_that_can_be_followed(server: Server, told: str, link: str) -> None:
    server.page("/feed", RSS.replace("https://d.example/kilns", told), NAMED)
    first = next(of(server).documents(None))
    assert isinstance(first, Document)
    assert first.url == f"{server.url}{link}"


BODY = """<p>In <a href="../clay/#dry">clay</a>, <a href="/tea?a=1">tea</a>,
<a href="https://o.example/x">all</a>, <a href="mailto:a@b.example">ask</a>.</p><p>A &amp; B</p>"""
ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
<entry><id>k1</id><title>Kilns</title><link href="https://d.example/news/kilns/"/>
<content type="html"><![CDATA[{BODY}]]></content></entry></feed>"""


@pytest.mark.parametrize(
    ("base", "clay", "tea"),
    [
        ("", "https://d.example/news/clay/#dry", "https://d.example/tea?a=1"),
        ("https://b.example/x/y/", "https://b.example/x/clay/#dry", "https://b.example/tea?a=1"),
        ("/x/y/", "{server}/x/clay/#dry", "{server}/tea?a=1"),
    ],
)
def test_links_in_a_text_can_be_followed(server: Server, base: str, clay: str, tea: str) -> None:
    based = f'<content xml:base="{base}"' if base else "<content"
    server.page("/feed", ATOM.replace("<content", based), "application/atom+xml")
    first = next(of(server).documents(None))
    assert isinstance(first, Document)
    clay, tea = (told.format(server=server.url) for told in (clay, tea))
    assert first.text == (
        f"In [clay]({clay}), [tea]({tea}),\n"
        "[all](https://o.example/x), [ask](mailto:a@b.example).\n\nA & B"
    )


def test_a_text_without_links_to_follow_up_stays_as_it_is() -> None:
    body = BODY.replace("../clay/", "https://d.example/").replace("/tea", "https://d.example/")
    assert followable(body, "https://d.example/") == body
    deep = "<div>" * 300 + '<a href="x">x</a>'
    assert followable(deep, "https://d.example/") == deep


def test_an_inner_network_is_not_read_by_default(server: Server) -> None:
    with pytest.raises(SourceUnreadable, match="allow_private"):
        list(feed("news", f"{server.url}/feed").documents(None))
    assert len(list(feed("news", f"{server.url}/feed", allow_private=True).documents(None))) == 3


class TestFeedUnderFaults(NetworkedSourceContract):
    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        items = "".join(
            f"<item><guid>{p.id}</guid><title>{p.name}</title><description>{p.text}</description>"
            "</item>"
            for p in pages
        )
        whole = f'<rss version="2.0"><channel><title>N</title>{items}</channel></rss>'
        server.page("/feed", whole, NAMED)

    def source(self, server: Server, limits: Limits, outside: Outside) -> FeedSource:
        client = Client(guarding(True), limits, outside=outside)
        return FeedSource("news", f"{server.url}/feed", client, keep=False)
