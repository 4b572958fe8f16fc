"""What ends a command early waits for the end of a block that must not be torn."""

import os
import signal
import sys
import time
from threading import Event, Thread

import pytest

from rfmtool.interrupts import STOP_SIGNALS, uninterrupted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a signal would end the tests")


def sent(number):
    """Send a signal to this process, and give any thread of it the time to take it."""
    os.kill(os.getpid(), number)
    time.sleep(0.05)


@pytest.fixture
def another_thread():
    """One that would take a signal which this thread has masked."""
    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    yield
    done.set()
    thread.join()


def interrupt_in(blocks, ended):
    """Press Ctrl-C in blocks within blocks; note which of them it let come to their end."""
    with uninterrupted():
        if blocks > 1:
            interrupt_in(blocks - 1, ended)
        else:
            sent(signal.SIGINT)
        ended.append(blocks)


@pytest.mark.usefixtures("another_thread")
@pytest.mark.parametrize("blocks", [1, 2])
def test_ctrl_c_waits_though_another_thread_may_take_it(blocks):
    ended = []
    with pytest.raises(KeyboardInterrupt):
        interrupt_in(blocks, ended)
    assert ended == [*range(1, blocks + 1)]


@pytest.mark.usefixtures("another_thread")
def test_each_signal_is_answered_as_before_once_the_block_has_ended():
    came = []
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    try:
        for number in STOP_SIGNALS:
            signal.signal(number, lambda number, frame: came.append(number))  # noqa: ARG005
        for number in STOP_SIGNALS:
            with uninterrupted():
                sent(number)
                assert number not in came
        assert came == [*STOP_SIGNALS]
        signal.raise_signal(signal.SIGTERM)
        assert came == [*STOP_SIGNALS, signal.SIGTERM]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with uninterrupted():
            sent(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_there_is_nothing_to_hold_back():
    reached = []

    def hold():
        with uninterrupted():
            reached.append(1)

    thread = Thread(target=hold)
    thread.start()
    thread.join()
    assert reached
