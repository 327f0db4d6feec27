"""Google Drive as a source, over a socket, against its documented API: what is read, as whom."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from knowledge.documents import Document, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.sources import Source
from knowledge.sources.googledrive.formats import CSV, DOCX, PPTX, TEXT, XLSX, tidy
from knowledge.sources.googledrive.wanted import id_of
from tests.contracts import SourceContract
from tests.drive_server import (
    BASE,
    CLIENT,
    GOOGLE,
    FakeDrive,
    File,
    authorized_user,
    claims,
    doc,
    folder,
    reading,
    service_account,
)
from tests.faults import Server, Still
from tests.networked import NetworkedSourceContract, Page
from tests.passes import Passes, keys, read

NAMED = {"folders": ["top"]}


@pytest.fixture
def drive(server: Server) -> FakeDrive:
    made = FakeDrive()
    made.at(server)
    made.put(
        folder("top", "Handbook"),
        folder("hr", "HR", "top"),
        doc("leave", "Leave", "hr", "# Leave\n\nYou get 27 days."),
        File("heat", "heat.txt", "text/plain", "top", b"1,240 C"),
    )
    return made


class TestGoogleDrive(SourceContract):
    @pytest.fixture
    def source(self, server: Server, drive: FakeDrive, time: Still) -> Source:
        return reading(server, time, credentials=service_account(server), **NAMED)


class TestGoogleDriveOverTheNetwork(NetworkedSourceContract):
    """The pages of the contract, as documents of a folder."""

    def serve(self, server: Server, pages: Sequence[Page]) -> None:
        self.drive = getattr(self, "drive", FakeDrive())
        self.drive.at(server)
        self.drive.files.setdefault("top", folder("top", "Handbook"))
        made = {f"page{page.id}": page for page in pages}
        self.drive.drop(*(set(self.drive.files) - set(made) - {"top"}))
        for id, page in made.items():
            new = doc(id, page.name, "top", page.text, changed_s=page.changed_s)
            held = self.drive.files.get(id)
            if held is None or held.exports != new.exports:
                self.drive.put(new)

    def source(self, server: Server, limits: Limits, outside: Outside) -> Source:
        return replace(reading(server, Still(), **NAMED), limits=limits, outside=outside)


# -- what is read --------------------------------------------------------------------


def test_a_document_has_its_folder_its_link_and_its_date(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    made = list(reading(server, time, **NAMED).documents(None))
    page = next(item for item in made if isinstance(item, Document) and item.key == "leave")
    assert page.title == "Leave"
    assert page.text == "Folder: Handbook / HR\n\n# Leave\n\nYou get 27 days."
    assert page.url == "https://drive.example/file/d/leave/view"
    changed_s = drive.files["leave"].changed_s
    assert page.modified_at == datetime.fromtimestamp(changed_s, UTC)
    assert read(made)["heat"] == "Folder: Handbook\n\n1,240 C"


def test_a_sheet_is_read_with_all_its_sheets(server: Server, drive: FakeDrive, time: Still) -> None:
    from openpyxl import Workbook

    book, raw = Workbook(), io.BytesIO()
    book.create_sheet("Kilns").append(["A", "hot"])
    book.create_sheet("Glazes").append(["B", "blue"])
    book.save(raw)
    drive.put(
        File("sheet", "Lists", f"{GOOGLE}.spreadsheet", "top", exports={XLSX: raw.getvalue()})
    )
    text = read(list(reading(server, time, **NAMED).documents(None)))["sheet"]
    assert "## Kilns" in text
    assert "| B | blue |" in text


def test_files_without_an_ending_are_read_by_their_type_and_pictures_passed_over(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.put(
        File("bare", "Glazes", "text/csv", "top", b"name,colour\nA,blue\n"),
        File("photo", "kiln.png", "image/png", "top", b"\x89PNG"),
        File("form", "Survey", f"{GOOGLE}.form", "top"),
    )
    made = list(reading(server, time, **NAMED).documents(None))
    assert sorted(keys(made)) == ["bare", "heat", "leave"]
    assert "| A | blue |" in read(made)["bare"]


def test_what_is_excluded_is_not_read_with_all_below_it(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.put(folder("old", "Old", "hr"), doc("past", "Past", "old"))
    found = reading(server, time, exclude=["Old", "*.txt"], **NAMED)
    assert keys(list(found.documents(None))) == ["leave"]
    found = reading(server, time, exclude=["Handbook/HR"], **NAMED)
    assert keys(list(found.documents(None))) == ["heat"]


@pytest.mark.parametrize(
    ("told", "id"),
    [
        ("1AbC_d-9", "1AbC_d-9"),
        ("https://drive.google.com/drive/folders/1AbC?usp=sharing", "1AbC"),
        ("https://drive.google.com/drive/u/0/folders/1AbC/", "1AbC"),
        ("https://drive.google.com/open?id=1AbC", "1AbC"),
        ("our folder", ""),
        ("x' or trashed", ""),
        ("https://drive.google.com", ""),
    ],
)
def test_folders_are_named_by_id_or_by_address(told: str, id: str) -> None:
    assert id_of(told) == id


def test_what_google_adds_to_markdown_is_dropped() -> None:
    told = (
        "# Kilns {#kilns}\n\nSee ![the lid][image1] and ![](data:image/png;base64,AAAA).\n"
        "Keep {#this}, [a link][1].\n\n[image1]: <data:image/png;base64,iVBO>\n[1]: https://x.example"
    )
    expected = (
        "# Kilns\n\nSee the lid and .\nKeep {#this}, [a link][1].\n\n\n[1]: https://x.example"
    )
    assert tidy(told) == expected


# -- what Drive does not give --------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "exports", "words"),
    [
        ("document", {TEXT: b"\xef\xbb\xbfIn short."}, "In short."),
        ("spreadsheet", {CSV: b"a,b\n1,2\n"}, "Only the first sheet is told here"),
        ("presentation", {TEXT: b"Slide one"}, "Slide one"),
    ],
)
def test_what_is_too_large_to_export_comes_in_a_smaller_format(
    server: Server,
    drive: FakeDrive,
    time: Still,
    kind: str,
    exports: dict[str, bytes],
    words: str,
) -> None:
    drive.put(File("big", "Big", f"{GOOGLE}.{kind}", "top", exports=exports))
    assert words in read(list(reading(server, time, **NAMED).documents(None)))["big"]
    asked = [a.query["mimeType"] for a in server.asked if a.path == f"{BASE}/files/big/export"]
    assert (
        asked
        == {
            "document": ["text/markdown", DOCX, TEXT],
            "spreadsheet": [XLSX, CSV],
            "presentation": [PPTX, TEXT],
        }[kind]
    )


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File("x", "Big", f"{GOOGLE}.document", "top"), "larger than Drive exports (10 MB); split"),
        (File("x", "a.txt", "text/plain", "top", b"a", kept="cannotDownloadFile"),
         "may not be downloaded (cannotDownloadFile); let its owner allow"),
        (File("x", "a.txt", "text/plain", "top", b"a", kept="insufficientFilePermissions"),
         "the account may not read it (insufficientFilePermissions); share it"),
        (File("x", "a.txt", "text/plain", "top", b"a", size=2**30), "is over 50 MiB; raise"),
        (File("x", "a.xlsx", XLSX, "top", b"no archive"), "is corrupt"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_each_time_and_costs_no_other(
    server: Server, drive: FakeDrive, time: Still, file: File, words: str
) -> None:
    drive.put(file)
    passes = Passes(reading(server, time, **NAMED))
    for _ in range(2):
        items = passes.next()
        [named] = [item for item in items if isinstance(item, Unreadable)]
        assert named.key == "x"
        assert words in named.reason
        assert sorted(keys(items)) == ["heat", "leave", "x"]
    drive.edit("x", mime="text/plain", name="a.txt", body=b"now", kept="", size=None)
    assert read(passes.next()) == {"x": "Folder: Handbook\n\nnow"}


def test_what_has_no_text_is_not_fetched_again_until_it_changes(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.put(File("scan", "scan.csv", "text/csv", "top", b",,\n,,\n"))
    passes = Passes(reading(server, time, **NAMED))
    assert "no text" in next(i.reason for i in passes.next() if isinstance(i, Unreadable))
    before = len(server.asked)
    time.now += 25 * 3600
    assert [i.key for i in passes.next() if isinstance(i, Unreadable)] == ["scan"]
    assert f"{BASE}/files/scan" not in server.paths[before:]


def test_an_empty_document_is_left_out_without_a_word(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    exports = {"text/markdown": b"", TEXT: b"\xef\xbb\xbf"}
    drive.put(File("draft", "Untitled", f"{GOOGLE}.document", "top", exports=exports))
    passes = Passes(reading(server, time, **NAMED))
    assert sorted(keys(passes.next())) == ["heat", "leave"]
    before = len(server.asked)
    time.now += 25 * 3600
    assert sorted(keys(passes.next())) == ["heat", "leave"]
    assert not any("draft" in path for path in server.paths[before:])


def test_a_file_that_changes_while_it_is_read_is_held_in_the_version_that_came(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    right = server.beginning[f"{BASE}/files/"]

    def changing(asked: object) -> object:
        if drive.files["heat"].body == b"1,240 C":
            drive.edit("heat", body=b"1,260 C")
        return right(asked)  # type: ignore[arg-type]

    passes = Passes(reading(server, time, **NAMED))
    server.beginning[f"{BASE}/files/heat"] = changing  # type: ignore[assignment]
    server.beginning = dict(sorted(server.beginning.items(), reverse=True))
    assert read(passes.next())["heat"].endswith("1,260 C")
    assert read(passes.next()) == {}


# -- as whom -------------------------------------------------------------------------


def test_a_service_account_stands_in_for_a_user(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    keys_file = service_account(server)
    source = reading(server, time, credentials=keys_file, subject="anna@acme.example", **NAMED)
    list(source.documents(None))
    [login] = drive.logins
    assert claims(login["assertion"])["sub"] == "anna@acme.example"
    assert claims(login["assertion"])["iat"] == time.now


def test_an_oauth_client_asks_as_the_user_who_agreed(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    own = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "refresh_token": "1//hunter2"}
    source = reading(server, time, credentials="", **own, **NAMED)
    assert source.keys.account.token_url == "https://oauth2.googleapis.com/token"
    assert "hunter2" not in repr(source)


def test_a_token_that_ended_before_its_time_is_renewed_once(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    server.then(3, lambda: drive.tokens.clear())
    assert sorted(keys(list(reading(server, time, **NAMED).documents(None)))) == ["heat", "leave"]
    assert drive.made == 2
    server.break_with("401", BASE)
    with pytest.raises(SourceUnreadable, match="does not know us") as caught:
        list(reading(server, time, **NAMED).documents(None))
    assert drive.made == 4
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("service", "told", "words"),
    [
        (False, ("invalid_grant", "Token has been expired or revoked."), "Let the user agree anew"),
        (True, ("invalid_grant", "Invalid JWT Signature."), "this machine's clock"),
        (True, ("unauthorized_client", "Client is unauthorized."), "delegate https://"),
        (False, ("invalid_client", "Unauthorized"), "Check `client_id`"),
    ],
)
def test_a_login_that_is_refused_says_what_to_do(
    server: Server,
    drive: FakeDrive,
    time: Still,
    service: bool,
    told: tuple[str, str],
    words: str,
) -> None:
    drive.refused = told
    given = service_account(server) if service else authorized_user(server)
    with pytest.raises(SourceUnreadable, match=told[0]) as caught:
        list(reading(server, time, credentials=given, **NAMED).documents(None))
    assert words in caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_a_limit_that_is_told_as_a_403_is_waited_for(
    server: Server, drive: FakeDrive, time: Still
) -> None:
    drive.slow = 2
    assert len(keys(list(reading(server, time, **NAMED).documents(None)))) == 2
    assert time.slept == [4.5, 8.5]
    drive.slow = 10**9
    with pytest.raises(SourceUnreadable, match="asked too often"):
        list(reading(server, time, **NAMED).documents(None))


GARBAGE = ("{", "[]", "hunter2", "[" * 9999, '{"type": "service_account"}', '{"installed": {}}')
BAD_KEY = {"type": "service_account", "client_email": "a@b.example", "private_key": "hunter2"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        *(({"credentials": told}, "`credentials`") for told in GARBAGE),
        ({"credentials": json.dumps(BAD_KEY)}, "no private key"),
        ({"credentials": ""}, "it takes either"),
        ({"client_id": "x"}, "it takes either"),
        ({"credentials": "", "client_id": "x"}, "belong together"),
        ({"subject": "anna@acme.example"}, "`subject` is for service accounts"),
        ({"folders": ["our folder"]}, "neither the id of a folder"),
        ({"base_url": "drive"}, "`base_url` is no address"),
    ],
)
def test_settings_that_cannot_work_are_named(
    server: Server, time: Still, options: dict[str, object], problem: str
) -> None:
    with pytest.raises(SourceUnreadable, match=problem) as caught:
        list(reading(server, time, **{**NAMED, **options}).documents(None))
    assert "hunter2" not in str(caught.value)
    assert caught.value.remedy
    assert server.asked == []


def test_drive_is_not_asked_over_http(server: Server, drive: FakeDrive, time: Still) -> None:
    with pytest.raises(SourceUnreadable, match="credentials would be sent over http"):
        list(reading(server, time, **NAMED, base_url="http://drive.example").documents(None))
    assert server.paths == ["/token"]
