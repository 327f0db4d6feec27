"""Websites as they are found: moved, with odd sitemaps, in other alphabets, and set otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.errors import SourceUnreadable
from knowledge.sources.website.scope import Scope, normal
from tests.fakes import FakeIndex
from tests.faults import Reply, Server, Still, serving
from tests.test_website import held, html, passed, put_site, site, sitemap

DOCS = ("/docs/leave", "/docs/kiln.html", "/docs/deep/er.html")


@pytest.fixture
def town() -> Iterator[Server]:
    with serving() as made:
        put_site(made)
        yield made


def named(server: Server, *paths: str) -> None:
    server.page("/sitemap.xml", sitemap(server, *paths), "application/xml")


def test_what_a_sitemap_names_beyond_the_limit_is_told_and_kept(town: Server) -> None:
    named(town, *DOCS)
    index = FakeIndex()
    passed(site(town), index)
    report = passed(site(town, max_pages=1), index)
    assert (report.gone, report.unchanged, len(report.unreadable)) == (0, 2, 1)
    assert len(held(town, index)) == 3


@pytest.mark.parametrize("reply", [Reply(200, b"<!doctype html><p>Not found"), Reply(403)])
def test_a_page_in_the_place_of_a_sitemap_is_none(town: Server, reply: Reply) -> None:
    town.routes["/sitemap.xml"] = lambda _asked: reply
    assert passed(site(town), FakeIndex()).new == 4
    with pytest.raises(SourceUnreadable, match=r"sitemap\.xml"):
        passed(site(town, find="sitemap"), FakeIndex())


def test_a_packed_sitemap_that_is_damaged_is_told(town: Server) -> None:
    damaged = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 40
    town.routes["/sitemap.xml"] = lambda _asked: Reply(200, damaged)
    with pytest.raises(SourceUnreadable, match="no whole gzip file"):
        passed(site(town, find="sitemap"), FakeIndex())


def test_sitemaps_that_name_each_other_are_read_once(town: Server) -> None:
    places = "".join(f"<sitemap><loc>/map-{n}.xml</loc></sitemap>" for n in range(9))
    index = f'<sitemapindex xmlns="http://www.sitemaps.org/x">{places}</sitemapindex>'
    for n in range(9):
        town.page(f"/map-{n}.xml", index, "application/xml")
    town.page("/sitemap.xml", index, "application/xml")
    passed(site(town), FakeIndex())
    assert sorted(path for path in town.paths if path.startswith("/map")) == [
        f"/map-{n}.xml" for n in range(9)
    ]


def test_a_sitemap_of_another_site_is_told_where_it_is_meant(town: Server) -> None:
    named(town, "/blog/")
    assert passed(site(town), FakeIndex()).new == 4
    with pytest.raises(SourceUnreadable, match=r"only pages elsewhere, such as http.*/blog/"):
        passed(site(town, find="sitemap"), FakeIndex())


def test_a_site_that_moved_is_told_and_nothing_is_forgotten(town: Server) -> None:
    index = FakeIndex()
    named(town, *DOCS)
    passed(site(town), index)
    for path in DOCS:
        town.redirect(path, "/login?token=hush")
    town.page("/login", html("Log in"))
    with pytest.raises(SourceUnreadable, match=r"lead to http.*/login\?token=…, which does not"):
        passed(site(town), index)
    assert len(held(town, index)) == 3
    town.redirect("/docs/", "/login")
    with pytest.raises(SourceUnreadable, match="name that in `prefixes`"):
        passed(site(town, find="links"), FakeIndex())


def test_what_was_excluded_is_found_when_it_is_no_more(town: Server) -> None:
    index = FakeIndex()
    passed(site(town, exclude=("deep",)), index)
    report = passed(site(town), index)
    assert (report.new, report.unchanged) == (1, 3)
    assert "/docs/deep/er.html" in held(town, index)


def test_what_robots_kept_out_is_found_when_they_do_no_more(town: Server) -> None:
    index = FakeIndex()
    town.page("/robots.txt", "User-agent: *\nDisallow: /docs/leave", "text/plain")
    passed(site(town), index)
    town.page("/robots.txt", "", "text/plain")
    assert passed(site(town), index).new == 2


def test_a_pause_that_outlasts_the_pass_is_not_waited_for(town: Server) -> None:
    index, time = FakeIndex(), Still()
    passed(site(town), index)
    town.page("/robots.txt", "User-agent: *\nCrawl-delay: 1000000000", "text/plain")
    report = passed(site(town, time=time), index)
    assert (report.gone, len(report.unreadable), time.slept) == (0, 1, [])
    assert len(held(town, index)) == 4


def test_addresses_in_other_alphabets_are_those_that_are_asked_for() -> None:
    scope = Scope.of("https://bücher.example/über uns/", (), ("/größe/",))
    page = normal("größer?", "https://xn--bcher-kva.example/%C3%BCber%20uns/")
    assert page == "https://xn--bcher-kva.example/%C3%BCber%20uns/gr%C3%B6%C3%9Fer"
    assert scope.has(page)
    assert not scope.has(normal("größe/a", page))


def test_links_of_a_page_are_read_in_its_encoding(town: Server) -> None:
    page = html("Öffnungszeiten", ["über.html"])
    for path, text in (("/docs/", page), ("/docs/%C3%BCber.html", html("Über uns"))):
        town.page(path, text, "text/html; charset=utf-8")
    index = FakeIndex()
    passed(site(town), index)
    assert held(town, index) == ["/docs/", "/docs/%C3%BCber.html"]


def test_the_server_may_tell_the_encoding_of_a_page(town: Server) -> None:
    kind = {"Content-Type": "text/html; charset=windows-1251"}
    town.routes["/docs/"] = lambda _asked: Reply(200, html("Отпуск").encode("cp1251"), kind)
    index = FakeIndex()
    passed(site(town), index)
    assert [row["title"] for row in index.records.values()] == ["Отпуск"]
