"""Google Drive as a source, pass after pass: what changed, moved and went, and what is asked."""

from __future__ import annotations

import pytest

from knowledge.documents import Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.googledrive.tree import Folder, Root, Tree
from tests.drive_server import (
    BASE,
    FakeDrive,
    File,
    doc,
    folder,
    reading,
    service_account,
    shortcut,
)
from tests.faults import Server, Still
from tests.passes import Passes, keys, read

DAY_S = 25 * 3600.0


@pytest.fixture
def drive(server: Server) -> FakeDrive:
    """A handbook with two folders, a folder beside it, and a shared drive."""
    made = FakeDrive(drives={"0Acme": "Acme"})
    made.at(server)
    made.put(
        folder("top", "Handbook"),
        folder("hr", "HR", "top"),
        folder("rules", "Rules", "hr"),
        doc("leave", "Leave", "rules"),
        doc("kilns", "Kilns", "top"),
        folder("aside", "Aside"),
        doc("secret", "Secret", "aside"),
        folder("team", "Team", "0Acme", drive="0Acme"),
        doc("plan", "Plan", "team", drive="0Acme"),
    )
    return made


@pytest.fixture
def passes(server: Server, drive: FakeDrive, time: Still) -> Passes:
    """Passes over the handbook; the first is done."""
    return begun(server, time, folders=["top"])


def begun(server: Server, time: Still, **options: object) -> Passes:
    made = Passes(reading(server, time, **options))
    made.next()
    return made


def asked(server: Server, made: int) -> list[str]:
    """The paths that were asked for since."""
    return [path.removeprefix(BASE) for path in server.paths[made:]]


# -- by the log ----------------------------------------------------------------------


def test_where_nothing_changed_only_the_log_is_asked(
    server: Server, drive: FakeDrive, passes: Passes
) -> None:
    before = len(server.asked)
    assert keys(passes.next()) == ["kilns", "leave"]
    assert asked(server, before) == ["/token", "/files/top", "/changes"]


def test_only_what_changed_is_read(server: Server, drive: FakeDrive, passes: Passes) -> None:
    drive.put(doc("kilns", "Kilns", "top", "Shut it."), doc("clay", "Clay", "hr"))
    drive.edit("secret", name="Still not ours")
    before = len(server.asked)
    assert read(passes.next()) == {
        "kilns": "Folder: Handbook\n\nShut it.",
        "clay": "Folder: Handbook / HR\n\nAbout Clay.",
    }
    assert "/files" not in asked(server, before)
    assert keys(passes.next()) == ["clay", "kilns", "leave"]


def test_a_renamed_file_has_its_new_name(drive: FakeDrive, passes: Passes) -> None:
    drive.edit("kilns", name="Ovens")
    assert [item.title for item in passes.next() if hasattr(item, "title")] == ["Ovens"]


@pytest.mark.parametrize("new", [{"trashed": True}, {"parent": "aside"}])
def test_what_is_trashed_or_moved_away_is_forgotten_at_once_and_comes_back(
    drive: FakeDrive, passes: Passes, new: dict[str, object]
) -> None:
    before = drive.files["kilns"]
    drive.edit("kilns", **new)
    assert keys(passes.next()) == ["leave"]
    drive.put(before)
    assert sorted(keys(passes.next())) == ["kilns", "leave"]


def test_what_is_deleted_is_forgotten_at_once(drive: FakeDrive, passes: Passes) -> None:
    drive.drop("kilns")
    assert keys(passes.next()) == ["leave"]


@pytest.mark.parametrize("new", [{"trashed": True}, {"parent": "aside"}])
def test_a_folder_that_goes_takes_along_all_below_it(
    drive: FakeDrive, passes: Passes, new: dict[str, object]
) -> None:
    drive.edit("hr", **new)
    assert keys(passes.next()) == ["kilns"]
    drive.edit("hr", parent="top", trashed=False)
    assert read(passes.next()) == {"leave": "Folder: Handbook / HR / Rules\n\nAbout Leave."}


@pytest.mark.parametrize(
    ("id", "new", "place"),
    [("hr", {"name": "People"}, "Handbook / People / Rules"),
     ("rules", {"parent": "top"}, "Handbook / Rules"),
     ("top", {"name": "Book"}, "Book / HR / Rules")],
)  # fmt: skip
def test_below_a_folder_that_is_renamed_or_moved_all_has_its_new_place(
    drive: FakeDrive, passes: Passes, id: str, new: dict[str, object], place: str
) -> None:
    drive.edit(id, **new)
    assert read(passes.next())["leave"] == f"Folder: {place}\n\nAbout Leave."
    assert read(passes.next()) == {}


def test_a_folder_that_comes_brings_along_what_was_in_it(drive: FakeDrive, passes: Passes) -> None:
    drive.edit("aside", parent="hr")
    assert read(passes.next()) == {"secret": "Folder: Handbook / HR / Aside\n\nAbout Secret."}
    assert sorted(keys(passes.next())) == ["kilns", "leave", "secret"]


# -- by listing everything -----------------------------------------------------------


def test_what_no_log_told_is_found_within_a_day(
    server: Server, drive: FakeDrive, time: Still, passes: Passes
) -> None:
    del drive.files["kilns"]
    drive.files["quiet"] = doc("quiet", "Quiet", "hr")
    assert keys(passes.next()) == ["kilns", "leave"]
    time.now += DAY_S
    assert sorted(keys(passes.next())) == ["leave", "quiet"]


def test_a_page_token_that_is_not_good_any_more_leads_to_a_listing(
    server: Server, drive: FakeDrive, passes: Passes
) -> None:
    drive.drop("kilns")
    drive.put(doc("clay", "Clay", "hr"))
    drive.forgotten = len(drive.log)
    before = len(server.asked)
    assert sorted(keys(passes.next())) == ["clay", "leave"]
    assert "/files" in asked(server, before)
    before = len(server.asked)
    assert sorted(keys(passes.next())) == ["clay", "leave"]
    assert "/files" not in asked(server, before)


def test_the_place_in_a_log_is_not_taken_over_by_another_account(
    server: Server, drive: FakeDrive, time: Still, passes: Passes
) -> None:
    passes.source = reading(server, time, credentials=service_account(server), folders=["top"])
    before = len(server.asked)
    assert read(passes.next()) == {}
    assert "/changes" not in asked(server, before)


def test_a_list_that_goes_round_in_circles_forgets_nothing(
    server: Server, drive: FakeDrive, time: Still, passes: Passes
) -> None:
    drive.put(*(doc(f"n{n}", "N", "top") for n in range(6)))
    server.break_with("the answer before", f"{BASE}/changes")
    with pytest.raises(SourceUnreadable, match="again"):
        passes.next()
    server.mend()
    assert len(keys(passes.next())) == 8


def test_what_a_list_passes_over_is_asked_for(
    server: Server, drive: FakeDrive, time: Still, passes: Passes
) -> None:
    drive.put(*(doc(f"n{n}", "N", "top") for n in range(6)))
    passes.next()
    time.now += DAY_S
    before = len(server.asked)
    server.then(4, lambda: drive.drop("hr", "kilns"))  # of the first page: the second moves up
    assert {f"n{n}" for n in range(6)} <= set(keys(passes.next()))
    assert asked(server, before)[:5] == ["/token", "/files/top", "/changes", "/files", "/files"]


def test_a_list_of_what_was_not_asked_for_is_not_believed(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.drives["0New"] = "New"
    for options in ({"folders": ["top"]}, {"drives": ["0Acme", "0New"]}):
        server.mend()
        server.break_with("the answer before", f"{BASE}/files")
        with pytest.raises(SourceUnreadable, match="what was not asked for"):
            begun(server, time, **options)


# -- where it begins -----------------------------------------------------------------


def test_folders_that_the_settings_add_or_drop_are_read_or_forgotten_without_a_listing_of_all(
    server: Server, drive: FakeDrive, time: Still, passes: Passes
) -> None:
    passes.source = reading(server, time, folders=["top", "aside"])
    assert list(read(passes.next())) == ["secret"]
    before = len(server.asked)
    for passes.source in (reading(server, time, folders=["aside"]),) * 2:
        assert keys(passes.next()) == ["secret"]
    assert "/files" not in asked(server, before)


@pytest.mark.parametrize("later_s", [0, DAY_S])
def test_what_the_settings_drop_is_not_asked_for(
    server: Server, drive: FakeDrive, time: Still, later_s: float
) -> None:
    passes = begun(server, time, folders=["top", "aside"])
    time.now += later_s
    passes.source = reading(server, time, folders=["aside"])
    before = len(server.asked)
    assert keys(passes.next()) == ["secret"]
    assert {"/files/kilns", "/files/leave"}.isdisjoint(asked(server, before))


def test_a_folder_that_is_not_to_be_seen_is_named_and_what_is_held_of_it_stays(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    passes = begun(server, time, folders=["top", "aside"])
    drive.edit("aside", trashed=True)
    drive.drop("kilns")
    for _ in range(2):
        items = passes.next()
        assert [i.reason for i in items if isinstance(i, Unreadable)] == [
            "is in the trash; restore it, or take it out of `folders`"
        ]
        assert sorted(keys(items)) == ["aside", "leave", "secret"]
    drive.edit("aside", trashed=False)
    assert sorted(keys(passes.next())) == ["leave", "secret"]


@pytest.mark.parametrize("named", [["missing"], ["kilns"]])
def test_where_no_folder_can_be_read_the_source_says_so(
    server: Server, drive: FakeDrive, time: Still, named: list[str]
) -> None:
    with pytest.raises(SourceUnreadable, match=r"is not there|is no folder"):
        begun(server, time, folders=named)


# -- shared drives -------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"drives": ["0Acme"]}, {"folders": ["0Acme"]}])
def test_a_shared_drive_is_listed_as_a_whole_and_followed_by_its_own_log(
    server: Server, drive: FakeDrive, time: Still, options: dict[str, object]
) -> None:
    passes = begun(server, time, **options)
    before = len(server.asked)
    assert keys(passes.next()) == ["plan"]
    assert asked(server, before).count("/changes") == 1
    drive.put(doc("goal", "Goal", "0Acme", drive="0Acme"))
    assert read(passes.next()) == {"goal": "Folder: Acme\n\nAbout Goal."}
    drive.drop("plan")
    assert keys(passes.next()) == ["goal"]


def test_what_the_account_lost_is_not_gone_as_long_as_it_is_in_the_shared_drive(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    passes = begun(server, time, folders=["top"], drives=["0Acme"])
    drive.log.append(("", "plan"))  # it was shared with the account, besides
    assert keys(passes.next()) == ["kilns", "leave", "plan"]


def test_with_nothing_named_all_is_read_that_the_account_sees(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.put(doc("loose", "Loose", ""))
    passes = begun(server, time)
    assert sorted(passes.held) == ["kilns", "leave", "loose", "plan", "secret"]
    drive.drop("loose")
    drive.put(doc("given", "Given", "elsewhere"))
    drive.edit("hr", name="People")
    assert read(passes.next()) == {
        "given": "About Given.",
        "leave": "Folder: Handbook / People / Rules\n\nAbout Leave.",
    }
    drive.edit("hr", trashed=True)
    assert sorted(keys(passes.next())) == ["given", "kilns", "plan", "secret"]


def test_a_shared_drive_that_is_joined_or_left_comes_and_goes(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    passes = begun(server, time)
    drive.drives["0New"] = "New"
    drive.files["note"] = doc("note", "Note", "0New", drive="0New")
    assert list(read(passes.next())) == ["note"]
    del drive.drives["0Acme"]
    del drive.files["plan"]
    assert sorted(keys(passes.next())) == ["kilns", "leave", "note", "secret"]


def test_a_file_that_moves_into_a_shared_drive_is_not_taken_for_gone(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    passes = begun(server, time, folders=["top"], drives=["0Acme"])
    drive.edit("kilns", parent="0Acme", drive="0Acme")
    assert read(passes.next()) == {"kilns": "Folder: Acme\n\nAbout Kilns."}
    drive.edit("kilns", parent="top", drive="")
    assert read(passes.next()) == {"kilns": "Folder: Handbook\n\nAbout Kilns."}


def test_a_folder_in_a_drive_that_we_are_no_member_of_is_listed_each_time(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.drives.clear()
    passes = begun(server, time, folders=["team"])
    before = len(server.asked)
    drive.put(doc("goal", "Goal", "team", drive="0Acme"))
    assert read(passes.next()) == {"goal": "Folder: Team\n\nAbout Goal."}
    assert "/files" in asked(server, before)
    drive.drop("plan")
    assert keys(passes.next()) == ["goal"]


# -- shortcuts -----------------------------------------------------------------------


def test_a_shortcut_to_a_file_brings_the_file_as_long_as_it_is_there(
    drive: FakeDrive, passes: Passes
) -> None:
    drive.put(shortcut("s1", "hr", "secret"), shortcut("s2", "hr", "kilns"))
    assert read(passes.next()) == {"secret": "Folder: Handbook / HR\n\nAbout Secret."}
    drive.put(doc("secret", "Secret", "aside", "Told."))
    assert read(passes.next())["secret"].endswith("Told.")
    assert read(passes.next()) == {}
    drive.drop("s1")
    assert keys(passes.next()) == ["kilns", "leave"]


def test_a_shortcut_to_a_folder_is_followed_once(
    server: Server, drive: FakeDrive, time: Still, passes: Passes
) -> None:
    drive.put(
        folder("far", "Far"), doc("distant", "Distant", "far"),
        shortcut("s1", "top", "aside"), shortcut("s2", "aside", "far"),
        shortcut("s3", "aside", "distant"),
    )  # fmt: skip
    assert read(passes.next()) == {"secret": "Folder: Handbook / Aside\n\nAbout Secret."}
    drive.put(doc("note", "Note", "aside"))
    assert list(read(passes.next())) == ["note"]
    time.now += DAY_S
    assert read(passes.next()) == {}
    drive.edit("s1", trashed=True)
    assert keys(passes.next()) == ["kilns", "leave"]


def test_a_file_that_lies_in_the_folder_itself_stays_in_its_place_though_a_shortcut_leads_to_it(
    server: Server, drive: FakeDrive, passes: Passes
) -> None:
    drive.put(doc("kilns", "Kilns", "top", "Shut it."), shortcut("s1", "hr", "kilns"))
    server.break_with("500", f"{BASE}/files/kilns/export")
    passes.next()
    server.mend()
    assert read(passes.next()) == {"kilns": "Folder: Handbook\n\nShut it."}
    drive.edit("kilns", parent="aside")
    assert read(passes.next()) == {"kilns": "Folder: Handbook / HR\n\nShut it."}


def test_shortcuts_in_circles_or_to_nowhere_do_no_harm(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.put(
        shortcut("s1", "rules", "top"), shortcut("s2", "top", "aside"),
        shortcut("s3", "aside", "top"), shortcut("s4", "top", "nowhere"),
    )  # fmt: skip
    passes = begun(server, time, folders=["top"])
    assert sorted(passes.held) == ["kilns", "leave", "secret"]
    assert read(passes.next()) == {}


def test_a_file_below_a_shortcut_into_a_shared_drive_is_followed(
    drive: FakeDrive, passes: Passes
) -> None:
    drive.put(shortcut("s1", "top", "team"))
    assert read(passes.next()) == {"plan": "Folder: Handbook / Team\n\nAbout Plan."}
    drive.edit("plan", exports={"text/markdown": b"Anew."})
    assert read(passes.next()) == {"plan": "Folder: Handbook / Team\n\nAnew."}
    drive.drop("plan")
    assert keys(passes.next()) == ["kilns", "leave"]


# -- a file in the midst -------------------------------------------------------------


def test_a_file_that_fails_is_asked_for_again_though_no_log_tells_of_it(
    server: Server, drive: FakeDrive, passes: Passes
) -> None:
    drive.put(File("heat", "heat.txt", "text/plain", "top", b"1,240 C"))
    server.break_with("500", f"{BASE}/files/heat")
    assert [i.key for i in passes.next() if isinstance(i, Unreadable)] == ["heat"]
    server.mend()
    assert list(read(passes.next())) == ["heat"]


@pytest.mark.parametrize(
    "fault", ["a page of HTML", "empty body", "bad encoding", "malformed", "zip bomb", "403", "404"]
)
def test_text_that_comes_wrong_is_not_believed(
    server: Server, drive: FakeDrive, passes: Passes, fault: str
) -> None:
    drive.put(doc("kilns", "Kilns", "top", "Shut it."))
    server.break_with(fault, f"{BASE}/files/kilns/export")
    items = passes.next()
    assert [item.key for item in items if isinstance(item, Unreadable)] == ["kilns"]
    server.mend()
    assert read(passes.next()) == {"kilns": "Folder: Handbook\n\nShut it."}


@pytest.mark.parametrize(("fault", "asked_for"), [("500", 3), ("401", 1)])
def test_where_drive_itself_fails_the_pass_ends(
    server: Server, drive: FakeDrive, passes: Passes, fault: str, asked_for: int
) -> None:
    drive.put(*(doc(f"n{n}", "N", "top") for n in range(6)))
    before = len(server.asked)
    server.break_with(fault, f"{BASE}/files/n")
    with pytest.raises(SourceUnreadable):
        passes.next()
    exports = {path for path in asked(server, before) if path.endswith("/export")}
    assert len(exports) == asked_for
    server.mend()
    assert len(read(passes.next())) == 6


def test_folders_in_circles_do_no_harm() -> None:
    tree = Tree({"a": Folder("A", "b"), "b": Folder("B", "a")})
    assert tree.top("a", {}) == ""
    assert tree.places({"a": Root(("A",))}, False, lambda path: False) == {
        "a": ("A",),
        "b": ("A", "B"),
    }


def test_a_limit_that_is_raised_lets_in_what_was_over_it(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.put(File("heat", "heat.txt", "text/plain", "top", b"1,240 C"))
    passes = begun(server, time, folders=["top"], max_bytes=3)
    assert "heat" in keys(passes.next())
    passes.source = reading(server, time, folders=["top"], max_bytes=7)
    assert list(read(passes.next())) == ["heat"]
