"""How plugins are found, checked and built."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from bot import plugins
from bot.errors import BotError, PluginOptionsWrong, SecretMissing, UnknownPlugin
from bot.plugins import HOMES, builder, check, known, load, settable
from bot.secret import Secret
from knowledge.sources.folder import FolderSource

ALL = [(kind, name) for kind in HOMES for name in known(kind)]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_plugin_has_its_one_known_function(kind: str, name: str) -> None:
    build = builder(kind, name)
    assert inspect.getdoc(build)
    assert all(told.annotation is not told.empty for told in plugins.schema(kind, name).values())


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_an_option_that_no_plugin_takes_is_told(kind: str, name: str) -> None:
    _, wrong = check(kind, name, {"no_such_option": 1})
    assert wrong["no_such_option"] == plugins.UNKNOWN


def test_a_plugin_is_found_by_its_file_name() -> None:
    assert "folder" in known("source")
    assert not any(name.startswith("_") for kind in HOMES for name in known(kind))


def test_a_plugin_is_built_from_its_options(tmp_path: Path) -> None:
    made = load("source", "folder", {"name": "handbook", "path": str(tmp_path)})
    assert isinstance(made, FolderSource)
    assert made.name == "handbook"


def test_an_unknown_plugin_lists_the_known_ones() -> None:
    with pytest.raises(UnknownPlugin, match=r"No source called 'fodler'\. There are: .*folder"):
        load("source", "fodler", {})


def test_all_wrong_options_are_told_at_once() -> None:
    with pytest.raises(PluginOptionsWrong) as caught:
        load("source", "folder", {"name": "handbook", "pth": "docs", "max_bytes": "many"})
    assert str(caught.value).startswith("source 'folder': ")
    assert set(caught.value.problems) == {
        "`pth` is unknown (Did you mean `path`?)",
        "`max_bytes` must be a whole number (not 'many')",
        "`path` is missing",
    }


@pytest.mark.parametrize(("option", "given"), [("days", 0), ("gap_s", -1)])
def test_a_number_outside_of_the_range_that_the_plugin_names_is_wrong(
    option: str, given: int
) -> None:
    _, wrong = check("source", "slack", {"channels": ["C1"], option: given})
    assert f"not {given}" in wrong[option]


def test_an_error_of_a_plugin_itself_is_an_error_of_the_bot() -> None:
    assert issubclass(PluginOptionsWrong, BotError)


def test_a_secret_is_resolved_when_the_plugin_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {
        "name": "a",
        "path": str(tmp_path),
        "options": {"token": Secret(env="TOKEN_OF_TEST")},
    }
    with pytest.raises(SecretMissing, match="TOKEN_OF_TEST"):
        load("source", "folder", options)
    monkeypatch.setenv("TOKEN_OF_TEST", "hunter2")
    assert isinstance(load("source", "folder", options), FolderSource)


def test_a_secret_of_the_wrong_type_is_told_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_TEST", "hunter2")
    options = {"name": "a", "path": str(tmp_path), "max_bytes": Secret(env="TOKEN_OF_TEST")}
    with pytest.raises(PluginOptionsWrong, match="`max_bytes` must be a whole number") as caught:
        load("source", "folder", options)
    assert "hunter2" not in str(caught.value)


def test_settings_do_not_give_what_tandem_gives() -> None:
    assert "name" not in settable("source", "folder")
    assert "path" in settable("source", "folder")
