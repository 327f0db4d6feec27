"""The git source, on real repositories: what is read, what is not, and what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from knowledge.documents import Checkpoint, Document, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.files import DiskFiles, File, Patterns
from knowledge.sources.folder import FolderSource
from knowledge.sources.git import source
from knowledge.sources.git.repository import DatedPass, GitSource
from knowledge.sync import SyncReport, sync
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.repositories import Repository, repository

PAGES = {"leave.md": "# Leave\n\n27 days.", "docs/kiln.md": "Fired at noon.", "faq.txt": "Ask Ana."}
FIRST = datetime.fromtimestamp(1_700_086_400, UTC)  # of the first commit


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def theirs(tmp_path: Path) -> Repository:
    made = repository(tmp_path / "theirs")
    made.commit(PAGES)
    return made


def made(cache: Path, theirs: Repository, **options: Any) -> GitSource:
    return source("handbook", cache, path=str(theirs.folder), **options)


def items(cache: Path, theirs: Repository, since: Checkpoint | None = None, **o: Any) -> list[Item]:
    return list(made(cache, theirs, **o).documents(since))


def by_key(found: Iterable[Item]) -> dict[str, Item]:
    return {item.key: item for item in found if not isinstance(item, Reached)}


def document(found: Iterable[Item], key: str) -> Document:
    item = by_key(found)[key]
    assert isinstance(item, Document), item
    return item


def reasons(found: Iterable[Item]) -> dict[str, str]:
    return {item.key: item.reason for item in found if isinstance(item, Unreadable)}


def held(found: Iterable[Item]) -> Checkpoint:
    return Checkpoint({item.key: item.fingerprint for item in found if isinstance(item, Document)})


def counts(report: SyncReport) -> dict[str, int]:
    names = ("new", "changed", "moved", "gone", "unchanged")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


class TestGit(SourceContract):
    @pytest.fixture
    def source(self, cache: Path, theirs: Repository) -> GitSource:
        theirs.commit({"corpus.jsonl": '{"_id": "7", "title": "Fees", "text": "None."}\n'})
        return made(cache, theirs)


# What is read


def test_a_file_is_a_document_dated_by_its_last_author(cache: Path, theirs: Repository) -> None:
    theirs.commit({"faq.txt": "Ask Ben."})
    found = items(cache, theirs)
    assert sorted(by_key(found)) == ["docs/kiln.md", "faq.txt", "leave.md"]
    leave = document(found, "leave.md")
    assert (leave.source, leave.title, leave.modified_at) == ("handbook", "Leave", FIRST)
    assert leave.url == (theirs.folder / "leave.md").as_uri()
    later = document(found, "faq.txt").modified_at
    assert later is not None
    assert (later - FIRST).days == 1


@pytest.mark.parametrize("date", ["99999999999999999 +0000", "253402300800 +0000", "nobody", ""])
def test_a_commit_whose_date_no_calendar_has_gives_files_without_one(
    cache: Path, theirs: Repository, date: str
) -> None:
    tree = theirs.git("write-tree").strip()
    said = f"tree {tree}\nauthor A <a@b.c> {date}\ncommitter A <a@b.c> 1700000000 +0000\n\nOdd\n"
    file = theirs.folder / "odd-commit"
    file.write_text(said)
    odd = theirs.git("hash-object", "-t", "commit", "-w", "--literally", str(file)).strip()
    theirs.git("branch", "odd", odd)
    assert document(items(cache, theirs, branch="odd"), "faq.txt").modified_at is None


def test_only_what_changed_between_two_commits_is_read(cache: Path, theirs: Repository) -> None:
    index, embedder = FakeIndex(), FakeEmbedder()
    sync(made(cache, theirs), index, embedder, paragraphs)
    theirs.commit({"leave.md": "# Leave\n\n30 days.", "new.md": "Hello."}, "faq.txt")
    report = sync(made(cache, theirs), index, embedder, paragraphs)
    assert counts(report) == {"new": 1, "changed": 1, "gone": 1, "unchanged": 1}
    assert counts(sync(made(cache, theirs), index, embedder, paragraphs)) == {"unchanged": 3}


def test_a_renamed_file_has_moved(cache: Path, theirs: Repository) -> None:
    index, embedder = FakeIndex(), FakeEmbedder()
    sync(made(cache, theirs), index, embedder, paragraphs)
    theirs.git("mv", "leave.md", "holidays.md")
    theirs.commit()
    report = sync(made(cache, theirs), index, embedder, paragraphs)
    assert counts(report) == {"moved": 1, "unchanged": 2}


def test_the_contents_of_files_that_nobody_reads_are_not_fetched(
    cache: Path, theirs: Repository
) -> None:
    theirs.commit({"code/big.c": "int x;" * 999, "logo.png": b"\x89PNG" * 99, "old.md": "x"})
    theirs.commit({"old.md": "y"})
    found = items(cache, theirs, exclude=["code"])
    assert "is a picture" in reasons(found)["logo.png"]
    (clone,) = (cache / "git").glob("*.git")
    ours = Repository(clone)
    gone = ours.git("rev-list", "--objects", "--all", "--missing=print").count("?")
    assert gone == 3  # the code, the picture, and the old page's first words


def test_patterns_choose_as_those_of_a_folder(cache: Path, theirs: Repository) -> None:
    theirs.commit({".hidden.md": "x", "drafts/a.md": "x", "docs/package-lock.json": "{}"})
    found = items(cache, theirs, include=["docs", "*.md"], exclude=["drafts"])
    assert sorted(by_key(found)) == ["docs/kiln.md", "leave.md"]
    assert ".hidden.md" in by_key(items(cache, theirs, hidden=True))


def test_a_branch_or_a_tag_can_be_chosen(cache: Path, theirs: Repository) -> None:
    theirs.git("tag", "-a", "v1", "-m", "One")
    theirs.git("checkout", "--quiet", "-b", "next/one")
    theirs.commit({"leave.md": "# Leave\n\n30 days."})
    assert "30" in document(items(cache, theirs, branch="next/one"), "leave.md").text
    assert "27" in document(items(cache, theirs, branch="v1"), "leave.md").text
    assert "27" in document(items(cache, theirs, branch="main"), "leave.md").text


def test_names_of_any_bytes_are_read(cache: Path, theirs: Repository) -> None:
    odd = ["b é.md", "a\nb.md", 'q"uote.md', "-rf.md", "tab\t.md"]
    theirs.commit(dict.fromkeys(odd, "Words."))
    (theirs.folder / "caf\udce9.md").write_text("Coffee.")
    theirs.commit()
    found = by_key(items(cache, theirs))
    assert {*odd, "caf\\xe9.md"} <= found.keys()
    assert all(isinstance(item, Document) and item.modified_at for item in found.values())


def test_links_are_followed_within_the_repository_only(cache: Path, theirs: Repository) -> None:
    for name, target in {
        "same.md": "docs/kiln.md",
        "docs/up.md": "../leave.md",
        "twice.md": "same.md",
        "out.md": "../../etc/passwd",
        "root.md": "/etc/passwd",
        "gone.md": "nowhere.md",
        "round.md": "round.md",
        "folder": "docs",
    }.items():
        (theirs.folder / name).symlink_to(target)
    theirs.commit()
    found = items(cache, theirs)
    assert document(found, "docs/up.md").text == document(found, "leave.md").text
    assert document(found, "twice.md").text == document(found, "docs/kiln.md").text
    told = reasons(found)
    assert told.keys() == {"out.md", "root.md", "gone.md", "round.md"}
    assert "outside" in told["out.md"]
    assert "passwd" not in str(found)
    assert "folder" not in by_key(found)


def test_pointers_to_lfs_and_large_and_binary_files_are_told(
    cache: Path, theirs: Repository
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n"
    theirs.commit({"guide.pdf": pointer, "big.md": "x" * 5000, "core": b"\x7fELF\0\0\x01" * 9})
    told = reasons(items(cache, theirs, max_bytes=4096))
    assert told.keys() == {"guide.pdf", "big.md", "core"}
    assert "Git LFS" in told["guide.pdf"]
    assert "max_bytes" in told["big.md"]


def test_submodules_are_passed_over(cache: Path, theirs: Repository, tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner")
    inner.commit({"secret.md": "x"})
    allowed = ("-c", "protocol.file.allow=always")
    theirs.git(*allowed, "submodule", "--quiet", "add", str(inner.folder), "inner")
    theirs.commit()
    assert "inner/secret.md" not in by_key(items(cache, theirs))


def test_a_line_of_records_is_a_document(cache: Path, theirs: Repository) -> None:
    theirs.commit({"faq.jsonl": '{"id": 1, "text": "One."}\n{"id": 2, "text": "Two."}\n'})
    found = items(cache, theirs)
    assert document(found, "faq.jsonl#2").text == "Two."
    again = by_key(items(cache, theirs, held(found)))
    assert again["faq.jsonl#1"] == Unchanged("faq.jsonl#1")


def test_a_file_of_records_that_did_not_change_is_not_fetched_again(
    cache: Path, theirs: Repository
) -> None:
    theirs.commit({"faq.jsonl": '{"id": 1, "text": "One."}\n{"id": 2, "text": "Two."}\n'})
    found = items(cache, theirs)
    [state] = [item.state for item in found if isinstance(item, Reached)]
    blob = theirs.git("rev-parse", "HEAD:faq.jsonl").strip()
    file = File("faq.jsonl", "", blob, mark=blob)
    for since, is_read in ((Checkpoint(held(found).held, state), False), (held(found), True)):
        folder = FolderSource("wiki", DiskFiles(cache, Patterns((), ())))
        assert DatedPass(folder, since).is_read(file) is is_read
    assert by_key(items(cache, theirs, Checkpoint(held(found).held, state))).keys() >= {
        *("faq.jsonl#1", "faq.jsonl#2"),
    }


# What the repository does meanwhile


def test_a_forced_push_is_followed(cache: Path, theirs: Repository) -> None:
    theirs.commit({"leave.md": "# Leave\n\n99 days."})
    index, embedder = FakeIndex(), FakeEmbedder()
    sync(made(cache, theirs), index, embedder, paragraphs)
    theirs.git("reset", "--quiet", "--hard", "HEAD~1")
    theirs.commit({"other.md": "Other."})
    report = sync(made(cache, theirs), index, embedder, paragraphs)
    assert counts(report) == {"new": 1, "changed": 1, "unchanged": 2}


def test_a_branch_that_is_gone_is_named_and_nothing_is_forgotten(
    cache: Path, theirs: Repository
) -> None:
    theirs.git("branch", "docs")
    index, embedder = FakeIndex(), FakeEmbedder()
    sync(made(cache, theirs, branch="docs"), index, embedder, paragraphs)
    theirs.git("branch", "-D", "docs")
    with pytest.raises(SourceUnreadable, match=r"no such branch or tag \(there are: main\)"):
        sync(made(cache, theirs, branch="docs"), index, embedder, paragraphs)
    assert len(index.records) == 3


@pytest.mark.parametrize("branch", ["a:b", "--upload-pack=x", "a..b", "a b", "*"])
def test_what_is_no_branch_s_name_is_not_given_to_git(
    cache: Path, theirs: Repository, branch: str
) -> None:
    with pytest.raises(SourceUnreadable, match="no such branch"):
        items(cache, theirs, branch=branch)


def test_an_empty_repository_is_no_empty_source(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="none at all"):
        items(cache, repository(tmp_path / "empty"))


def test_a_repository_that_is_gone_is_told_and_nothing_is_forgotten(
    cache: Path, theirs: Repository
) -> None:
    index, embedder = FakeIndex(), FakeEmbedder()
    sync(made(cache, theirs), index, embedder, paragraphs)
    shutil.rmtree(theirs.folder / ".git")
    with pytest.raises(SourceUnreadable, match="there is no repository"):
        sync(made(cache, theirs), index, embedder, paragraphs)
    assert len(index.records) == 3
    shutil.rmtree(theirs.folder)
    with pytest.raises(SourceUnreadable, match="there is no folder"):
        sync(made(cache, theirs), index, embedder, paragraphs)


def damaged(file: Path) -> None:
    file.chmod(0o644)
    said = bytearray(file.read_bytes())
    said[len(said) // 3 : -20] = bytes(len(said) - 20 - len(said) // 3)
    file.write_bytes(said)


LATER = [pytest.param(broken, marks=pytest.mark.endurance) for broken in ("index", "HEAD", "refs")]


@pytest.mark.parametrize("broken", ["objects", "pack", "config", "lock", *LATER])
def test_a_clone_that_is_broken_is_made_anew(cache: Path, theirs: Repository, broken: str) -> None:
    theirs.commit({f"{n}.md": f"Page {n}. " * n for n in range(1, 121)})  # enough for a pack
    assert len(by_key(items(cache, theirs))) == 123
    (clone,) = (cache / "git").glob("*.git")
    match broken:
        case "objects":
            shutil.rmtree(clone / "objects")
        case "pack":
            for pack in (clone / "objects/pack").glob("*.pack"):
                damaged(pack)
        case "index":
            for index in (clone / "objects/pack").glob("*.idx"):
                damaged(index)
        case "HEAD" | "config":
            (clone / broken).write_bytes(b"\0\0")
        case "lock":
            (clone / "refs/tandem/head.lock").touch()
        case "refs":
            (clone / "refs/tandem/head").write_text("0" * 40 + "\n")
    theirs.commit({"leave.md": "# Leave\n\n30 days."})
    found = by_key(items(cache, theirs))
    assert len(found) == 123
    assert all(isinstance(item, Document) for item in found.values())


def test_a_repository_that_its_server_does_not_filter_is_fetched_whole(
    cache: Path, theirs: Repository
) -> None:
    theirs.git("config", "uploadpack.allowFilter", "false")
    assert len(by_key(items(cache, theirs))) == 3


# What it is told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either a `url` or a `path`"),
        ({"url": "https://x/y", "path": "/y"}, "either a `url` or a `path`"),
        ({"url": "ext::sh -c 'touch /tmp/owned'"}, "is no address"),
        ({"url": "ftp://x/y"}, "is no address"),
        ({"url": "https:///y"}, "is no address"),
        ({"url": "http://git.acme.example/x", "token": "s3cret"}, "would be sent over http"),
        ({"url": "git@x:y", "ssh_key": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "a key itself"),
        ({"path": "/no/such/folder"}, "no folder /no/such/folder"),
    ],
)
def test_a_wrong_setting_is_told(cache: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said) as caught:
        list(source("handbook", cache, **options).documents(None))  # type: ignore[arg-type]
    assert "s3cret" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)


def test_a_folder_without_a_repository_is_told(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="there is no repository in") as caught:
        list(source("handbook", cache, path=str(tmp_path)).documents(None))
    assert 'use = "folder"' in caught.value.remedy


def test_without_git_it_says_what_to_install(
    cache: Path, theirs: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(SourceUnreadable, match="git is not installed"):
        items(cache, theirs)


def test_hooks_and_the_user_s_own_settings_do_nothing(
    cache: Path, theirs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    (tmp_path / ".gitconfig").write_text(
        f'[core]\n\tfsmonitor = touch {ran}\n\thooksPath = {tmp_path}\n[url "ext::touch {ran} "]\n'
        f"\tinsteadOf = file://\n[uploadpack]\n\tpackObjectsHook = touch {ran};\n"
    )
    (tmp_path / "reference-transaction").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (tmp_path / "reference-transaction").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert len(by_key(items(cache, theirs))) == 3
    assert not ran.exists()
