"""A run by a job file, and the traces that it leaves."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
from shell import rfmtool, written

ORDERS = "customer_id,order_id,ordered_at,amount\nann,1,2024-01-05,20\nbob,2,2024-02-05,5\n"
LISTEN = "import sys; open('heard', 'w').write(sys.stdin.read())"
LISTENER = f'notify = [{json.dumps(sys.executable)}, "listen.py"]'


@pytest.fixture
def job(tmp_path):
    """Write a job file beside an export, and run it or prove it."""
    (tmp_path / "exports").mkdir()
    written(tmp_path / "exports" / "orders.csv", ORDERS)

    def run(text, *words, name="job.toml", **environment):
        path = written(tmp_path / name, text)
        return rfmtool("job", path, *words, **environment)

    run.place = tmp_path
    return run


@pytest.mark.long
def test_a_job_runs_where_its_file_lies_and_leaves_a_line(job):
    text = """
        [job]
        inputs = ["exports/*.csv"]
        output = "out"
        scales = "out/scales.json"
        quiet = true
        keep = 3
        tables = ["csv", "parquet"]
        column = { amount = "amount" }
        fail_if = ["customers < 1"]
        log = "runs.jsonl"
    """
    for _ in range(2):  # the first has no scales yet
        done = job(text)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")

    assert (job.place / "out" / "customers.parquet").exists()
    command = json.loads((job.place / "out" / "manifest.json").read_bytes())["command"]
    assert command[:2] == ["rfmtool", "run"]
    lines = [json.loads(line) for line in (job.place / "runs.jsonl").read_text().splitlines()]
    assert len(lines) == 2
    assert lines[0]["exit_code"] == 0
    assert lines[0]["counts"]["customers"] == 2
    assert lines[0]["ledger"]["used"] == 2
    [read] = lines[0]["inputs"]
    export = (job.place / "exports" / "orders.csv").read_bytes()
    assert (read["rows"], read["bytes"]) == (2, len(export))
    assert read["sha256"] == hashlib.sha256(export).hexdigest()
    assert lines[0]["version"]
    assert lines[0]["seconds"] >= 0
    assert lines[0]["started"].endswith("+00:00")
    assert lines[0]["ended"] >= lines[0]["started"]


def test_a_run_that_fails_leaves_a_line_too_and_tells_somebody(job):
    written(job.place / "listen.py", LISTEN)
    text = f"""
        [job]
        inputs = "exports/orders.csv"
        output = "out"
        fail_if = "customers < 3"
        log = "runs.jsonl"
        {LISTENER}
    """
    done = job(text)

    assert done.exit_code == 1
    assert not (job.place / "out").exists()
    line = json.loads((job.place / "runs.jsonl").read_text())
    assert line["exit_code"] == 1
    assert "customers < 3" in line["message"]
    assert line["counts"]["customers"] == 2
    assert line["inputs"][0]["sha256"]
    assert json.loads((job.place / "heard").read_text()) == line


def test_a_run_that_cannot_read_says_what_it_was_to_read(job):
    bad = written(job.place / "exports" / "orders.csv", "nothing of this can be read")
    done = job('[job]\ninputs = "exports/orders.csv"\nlog = "runs.jsonl"\n')

    assert done.exit_code == 2
    line = json.loads((job.place / "runs.jsonl").read_text())
    assert line["inputs"] == [{"name": "exports/orders.csv", "bytes": bad.stat().st_size}]
    assert (line["exit_code"], line["ledger"]) == (2, None)


def test_a_line_of_a_run_that_fails_holds_no_password(job):
    text = '[job]\ninputs = "postgresql://ann:word@nowhere.invalid/shop"\nlog = "runs.jsonl"\n'

    assert job(text).exit_code != 0
    assert "word" not in (job.place / "runs.jsonl").read_text()


def test_whom_nobody_can_tell_changes_nothing_about_the_run(job):
    done = job('[job]\ninputs = "exports"\noutput = "out"\nquiet = true\nnotify = "./nobody"\n')
    assert done.exit_code == 0
    assert "nobody" in done.stderr


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("kep = 3", "unknown key 'kep' in [job]"),
        ('threads = "many"', "Invalid value for '--threads'"),
        ('title = "$NOT_THERE"', "no variable NOT_THERE"),
    ],
)
def test_a_job_that_cannot_be_meant_leaves_a_line_and_tells_somebody(job, mistake, said):
    written(job.place / "listen.py", LISTEN)
    text = f'[job]\ninputs = "exports"\noutput = "out"\nlog = "l.jsonl"\n{LISTENER}\n{mistake}\n'

    assert job(text, "--check").exit_code == 2
    assert not (job.place / "l.jsonl").exists()
    done = job(text)

    assert done.exit_code == 2
    assert said in done.stderr
    line = json.loads((job.place / "l.jsonl").read_text())
    assert (line["exit_code"], said in line["message"]) == (2, True)
    assert json.loads((job.place / "heard").read_text()) == line


@pytest.mark.parametrize("file", ["exports/orders.csv", "job.toml"])
def test_a_job_that_cannot_be_meant_writes_over_nothing_that_is_read(job, file):
    text = f'[job]\ninput = "exports/*.csv"\nlog = "{file}"\nmetrics = "{file}"\n'

    assert job(text).exit_code == 2
    assert (job.place / "exports" / "orders.csv").read_text() == ORDERS
    assert (job.place / "job.toml").read_text() == text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_log_on_a_full_disk_keeps_nobody_from_being_told(job):
    text = f"""
        [job]
        inputs = "exports"
        output = "out"
        quiet = true
        log = "/dev/full"
        {LISTENER}
    """
    written(job.place / "listen.py", LISTEN)
    done = job(text)

    assert (done.exit_code, (job.place / "out").exists()) == (3, True)
    line = json.loads((job.place / "heard").read_text())
    assert (line["exit_code"], line["counts"]["customers"]) == (3, 2)
    assert line["message"].startswith("/dev/full: cannot be written")

    done = job(text.replace("[job]", '[job]\nfail_if = "customers < 3"'))

    assert done.exit_code == 1
    assert "/dev/full: cannot be written" in done.stderr
    assert "customers < 3" in json.loads((job.place / "heard").read_text())["message"]


def test_the_environment_and_the_day_are_filled_in(job):
    text = (
        '[job]\ninputs = "$WHERE/*.csv"\nas_of = 2024-03-01\noutput = "out-{as_of}"\nquiet = true\n'
    )
    assert job(text, WHERE="exports").exit_code == 0
    assert (job.place / "out-2024-03-01" / "customers.csv").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no [job]"),
        ("[job]\n", "inputs"),
        ('[job]\ninputs = "exports"\noutputs = "out"\n', "Is it output?"),
        ('[job]\ninputs = "exports"\ntitel = "x"\n', "Is it title?"),
        ('[job]\ninputs = "$NOT_THERE"\n', "no variable NOT_THERE"),
        ('[job]\ninputs = "exports"\noutput = "{as_of}"\n', "not known before the run"),
        ('[job]\ninputs = "exports"\ntitle = true\n', "is not true or false"),
        ('[job]\ninputs = "exports"\nquiet = "yes"\n', "must be true or false"),
        ('[job]\ninputs = "nowhere/*.csv"\n', "there is no such file"),
        ('[job]\ninputs = "exports"\noutput = "out"\nfail_if = "nobody < 3"\n', "no 'nobody'"),
        (
            '[job]\ninputs = "exports"\noutput = "out"\nscales = "out/scales.json"\nwithin = "x"\n',
            "scales and within are both given",
        ),
        ("[job", "Expected ']'"),
    ],
)
def test_what_cannot_be_meant_is_told_without_running(job, text, said):
    done = job(text, "--check")
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (job.place / "out").exists()


def test_check_says_what_would_be_run_and_runs_nothing(job):
    done = job('[job]\ninputs = "exports"\noutput = "out"\nkeep = 4\n', "--check")
    assert done.exit_code == 0
    assert "rfmtool run --output=out --keep-runs=4 -- exports" in done.stdout
    assert not (job.place / "out").exists()


@pytest.mark.long
def test_a_job_that_fits_anew_now_and_then_runs_every_night(job):
    text = """
        [job]
        inputs = "exports"
        output = "out"
        scales = "out/scales.json"
        refit_every = "90d"
        min_orders = 1
        quiet = true
    """
    for _ in range(2):
        assert job(text, "--check").exit_code == 0
        assert job(text).exit_code == 0


def test_rules_may_stand_in_the_same_file(job):
    text = """
        [job]
        inputs = "exports"
        output = "out"
        quiet = true
        [segments]
        map = "list"
        rows = [{ name = "everyone" }]
    """
    assert job(text).exit_code == 0
    assert (job.place / "out" / "segments" / "everyone.csv").exists()


def test_gauges_are_written_for_who_watches_and_name_nobody(job):
    pytest.importorskip("prometheus_client")
    text = '[job]\ninputs = "exports"\noutput = "out"\nquiet = true\nmetrics = "m.prom"\n'
    assert job(text).exit_code == 0
    gauges = (job.place / "m.prom").read_text()
    assert "rfmtool_customers 2.0" in gauges
    assert "rfmtool_last_run_exit_code 0.0" in gauges
    assert 'rfmtool_rows{bin="used"} 2.0' in gauges
    assert "ann" not in gauges


def test_a_mistake_is_said_also_where_the_log_cannot_be_written(job):
    failed = job('[job]\ninputs = ["exports/*.csv"]\nlog = "nowhere/l.jsonl"\nkep = 3\n')

    assert failed.exit_code == 2
    assert "kep" in failed.stderr


def test_a_log_and_gauges_are_not_written_into_one_file(job):
    failed = job('[job]\ninputs = ["exports/*.csv"]\nlog = "l"\nmetrics = "l"\noutput = "out"\n')

    assert failed.exit_code == 2
    assert "both name" in failed.stderr
    assert not (job.place / "out").exists()
