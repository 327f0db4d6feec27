"""The github source: what people wrote, as documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from knowledge.documents import Unchanged, Unreadable
from knowledge.sources.github.bodies import Taste, body
from knowledge.sources.github.places import served_at
from tests.faults import Server
from tests.git_server import serving as serving_git
from tests.github.reading import LATER, document, github, held, read, release
from tests.github.service import Repository, Service, connection, wrote
from tests.repositories import repository

pytest_plugins = ["tests.github.fixtures"]


def test_a_thread_is_a_question_with_its_answers_the_accepted_one_first(
    server: Server, web: Repository
) -> None:
    del web
    found = read(github(server))
    assert set(found) - {""} == {
        "acme/web/1.issue", "acme/web/2.discussion", "acme/web/3.pull", "acme/web/v1.2.release"
    }  # fmt: skip
    leave = document(found, "acme/web/2.discussion")
    assert leave.title == "How much leave?"
    assert leave.url == "https://github.example/acme/web/discussions/2"
    assert leave.text.split("\n\n") == [
        "Discussion acme/web#2, answered, by octocat on 2026-11-01. Category: Q&A.",
        "I am new.",
        "## Accepted answer by eve on 2026-11-02",
        "Reactions: ❤️ 2.",
        "27 days.",
        "### Reply by ana on 2026-11-01",
        "Thanks!",
        "## Comment by ben on 2026-11-01",
        "Try at noon.",
    ]
    kiln = document(found, "acme/web/1.issue").text
    assert kiln.startswith("Issue acme/web#1, open, by octocat on 2026-11-01. Labels: kiln.")


def test_reviews_and_remarks_about_lines_are_read(server: Server, web: Repository) -> None:
    line = wrote("PullRequestReviewComment", "l1", "Why 900?", "ben")
    answer = wrote("PullRequestReviewComment", "l2", "Clay.", "ana")
    talk: dict[str, Any] = {"__typename": "PullRequestReviewThread", "id": "t1"}
    talk |= {"path": "kiln.py", "isResolved": True, "comments": connection([line, answer])}
    review = wrote("PullRequestReview", "v1", "Fine.", "eve", LATER, state="APPROVED")
    silent = wrote("PullRequestReview", "v2", "", "eve", LATER, state="COMMENTED")
    web.thread(3, "PullRequest", "Warm it", "Yes.", reviews=[review, silent], reviewThreads=[talk])
    text = document(read(github(server)), "acme/web/3.pull").text
    assert "## Comment by ben on 2026-11-01, about kiln.py, resolved\n\nWhy 900?" in text
    assert "### Reply by ana on 2026-11-01\n\nClay." in text
    assert text.endswith("## Comment by eve on 2026-11-02, approved\n\nFine.")


def test_all_further_pages_of_comments_are_read(server: Server, web: Repository) -> None:
    comments = [wrote("IssueComment", f"i{n}", f"Word{n}.", at=f"2026-11-02T08:00:{n:02}Z")
                for n in range(11)]  # fmt: skip
    replies = [wrote("DiscussionComment", f"d{n}", f"Reply{n}.") for n in range(7)]
    talk = wrote("DiscussionComment", "c1", "Hm.", replies=connection(replies))
    web.thread(1, "Issue", "Long", "Text.", comments=comments)
    web.thread(2, "Discussion", "Deep", "Text.", comments=[talk])
    found = read(github(server))
    long, deep = (document(found, f"acme/web/{key}").text for key in ("1.issue", "2.discussion"))
    assert [word for word in long.split() if word.startswith("Word")] == [
        f"Word{n}." for n in range(11)
    ]
    assert all(f"Reply{n}." in deep for n in range(7))


def test_what_bots_wrote_and_what_moderators_hid_is_left_out_unless_it_is_wanted(
    server: Server, web: Repository
) -> None:
    comments = [
        wrote("IssueComment", "i1", "Coverage is 80 %.", "codecov-commenter"),
        wrote("IssueComment", "i2", "Stale!", "stale[bot]"),
        wrote("IssueComment", "i3", "Buy gold.", isMinimized=True),
        wrote("IssueComment", "i4", "I am gone.", None),
    ]
    web.thread(1, "Issue", "Kiln", "Cold.", comments=comments)
    found = read(github(server))
    assert "acme/web/4.issue" not in found
    text = document(found, "acme/web/1.issue").text
    assert text.endswith("## Comment by ghost on 2026-11-01\n\nI am gone.")
    assert text.count("## ") == 1
    wanted = read(github(server, taste=Taste(True)), held(found))
    assert "Bumps it." in document(wanted, "acme/web/4.issue").text
    assert "Stale!" in document(wanted, "acme/web/1.issue").text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<!-- Describe it -->\nIt breaks.", "It breaks."),
        ("# Steps\n\n1. Go", "### Steps\n\n1. Go"),
        ("Steps\n=====\n\ntext", "### Steps\n\ntext"),
        ("```sh\n# a comment\n```", "```sh\n# a comment\n```"),
        ("![The error E4](https://x/y.png)", "The error E4"),
        ("See ![image](https://x/y.png) here", "See  here"),
        ('<img width="3" alt="Screenshot 2026-11-01" src="https://x/y.png">', ""),
        ("@ana, can you look?\r\nYes", "@ana, can you look?\nYes"),
        ("- item\n---\nmore", "- item\n---\nmore"),
    ],
)
def test_bodies_are_read_as_people_see_them(said: str, shown: str) -> None:
    assert body(said, 2) == shown


def test_releases_are_read_without_drafts(server: Server, web: Repository) -> None:
    web.releases += [release("v1.3", "Soon", draft=True, published_at=None), release("v1", "Old")]
    web.releases.append(release("pkg/v2", "## New\n\nAll", name="Two", prerelease=True))
    found = read(github(server, kinds=("releases",)))
    assert set(found) - {""} == {f"acme/web/{t}.release" for t in ("v1", "v1.2", "pkg/v2")}
    two = document(found, "acme/web/pkg/v2.release")
    assert two.title == "acme/web Two (pkg/v2)"
    assert two.text == (
        "Pre-release pkg/v2 of acme/web, published by ana on 2026-11-02.\n\n## New\n\nAll"
    )


def test_a_wiki_is_read_by_git(server: Server, service: Service, tmp_path: Path) -> None:
    service.repository("acme/web", has_wiki=True)
    service.repository("acme/bare", has_wiki=True)
    pages: dict[str, str | bytes] = {
        "Kiln-Care.md": "# Kiln care\n\nClose the lid.",
        "_Sidebar.md": "Home",
        "a.png": b"x",
    }
    repository(tmp_path / "acme" / "web.wiki.git").commit(pages)
    with serving_git(tmp_path) as git:
        git.login = "x-access-token:hunter2"
        site = replace(served_at(server.url), web=git.url)
        given = {"kinds": ("issues", "wiki"), "cache": tmp_path / "cache", "site": site}
        made = github(server, "acme/web", "acme/bare", **given)
        found = read(made)
        care = document(found, "acme/web/wiki/Kiln-Care.md")
        assert set(found) == {"acme/web/wiki/Kiln-Care.md", ""}
        assert (care.title, care.url) == ("Kiln care", f"{git.url}/acme/web/wiki/Kiln-Care")
        assert read(made, held(found))[care.key] == Unchanged(care.key)
        git.login = "x-access-token:another"
        lost = read(made, held(found))
        assert lost[care.key] == Unchanged(care.key)
        assert isinstance(lost["acme/web/wiki"], Unreadable)
