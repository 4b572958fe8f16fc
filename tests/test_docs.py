"""Every console block of the documentation is run, and every example works."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from shell import ENVIRONMENT, programs

from rfmtool.rules import load_rules

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def blocks(pattern):
    return [
        pytest.param(block, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, block in enumerate(pattern.findall(document.read_text("utf-8")), start=1)
    ]


@pytest.fixture
def place(tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def run(command, place):
    path = os.fspath(programs()) + os.pathsep + os.environ["PATH"]
    return subprocess.run(  # noqa: S602 - a documented line is a shell line
        command, shell=True, cwd=place, capture_output=True, text=True, encoding="utf-8",
        env=os.environ | ENVIRONMENT | {"PATH": path}, check=True,
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("block", blocks(CONSOLE))
def test_a_console_block_prints_what_it_says(block, place):
    command, _, printed = block.partition("\n")
    assert command.startswith("$ ")
    assert run(command.removeprefix("$ "), place).stdout == printed


@pytest.mark.long
@pytest.mark.parametrize("block", blocks(PYTHON))
def test_a_python_block_runs(block, place):
    (place / "block.py").write_text(block, "utf-8")
    assert run("python block.py", place).stdout


@pytest.mark.long
@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_the_blocks_of_a_page_of_the_site_print_what_they_say_one_after_the_other(page, place):
    text = page.read_text("utf-8")
    for block in CONSOLE.findall(text):
        command, _, printed = block.partition("\n")
        assert run(command.removeprefix("$ "), place).stdout == printed, command
    for number, block in enumerate(PYTHON.findall(text)):
        (place / f"block{number}.py").write_text(block, "utf-8")
        assert run(f"python block{number}.py", place).stdout


def test_every_module_that_the_architecture_names_is_there():
    named = re.findall(r"`[\w/]*?(\w+\.py)`", (ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    assert {*named} <= {
        path.name for place in ("rfmtool", "tests") for path in (ROOT / place).rglob("*.py")
    }


def test_every_page_of_the_site_is_in_its_contents_and_what_it_shows_is_there():
    contents = (ROOT / "mkdocs.yml").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text("utf-8")
        assert page.relative_to(ROOT / "docs").as_posix() in contents
        for included in re.findall(r'--8<-- "([^":]+)', text):
            assert (ROOT / included).exists()
        for part in re.findall(r'--8<-- "README.md:(\w+)', text):
            assert f"[start:{part}]" in readme
        for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
            assert (page.parent / picture).stat().st_size < 60_000


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_an_example_script_runs(script, place):
    assert run(f"python examples/{script.name}", place).stdout


@pytest.mark.long
@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.sh")), ids=lambda p: p.name)
def test_an_example_shell_script_runs_twice(script, place):
    run(f"sh examples/{script.name} examples/shop/orders.csv out", place)
    again = run(f"sh examples/{script.name} examples/shop/orders.csv out", place)
    assert not again.stdout
    assert (place / "out" / "customers.csv").exists()


@pytest.mark.parametrize("rules", sorted((ROOT / "examples").glob("*.toml")), ids=lambda p: p.name)
def test_an_example_rules_file_loads(rules):
    assert load_rules(rules).ladder


def test_every_example_is_run_by_a_test():
    kinds = {path.suffix for path in (ROOT / "examples").iterdir() if path.is_file()}
    assert kinds <= {".py", ".sh", ".toml", ".ipynb"}
