"""The one arrow: bot imports knowledge and model; these import neither bot nor each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHAT = {"slack_bolt", "slack_sdk", "discord"}
SQL = {"sqlalchemy", "alembic", "psycopg", "sqlite3"}
MAY_NOT = {
    "knowledge": {"bot", "model", "migrations", "tests", "bench"} | CHAT | SQL,
    "model": {"bot", "knowledge", "migrations", "tests", "bench"} | CHAT | SQL,
    "bot": {"tests", "bench"},
    "migrations": {"tests", "bench", "knowledge", "model"},
}
HEAVY = {
    *("torch", "transformers", "sentence_transformers", "onnxruntime", "weaviate", "markitdown"),
    *("trafilatura", "openai", "gguf", "peft", "trl", "datasets", "pandas", "sklearn", "scipy"),
}
SQL_FILES = {  # of bot, where SQL stops; so it does in the package bot.inbox
    *("tables", "rows", "store", "wanted", "database", "sessions", "people"),
}
SOURCES_WITH_SQL = ROOT / "knowledge" / "sources" / "sql"  # it may import what it reads with
LEARNING_SQL_FILES = {  # of bot.learning
    *("tables", "version_tables", "rows", "version_rows", "history", "keeping", "judgements"),
    *("forgetting", "retention", "snapshots", "voting", "trainings", "standing", "versions"),
    *("book", "judgement_book", "registry", "datasets", "channels", "trial_votes", "decisions"),
}

JOB_SQL_FILES = {"tables", "leases", "guarding", "runs", "backing_up", "restoring"}  # of bot.jobs


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The modules that a file imports anywhere in it, by their full names."""
    return set(names(ast.walk(ast.parse(file.read_text(encoding="utf-8")))))


def names(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


@pytest.mark.parametrize("package", MAY_NOT)
def test_nothing_is_imported_against_the_arrow(package: str) -> None:
    assert files(package)
    against = {
        (str(file.relative_to(ROOT)), module)
        for file in files(package)
        for module in imported(file)
        if module.split(".")[0] in MAY_NOT[package]
        and not (SOURCES_WITH_SQL in file.parents and module.split(".")[0] == "sqlalchemy")
    }
    assert against == set()


def test_sql_stops_at_the_files_that_know_it() -> None:
    beyond = {
        (file.stem, module)
        for file in files("bot")
        for module in imported(file)
        if module.split(".")[0] in SQL
        and file.stem not in SQL_FILES
        and file.parent.name != "inbox"
        and not (file.parent.name == "learning" and file.stem in LEARNING_SQL_FILES)
        and not (file.parent.name == "jobs" and file.stem in JOB_SQL_FILES)
    }
    assert beyond == set()


def test_chat_libraries_stay_with_their_platforms() -> None:
    beyond = {
        str(file.relative_to(ROOT))
        for file in files("bot")
        for module in imported(file)
        if module.split(".")[0] in CHAT and "platforms" not in file.parts
    }
    assert beyond == set()


def modules() -> list[str]:
    """Every module of ours; those that run when imported are left out."""
    paths = [
        path.relative_to(ROOT) for name in ("bot", "knowledge", "model") for path in files(name)
    ]
    named = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return [name for name in named if name.startswith("bot.") or not name.endswith("__main__")]


def test_importing_any_module_of_ours_loads_nothing_heavy() -> None:
    code = (
        "import importlib, sys\n"
        f"for name in {modules()}:\n"
        "    importlib.import_module(name)\n"
        f"    loaded = sorted({HEAVY} & sys.modules.keys())\n"
        "    if loaded: sys.exit(f'{name} loads {loaded}')\n"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-2000:]


@pytest.mark.parametrize("module", ["bot.__main__", "bot.conversation", "bot.errors"])
def test_the_way_to_help_is_cheap(module: str) -> None:
    slow = HEAVY | SQL | {"numpy", "pydantic", "httpx", "aiohttp", "apscheduler", "structlog"}
    code = f"import sys, {module}; print(sorted({slow} & sys.modules.keys()))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout.strip() == "[]", told.stderr


@pytest.mark.parametrize("package", ["bot", "knowledge", "model", "migrations"])
def test_every_module_opens_with_a_sentence(package: str) -> None:
    without = [
        str(file.relative_to(ROOT))
        for file in files(package)
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert without == []
