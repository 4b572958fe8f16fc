"""Whether a name is a place in the file system, or would only be taken for one."""

from __future__ import annotations

import re
from typing import Final

from rfmtool.errors import UsageError

# Two letters at least, as `C:` is a drive; one slash is what a path makes of two.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_DATABASE: Final = re.compile(
    r"(sqlite|duckdb|postgres|postgresql|mysql|mariadb|jdbc):", re.IGNORECASE
)


def check_local(name: str) -> None:
    """Check that a name is that of a file or folder.

    Raises:
        UsageError: it is a URL; only its scheme is shown, since others may hold passwords.
    """
    found = _SCHEME.match(name) or _DATABASE.match(name)
    if found:
        raise UsageError(
            f"{found[1]}:…: only files and folders are read and written here",
            "Copy it to a file first, or name a place of this machine.",
        )
