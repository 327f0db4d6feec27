"""Fixtures that all tests see have one home each: of two with one name, one would be hidden."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import pytest_plugins

ROOT = Path(__file__).resolve().parent.parent


def fixtures(module: str) -> Iterator[str]:
    """The names of the fixtures that a module defines."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            "pytest.fixture" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            yield node.name


def plugins() -> set[str]:
    """The modules with fixtures that some test, and with it all in its process, sees."""
    found = {*pytest_plugins}
    for path in (ROOT / "tests").glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytest_plugins":
                found |= {*ast.literal_eval(node.value)}
    return found


def test_no_two_fixtures_that_all_tests_see_have_one_name() -> None:
    names = Counter(n for m in (*plugins(), "tests.conftest") for n in fixtures(m))
    assert len(names) > 20
    assert [name for name, count in names.items() if count > 1] == []
