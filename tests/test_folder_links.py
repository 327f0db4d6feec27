"""Links in a folder: those within are read, once; those out of it are refused."""

from __future__ import annotations

from pathlib import Path

from knowledge.documents import Document
from knowledge.sources.folder import source
from tests.test_folder import items, keys, reasons, write
from tests.test_watching import folder, watching


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, secret_md="secret", out__x_md="x")
    root = write(tmp_path / "docs", leave_md="x", a__b_md="y")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "folder").symlink_to(tmp_path / "out")
    (root / "up").symlink_to(tmp_path)
    told = reasons(items(root))
    assert {"link.md", "folder", "up"} == set(told)
    assert all("points outside" in reason for reason in told.values())


def test_links_within_the_folder_are_read_and_loops_end(tmp_path: Path) -> None:
    write(tmp_path, leave_md="x", a__b_md="y")
    (tmp_path / "same.md").symlink_to(tmp_path / "leave.md")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    found = items(tmp_path)
    assert keys(found) == ["a/b.md", "leave.md", "one", "same.md", "two"]
    assert set(reasons(found)) == {"one", "two"}


def test_a_broken_link_is_told(tmp_path: Path) -> None:
    write(tmp_path, leave_md="x")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    assert "broken link" in reasons(items(tmp_path))["gone.md"]


def mounted(root: Path, version: str, text: str) -> Path:
    """A folder as Kubernetes mounts a ConfigMap, or changes one that it mounted."""
    write(root / version, guide_md=text, more__deep__tea_md="tea", more___draft_md="x")
    (root / "..data_tmp").symlink_to(version)
    (root / "..data_tmp").rename(root / "..data")
    for name in ("guide.md", "more"):
        if not (root / name).is_symlink():
            (root / name).symlink_to(f"..data/{name}")
    return root


def test_links_to_a_hidden_folder_within_are_read_once(tmp_path: Path) -> None:
    root = mounted(tmp_path, "..2026_11_23", "old")
    (root / "zz").symlink_to("..2026_11_23/more/deep")  # in it was read already
    (root / "..2026_11_23/more/loop").symlink_to("..")
    found = items(root)
    assert keys(found) == ["guide.md", "more/deep/tea.md", "more/loop/guide.md"]
    assert reasons(found) == {}
    mounted(root, "..2026_11_24", "new")
    assert keys(items(root)) == ["guide.md", "more/deep/tea.md", "zz/tea.md"]
    [guide, *_] = items(root)
    assert isinstance(guide, Document)
    assert (guide.text, guide.url) == ("new", (root / "guide.md").as_uri())


def test_a_link_to_a_hidden_folder_leads_neither_out_nor_to_what_is_excluded(
    tmp_path: Path,
) -> None:
    write(tmp_path, out__secret_md="secret")
    root = write(tmp_path / "docs", drafts__a_md="x", _kept__b_md="x")
    (root / ".away").symlink_to(tmp_path / "out")
    (root / ".kept/away").symlink_to(tmp_path / "out")
    (root / ".kept/drafts").mkdir()
    write(root / ".kept/drafts", c_md="x")
    for name, target in {"a": ".away", "b": "drafts", "c": ".kept", "d": ".kept/drafts"}.items():
        (root / name).symlink_to(target)
    found = items(root, exclude=["drafts"])
    assert keys(found) == ["a", "c/away", "c/b.md"]
    assert reasons(found).keys() == {"a", "c/away"}


def test_a_hidden_link_in_the_place_of_another_concerns_the_folder(tmp_path: Path) -> None:
    root = mounted(tmp_path, "..2026_11_23", "x")
    (root / ".#guide.md").symlink_to("anna@host.1234:5678")  # as Emacs locks a file
    concerns = source("handbook", str(root)).concerns
    assert concerns(root / "..data")
    assert not any(map(concerns, (root / "..2026_11_23", root / ".#guide.md")))


async def test_a_hidden_folder_that_is_put_in_anothers_place_is_synced(tmp_path: Path) -> None:
    root = mounted(tmp_path, "..2026_11_23", "old")
    async with watching(folder(root)) as passes:
        await passes.until(lambda: passes.done == 1)
        mounted(root, "..2026_11_24", "new")
        await passes.until(lambda: passes.done == 2)
