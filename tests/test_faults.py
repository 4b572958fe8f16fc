"""Whatever fails while a command writes: the old answer or the new one, and an honest exit code.

A few of the steps in the suite; HYPOTHESIS_PROFILE=thorough tries them all.
"""

import errno
import os
import resource
import shutil
import signal
import sys
from contextlib import contextmanager

import faults
import pytest
from effort import THOROUGH
from faults import Fault
from shell import SHOP, files_of, names_in, python, rfmtool, written

from rfmtool.outputs.publish import published_file, published_folder

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="limits and signals are Linux's"),
]

NEWER = SHOP.replace("ann,5,2024-05-09,1030.01", "ann,5,2024-05-12,30") + "eve,never,never,1\n"
FEEDBACK = "customer_id,given_on,nps\nann,2024-05-01,9\nbob,2024-05-02,11\n"
ALL_ROWS = ["--max-rejects", "100%"]
EVERYTHING = [*ALL_ROWS, "--keep-rejects", "--tables", "csv,parquet", "--calls", "2",
              *([] if THOROUGH else ["--no-page"])]  # fmt: skip
COMMANDS = {
    "run": (["run", "{}.csv", "--feedback", "feedback.csv", *EVERYTHING], "answer"),
    "compare": (["compare", "before", "run-{}"], "answer"),
    "score": (["score", "{}.csv", *ALL_ROWS], "answer.csv"),
    "timeline": (["timeline", "{}.csv", *ALL_ROWS], "answer.parquet"),
    "repeat": (["repeat", "{}.csv", *ALL_ROWS], "answer.json"),
    "cohorts": (["cohorts", "{}.csv", *ALL_ROWS], "answer.jsonl"),
    "demo": (["demo"], "answer"),
}
TRIED = COMMANDS if THOROUGH else ["run", "compare", "score", "repeat"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Two exports, an evidence table and the runs of them, away from what is written."""
    place = tmp_path_factory.mktemp("inputs")
    for name, text in (("old", SHOP + "x,x,x,x\n"), ("new", NEWER), ("feedback", FEEDBACK)):
        written(place / f"{name}.csv", text)
    for name, export in (("before", "old"), ("run-old", "old"), ("run-new", "new")):
        done = rfmtool("run", place / f"{export}.csv", "-o", place / name, *EVERYTHING, "--quiet")
        assert done.exit_code == 0, done.output
    return place


@pytest.fixture(scope="module")
def fault():
    """An audit hook that stays for good, and is idle unless told otherwise."""
    hook = Fault()
    sys.addaudithook(hook)
    yield hook
    hook.left = 0


def words_of(command, inputs, out, which):
    words, name = COMMANDS[command]
    if command == "demo":
        return ["demo", out / name, "--customers", "20", "--seed", "12"[which == "new"], "--quiet"]
    words = [word.format(which) for word in words]
    paths = [inputs / word if (inputs / word).exists() else word for word in words]
    return [*paths, "-o", out / name, "--quiet"]


def state(folder):
    """Every file below a folder with its bytes, hidden ones too."""
    return {name: (folder / name).read_bytes()
            for name in files_of(folder) if (folder / name).is_file()}  # fmt: skip


@pytest.fixture(scope="module")
def only_place(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.fixture
def out(only_place):
    """An empty folder, the same for every test, so that answers can be told by their bytes."""
    lay({}, only_place)
    return only_place


ANSWERS = {}


def answers(command, inputs, out):
    """Lay the old answer into the folder; what it holds then, and after the new command."""
    key = command, inputs  # which the answers name
    if key not in ANSWERS:
        found = []
        for which in ("new", "old"):
            done = rfmtool(*words_of(command, inputs, out, which))
            assert done.exit_code == 0, done.output
            found.append(state(out))
        new, old = found
        assert new != old
        ANSWERS[key] = old, new
    lay(ANSWERS[key][0], out)
    return ANSWERS[key]


def lay(files, folder):
    """Have these files in a folder, and no others."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def some(steps, few):
    """All of them where it is worth it, else a few spread over them."""
    steps = list(steps)
    return steps if THOROUGH else steps[:: max(1, len(steps) // few)]


def try_with(fault, number, step, words):
    """Run a command in which the n-th step fails; what came of it, and whether it got so far."""

    def fail():
        raise OSError(number, os.strerror(number))

    fault.act, fault.left = fail, step
    try:
        return rfmtool(*words), not fault.left
    finally:
        fault.left = 0


@pytest.mark.parametrize("command", TRIED)
def test_a_step_that_fails_leaves_the_old_answer_or_the_new_one(command, inputs, out, fault):
    old, new = answers(command, inputs, out)
    fault.below = os.fspath(out)
    words = words_of(command, inputs, out, "new")
    fault.left, fault.act = 10_000, None
    assert rfmtool(*words).exit_code == 0
    steps, fault.left = 10_000 - fault.left, 0
    failed = 0
    for step in some(range(2, steps + 1), 3):
        lay(old, out)
        done, reached = try_with(fault, errno.ENOSPC, step, words)
        assert reached
        assert done.exit_code in (0, 3), done.output
        assert "Traceback" not in done.stderr
        failed += done.exit_code == 3
        left = state(out)
        if done.exit_code == 0:
            assert {name: left[name] for name in new} == new
        else:
            assert "space" in done.stderr
            assert left in (old, new)
    assert failed
    assert rfmtool(*words).exit_code == 0
    assert state(out) == new


@contextmanager
def no_file_beyond(size):
    """No file may grow beyond so many bytes: what a full disk does to a write."""
    usual, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (usual, hard))


@pytest.mark.parametrize("command", TRIED)
def test_a_write_that_fails_leaves_the_old_answer(command, inputs, out):
    old, new = answers(command, inputs, out)
    sizes = sorted({len(data) for data in new.values()}, reverse=True)
    for size in some(sizes, 1):
        with no_file_beyond(size - 1):
            done = rfmtool(*words_of(command, inputs, out, "new"))
        assert done.exit_code == 3, done.output
        assert "too large" in done.stderr
        assert "Nothing was changed." in done.stderr
        assert state(out) == old


class Failing:
    """A function of the system that fails at one call."""

    def __init__(self, real):
        self.real, self.calls, self.at = real, 0, 0

    def __call__(self, *arguments, **more):
        self.calls += 1
        if self.calls == self.at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return self.real(*arguments, **more)


@pytest.mark.parametrize("command", TRIED)
@pytest.mark.parametrize("name", ["fsync", "replace", "chmod"] if THOROUGH else ["fsync"])
def test_a_flush_that_fails_at_any_call_is_never_called_a_success(
    command, name, inputs, out, monkeypatch
):
    old, new = answers(command, inputs, out)
    words = words_of(command, inputs, out, "new")
    failing = Failing(getattr(os, name))
    monkeypatch.setattr(os, name, failing)
    assert rfmtool(*words).exit_code == 0
    for call in some(range(1, failing.calls + 1), 2):
        failing.calls, failing.at = 0, call
        done = rfmtool(*words)
        assert done.exit_code in (0, 3), done.output
        assert state(out) in (old, new)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("command", TRIED)
def test_a_folder_that_may_not_be_written_keeps_what_it_has(command, inputs, out):
    old, _ = answers(command, inputs, out)
    out.chmod(0o555)
    try:
        done = rfmtool(*words_of(command, inputs, out, "new"))
        assert done.exit_code == 3
        assert state(out) == old
    finally:
        out.chmod(0o755)


@pytest.mark.parametrize("command", TRIED if THOROUGH else ["run", "score"])
def test_a_kill_at_any_step_leaves_the_old_answer_or_the_new_one(command, inputs, out):
    old, new = answers(command, inputs, out)
    words = words_of(command, inputs, out, "new")
    name = COMMANDS[command][1]
    for step in range(1, 200) if THOROUGH else (30,):
        done = python(faults.__file__, "run", out, str(step), *words, capture_output=True)
        kept = {path: data for path, data in state(out).items() if path.startswith(name)}
        assert kept in (old, new)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert rfmtool(*words_of(command, inputs, out, "old")).exit_code == 0
        if COMMANDS[command][0][0] in ("run", "compare", "demo"):
            assert names_in(out) == [name]


@pytest.mark.parametrize("command", ["run", "compare", "demo"])
def test_the_second_of_two_commands_on_one_folder_is_told_to_wait(command, inputs, out):
    words = words_of(command, inputs, out, "new")
    with published_folder(out / "answer", command):
        done = rfmtool(*words)
        assert done.exit_code == 3
        assert "another run is writing it" in done.stderr
    assert rfmtool(*words).exit_code == 0


@pytest.mark.parametrize("command", ["score", "repeat"])
def test_of_two_commands_on_one_file_the_later_one_counts(command, inputs, out):
    old, new = answers(command, inputs, out)
    with published_file(out / COMMANDS[command][1]) as target:
        assert rfmtool(*words_of(command, inputs, out, "old")).exit_code == 0
        target.writelines(new.values())
    assert old != state(out) == new
