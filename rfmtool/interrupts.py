"""The signals that end a command early, and how to hold them back for a moment."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

STOP_SIGNALS: Final = tuple(
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if (number := getattr(signal, name, None)) is not None  # Windows has fewer
)
"""What ends a command early, and then leaves nothing behind."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold what ends a command back until the block has ended.

    Such as while heavy libraries load: a native one torn meanwhile aborts the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no other thread is told of a signal
        return
    came: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal wants
        came.append(number)

    try:
        with ExitStack() as stack:
            # A mask alone would not do: a library's thread takes the signal that this one does not,
            # and Python tells this one then. Without a mask, native code would see its calls torn.
            for number in STOP_SIGNALS:
                handler = signal.getsignal(number)
                if handler not in (None, signal.SIG_IGN):
                    stack.callback(signal.signal, number, handler)
                    signal.signal(number, hold)
            if hasattr(signal, "pthread_sigmask"):  # not on Windows
                before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
                stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
            yield
    finally:
        if came:
            signal.raise_signal(came[0])
