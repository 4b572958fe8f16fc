"""Signals that end a command early, and a way to defer them for a moment."""

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
"""Signals after which a command cleans up and ends."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer signals that end a command until the block has ended.

    For example while heavy libraries load: interrupting a native one aborts the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread only
        return
    received: list[int] = []

    def defer(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal requires
        received.append(number)

    try:
        with ExitStack() as stack:
            # A mask alone is not enough: a library's thread may take the signal instead, and Python
            # still runs the handler here. The mask keeps system calls of native code from failing.
            for number in STOP_SIGNALS:
                handler = signal.getsignal(number)
                if handler not in (None, signal.SIG_IGN):
                    stack.callback(signal.signal, number, handler)
                    signal.signal(number, defer)
            if hasattr(signal, "pthread_sigmask"):  # not on Windows
                old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
                stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, old_mask)
            yield
    finally:
        if received:
            signal.raise_signal(received[0])
