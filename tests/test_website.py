"""Websites: found by sitemap and by links, read politely, and only what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from bot.health import looked_at
from knowledge.documents import Document
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.guard import guarding
from knowledge.sources.website import source as website
from knowledge.sources.website.scope import Scope, normal
from knowledge.sources.website.site import Manners, WebsiteSource
from knowledge.sync import SyncReport, sync
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.faults import Reply, Server, Still, limits_for, serving
from tests.networked import NetworkedSourceContract, Page

SITE: Mapping[str, Sequence[str]] = {
    "/docs/": ["leave", "kiln.html", "/blog/", "https://elsewhere.example/", "logo.png", "a?b=1"],
    "/docs/leave": ["/docs/", "deep/er.html#part", "mailto:x@y", "javascript:alert(1)"],
    "/docs/kiln.html": ["missing.html"],
    "/docs/deep/er.html": ["../leave"],
    "/blog/": [],
}


def html(title: str, links: Sequence[str] = (), text: str = "", head: str = "") -> str:
    listed = " ".join(f'<a href="{link}">link</a>' for link in links)
    return (
        f"<html><head><title>{title}</title>{head}</head><body><nav>{listed}</nav>"
        f"<main><h1>{title}</h1><p>{text or 'All about ' + title}</p></main></body></html>"
    )


def put_site(server: Server, site: Mapping[str, Sequence[str]] = SITE) -> None:
    for path, links in site.items():
        server.page(path, html(path.strip("/") or "home", links))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        put_site(made)
        yield made


def site(
    server: Server, path: str = "/docs/", time: Still | None = None, **manners: Any
) -> WebsiteSource:
    url = server.url + path
    client = Client(guarding(True), limits_for(tries=2), outside=(time or Still()).outside)
    exclude = manners.pop("exclude", ())
    return WebsiteSource(
        "docs", url, Scope.of(url, (), exclude), Manners(**{"delay_s": 0, **manners}), client
    )


def passed(source: WebsiteSource, index: FakeIndex) -> SyncReport:
    return sync(source, index, FakeEmbedder(), paragraphs)


def held(server: Server, index: FakeIndex) -> list[str]:
    return sorted(key.removeprefix(server.url) for key in index.fingerprints("docs"))


class TestWebsite(SourceContract):
    @pytest.fixture
    def source(self, server: Server) -> WebsiteSource:
        return site(server)


def test_links_are_followed_within_the_prefix(server: Server) -> None:
    index = FakeIndex()
    report = passed(site(server), index)
    assert held(server, index) == ["/docs/", "/docs/deep/er.html", "/docs/kiln.html", "/docs/leave"]
    assert report.unreadable == ()
    assert not {"/blog/", "/docs/logo.png", "/docs/a"} & set(server.paths)


def test_a_second_pass_reads_only_what_changed_and_finds_what_is_gone(server: Server) -> None:
    index = FakeIndex()
    passed(site(server), index)
    server.page("/docs/leave", html("docs/leave", ["new.html"], "Now 27 days"))
    server.page("/docs/new.html", html("New"))
    del server.routes["/docs/kiln.html"]
    report = passed(site(server), index)
    assert (report.new, report.changed, report.gone, report.unchanged) == (1, 1, 1, 2)
    assert "/docs/new.html" in held(server, index)
    assert passed(site(server), index).unchanged == 4


def test_pages_without_a_version_are_known_by_what_they_say(server: Server) -> None:
    server.routes["/docs/leave"] = lambda asked: Reply(
        200, html("docs/leave").encode(), {"Content-Type": "text/html"}
    )
    index = FakeIndex()
    passed(site(server), index)
    report = passed(site(server), index)
    assert (report.changed, report.chunks) == (0, 0)


def sitemap(server: Server, *paths: str) -> str:
    urls = "".join(f"<url><loc>{server.url}{path}</loc></url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def test_a_sitemap_goes_before_links(server: Server) -> None:
    named = sitemap(server, "/docs/leave", "/docs/deep/er.html", "/blog/")
    server.page("/sitemap.xml", named, "application/xml")
    index = FakeIndex()
    passed(site(server), index)
    assert held(server, index) == ["/docs/deep/er.html", "/docs/leave"]


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss>&e;</rss>',
        "",
        "<urlset",
    ],
)
def test_a_sitemap_that_is_none_is_told_and_nothing_is_forgotten(server: Server, body: str) -> None:
    index = FakeIndex()
    server.page("/sitemap.xml", sitemap(server, *SITE), "application/xml")
    passed(site(server), index)
    server.page("/sitemap.xml", body, "application/xml")
    with pytest.raises(SourceUnreadable, match=r"sitemap\.xml"):
        passed(site(server), index)
    assert len(held(server, index)) == 4


def test_robots_are_obeyed(server: Server) -> None:
    server.page("/robots.txt", "User-agent: *\nDisallow: /*.html$\nCrawl-delay: 7", "text/plain")
    index, time = FakeIndex(), Still()
    passed(site(server, time=time), index)
    assert held(server, index) == ["/docs/", "/docs/leave"]
    assert sum(time.slept) >= 7
    server.page("/robots.txt", "User-agent: Tandem\nDisallow: /", "text/plain")
    with pytest.raises(SourceUnreadable, match=r"robots\.txt .* keeps us out"):
        passed(site(server), index)


def test_pages_of_one_canonical_address_are_one_document(server: Server) -> None:
    head = f'<link rel="canonical" href="{server.url}/docs/kiln.html">'
    server.page("/docs/leave", html("Kilns", head=head))
    gone = f'<link rel="canonical" href="{server.url}/docs/nowhere">'
    server.page("/docs/kiln.html", html("Kilns", ["odd.html"]))
    server.page("/docs/odd.html", html("Odd", head=gone))
    index = FakeIndex()
    passed(site(server), index)
    assert held(server, index) == ["/docs/", "/docs/kiln.html", "/docs/odd.html"]


def test_a_redirect_is_followed_to_the_page_itself(server: Server) -> None:
    server.redirect("/docs/leave", "/docs/kiln.html")
    server.redirect("/docs/deep/er.html", "http://169.254.169.254/")
    index = FakeIndex()
    report = passed(site(server), index)
    assert held(server, index) == ["/docs/", "/docs/kiln.html"]
    assert report.unreadable == ()


def test_what_cannot_be_read_is_told_and_asked_for_again(server: Server) -> None:
    server.page("/docs/leave", "\x89PNG", "image/png")
    server.routes["/docs/kiln.html"] = lambda asked: Reply(403)
    index = FakeIndex()
    report = passed(site(server), index)
    assert {item.key.removeprefix(server.url) for item in report.unreadable} == {
        *("/docs/leave", "/docs/kiln.html"),
    }
    put_site(server)
    assert passed(site(server), index).new == 3


def test_limits_are_told_and_nothing_is_forgotten_for_them(server: Server) -> None:
    index = FakeIndex()
    passed(site(server), index)
    report = passed(site(server, max_pages=2), index)
    assert [item.reason for item in report.unreadable] == [
        "is the first page beyond the limits of this pass; raise `max_pages` or `max_minutes`"
    ]
    assert (report.gone, len(held(server, index))) == (0, 4)
    assert len(held(server, index)) == 4
    shallow = FakeIndex()
    passed(site(server, max_depth=1), shallow)
    assert held(server, shallow) == ["/docs/", "/docs/kiln.html", "/docs/leave"]


def test_parts_of_addresses_can_be_excluded(server: Server) -> None:
    index = FakeIndex()
    passed(site(server, exclude=("/deep/",)), index)
    assert held(server, index) == ["/docs/", "/docs/kiln.html", "/docs/leave"]


def test_a_site_on_an_inner_network_is_not_read_by_default(server: Server) -> None:
    with pytest.raises(SourceUnreadable, match=r"this machine.*allow_private"):
        list(website("docs", f"{server.url}/docs/").documents(None))
    read = list(
        website("docs", f"{server.url}/docs/", delay_s=0, allow_private=True).documents(None)
    )
    assert len([item for item in read if isinstance(item, Document)]) == 4
    assert server.paths.count("/docs/leave") == 1


@pytest.mark.parametrize("path", ["/robots.txt", "/docs/"])
def test_a_look_at_a_site_that_hangs_ends_before_long(server: Server, path: str) -> None:
    server.break_with("no answer", path)
    looked = website("docs", f"{server.url}/docs/", find="links", allow_private=True)
    with pytest.raises(SourceUnreadable, match=r"no answer.*this look takes 0\.3 s at most"):
        looked_at(looked, 0.3)


def test_a_look_at_a_site_that_wants_long_pauses_waits_for_none(server: Server) -> None:
    server.page("/robots.txt", "User-agent: *\nCrawl-delay: 36000", "text/plain")
    assert looked_at(website("docs", f"{server.url}/docs/", allow_private=True)) == "readable"


def test_a_site_that_is_no_website_is_told() -> None:
    with pytest.raises(SourceUnreadable, match="no address of a website"):
        list(website("docs", "file:///etc/").documents(None))


@pytest.mark.parametrize(
    ("told", "base", "written"),
    [
        ("HTTPS://Docs.Example:443/a/../b#c", "", "https://docs.example/b"),
        ("?page=2&utm_source=x", "https://d.example/a", "https://d.example/a?page=2"),
        ("//d.example", "https://x.example/", "https://d.example/"),
        ("javascript:x", "https://x.example/", ""),
        ("http://user:pw@d.example/", "", ""),
        ("http://[", "", ""),
        ("http://d:99999/", "", ""),
    ],
)
def test_an_address_is_written_in_one_way(told: str, base: str, written: str) -> None:
    assert normal(told, base) == written


class BySitemap(NetworkedSourceContract):
    # A crawler believes any text that a page's address gives.
    believes = frozenset({"a page of HTML", "bad encoding", "the answer before"})

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        server.routes.clear()
        for page in pages:
            server.page(f"/docs/{page.id}.html", html(page.name, text=page.text))
        self.lists(server, pages)

    def lists(self, server: Server, pages: Sequence[Page]) -> None:
        halves = range(0, len(pages), 2)
        for at in halves:
            named = sitemap(server, *(f"/docs/{page.id}.html" for page in pages[at : at + 2]))
            server.page(f"/sitemap-{at}.xml", named, "application/xml")
        maps = "".join(f"<sitemap><loc>/sitemap-{at}.xml</loc></sitemap>" for at in halves)
        index = f'<sitemapindex xmlns="http://www.sitemaps.org/x">{maps}</sitemapindex>'
        server.page("/sitemap.xml", index, "application/xml")

    def source(self, server: Server, limits: Limits, outside: Outside) -> WebsiteSource:
        url, client = f"{server.url}/docs/", Client(guarding(True), limits, outside=outside)
        manners = Manners(find="sitemap", delay_s=0, at_once=1)
        return WebsiteSource("docs", url, Scope.of(url, (), ()), manners, client)


class TestBySitemapUnderFaults(BySitemap): ...


class TestByLinksUnderFaults(BySitemap):
    def lists(self, server: Server, pages: Sequence[Page]) -> None:
        server.page("/docs/", html("home", [f"{page.id}.html" for page in pages]))

    def source(self, server: Server, limits: Limits, outside: Outside) -> WebsiteSource:
        made = super().source(server, limits, outside)
        manners = Manners(find="links", delay_s=0, at_once=1)
        return WebsiteSource(made.name, made.url, made.scope, manners, made.client)
