"""What the documents promise is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bot.__main__ import cli
from bot.plugins import known

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "bench/*.md", "model/*.md")
    for path in ROOT.glob(pattern)
)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands() -> set[str]:
    """The names of all commands, `db upgrade` among them."""
    group = typer.main.get_command(cli)
    found: set[str] = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found.add(name)
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return found


def named(page: str) -> Iterator[str]:
    """The commands that a page tells people to run."""
    yield from re.findall(r"^uv run.*?tandem ([a-z]+)", read(page), re.MULTILINE)
    yield from re.findall(r"`tandem ([a-z]+)", read(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_exists(page: str) -> None:
    assert set(named(page)) <= commands()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", read(page)):
        assert ((ROOT / page).parent / target).exists(), target


def test_the_readme_opens_with_the_two_commands() -> None:
    block = re.search(r"```sh\n(.*?)```", read("README.md"), re.DOTALL)
    assert block is not None
    first, second = block[1].splitlines()
    assert first.startswith("pip install uv && uv run tandem ask ")
    assert second == "uv run pytest"


def test_every_command_has_a_help_of_one_sentence() -> None:
    group = typer.main.get_command(cli)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        assert (command.help or "").strip(), name


def test_every_plugin_file_has_its_known_function() -> None:
    assert {"folder"} <= set(known("source"))
    assert {"local", "openai"} <= set(known("backend"))
    assert {"terminal"} <= set(known("platform"))
