"""Pipes, signals, closed streams and two runs at once: what only a process of its own shows."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from shell import (
    ENVIRONMENT,
    SHOP,
    bash,
    command,
    files_of,
    forked,
    names_in,
    process,
    rfmtool,
    written,
)

from rfmtool.cli import exit_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="signals and /dev are Linux's here"),
]

QUIET_PIPE = 141


@pytest.fixture
def place(tmp_path):
    written(tmp_path / "shop.csv")
    return tmp_path


def answered_quietly(done, code):
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


# Pipes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["score shop.csv", "rules show", "run --help"])
def test_a_reader_that_goes_away_ends_it_quietly(place, words):
    done = bash(f"rfmtool {words} | (exec 0<&-; sleep 1); exit ${{PIPESTATUS[0]}}", place)
    answered_quietly(done, QUIET_PIPE)
    assert done.stderr == ""


def test_the_first_line_of_a_long_answer_is_all_that_head_takes(place):
    rows = "".join(f"c{number},{number},2024-01-05,5\n" for number in range(20_000))
    written(place / "long.csv", SHOP + rows)
    done = bash("rfmtool score long.csv | head -1; exit ${PIPESTATUS[0]}", place)
    answered_quietly(done, QUIET_PIPE)
    assert done.stdout.startswith("customer_id,")
    assert done.stderr == ""


def test_a_run_whose_reader_goes_away_has_published_its_folder(place):
    done = bash(
        "rfmtool run shop.csv -o out | (exec 0<&-; sleep 1.2); exit ${PIPESTATUS[0]}", place
    )
    answered_quietly(done, QUIET_PIPE)
    assert (place / "out" / "manifest.json").is_file()


def test_a_pipe_is_an_export(place):
    os.mkfifo(place / "pipe")
    for words in ("<(cat shop.csv)", "pipe & cat shop.csv > pipe; wait $!"):
        done = bash(f"rfmtool score {words}", place)
        answered_quietly(done, 0)
        assert len(done.stdout.splitlines()) == 5


def test_a_table_may_be_written_into_a_pipe_or_behind_what_is_there(place):
    os.mkfifo(place / "pipe")
    script = "cat pipe > copy & rfmtool score shop.csv -o pipe; wait"
    answered_quietly(bash(script, place), 0)
    assert (place / "pipe").is_fifo()
    whole = (place / "copy").read_text()
    assert len(whole.splitlines()) == 5
    done = bash("echo above > all; rfmtool score shop.csv -o /dev/stdout >> all; cat all", place)
    assert done.stdout == "above\n" + whole
    script = "(echo above; rfmtool score shop.csv -o /dev/stdout; echo below) > all; cat all"
    assert bash(script, place).stdout == f"above\n{whole}below\n"


# Streams that are closed, full or narrow ---------------------------------------------------------


@pytest.mark.parametrize("words", ["score shop.csv >&-", "rules show >&-", "rules show >/dev/full"])
def test_an_answer_that_nobody_can_receive_is_an_error(place, words):
    done = bash(f"rfmtool {words}", place)
    answered_quietly(done, 3)
    assert done.stderr.startswith("rfmtool: standard output: ")
    assert done.stderr.count("\n") == 2


def test_a_disk_that_fails_under_a_file_is_not_told_as_standard_output():
    code, said = exit_of(OSError(errno.EIO, os.strerror(errno.EIO)))
    assert (code, said[:25]) == (3, "a file or standard output")


def test_a_quiet_run_needs_no_streams(place):
    done = bash("rfmtool run shop.csv -o out --quiet <&- >&- 2>&-", place)
    assert done.returncode == 0
    assert (place / "out" / "manifest.json").is_file()
    assert bash("rfmtool report nowhere 2>&-", place).returncode == 2
    answered_quietly(bash("rfmtool run - <&-", place), 2)


def test_a_narrow_terminal_gets_question_marks_and_data_stays_utf_8(place):
    narrow = {"PYTHONIOENCODING": "ascii", "LC_ALL": "POSIX", "PYTHONUTF8": "0"}
    text = SHOP.replace("customer_id", "K\u00e4ufer").replace("ann", "Zo\u00eb")
    written(place / "shop.csv", text)
    words = ["shop.csv", "--column", "customer_id=K\u00e4ufer"]
    shown = process("run", *words, env=narrow, cwd=place, text=False)
    assert b"K?ufer" in shown.stdout
    data = process("check", *words, "--format", "json", env=narrow, cwd=place, text=False)
    assert "K\u00e4ufer" in data.stdout.decode("utf-8")


def test_a_file_that_may_grow_no_further_leaves_the_one_before(place):
    rows = "".join(f"c{number},{number},2024-01-05,5\n" for number in range(4000))
    written(place / "long.csv", SHOP + rows)
    rfmtool("run", place / "shop.csv", "-o", place / "out", "--quiet")
    before = (place / "out" / "customers.csv").read_bytes()
    done = bash("ulimit -f 64; rfmtool run long.csv -o out", place)
    answered_quietly(done, 3)
    assert "file too large" in done.stderr
    assert (place / "out" / "customers.csv").read_bytes() == before
    assert names_in(place) == ["long.csv", "out", "shop.csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("score long.csv > half.csv", "standard output"),
        ("score long.csv -o /dev/stdout > half.csv", "/dev/stdout: cannot be written"),
        ("score long.csv -o whole.xlsx", "a workbook cannot be put together"),
    ],
)
def test_an_answer_that_fits_only_in_part_is_no_success(place, words, said):
    rows = "".join(f"c{number},{number},2024-01-05,5\n" for number in range(2000))
    written(place / "long.csv", SHOP + rows)
    # Then Python writes at once, and would not look at how much was taken.
    done = bash(f"export PYTHONUNBUFFERED=1; ulimit -f 64; rfmtool {words}", place, command())
    answered_quietly(done, 3)
    assert said in done.stderr
    assert "file too large" in done.stderr
    assert "Nothing was changed" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(place):
    (place / "closed").mkdir(mode=0o555)
    done = process("run", "shop.csv", "-o", "closed/out", cwd=place)
    answered_quietly(done, 3)
    assert "permission denied" in done.stderr


@pytest.mark.parametrize("words", ["--log /proc/none.jsonl", "--metrics /proc/none.prom"])
def test_a_trace_that_cannot_be_written_is_told_before_the_run(place, words):
    done = bash(f"rfmtool run shop.csv -o out {words}", place)
    answered_quietly(done, 3)
    assert f"rfmtool: {words.split()[1]}: cannot be written" in done.stderr
    assert "Nothing was changed" in done.stderr
    assert names_in(place) == ["shop.csv"]


def test_a_log_on_a_full_disk_is_named_and_the_run_is_said_to_stand(place):
    done = bash("rfmtool run shop.csv -o out --quiet --log /dev/full", place)
    answered_quietly(done, 3)
    assert done.stderr.startswith("rfmtool: /dev/full: cannot be written: no space left on device")
    assert "The run itself is published in out." in done.stderr
    assert (place / "out" / "manifest.json").is_file()


# Signals and two runs ----------------------------------------------------------------------------


def started(place, *words, by=(), start=forked):
    return subprocess.Popen(  # noqa: S603
        [*by, *start(*words)], cwd=place, env=os.environ | ENVIRONMENT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def until(holds):
    """Wait until something holds; False after ten seconds."""
    return any(holds() or time.sleep(0.01) for _ in range(1000))


def test_ctrl_c_while_waiting_for_data_is_quiet_and_leaves_nothing(place):
    with started(place, "run", "-", "-o", "a/out") as run:
        assert until((place / "a").is_dir)
        run.send_signal(signal.SIGINT)
        run.wait()  # before its input ends, which would end it as well
        out, err = run.communicate()
    assert run.returncode == 130
    assert out == ""
    assert err.splitlines()[-2:] == [
        "rfmtool: interrupted", "  Nothing half-written is left; run it again.",
    ]  # fmt: skip
    assert "Traceback" not in err
    assert files_of(place) == ["shop.csv"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_what_ends_a_run_leaves_nothing_behind(place, number):
    (place / "spill").mkdir()
    in_spill = ["env", f"TMPDIR={place / 'spill'}"]
    with started(place, "score", "-", "-o", "table.csv", by=in_spill) as run:
        assert until(lambda: any(".table.csv.rfmtool" in name for name in names_in(place)))
        run.send_signal(number)
        run.wait()
        _, err = run.communicate()
    assert run.returncode == 128 + number
    assert err.splitlines()[-2] == f"rfmtool: ended by {number.name}"
    assert files_of(place) == ["shop.csv", "spill"]


def test_a_signal_that_is_ignored_stays_ignored(place):
    as_by_nohup = ["bash", "-c", "trap '' HUP; exec \"$@\"", "bash"]
    with started(place, "run", "-", "-o", "out", "--quiet", by=as_by_nohup) as run:
        assert until((place / ".out.rfmtool-lock").exists)
        run.send_signal(signal.SIGHUP)
        run.communicate(SHOP)
    assert run.returncode == 0


@pytest.mark.parametrize("words", ["check - --max-size 1MB", "check /dev/urandom --max-size 1MB"])
def test_what_comes_by_a_pipe_or_device_is_counted_too(place, words):
    done = bash(f"yes C1,1,2024-01-01,5 | rfmtool {words}; exit ${{PIPESTATUS[1]}}", place)
    answered_quietly(done, 2)
    assert "more than 1,000,000 bytes" in done.stderr


@pytest.mark.parametrize("after", [0.0, 0.5, 1.0])
def test_ctrl_c_at_any_moment_never_shows_a_traceback(place, after):
    rows = "".join(f"c{number % 5000},{number},2024-01-05,5\n" for number in range(200_000))
    written(place / "long.csv", SHOP + rows)
    start = forked if after else command  # which loads libraries then
    with started(place, "run", "long.csv", "-o", "out", "--quiet", start=start) as run:
        assert until(lambda: len(names_in(place)) > 2)
        time.sleep(after)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate()
    assert run.returncode in (0, 130)
    assert "Traceback" not in err
    assert set(names_in(place)) <= {"shop.csv", "long.csv", "out"}


def test_ctrl_c_while_python_looks_for_a_module_comes_a_moment_later():
    script = """
import os, signal, time
from rfmtool import cli
interrupted = "os.kill(os.getpid(), signal.SIGINT); print('still importing', flush=True)"
def main(**_):
    exec(compile(interrupted, "<frozen importlib._bootstrap>", "exec"))
    time.sleep(30)
cli.program.main = main
cli.main()
"""
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stdout) == (130, "still importing\n")
    assert done.stderr.startswith("rfmtool: interrupted")


def test_ctrl_c_in_code_that_a_library_makes_of_text_ends_it_with_the_same_code(tmp_path):
    written(tmp_path / "click.py", "exec('raise KeyboardInterrupt')")
    done = subprocess.run(
        [sys.executable, "-m", "rfmtool"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_a_run_started_with_ctrl_c_ignored_goes_on_ignoring_it(place):
    in_background = ["bash", "-c", "trap '' INT; exec \"$@\"", "bash"]
    with started(place, "run", "-", "-o", "out", "--quiet", by=in_background) as run:
        assert until((place / ".out.rfmtool-lock").exists)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(SHOP)
    assert (run.returncode, err) == (0, "")
    assert names_in(place) == ["out", "shop.csv"]


def test_the_second_of_two_runs_on_one_folder_is_refused_before_it_reads_anything(place):
    with started(place, "run", "-", "-o", "out", "--quiet") as first:
        assert until((place / ".out.rfmtool-lock").exists)
        with started(place, "run", "-", "-o", "./out/") as second:
            assert second.wait(60) == 3  # nobody sends it any data
            assert "another run is writing it" in second.stderr.read()
        first.communicate(SHOP)
    assert first.returncode == 0
    assert names_in(place) == ["out", "shop.csv"]


def test_a_killed_run_is_cleaned_up_by_the_next(place):
    with started(place, "run", "-", "-o", "out", start=command) as run:
        assert until(lambda: any(".out.rfmtool-new" in name for name in names_in(place)))
        run.kill()
    assert not (place / "out").exists()
    assert rfmtool("run", place / "shop.csv", "-o", place / "out", "--quiet").exit_code == 0
    assert names_in(place) == ["out", "shop.csv"]


def test_python_dash_m_and_the_installed_command_are_the_same(place):
    installed = Path(sys.executable).with_name("rfmtool")
    if not installed.exists():
        pytest.skip("the command is not installed beside this Python")
    words = [installed, "score", "shop.csv"]
    done = subprocess.run(words, cwd=place, check=True, capture_output=True, text=True)  # noqa: S603
    assert done.stdout == rfmtool("score", place / "shop.csv").stdout


@pytest.mark.parametrize("words", ["run shop.csv -o", "concentration shop.csv -o", "demo"])
def test_links_that_lead_in_a_circle_are_no_place_to_write_to(place, words):
    (place / "loop").symlink_to("loop")
    done = bash(f"rfmtool {words} loop", place)
    answered_quietly(done, 3)
    assert "Its links lead in a circle" in done.stderr


@pytest.mark.parametrize("words", ["run loop -o out", "score loop", "check loop"])
def test_links_that_lead_in_a_circle_are_no_export(place, words):
    (place / "loop").symlink_to("loop")
    done = bash(f"rfmtool {words}", place)
    answered_quietly(done, 2)
    assert "loop: is a link to what is not there" in done.stderr
