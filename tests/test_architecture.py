"""Imports point down the floors of the house only, and the command line starts light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rfmtool"

# From the top to the ground; what stands on one line may not import each other.
FLOORS = [
    ["__main__"],
    ["cli"],
    ["runs"],
    ["questions"],
    ["pipeline"],
    ["notebook"],
    ["pages"],
    ["summaries"],
    ["standing"],
    ["placer"],
    ["fits", "report_columns"],
    ["outputs"],
    ["analyses"],
    ["placing"],
    ["scoring"],
    ["grouping"],
    ["settings"],
    ["engines"],
    ["sources"],
    ["rules", "demo"],
    ["clusters", "databases", "stores"],
    ["money", "days", "manifest", "failures"],
    ["documents", "locations", "frames"],
    ["columns", "memory_budget"],
    ["arrays", "errors", "scratch", "threads"],
    ["memory", "interrupts", "version"],
]
HEIGHT = {place: -floor for floor, places in enumerate(FLOORS) for place in places}


def place_of(module):
    """The place in the house of `rfmtool.place.more`; None for rfmtool itself, its front door."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def imports_of(path):
    """Modules of ours that a file imports, for type checking only included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "rfmtool":
                yield from (f"rfmtool.{alias.name}" for alias in node.names)
            elif node.module.startswith("rfmtool."):
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("rfmtool."))


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]
    assert here in HEIGHT, f"{here} has no floor in the house"

    for module in imports_of(path):
        there = place_of(module)
        if there in (None, here):
            continue
        assert HEIGHT[there] < HEIGHT[here], f"{here} may not import {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_comes_in_by_the_front_door(path):
    tree = ast.walk(ast.parse(path.read_text()))
    doors = [node for node in tree if isinstance(node, ast.ImportFrom) and node.module == "rfmtool"]
    assert not doors or "cli" in path.relative_to(PACKAGE).parts


@pytest.mark.parametrize(
    ("folder", "above"), [("files", "(?!files)"), ("text", "evidence"), ("[a-z]+.py", "evidence")]
)
def test_the_folders_of_sources_lean_one_way(folder, above):
    inside = [path for path in MODULES if re.search(rf"sources/{folder}", path.as_posix())]
    seen_above = {"rejects"}  # which looks at every table again

    assert len(inside) > 5
    for path in inside:
        for module in imports_of(path):
            leans_up = re.match(rf"rfmtool\.sources\.{above}", module)
            assert not leans_up or path.stem in seen_above, f"{path} may not import {module}"


def test_commands_import_the_library_only_when_they_run():
    heavy = {"pipeline", "pages", "summaries", "runs", "outputs", "sources", "engines", "scoring"}
    for path in (PACKAGE / "cli").glob("*.py"):
        at_import = {
            node.module
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not heavy & {place_of(module) for module in at_import if "rfmtool." in module}


def test_importing_the_command_line_loads_no_heavy_library():
    code = "import sys, rfmtool.cli; print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    names = {name.split(".")[0] for name in loaded.stdout.split()}

    assert not {"pandas", "pyarrow", "duckdb", "rich", "numpy"} & names


def test_sources_and_engines_do_without_pandas():
    for folder in ("sources", "engines"):
        for path in (PACKAGE / folder).rglob("*.py"):
            imported = {
                alias.name
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Import)
                for alias in node.names
            }
            assert "pandas" not in imported, path.name


def imported_by(path):
    """Modules that a file imports, of whatever package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.long
def test_only_the_terminal_and_the_progress_bar_know_rich():
    know = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(name.split(".")[0] == "rich" for name in imported_by(path))
    }

    assert know == {"pages/terminal.py", "cli/progress.py"}


def test_pages_are_made_from_plain_data():
    for path in (PACKAGE / "pages").glob("*.py"):
        assert not {place_of(name) for name in imported_by(path)} & {"runs", "outputs", "pipeline"}
