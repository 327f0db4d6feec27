"""Articles of a help center: which are read, what of them, and what a later pass asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.errors import SourceUnreadable
from tests.faults import Reply, Server, Still
from tests.passes import Passes, keys, read
from tests.zendesk_reading import HOUR_S, items_of, reading
from tests.zendesk_server import CENTER, Attachment, Guide, Zendesk

pytest_plugins = ["tests.zendesk_fixtures"]
KILNS = "In Workshop > Firing > Kilns."


def test_articles_and_files_are_read_with_where_they_are_filed(
    server: Server, desk: Zendesk, time: Still
) -> None:
    items = list(reading(server, time).documents(None))
    assert keys(items) == ["article/1", "article/2", "file/2/91", "article/3"]
    assert read(items)["article/1"] == f"{KILNS}\n\nClose the lid."
    assert read(items)["article/2"] == "In Supplies > Clay. Labels: guide.\n\n## Blue\n\nStir it."
    assert read(items)["file/2/91"] == "1,240 C"
    page = next(item for item in items if isinstance(item, Document))
    assert (page.title, page.url) == ("Lids", f"{server.url}/hc/en-us/articles/1")
    assert page.modified_at is not None
    assert page.modified_at.timestamp() == time.now - 48 * HOUR_S


def test_drafts_and_what_only_some_may_read_are_left_out_unless_asked_for(
    server: Server, desk: Zendesk, time: Still
) -> None:
    one, two, three = desk.guides
    desk.guides = (replace(one, draft=True), replace(two, segment=4), three)
    assert list(items_of(server, time)) == ["article/3"]
    assert list(items_of(server, time, drafts=True)) == ["article/1", "article/3"]
    every = items_of(server, time, restricted=True)
    assert list(every) == ["article/2", "file/2/91", "article/3"]
    desk.guides = (one, replace(two, segments=(4, 5)), three)
    assert list(items_of(server, time)) == ["article/1", "article/3"]


def test_an_article_of_which_it_is_not_told_who_may_read_it_is_named(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.told_readers = False
    with pytest.raises(SourceUnreadable, match="who may read an article") as caught:
        items_of(server, time)
    assert "`restricted = true`" in caught.value.remedy
    assert "article/1" in items_of(server, time, restricted=True)


def test_an_article_is_read_in_each_language_that_is_asked_for(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, locales=["en-US", "de"]))
    told = read(passes.next())
    assert sorted(key for key in told if key.startswith("article/")) == [
        *("article/1/en-us", "article/2/de", "article/2/en-us", "article/3/en-us"),
    ]
    assert told["article/2/de"].endswith("Umrühren.")
    german = {"de": ("Glasuren", "<p>Schütteln.</p>")}
    two = replace(desk.guides[1], translations=german, updated_s=time.now)
    desk.guides = (desk.guides[0], two, desk.guides[2])
    told = read(passes.next())
    assert list(told) == ["article/2/de"]
    assert told["article/2/de"].endswith("Schütteln.")
    desk.guides = (desk.guides[0], replace(two, translations={}), desk.guides[2])
    assert "article/2/de" not in keys(passes.next())
    assert sorted(passes.held) == ["article/1/en-us", "article/2/en-us", "article/3/en-us",
                                   "file/2/91"]  # fmt: skip


def test_a_public_help_center_is_read_as_anyone(server: Server, desk: Zendesk, time: Still) -> None:
    source = reading(server, time, token="", user="", locales=["en-us"], attachments=False)
    passes = Passes(source)
    assert sorted(read(passes.next())) == ["article/1/en-us", "article/2/en-us", "article/3/en-us"]
    desk.guides = desk.guides[1:]
    assert keys(passes.next()) == ["article/2/en-us", "article/3/en-us"]
    assert not any("incremental" in path or "users" in path for path in server.paths)
    assert not any("authorization" in asked.headers for asked in server.asked)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"sections": ["kilns"]}, "13"),
        ({"sections": ["Firing"]}, "13"),
        ({"sections": ["22"]}, "2"),
        ({"categories": ["Supplies"]}, "2"),
        ({"categories": ["Workshop"], "sections": ["22"]}, ""),
        ({"labels": ["guide", "other"]}, "2"),
        ({"exclude_labels": ["guide"]}, "13"),
    ],
)
def test_sections_categories_and_labels_narrow(
    server: Server, desk: Zendesk, time: Still, options: dict[str, list[str]], ids: str
) -> None:
    told = items_of(server, time, attachments=False, **options)
    assert list(told) == [f"article/{id}" for id in ids]


def test_a_section_that_there_is_not_is_named(server: Server, desk: Zendesk, time: Still) -> None:
    with pytest.raises(SourceUnreadable, match="'Glazing'") as caught:
        items_of(server, time, sections=["Glazing"])
    assert "Clay, Firing, Kilns, Supplies, Workshop" in caught.value.remedy


def test_comments_are_read_where_asked_for_and_customers_have_no_names(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, comments=True))
    talk = read(passes.next())["article/2"].partition("## Comments\n\n")[2]
    day = "2001-09-09"
    assert talk == f"### Anna Agent, {day}\n\nMind the door.\n\n### Customer, {day}\n\nThank you."
    desk.guides = (desk.guides[0], replace(desk.guides[1], comments=()), desk.guides[2])
    time.now += 25 * HOUR_S
    told = read(passes.next())
    assert list(told) == ["article/2"]
    assert told["article/2"].endswith("Stir it.")


def test_links_lead_there_from_anywhere(server: Server, desk: Zendesk, time: Still) -> None:
    html = '<p><a href="/hc/en-us/articles/2">Glazes</a> <a href="#top">up</a></p>'
    odd = '<p><a href="http://[x">odd</a> <a href="mailto:a@b.example">mail</a></p>'
    desk.guides = (replace(desk.guides[0], html=html + odd),)
    told = items_of(server, time)["article/1"]
    assert f"[Glazes]({server.url}/hc/en-us/articles/2)" in told
    assert f"[up]({server.url}/hc/en-us/articles/1#top)" in told
    assert "[odd](http://[x) [mail](mailto:a@b.example)" in told


def test_an_article_that_says_nothing_is_left_out(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.guides = (replace(desk.guides[0], html="<p>&nbsp;</p>"), *desk.guides[1:])
    assert list(items_of(server, time)) == ["article/2", "file/2/91", "article/3"]


# -- what a later pass asks for -------------------------------------------------------


def test_only_what_changed_is_asked_for(server: Server, desk: Zendesk, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    time.now += HOUR_S
    three = replace(desk.guides[2], html="<p>Two kilns.</p>", updated_s=time.now)
    new = Guide(4, "Clay", "<p>Dig it.</p>", time.now, time.now)
    desk.guides = (*desk.guides[:2], three, new)
    before = len(server.asked)
    assert sorted(read(passes.next())) == ["article/3", "article/4"]
    listed = [a for a in server.asked[before:] if a.path == f"{CENTER}/articles.json"]
    assert [asked.query for asked in listed] == [{"per_page": "1"}]


def test_where_many_changed_all_are_listed_at_once(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time, attachments=False, locales=["en-us"]))
    desk.guides = [
        Guide(n, f"Page {n}", f"<p>Text {n}.</p>", desk.guides[0].created_s + n) for n in range(60)
    ]
    passes.next()
    desk.guides = [
        replace(one, html="<p>Anew.</p>", updated_s=time.now + one.id) for one in desk.guides
    ]
    assert len(read(passes.next())) == 60
    assert not any(f"{CENTER}/en-us/articles/" in path for path in server.paths)


def test_an_end_users_token_reads_what_that_user_may_read(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.role = "end-user"
    passes = Passes(reading(server, time, locales=["en-us"], attachments=False))
    assert len(read(passes.next())) == 3
    three = replace(desk.guides[2], html="<p>Two kilns.</p>")
    desk.guides = (*desk.guides[:2], three)
    assert list(read(passes.next())) == ["article/3/en-us"]


@pytest.mark.parametrize("changed", [{"archived": True}, {"draft": True}, {"segment": 4}])
def test_what_is_archived_or_closed_is_forgotten_at_once_with_its_files(
    server: Server, desk: Zendesk, time: Still, changed: dict[str, Any]
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    two = replace(desk.guides[1], updated_s=time.now, **changed)
    desk.guides = (desk.guides[0], two, desk.guides[2])
    assert keys(passes.next()) == ["article/1", "article/3"]


def test_an_article_that_is_archived_as_another_comes_is_forgotten(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    new = Guide(4, "Clay", "<p>Dig it.</p>", time.now, time.now)
    desk.guides = (*desk.guides[1:], new)
    assert sorted(keys(passes.next())) == ["article/2", "article/3", "article/4", "file/2/91"]


def test_a_changed_file_is_read_and_a_removed_one_forgotten_within_a_day(
    server: Server, desk: Zendesk, time: Still
) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    hot = replace(desk.guides[1].files[0], data=b"1,260 C", changed_s=time.now)
    two = replace(desk.guides[1], files=(hot,), updated_s=time.now)
    desk.guides = (desk.guides[0], two, desk.guides[2])
    assert read(passes.next()) == {"file/2/91": "1,260 C"}
    new = Guide(4, "Clay", "<p>Dig it.</p>", time.now + HOUR_S, time.now + HOUR_S)
    desk.guides = (*desk.guides, new)
    assert list(read(passes.next())) == ["article/4"]
    desk.guides = (desk.guides[0], replace(two, files=()), *desk.guides[2:])
    assert "file/2/91" in keys(passes.next())
    time.now += 25 * HOUR_S
    assert keys(passes.next()) == [f"article/{n}" for n in (1, 2, 3, 4)]


def test_a_change_that_shows_late_is_still_read(server: Server, desk: Zendesk, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    late = desk.guides[2].updated_s - 600
    one = replace(desk.guides[0], html="<p>Open the lid.</p>", updated_s=late)
    desk.guides = (one, *desk.guides[1:])
    assert list(read(passes.next())) == ["article/1"]


def test_files_that_cannot_be_read_are_named_and_asked_for_again(
    server: Server, desk: Zendesk, time: Still
) -> None:
    files = (Attachment(91, "big.txt", b"x", size=10**9), Attachment(92, "plan.png", b"x"))
    desk.guides = (replace(desk.guides[0], files=files), *desk.guides[1:])
    passes = Passes(reading(server, time))
    [named] = [item for item in passes.next() if isinstance(item, Unreadable)]
    assert (named.key, "is over 20 MiB" in named.reason) == ("file/1/91", True)
    small = (Attachment(91, "big.txt", b"small now"),)
    desk.guides = (replace(desk.guides[0], files=small), *desk.guides[1:])
    assert read(passes.next()) == {"file/1/91": "small now"}


def test_a_page_to_sign_in_is_not_taken_for_a_file(
    server: Server, desk: Zendesk, time: Still
) -> None:
    sign_in = Reply(200, b"<h1>Sign in</h1>", {"Content-Type": "text/html"})
    server.beginning["/hc/article_attachments/"] = lambda asked: sign_in
    items = list(reading(server, time).documents(None))
    [named] = [item for item in items if isinstance(item, Unreadable)]
    assert (named.key, "a page in place of the file" in named.reason) == ("file/2/91", True)


def test_files_stay_where_their_list_fails(server: Server, desk: Zendesk, time: Still) -> None:
    passes = Passes(reading(server, time))
    passes.next()
    time.now += 25 * HOUR_S
    server.break_with("500", f"{CENTER}/articles/2/attachments.json")
    [named] = [item for item in passes.next() if isinstance(item, Unreadable)]
    assert (named.key, "file/2/91" in passes.held) == ("file/2", True)
    server.mend()
    assert not any(isinstance(item, Unreadable) for item in passes.next())
    assert "file/2/91" in passes.held


def test_an_article_whose_comments_fail_costs_no_other_and_is_asked_for_again(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.broken = {2}
    passes = Passes(reading(server, time, comments=True))
    items = passes.next()
    assert sorted(read(items)) == ["article/1", "article/3", "file/2/91"]
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["article/2"]
    desk.broken = set()
    assert list(read(passes.next())) == ["article/2"]


def test_a_help_center_that_fails_at_each_is_not_asked_without_end(
    server: Server, desk: Zendesk, time: Still
) -> None:
    desk.guides = [replace(desk.guides[0], id=n) for n in range(1, 9)]
    desk.broken = set(range(1, 9))
    with pytest.raises(SourceUnreadable, match="the service fails"):
        items_of(server, time, comments=True, attachments=False)
    assert sum(path.endswith("/comments.json") for path in server.paths) == 6  # 3, each twice
