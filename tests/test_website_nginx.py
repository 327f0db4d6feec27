"""The website source against a real nginx that serves a static site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.guard import guarding
from knowledge.sources.website import source
from knowledge.sources.website.scope import Scope
from knowledge.sources.website.site import Manners, WebsiteSource
from knowledge.sync import SyncReport, sync
from tests import nginx
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.faults import still
from tests.nginx import Nginx
from tests.test_website import html

pytestmark = pytest.mark.endurance
GUIDE = (
    Path(__file__).resolve().parents[1] / "examples" / "handbook" / "office" / "workshop-safety.pdf"
)
HASTY = Outside(chance=lambda: 0.1)  # it really waits, but not for long


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx.serving(tmp_path_factory.mktemp("nginx")) as made:
        yield made


@pytest.fixture
def served(running: Nginx) -> Nginx:
    """A site of four pages and a PDF, by links; each test begins with it."""
    running.remove()
    running.put("/docs/index.html", html("Home", ["leave.html", "old.html", "guide.pdf"]))
    running.put("/docs/leave.html", html("Leave", ["missing.html"], "You get 27 days. " * 30))
    running.put("/docs/new.html", html("New", ["/docs/leave.html", "copy.html"]))
    canonical = f'<link rel="canonical" href="{running.url}/docs/new.html">'
    running.put("/docs/copy.html", html("New", head=canonical))
    running.put("/docs/guide.pdf", GUIDE.read_bytes())
    running.asked()
    return running


def site(served: Nginx, path: str = "/docs/", outside: Outside = HASTY, **given: Any) -> Any:
    """A source that does not wait between pages, unless it is told to."""
    url, tries = served.url + path, given.pop("tries", 5)
    client = Client(guarding(True), Limits(tries=tries), outside=outside)
    manners = Manners(**{"delay_s": 0, **given})
    return WebsiteSource("docs", url, Scope.of(url, (), ()), manners, client)


def passed(made: WebsiteSource, index: FakeIndex) -> SyncReport:
    return sync(made, index, FakeEmbedder(), paragraphs)


def held(index: FakeIndex) -> list[str]:
    return sorted(key.rpartition("/")[2] for key in index.fingerprints("docs"))


class TestOnNginx(SourceContract):
    @pytest.fixture
    def source(self, served: Nginx) -> WebsiteSource:
        made: WebsiteSource = site(served)
        return made


def test_links_redirects_copies_and_a_pdf_are_followed(served: Nginx) -> None:
    index = FakeIndex()
    report = passed(site(served), index)
    assert held(index) == ["", "guide.pdf", "leave.html", "new.html"]
    assert report.unreadable == ()
    assert served.asked().count((301, "/docs/old.html")) == 1
    assert any("workshop" in chunk["text"].lower() for chunk in index.chunks.values())


def test_what_did_not_change_is_answered_by_304_and_the_rest_followed(served: Nginx) -> None:
    index = FakeIndex()
    passed(site(served), index)
    assert (200, "/docs/leave.html") in served.asked()
    served.put("/docs/new.html", html("New", ["newer.html"], "Said otherwise"))
    served.put("/docs/newer.html", html("Newer"))
    report = passed(site(served), index)
    assert (report.new, report.changed, report.unchanged) == (1, 1, 3)
    asked = served.asked()
    assert {(304, "/docs/leave.html"), (304, "/docs/guide.pdf")} <= set(asked)
    whole = {path for status, path in asked if status == 200}
    assert whole == {"/docs/new.html", "/docs/newer.html"}


def test_pages_come_packed_and_are_known_by_the_version_of_that(served: Nginx) -> None:
    with Client(guarding(True)) as client:
        answer = client.get(f"{served.url}/docs/leave.html")
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.version.etag.startswith("W/")
        assert answer.text.startswith("<html>")
        assert client.get(answer.url, held=answer.version).unchanged


def test_a_page_that_is_deleted_goes_from_the_index(served: Nginx) -> None:
    index = FakeIndex()
    passed(site(served), index)
    served.remove("/docs/leave.html")
    assert passed(site(served), index).gone == 1
    assert "leave.html" not in held(index)
    served.put("/docs/leave.html", html("Leave"))
    assert passed(site(served), index).new == 1


def test_a_sitemap_and_robots_are_heeded(served: Nginx) -> None:
    names = ("leave.html", "new.html", "guide.pdf")
    places = "".join(f"<url><loc>{served.url}/docs/{name}</loc></url>" for name in names)
    spaced = "http://www.sitemaps.org/schemas/sitemap/0.9"
    served.put("/pages.xml", f'<urlset xmlns="{spaced}">{places}</urlset>')
    robots = f"User-agent: *\nDisallow: /docs/new.html\nSitemap: {served.url}/pages.xml\n"
    served.put("/robots.txt", robots)
    index = FakeIndex()
    passed(site(served), index)
    assert held(index) == ["guide.pdf", "leave.html"]
    paths = [path for _, path in served.asked()]
    assert paths[:2] == ["/robots.txt", "/pages.xml"]
    assert "/docs/new.html" not in paths


def many(served: Nginx, folder: str, pages: int = 12) -> str:
    """Pages in a folder of nginx with rules of its own."""
    names = [f"{number}.html" for number in range(pages)]
    served.put(f"/{folder}/index.html", html("Home", names))
    for name in names:
        served.put(f"/{folder}/{name}", html(name))
    return f"/{folder}/"


@pytest.mark.parametrize(("folder", "status"), [("busy", 503), ("counted", 429)])
def test_a_site_that_is_asked_too_often_gives_all_its_pages_in_the_end(
    served: Nginx, folder: str, status: int
) -> None:
    index = FakeIndex()
    report = passed(site(served, many(served, folder), tries=8), index)
    assert (report.seen, report.unreadable) == (13, ())
    assert status in {told for told, _ in served.asked()}


def test_a_pause_between_pages_keeps_a_site_from_saying_so(served: Nginx) -> None:
    report = passed(site(served, many(served, "counted"), delay_s=0.05), FakeIndex())
    assert report.seen == 13
    assert {status for status, path in served.asked() if path != "/robots.txt"} <= {200, 404}


def test_a_site_that_lets_nobody_in_for_long_is_told_and_nothing_is_forgotten(
    served: Nginx,
) -> None:
    index = FakeIndex()
    passed(site(served), index)
    before, closed = held(index), many(served, "closed")
    with pytest.raises(SourceUnreadable, match="is asked too often"):
        passed(site(served, closed, outside=still()), index)
    assert set(before) <= set(held(index))


def secured(served: Nginx, **given: Any) -> list[object]:
    made = source("docs", f"{served.secure}/docs/", delay_s=0, allow_private=True, **given)
    return list(made.documents(None))


def test_a_certificate_of_one_s_own_authority_is_trusted_where_it_is_named(
    served: Nginx, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(secured(served, certificates=str(served.certificate))) > 4
    monkeypatch.setenv("SSL_CERT_FILE", str(served.certificate))
    assert len(secured(served)) > 4


@pytest.mark.parametrize(
    ("certificates", "said"),
    [
        ("", r"certificate is not trusted \(self.signed certificate\).*`certificates`"),
        ("/nowhere.pem", r"localhost:\d+/robots.txt: `certificates` can't be read: /nowhere.pem"),
    ],
)
def test_a_certificate_that_nobody_vouches_for_is_told(
    served: Nginx, certificates: str, said: str
) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        secured(served, certificates=certificates)
    assert served.asked() == []
