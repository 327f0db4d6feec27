"""What the documents promise is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.__main__ import cli
from bot.doors import Order
from bot.learning.masking.spans import KINDS
from bot.platforms.discord.client import intents
from bot.platforms.discord.permissions import PERMISSIONS
from bot.platforms.slack.scopes import EVENTS, SCOPES
from bot.plugins import known, settable
from bot.posts import Reason, Speaking
from bot.settings.sections import Learning, Task
from knowledge.tuning.learner import Dials
from model.evaluation import MEASURES, Rules
from model.training.recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "bench/*.md", "model/*.md")
    for path in ROOT.glob(pattern)
)

BOTH = {"messages", "reactions"}  # discord.py's names for what Discord has two intents for
INTENTS = {  # Discord's names, where discord.py has others
    "guild_message_reactions": "guild_reactions",
    "direct_messages": "dm_messages",
    "direct_message_reactions": "dm_reactions",
}


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
    said = r"tandem ([a-z]+)(?: ([a-z]+))?"
    for first, second in re.findall(rf"(?:^uv run.*?|^\$ |`){said}", read(page), re.MULTILINE):
        yield f"{first} {second}" if second and is_group(first) else first


def is_group(name: str) -> bool:
    """Has the command further ones below it, as `db` has?"""
    return any(command.startswith(f"{name} ") for command in commands())


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_exists(page: str) -> None:
    assert set(named(page)) <= commands()


def options(words: list[str]) -> set[str]:
    """The options of the command that a line begins with, such as `examples review`."""
    found: Any = typer.main.get_command(cli)
    for word in words:
        found = getattr(found, "commands", {}).get(word, found)
    return {name for each in found.params for name in (*each.opts, *each.secondary_opts)}


def test_every_option_that_the_guide_to_learning_names_exists() -> None:
    said = r"(?:^uv run |^\$ |`)tandem ([^`#\n]+)"
    lines = re.findall(said, read("docs/learning.md"), re.MULTILINE)
    assert any("--" in line for line in lines)
    for line in lines:
        given = re.findall(r"(?<= )--?[a-z][a-z-]*", re.sub(r'"[^"]*"', "", line))
        assert set(given) <= options(line.split()), line


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


def rows(page: str, heading: str) -> list[tuple[str, ...]]:
    """The cells of the first table below a heading, without its two head lines."""
    below = read(page).split(f"## {heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert table is not None, heading
    lines = table[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def test_each_scope_that_is_asked_of_slack_has_its_reason() -> None:
    told = [(f"`{scope.name}`", scope.reason, scope.without) for scope in SCOPES]
    assert rows("docs/slack.md", "Scopes, each with its reason") == told


def test_each_event_that_slack_sends_has_its_reason() -> None:
    told = [(f"`{event.name}`", event.reason) for event in EVENTS]
    assert [row[:2] for row in rows("docs/slack.md", "Events")] == told


def test_each_permission_that_is_asked_of_discord_has_its_reason() -> None:
    told = [(one.label, one.reason, one.without) for one in PERMISSIONS]
    assert rows("docs/discord.md", "Permissions, each with its reason") == told


def test_each_intent_that_is_asked_of_discord_has_its_reason() -> None:
    asked = {name for name, on in intents(content=True) if on and name not in BOTH}
    told = {row[0].strip("`").lower() for row in rows("docs/discord.md", "Intents")}
    assert {INTENTS.get(name, name) for name in told} == asked


def test_each_reason_for_silence_is_told() -> None:
    codes = [row[0].strip("`") for row in rows("docs/slack.md", "Reasons for silence")]
    assert codes == [str(reason) for reason in Reason]


@pytest.mark.parametrize("name", ["slack", "discord"])
def test_each_order_and_each_way_to_speak_is_told(name: str) -> None:
    page = read(f"docs/{name}.md")
    ways = {
        row[0].strip("`")
        for row in rows(f"docs/{name}.md", "When it speaks, and when it is silent")
    }
    assert ways == {str(way) for way in Speaking}
    for order in set(Order) - {Order.AUTO, Order.MODE}:
        assert f"`/tandem {order}`" in page


@pytest.mark.parametrize("name", ["slack", "discord"])
def test_each_setting_of_a_platform_is_told(name: str) -> None:
    told = [
        option
        for row in rows(f"docs/{name}.md", "Settings")
        for option in re.findall("`([a-z_]+)`", row[0])
    ]
    assert told == settable("platform", name)


def told_defaults(heading: str) -> dict[str, object]:
    """The dials of a table of docs/learning.md, with the defaults that it tells."""
    cells = {row[0].strip("`"): row[1].strip("`") for row in rows("docs/learning.md", heading)}
    return {name: tomllib.loads(f"told = {cell}")["told"] for name, cell in cells.items()}


def test_each_dial_of_a_recipe_is_told_with_its_default() -> None:
    assert told_defaults("Recipes") == asdict(Recipe())
    assert told_defaults("Of the retriever") == asdict(Dials())


def test_each_setting_of_learning_is_told_with_its_default() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in rows("docs/learning.md", "Settings")}
    assert [*told] == [*Learning.model_fields]
    for name, cell in told.items():
        given = {} if cell == "none" else tomllib.loads(f"{name} = {cell}")
        assert getattr(Learning(**given), name) == getattr(Learning(), name), name
        assert bool(given) == bool(getattr(Learning(), name) not in ((), {}, None)), name


def test_each_setting_of_a_task_is_told() -> None:
    told = [row[0].strip("`") for row in rows("docs/learning.md", "Tasks")]
    assert sorted(told) == sorted(Task.model_fields)


def test_each_measure_is_told_and_those_of_safety_as_such() -> None:
    told = {row[0].strip("`"): row[2] for row in rows("docs/learning.md", "How to read the gate")}
    taken = {name for name in MEASURES if not name.startswith("recall")}  # those of the benches
    assert {*told} == taken
    hard = {name for name, worse in told.items() if worse == "any more than before"}
    assert hard == {each.name for each in MEASURES.values() if each.hard}
    assert f"{Rules().fewest} are needed" in read("docs/learning.md")


def test_each_mark_of_what_is_masked_is_told() -> None:
    told = [row[0] for row in rows("docs/learning.md", "Before anything is kept to learn from")]
    assert sorted(told) == sorted(f"`[{kind}]`" for kind in KINDS)


@pytest.mark.parametrize(
    "name",
    [
        "folder",
        "git",
        "github",
        "sql",
        "confluence",
        "jira",
        "notion",
        "zendesk",
        "googledrive",
        "mailbox",
        "slack",
        "discord",
        "bridge",
    ],
)
def test_each_option_of_a_source_is_told(name: str) -> None:
    heading = {"sql": "SQL", "github": "GitHub", "googledrive": "Google Drive"}.get(
        name, name.capitalize()
    )
    told = " ".join(row[0] for row in rows("docs/sources.md", heading))
    assert set(settable("source", name)) == set(re.findall(r"`(\w+)`", told))


def test_every_plugin_file_has_its_known_function() -> None:
    assert {"folder"} <= set(known("source"))
    assert {"local", "openai"} <= set(known("backend"))
    assert {"terminal"} <= set(known("platform"))
