"""The files in examples/night: each is tried by the tool it is for, where that is there."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from shell import rfmtool, written

NIGHT = Path(__file__).parents[1] / "examples" / "night"


@pytest.mark.services
def test_hadolint_finds_nothing():
    found = shutil.which("hadolint")
    if found is None:
        pytest.skip("there is no hadolint")
    words = [found, "--failure-threshold", "info", NIGHT / "Dockerfile"]
    said = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - a linter
    assert (said.returncode, said.stdout) == (0, "")


@pytest.mark.services
def test_systemd_understands_the_service_and_its_timer(tmp_path):
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("there is no systemd-analyze")
    for name in ("rfmtool.service", "rfmtool.timer"):
        text = (NIGHT / name).read_text().replace("/usr/local/bin/rfmtool", shutil.which("true"))
        (tmp_path / name).write_text(text)
    said = subprocess.run(  # noqa: S603 - a linter
        [found, "verify", "rfmtool.service", "rfmtool.timer"], cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not [line for line in said.stderr.splitlines() if "rfmtool" in line]
    assert said.returncode == 0


def test_the_job_can_be_meant(tmp_path):
    shutil.copytree(NIGHT, tmp_path / "night")
    (tmp_path / "night" / "exports").mkdir()
    written(tmp_path / "night" / "exports" / "orders.csv")

    checked = rfmtool("job", "--check", tmp_path / "night" / "shop.toml")

    assert checked.exit_code == 0, checked.stderr
    assert "--keep-runs=12" in checked.stdout

    (tmp_path / "night" / "tell-me").unlink()
    checked = rfmtool("job", "--check", tmp_path / "night" / "shop.toml")

    assert checked.exit_code == 2
    assert "notify ./tell-me: there is no such command" in checked.stderr


def test_cron_starts_what_the_other_files_start():
    lines = [line for line in (NIGHT / "crontab").read_text().splitlines() if line[:1] != "#"]
    [line] = lines
    assert re.fullmatch(r"(?:[\d*,/-]+ ){5}/usr/local/bin/rfmtool job /srv/shop/shop\.toml", line)
    started = "ExecStart=/usr/local/bin/rfmtool job /srv/shop/shop.toml"
    assert started in (NIGHT / "rfmtool.service").read_text()
    docker = (NIGHT / "Dockerfile").read_text()
    assert re.search(r"^USER \d+$", docker, re.MULTILINE)
    assert "--read-only" in docker


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_what_tells_somebody_pings_on_success_and_fails_never(tmp_path):
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\necho "$@" >> "$0.said"\n')
    curl.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    for code in (0, 1):
        done = subprocess.run(  # noqa: S603 - ours
            ["/bin/sh", NIGHT / "tell-me"], input=json.dumps({"exit_code": code}), text=True,
            env={"PATH": path, "HEALTHCHECK_URL": "https://example.org/ping"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0
    assert (tmp_path / "curl.said").read_text().count("https://example.org/ping") == 1
