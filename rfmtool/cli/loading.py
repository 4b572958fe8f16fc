"""Loading the heavy libraries, which Ctrl-C must not tear."""

from __future__ import annotations

from rfmtool.interrupts import uninterrupted

__all__ = ["uninterrupted"]  # a native library torn while it loads aborts the process
