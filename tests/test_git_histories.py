"""The git source on repositories that lack something or are made otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.sources.git import source
from knowledge.sources.git.clone import Clone
from knowledge.sources.git.command import Git, GitFailed
from knowledge.sync import SyncReport, sync
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs
from tests.repositories import Repository, repository

PAGES = {"leave.md": "# Leave\n\n27 days.", "faq.txt": "Ask Ana."}


def read(folder: Path, index: FakeIndex) -> SyncReport:
    made = source("handbook", folder.parent / "cache", path=str(folder))
    return sync(made, index, FakeEmbedder(), paragraphs)


def test_a_repository_without_its_older_history_is_read(tmp_path: Path) -> None:
    whole, index = repository(tmp_path / "whole"), FakeIndex()
    whole.commit(PAGES)
    whole.commit({"leave.md": "28 days."})
    shallow = Repository(tmp_path / "shallow")
    whole.git("clone", "--quiet", "--depth=1", whole.folder.as_uri(), str(shallow.folder))
    assert read(shallow.folder, index).new == 2
    whole.commit({"new.md": "New."})
    shallow.git("fetch", "--quiet", "--depth=1")
    shallow.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    again = read(shallow.folder, index)
    assert (again.new, again.unchanged) == (1, 2)


def test_git_fetches_nothing_by_itself_that_a_clone_lacks(tmp_path: Path) -> None:
    whole = repository(tmp_path / "whole")
    whole.commit(PAGES)
    blob = whole.git("rev-parse", "HEAD:faq.txt").strip()
    lacking = Clone(Git(tmp_path / "lacking.git"), whole.folder.as_uri())
    tip = lacking.bring_up("")
    with pytest.raises(GitFailed):
        lacking.git.run("cat-file", "-p", blob)
    lacking.supply([blob], tip.commit)
    assert lacking.git.run("cat-file", "-p", blob) == PAGES["faq.txt"].encode()


def test_a_repository_with_longer_ids_is_read(tmp_path: Path) -> None:
    longer = Repository(tmp_path / "longer")
    longer.folder.mkdir()
    longer.git("init", "--quiet", "--object-format=sha256")
    longer.commit(PAGES)
    assert read(longer.folder, FakeIndex()).new == 2
