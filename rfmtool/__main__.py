"""`python -m rfmtool` is the command `rfmtool`."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C is quiet even while it loads."""
    try:
        from rfmtool.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        # Where Ctrl-C came in code that a library makes out of text, Python would end by the signal
        # after all, whatever we made of it, unless other such code has run since.
        exec("")  # noqa: S102 - nothing is in it


if __name__ == "__main__":
    main()
