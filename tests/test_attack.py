"""A short attack of every kind; `make attack` tries for longer."""

import signal
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("forks and limits are those of Unix", allow_module_level=True)

import attack

pytestmark = pytest.mark.long


@pytest.mark.parametrize("kind", attack.KINDS)
def test_hostile_input_ends_with_a_code_of_the_contract(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(attack.tempfile, "tempdir", str(tmp_path))
    _, finds = attack.attack(kind, seconds=60, seed=1, most=3)
    assert not finds


def test_what_is_no_ending_of_ours_is_a_find():
    assert attack.fault_of(70, "", 0) == "exit 70"
    assert attack.fault_of(-signal.SIGKILL, "", 0) == "ended by SIGKILL"
    assert attack.fault_of(2, "Traceback (most recent call last)", 0) == "a traceback"
    assert attack.fault_of(0, "", attack.MEMORY + (1 << 20)) == "2049 MiB"
    assert not attack.fault_of(2, "rfmtool: no", 1 << 20)
