"""`python -m rfmtool` is the command `rfmtool`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, and end the process; Ctrl-C is quiet even while it loads.

    It ends without Python's own last steps: threads that libraries leave running crash it now and
    then, and a nightly job would take a finished command for a failed one.
    """
    code = 130
    try:
        from rfmtool.cli import main as run

        run()
    except KeyboardInterrupt:
        pass
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
