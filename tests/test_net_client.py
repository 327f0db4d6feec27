"""Asking over real sockets: limits, redirects, tries, secrets, and what errors say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from email.utils import formatdate
from functools import partial
from typing import Any

import httpx
import pytest

from knowledge.net.adapters import session, transport
from knowledge.net.answers import Version
from knowledge.net.asking import Credentials, Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import (
    Denied,
    Garbled,
    Missing,
    NetError,
    RateLimited,
    Refused,
    TooLarge,
    Unreached,
)
from knowledge.net.guard import Guard, guarding
from knowledge.net.hurry import within
from knowledge.net.urls import shown
from tests.faults import FAULTS, HEALING, Asked, Reply, Server, Still, limits_for, serving, still

Make = Callable[..., Client]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        made.page("/page", "Hello ☺")
        made.json("/items", {"items": [1, 2]})
        yield made


@pytest.fixture
def make() -> Iterator[Make]:
    """Clients that may reach this machine and for which time stands still."""
    made: list[Client] = []

    def client(**options: Any) -> Client:
        given = {"guard": guarding(True), "limits": limits_for(), "outside": still(), **options}
        made.append(Client(**given))
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def client(make: Make) -> Client:
    return make()


def test_a_page_comes_with_its_body_headers_and_version(server: Server, client: Client) -> None:
    answer = client.get(f"{server.url}/page#part")
    assert (answer.status, answer.text, answer.media) == (200, "Hello ☺", "text/html")
    assert answer.url == f"{server.url}/page"
    assert answer.version.etag
    again = client.get(f"{server.url}/page", held=answer.version)
    assert (again.unchanged, again.body) == (True, b"")
    assert client.get(f"{server.url}/items").json() == {"items": [1, 2]}


def test_who_asks_is_said_and_packed_answers_are_asked_for(server: Server, client: Client) -> None:
    client.get(f"{server.url}/page")
    [asked] = server.asked
    assert asked.headers["user-agent"].startswith("Tandem/")
    assert asked.headers["accept-encoding"] == "gzip, deflate"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"


def test_what_is_sent_arrives(server: Server, client: Client) -> None:
    server.routes["/search"] = lambda asked: Reply(200, asked.body)
    assert client.request("POST", f"{server.url}/search", json={"q": "ü"}).json() == {"q": "ü"}
    client.get(f"{server.url}/page?a=1", params={"b": "2 3"})
    assert server.asked[-1].query == {"a": "1", "b": "2 3"}


@pytest.mark.parametrize("fault", HEALING)
def test_what_passes_by_itself_is_tried_again(server: Server, make: Make, fault: str) -> None:
    server.break_with(fault, times=2)
    client = make(limits=limits_for(fault, tries=5))
    assert client.get(f"{server.url}/items").json() == {"items": [1, 2]}
    assert len(server.asked) >= 3


BROKEN = [fault for fault in FAULTS if fault != "the answer before"]
ENDS: dict[str, type[NetError]] = {
    "429": RateLimited,
    "429, wait 3 s": RateLimited,
    "429, wait an hour": RateLimited,
    "403, limit used up": RateLimited,
    "zip bomb": TooLarge,
    "redirect loop": Refused,
    "redirect to metadata": Refused,
    "redirect to a file": Refused,
    "401": Denied,
    "403": Denied,
    "404": Missing,
    "wrong type": Garbled,
    "a page of HTML": Garbled,
    "bad encoding": Garbled,
    "empty body": Garbled,
    "malformed": Garbled,
}


@pytest.mark.parametrize("fault", BROKEN)
def test_every_fault_that_stays_ends_in_an_error_that_says_what_where_and_what_to_do(
    server: Server, make: Make, fault: str
) -> None:
    server.break_with(fault)
    with pytest.raises(ENDS.get(fault, Unreached)) as caught:
        make(limits=limits_for(fault)).get(f"{server.url}/items").json()
    error = caught.value
    assert error.problem
    assert error.remedy
    assert error.where.startswith(("http://127.0.0.1", "http://169.254.169.254", "file:"))
    tried = 1 if isinstance(error, (Refused, Garbled)) or "hour" in fault else 3
    assert len(server.asked) == (6 if fault == "redirect loop" else tried)
    assert str(error) == f"{error.where}: {error.problem}. {error.remedy}."


def test_a_client_is_well_again_when_the_service_is(server: Server, make: Make) -> None:
    for fault in BROKEN:
        client = make(limits=limits_for(fault, tries=1))
        server.break_with(fault)
        with pytest.raises(NetError):
            client.get(f"{server.url}/items").json()
        server.mend()
        assert client.get(f"{server.url}/items").json() == {"items": [1, 2]}, fault


# -- waiting -------------------------------------------------------------------------


def waited(server: Server, make: Make, *replies: Reply, **limits: Any) -> list[float]:
    """How long a client waits when it is answered so, one after the other."""
    left, time = [*replies, Reply(200)], Still()
    server.routes["/busy"] = lambda asked: left.pop(0)
    make(outside=time.outside, limits=limits_for(**limits)).get(f"{server.url}/busy")
    return time.slept


def test_retry_after_is_honoured_in_seconds_and_as_a_date(server: Server, make: Make) -> None:
    date = formatdate(Still().now + 7, usegmt=True)
    assert waited(server, make, Reply(429, headers={"Retry-After": "3"})) == [3.0]
    assert waited(server, make, Reply(503, headers={"Retry-After": date})) == [7.0]
    past = formatdate(Still().now - 7, usegmt=True)
    assert waited(server, make, Reply(429, headers={"Retry-After": past})) == [0.25]


@pytest.mark.parametrize(
    "reset",
    [
        *("1795000009", "1795000009000", "9"),
        *("2026-11-18T11:06:49Z", "2026-11-18T13:06:49+02:00", "2026-11-18T11:06:49.000"),
    ],
)
def test_a_limit_that_is_used_up_is_waited_for(server: Server, make: Make, reset: str) -> None:
    used = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    for status in (403, 429):
        assert waited(server, make, Reply(status, headers=used)) == [9.0]


@pytest.mark.parametrize("reset", ["soon", "", "nan", "2026-13-45T00:00:00Z", "0001-01-01", "\x80"])
def test_an_odd_reset_is_backed_off_from(server: Server, make: Make, reset: str) -> None:
    used = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    assert waited(server, make, Reply(429, headers=used)) == [0.25]


def test_a_limit_that_is_not_used_up_is_no_reason_to_wait(server: Server, make: Make) -> None:
    left = {"X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "1795000009"}
    assert waited(server, make, Reply(500, headers=left)) == [0.25]
    server.routes["/no"] = lambda asked: Reply(403, headers=left)
    with pytest.raises(Denied):
        make().get(f"{server.url}/no")


@pytest.mark.parametrize("told", ["soon", "", "nan", "inf", "-5", "99:99", "1e400", "\x80"])
def test_an_odd_retry_after_is_backed_off_from(server: Server, make: Make, told: str) -> None:
    assert waited(server, make, Reply(503, headers={"Retry-After": told})) == [0.25]


def test_backing_off_doubles_and_is_spread_by_chance(server: Server, make: Make) -> None:
    assert waited(server, make, *[Reply(500)] * 8, tries=9) == [
        *(0.25, 0.5, 1, 2, 4, 8, 15, 15),
    ]


def test_a_long_wait_is_not_sat_out_but_told(server: Server, make: Make) -> None:
    time = Still()
    server.break_with("429, wait an hour")
    with pytest.raises(RateLimited, match="3600 s") as caught:
        make(outside=time.outside).get(f"{server.url}/items")
    assert (caught.value.wait_s, time.slept) == (3600, [])


# -- limits --------------------------------------------------------------------------


def test_a_body_over_the_limit_is_refused_whether_announced_or_not(
    server: Server, make: Make
) -> None:
    server.page("/large", "x" * 3000)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n%b\r\n" * 9
    server.routes["/endless"] = lambda asked: Reply(
        send=lambda line: line.write(chunked % ((b"x" * 1000,) * 9))
    )
    small = make(limits=limits_for(max_bytes=2000))
    for path in ("/large", "/endless"):
        with pytest.raises(TooLarge, match=r"over 0\.0019"):
            small.get(server.url + path)
    assert len(make(limits=limits_for(max_bytes=3000)).get(f"{server.url}/large").body) == 3000


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw deflate", "two members"])
def test_packed_bodies_are_unpacked(server: Server, client: Client, encoding: str) -> None:
    import gzip
    import zlib

    text = ("Hello " * 40_000).encode()
    raw = zlib.compressobj(wbits=-15)
    body = {
        "deflate": zlib.compress(text),
        "raw deflate": raw.compress(text) + raw.flush(),
        "two members": gzip.compress(text[:70_000]) + gzip.compress(text[70_000:]),
    }.get(encoding, gzip.compress(text))
    told = {"raw deflate": "deflate", "two members": "gzip"}.get(encoding, encoding)
    server.routes["/packed"] = lambda asked: Reply(200, body, {"Content-Encoding": told})
    assert client.get(f"{server.url}/packed").body == text


def test_what_is_packed_otherwise_than_asked_for_is_told(server: Server, client: Client) -> None:
    server.routes["/br"] = lambda asked: Reply(200, b"x", {"Content-Encoding": "br"})
    with pytest.raises(Unreached, match="'br', which was not asked for"):
        client.get(f"{server.url}/br")


def test_an_empty_packed_answer_is_empty(server: Server, client: Client) -> None:
    server.routes["/none"] = lambda asked: Reply(204, headers={"Content-Encoding": "gzip"})
    assert client.get(f"{server.url}/none").body == b""


# -- redirects and the guard ---------------------------------------------------------


def test_redirects_are_followed_and_told(server: Server, client: Client) -> None:
    server.redirect("/old", "older/../page")
    answer = client.get(f"{server.url}/old")
    assert (answer.url, answer.hops) == (f"{server.url}/page", (f"{server.url}/old",))


@pytest.mark.parametrize(
    "target",
    [
        *("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:70/x", "data:,x"),
        *("javascript:x", "http://user:hunter2@127.0.0.1/", "http://[fe80::1%25lo]/"),
        *("http://169.254.169.254/", "http://2852039166/", "//[::ffff:169.254.169.254]/x"),
        "http://a b/",
    ],
)
def test_a_redirect_to_what_must_not_be_read_is_refused(
    server: Server, client: Client, target: str
) -> None:
    server.redirect("/trap", target)
    with pytest.raises(Refused) as caught:
        client.get(f"{server.url}/trap")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(Refused):
        client.get(target if ":" in target.split("/")[0] else f"http:{target}")
    assert server.paths == ["/trap"]


def test_by_default_nothing_of_this_machine_is_reached(server: Server) -> None:
    with Client(outside=still()) as plain:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "0", "127.1"):
            with pytest.raises(Refused, match="this machine"):
                plain.get(f"http://{host}:{server.port}/page")
    assert server.asked == []


def test_the_connection_is_made_to_the_address_that_was_judged(server: Server, make: Make) -> None:
    """DNS rebinding: the name is public when it is judged, and inner ever after."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    def rebinding(host: str) -> Sequence[str]:
        return answers.pop(0)

    client = make(guard=Guard(private=True, resolve=rebinding))
    assert client.get(f"http://docs.example:{server.port}/page").text == "Hello ☺"
    assert server.asked[0].headers["host"] == f"docs.example:{server.port}"
    client.close()
    with pytest.raises(Refused, match="metadata"):
        make(guard=Guard(private=True, resolve=rebinding)).get("http://docs.example/")


def test_a_redirect_s_host_is_judged_anew(server: Server, make: Make) -> None:
    names = {"docs.example": ["127.0.0.1"], "inner.example": ["10.0.0.1"]}
    guard = guarding(["127.0.0.1"], resolve=lambda host: names[host])
    server.redirect("/page", f"http://inner.example:{server.port}/page")
    with pytest.raises(Refused, match="a private address"):
        make(guard=guard).get(f"http://docs.example:{server.port}/page")


def test_the_next_address_is_tried_where_one_does_not_answer(server: Server, make: Make) -> None:
    guard = Guard(private=True, resolve=lambda host: ["::1", "127.0.0.1"])
    assert make(guard=guard).get(f"http://docs.example:{server.port}/page").status == 200


def test_nobody_at_an_address_is_told_after_the_tries(make: Make) -> None:
    time = Still()
    with pytest.raises(Unreached, match=r"127\.0\.0\.1:9/x: no answer"):
        make(outside=time.outside).get("http://127.0.0.1:9/x")
    assert len(time.slept) == 2


# -- secrets -------------------------------------------------------------------------


def test_credentials_go_to_their_origin_only(server: Server, make: Make) -> None:
    with serving() as other:
        other.page("/there", "Hello")
        server.redirect("/away", f"{other.url}/there")
        own = Credentials(server.url, {"Authorization": "Bearer hunter2"})
        client = make(credentials=own, headers={"X-Api-Key": "hunter2", "Accept": "text/html"})
        client.get(f"{server.url}/away", headers={"Cookie": "hunter2"})
        assert server.asked[0].headers["authorization"] == "Bearer hunter2"
        assert other.asked[0].headers["accept"] == "text/html"
        client.get(f"{other.url}/there")
        assert "hunter2" not in str(other.asked[0].headers)
        assert "authorization" not in other.asked[1].headers
    assert "hunter2" not in repr(own)


def test_what_is_sent_follows_to_no_other_host(server: Server, client: Client) -> None:
    with serving() as other:
        server.redirect("/form", f"{other.url}/there", 307)
        with pytest.raises(Refused, match="another host"):
            client.request("POST", f"{server.url}/form", json={"secret": 1})
        assert other.asked == []


def test_a_form_that_is_answered_by_see_other_is_read_with_get(
    server: Server, client: Client
) -> None:
    server.redirect("/form", "/page", 303)
    assert client.request("POST", f"{server.url}/form", json={"a": 1}).text == "Hello ☺"
    assert [(asked.method, asked.body) for asked in server.asked][1:] == [("GET", b"")]


def test_neither_errors_nor_logs_have_secrets(
    server: Server, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = "?page=2&access_token=hunter2&sig=hunter2&X-Amz-Signature=hunter2&q=" + "z" * 99
    own = Credentials(server.url, {"Authorization": "Bearer hunter2"})
    for fault in ("500", "401", "404", "429, wait an hour", "no answer"):
        server.break_with(fault)
        with pytest.raises(NetError) as caught:
            make(credentials=own, limits=limits_for(fault)).get(f"{server.url}/items{secret}")
        assert "hunter2" not in str(caught.value)
        assert "zzz" not in str(caught.value)
        assert "page=2" in str(caught.value)
        server.mend()
    told = [record.getMessage() for record in caplog.records if record.name.startswith("know")]
    assert told
    assert not [line for line in told if "hunter2" in line]


@pytest.mark.parametrize("odd", ["hunter2\r\nX-Evil: 1", "hunter2 ☺", "hunter2\0"])
def test_a_header_with_characters_that_it_may_not_have_is_not_quoted(
    server: Server, make: Make, odd: str
) -> None:
    own = Credentials(server.url, {"Authorization": odd})
    with pytest.raises(Refused, match="characters that it may not have") as caught:
        make(credentials=own).get(f"{server.url}/page")
    assert "hunter2" not in str(caught.value)
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://u:p@docs.example/a?x=1#f", "https://docs.example/a?x=1"),
        ("https://d/a?token=abc&code=1&page=2", "https://d/a?token=…&code=…&page=2"),
        ("https://d/a?api%5Fkey=abc", "https://d/a?api%5Fkey=…"),
        ("https://d/\x1b[31m", "https://d/�[31m"),
        ("http://[", "…"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, seen: str) -> None:
    assert shown(url) == seen


# -- under others' libraries ---------------------------------------------------------


def test_httpx_asks_through_our_client(server: Server, make: Make) -> None:
    server.break_with("503", times=1)
    with httpx.Client(transport=transport(make()), base_url=server.url) as theirs:
        assert theirs.get("/items").json() == {"items": [1, 2]}
        assert theirs.get("/none").status_code == 404
        with pytest.raises(Refused):
            theirs.get("http://169.254.169.254/")
    guarded = httpx.Client(transport=transport(Client(outside=still())))
    with guarded, pytest.raises(Refused):
        guarded.get(f"{server.url}/items")


def test_requests_asks_through_our_client(server: Server, make: Make) -> None:
    server.break_with("half a body", times=1)
    server.routes["/echo"] = lambda asked: Reply(200, asked.body, {"Content-Type": "text/plain"})
    with session(make()) as theirs:
        assert theirs.get(f"{server.url}/items", params={"a": 1}).json() == {"items": [1, 2]}
        assert theirs.post(f"{server.url}/echo", json={"q": 1}).text == '{"q": 1}'
        assert theirs.get(f"{server.url}/none").status_code == 404
        with pytest.raises(Refused):
            theirs.get("http://169.254.169.254/")


@pytest.mark.parametrize("fault", ["no answer", "slow drip", "503", "429", "connection reset"])
def test_a_time_limit_holds_for_all_tries_and_pauses_within(
    server: Server, make: Make, fault: str
) -> None:
    server.break_with(fault)
    patient = make(limits=Limits(tries=10_000, wait_s=1e6), outside=Outside())
    with pytest.raises(NetError), within(0.3), within(1e6):
        patient.get(f"{server.url}/page")


def test_pages_of_a_link_header_are_found(server: Server, client: Client) -> None:
    link = '<https://api.example/items?page=2>; rel="next", <https://x/>; rel="last"'
    server.json("/paged", [], Link=link)
    assert client.get(f"{server.url}/paged").links["next"] == "https://api.example/items?page=2"
    assert client.get(f"{server.url}/items").links == {}


def test_a_version_without_marks_asks_nothing() -> None:
    assert not Version()
    assert Version("e", "m").asked == {"If-None-Match": "e", "If-Modified-Since": "m"}


def test_a_missing_page_says_so_and_as_a_source_s_failure(server: Server, client: Client) -> None:
    with pytest.raises(Missing) as caught:
        client.get(f"{server.url}/gone")
    error = caught.value
    assert error.reason == "is not there (404); check the address, or take it out"
    assert str(error.of("wiki")).startswith(f"Source 'wiki': {server.url}/gone: is not there")


def odd(body: bytes, asked: Asked) -> Reply:
    return Reply(200, body)


def test_odd_json_is_told(server: Server, client: Client) -> None:
    for body in (b"[" * 100_000, b"\xff\xfe", b"{", b"[1]"):
        server.routes["/odd"] = partial(odd, body)
        with pytest.raises(Garbled):
            client.get(f"{server.url}/odd").json_object()


def test_limits_are_generous_by_default() -> None:
    assert (Limits().tries, Limits().redirects) == (5, 5)


def test_asked_is_seen_whole() -> None:
    assert Asked("GET", "/a?b=1&b=2", {}).queries == {"b": ["1", "2"]}
