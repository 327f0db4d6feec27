"""The github source: what changed, which repositories, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from knowledge.documents import Checkpoint, Document, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.sources.github.bodies import Taste
from knowledge.sources.github.passing import GitHubSource
from tests.contracts import SourceContract
from tests.faults import Server, Still
from tests.github.reading import LATER, again, document, github, held, read
from tests.github.service import Repository, Service, wrote
from tests.networked import NetworkedSourceContract, Page

pytest_plugins = ["tests.github.fixtures"]


# -- contracts -----------------------------------------------------------------------


class TestAll(SourceContract):
    @pytest.fixture
    def source(self, server: Server, web: Repository) -> GitHubSource:
        del web
        return github(server)


class TestFaults(NetworkedSourceContract):
    """Odd pages are issues, even ones pull requests: lists of both kinds are followed."""

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        made = Service(server).repository("acme/web")
        for page in pages:
            kind = "Issue" if page.id % 2 else "PullRequest"
            made.thread(page.id, kind, page.name, page.text, page.changed_at)

    def source(self, server: Server, limits: Limits, outside: Outside) -> GitHubSource:
        return github(server, kinds=("issues", "pulls"), limits=limits, outside=outside)


# -- what changed --------------------------------------------------------------------


def test_only_what_changed_is_read_again(server: Server, service: Service, web: Repository) -> None:
    made = github(server)
    first = held(read(made))
    web.touch(1, LATER, title="The kiln is warm")
    web.thread(5, "Issue", "New", "Here.", LATER)
    service.queries.clear()
    found = read(made, first)
    changed = [key for key, item in found.items() if isinstance(item, Document)]
    assert changed == ["acme/web/1.issue", "acme/web/5.issue"]
    assert service.queries.count("Read") == 1
    assert set(found) - {""} == {*first.held, "acme/web/5.issue"}
    asked = [one for one in server.asked if one.path == "/api/v3/repos/acme/web/releases"]
    assert asked[-1].headers["if-none-match"]


def test_a_deleted_thread_is_gone_at_once_because_the_count_tells(
    server: Server, web: Repository
) -> None:
    made = github(server)
    first = held(read(made))
    del web.threads[2]
    found = read(made, first)
    assert first.held.keys() - found.keys() == {"acme/web/2.discussion"}


def test_one_that_was_deleted_while_another_took_its_place_in_the_count_is_found_in_a_day(
    server: Server, web: Repository
) -> None:
    time = Still()
    made = github(server, time=time)
    first = held(read(made))
    del web.threads[1]
    web.thread(0, "Issue", "Came from elsewhere", "With an old number.", LATER)
    second = again(first, read(made, first))
    assert "acme/web/1.issue" in second.held
    time.now += 24 * 3600
    assert "acme/web/1.issue" not in read(made, second)


def test_an_edited_comment_is_read_although_its_thread_says_nothing_of_it(
    server: Server, web: Repository
) -> None:
    comment = wrote("IssueComment", "i1", "At noon.", "ben")
    web.thread(1, "Issue", "When?", "Tell me.", comments=[comment])
    made = github(server)
    first = held(read(made))
    comment |= {"body": "At one.", "updatedAt": LATER}
    found = read(made, first)
    assert document(found, "acme/web/1.issue").text.endswith("At one.")
    second = again(first, found)
    found = read(made, second)
    assert not [item for item in found.values() if isinstance(item, Document)]
    third = again(second, found)
    asked = len(server.asked)
    read(made, third)
    edits = [one for one in server.asked[asked:] if one.path.endswith("issues/comments")]
    assert all(one.headers.get("if-none-match") for one in edits)


def test_a_thread_that_cannot_be_read_is_told_and_asked_for_again(
    server: Server, service: Service, web: Repository
) -> None:
    made = github(server)
    broken = web.threads[1].pop("body")
    found = read(made)
    assert isinstance(found["acme/web/1.issue"], Unreadable)
    assert isinstance(found["acme/web/3.pull"], Document)
    web.threads[1]["body"] = broken
    service.queries.clear()
    second = read(made, held(found))
    assert isinstance(second["acme/web/1.issue"], Document)
    assert service.queries.count("Read") == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"createdAt": "soon"},
        {"url": None},
        {"labels": lambda **_: {"nodes": [None, 7]}},
        {"comments": lambda **_: {"totalCount": 1, "nodes": None, "pageInfo": None}},
        {"reactionGroups": [{"content": "HEART", "reactors": {"totalCount": "many"}}]},
    ],
)
def test_an_answer_of_another_shape_is_named_and_the_others_are_read(
    server: Server, web: Repository, odd: dict[str, Any]
) -> None:
    web.threads[3] |= odd
    found = read(github(server, kinds=("pulls", "discussions")))
    assert isinstance(found["acme/web/2.discussion"], Document)
    told = [item for item in found.values() if isinstance(item, Unreadable)]
    assert all("; " in item.reason for item in told)
    assert told or isinstance(found["acme/web/3.pull"], Document)


@pytest.mark.parametrize("odd", [{"updatedAt": "soon"}, {"number": "3"}])
def test_a_list_of_another_shape_is_no_list(
    server: Server, web: Repository, odd: dict[str, Any]
) -> None:
    web.threads[3] |= odd
    with pytest.raises(SourceUnreadable, match="answered no list"):
        read(github(server, kinds=("pulls",)))


def test_when_other_people_are_left_out_all_is_read_anew(server: Server, web: Repository) -> None:
    del web
    first = held(read(github(server)))
    found = read(github(server, taste=Taste(False, frozenset({"ben"}))), first)
    assert "Try at noon." not in document(found, "acme/web/2.discussion").text


def test_a_kind_that_was_left_out_for_a_while_is_read_whole_again(
    server: Server, web: Repository
) -> None:
    first = held(read(github(server)))
    second = again(first, read(github(server, kinds=("issues",)), first))
    assert set(second.held) == {"acme/web/1.issue"}
    assert set(read(github(server), second)) == {*first.held, ""}
    web.releases.clear()
    assert "acme/web/v1.2.release" not in read(github(server), first)


def test_when_a_list_is_shorter_than_it_says_nothing_is_taken_to_be_gone(
    server: Server, service: Service, web: Repository
) -> None:
    made = github(server, kinds=("issues",))
    first = held(read(made))
    hidden = web.threads.pop(1)
    web.thread(5, "Issue", "New", "Here.", LATER)
    right = service.all
    service.all = lambda threads: counted(right(threads), [*threads, hidden])  # type: ignore[method-assign]
    found = read(made, Checkpoint(first.held))
    assert found["acme/web/1.issue"] == Unchanged("acme/web/1.issue")
    assert isinstance(found["acme/web/5.issue"], Document)


def counted(list_of: Callable[..., dict[str, Any]], all: Sequence[Any]) -> Callable[..., Any]:
    """A list that tells of more than it has."""
    return lambda **given: {**list_of(**given), "totalCount": len(all)}


# -- which repositories --------------------------------------------------------------


def test_an_owners_repositories_are_found_by_a_pattern(server: Server, service: Service) -> None:
    for name in ("acme/web", "acme/web-api", "acme/Web-Fork", "acme/web-old", "acme/docs"):
        made = service.repository(name, fork=name.endswith("Fork"))
        made.thread(1, "Issue", "Kiln", "Cold.")
    found = read(github(server, "acme/web*", "acme/docs", "Acme/docs", exclude=("acme/*-old",)))
    assert [key for key in found if key] == [
        "acme/docs/1.issue", "Acme/docs", "acme/web/1.issue", "acme/web-api/1.issue"
    ]  # fmt: skip
    assert isinstance(found["Acme/docs"], Unreadable)


def test_a_repository_that_is_lost_keeps_what_is_held_and_the_others_are_read(
    server: Server, service: Service, web: Repository
) -> None:
    service.repository("acme/docs").thread(1, "Issue", "Docs", "Where?")
    with pytest.raises(SourceUnreadable, match="the token may not see it"):
        read(github(server, "acme/away"))
    made = github(server, "acme/web", "acme/docs")
    first = held(read(made))
    del service.repositories["acme/web"]
    found = read(made, first)
    assert isinstance(found["acme/web"], Unreadable)
    assert all(found[key] == Unchanged(key) for key in first.held)
    service.repositories["acme/web"] = web
    assert "acme/web" not in read(made, again(first, found))


def test_a_renamed_repository_is_read_under_its_new_name(
    server: Server, service: Service, web: Repository
) -> None:
    made = github(server)
    first = held(read(made))
    del service.repositories["acme/web"]
    web.full = "acme/site"
    service.repositories["acme/site"] = web
    server.redirect("/api/v3/repos/acme/web", "/api/v3/repos/acme/site", 301)
    found = read(made, first)
    assert all(key.startswith("acme/site/") for key in found if key)
    assert document(found, "acme/site/1.issue")
