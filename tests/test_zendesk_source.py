"""Zendesk as a source, over a socket, against its documented interface, and what goes wrong."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from knowledge.documents import Checkpoint, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.zendesk import source as zendesk
from tests.contracts import SourceContract
from tests.faults import Route, Server, Still, as_json, serving
from tests.networked import THEN, NetworkedSourceContract, Page
from tests.passes import Passes
from tests.zendesk_reading import items_of, reading
from tests.zendesk_server import API, CENTER, Case, Guide, Zendesk

pytest_plugins = ["tests.zendesk_fixtures"]


class TestZendesk(SourceContract):
    @pytest.fixture
    def source(self, server: Server, desk: Zendesk, time: Still) -> Source:
        return reading(server, time, comments=True, tickets=True)


class TestArticlesOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract as articles."""

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        first = [min(page.changed_s, THEN + page.id) for page in pages if page.id < 6]
        born = [*first, *(page.changed_s for page in pages if page.id >= 6)]
        made = [
            Guide(page.id, page.name, f"<p>{page.text}</p>", created, page.changed_s)
            for page, created in zip(pages, born, strict=True)
        ]
        Zendesk(lambda: self.clock(), made).at(server)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        self.clock = outside.clock
        made = zendesk(
            "help", server.url, "hunter2", "bot@acme.example", attachments=False,
            allow_private=True,
        )  # fmt: skip
        return replace(made, limits=limits, outside=outside)


@pytest.mark.endurance
class TestTicketsOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract as solved tickets; one that is gone is told as deleted."""

    def setup_method(self) -> None:
        self.known: dict[int, Case] = {}

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        made = {
            page.id: Case(page.id, page.name, ((8, page.text, True),), page.changed_s)
            for page in pages
        }
        known = self.known
        now = max([one.changed_s for one in (*known.values(), *made.values())], default=THEN)
        gone = {
            id: replace(one, status="deleted", changed_s=now + 1)
            for id, one in known.items()
            if id not in made and one.status != "deleted"
        }
        back = {
            id: replace(one, changed_s=max(one.changed_s, now + 2))
            for id, one in made.items()
            if id in known and known[id].status == "deleted"
        }
        known |= made | gone | back
        Zendesk(lambda: self.clock(), (), list(known.values())).at(server)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        self.clock = outside.clock
        made = zendesk(
            "help", server.url, "hunter2", articles=False, tickets=True, allow_private=True
        )
        return replace(made, limits=limits, outside=outside)


# -- what goes wrong -----------------------------------------------------------------


def test_an_export_that_is_asked_too_often_is_waited_for(
    server: Server, desk: Zendesk, time: Still
) -> None:
    server.break_with("429, wait 3 s", f"{API}/incremental/tickets", times=1)
    began = time.now
    assert len(items_of(server, time, articles=False, tickets=True)) == 2
    assert time.now - began >= 3


@pytest.mark.parametrize(
    ("fault", "problem"), [("401", "does not know us"), ("403", "does not let us")]
)
def test_a_token_that_expired_or_may_not_forgets_nothing(
    server: Server, desk: Zendesk, time: Still, fault: str, problem: str
) -> None:
    server.break_with(fault)
    with pytest.raises(SourceUnreadable, match=problem) as caught:
        items_of(server, time)
    assert "hunter2" not in str(caught.value)


def test_a_login_that_is_taken_for_nobody_forgets_nothing(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.nobody = True
    with pytest.raises(SourceUnreadable, match="answers as to nobody"):
        items_of(server, time)


@pytest.mark.parametrize("target", ["https://www.zendesk.com/app/help-center-closed/", "{other}"])
def test_a_wrong_or_suspended_name_that_leads_elsewhere_is_told(
    server: Server, desk: Zendesk, time: Still, target: str
) -> None:
    with serving() as other:  # it would answer as if all were well, and with less
        Zendesk(lambda: time.now, desk.guides[:1]).at(other)
        for path in (f"{API}/users/me.json", f"{CENTER}/articles.json"):
            server.redirect(path, target.format(other=f"{other.url}{path}"))
        with pytest.raises(SourceUnreadable, match="no help desk of this name") as caught:
            items_of(server, time)
        assert "https://NAME.zendesk.com" in caught.value.remedy
        assert not any("authorization" in asked.headers for asked in other.asked)


def test_a_name_that_nobody_has_is_told(server: Server, time: Still) -> None:
    with pytest.raises(SourceUnreadable, match=r"404.*no help desk of this name"):
        items_of(server, time)


def test_a_list_that_does_not_tell_whether_it_goes_on_is_not_taken_for_whole(
    server: Server, desk: Zendesk, time: Still
) -> None:
    server.json(f"{CENTER}/articles.json", {"articles": []})
    with pytest.raises(SourceUnreadable, match="does not tell whether its list goes on"):
        items_of(server, time)


ODD: list[object] = [None, True, "x", [], {}, ["x"], [{"id": True}], {"id": []}]
ASKED = {
    f"{API}/users/me.json": ("user",),
    f"{API}/users/show_many.json": ("users",),
    f"{CENTER}/articles.json": ("articles", "meta", "count"),
    f"{CENTER}/incremental/articles.json": ("articles", "end_time", "next_page"),
    f"{CENTER}/articles/2.json": ("article",),
    f"{CENTER}/sections.json": ("sections", "meta"),
    f"{CENTER}/articles/2/comments.json": ("comments", "meta"),
    f"{CENTER}/articles/2/attachments.json": ("article_attachments", "meta"),
    f"{API}/incremental/tickets/cursor.json": ("tickets", "after_cursor", "end_of_stream"),
    f"{API}/tickets/show_many.json": ("tickets",),
    f"{API}/tickets/501/comments.json": ("comments", "meta"),
}


@pytest.mark.endurance
@pytest.mark.parametrize("path", ASKED)
def test_an_answer_of_another_shape_is_no_crash(
    server: Server, desk: Zendesk, time: Still, path: str
) -> None:
    passes = Passes(reading(server, time, comments=True, tickets=True))
    one, two, three = desk.guides
    desk.guides = (one, replace(two, created_s=1e9, updated_s=1e9), three)
    desk.broken = {2, 501}  # they will be asked for by themselves
    passes.next()
    desk.broken = set()
    right = server.route(path)
    for part in ASKED[path]:
        listed = path == f"{CENTER}/articles.json" and part != "count"
        since = Checkpoint(passes.held, "" if listed else passes.state)
        for odd in ODD:
            server.routes[path] = changed_answer(right, part, odd)
            before = len(server.asked)
            with suppress(SourceUnreadable):
                list(passes.source.documents(since))
            assert path in server.paths[before:]


def changed_answer(right: Route, part: str, odd: object) -> Route:
    """The right answer, but for a part."""
    return lambda asked: as_json({**json.loads(right(asked).body), part: odd})


@pytest.mark.parametrize("told", ["http://[x", "ftp://x/y", "/y", "", "http://10.0.0.1/secret"])
def test_files_at_odd_addresses_are_named(
    server: Server, desk: Zendesk, time: Still, told: str
) -> None:
    odd = {"id": 91, "file_name": "heat.txt", "content_url": told}
    answer = {"article_attachments": [odd], "meta": {"has_more": False}}
    server.json(f"{CENTER}/articles/2/attachments.json", answer)
    items = list(reading(server, time).documents(None))
    [named] = [item for item in items if isinstance(item, Unreadable)]
    assert (named.key, "not at the help desk" in named.reason) == ("file/2/91", True)


def test_a_file_below_a_mapped_address_is_asked_for_at_the_help_desk(
    server: Server, desk: Zendesk, time: Still
) -> None:
    url = "https://support.acme.example/hc/article_attachments/91/heat.txt"
    odd = {"id": 91, "file_name": "heat.txt", "content_url": url}
    answer = {"article_attachments": [odd], "meta": {"has_more": False}}
    server.json(f"{CENTER}/articles/2/attachments.json", answer)
    server.page("/hc/article_attachments/91/heat.txt", "1,280 C", "text/plain")
    assert items_of(server, time)["file/2/91"] == "1,280 C"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"url": "help"}, "`url` is no address"),
        ({"url": "http://acme.zendesk.com"}, "credentials would be sent over http"),
        ({"token": ""}, "no `token`"),
        ({"articles": False}, "neither `articles` nor `tickets`"),
        ({"token": "", "user": ""}, "`locales` must say"),
        ({"token": "", "user": "", "tickets": True}, "with a `token` only"),
        ({"tickets": True, "tickets_since": "soon"}, "no date"),
    ],
)
def test_settings_that_cannot_work_are_named(
    server: Server, time: Still, options: dict[str, object], problem: str
) -> None:
    source = reading(server, time, **{key: v for key, v in options.items() if key != "url"})
    if "url" in options:
        source = replace(source, site=replace(source.site, url=str(options["url"])))
    with pytest.raises(SourceUnreadable, match=problem):
        list(source.documents(None))
    assert server.asked == []


def test_it_is_asked_as_a_user_with_an_api_token_or_by_an_oauth_token() -> None:
    user = zendesk("help", "https://acme.zendesk.com/", "hunter2", "anna@acme.example")
    assert user.site.url == "https://acme.zendesk.com"
    assert user.site.credentials is not None
    [told] = user.site.credentials.headers.values()
    assert b64decode(told.removeprefix("Basic ")) == b"anna@acme.example/token:hunter2"
    alone = zendesk("help", "https://acme.zendesk.com", "hunter2").site.credentials
    assert alone is not None
    assert alone.headers == {"Authorization": "Bearer hunter2"}
    assert "hunter2" not in repr(user)
