"""Which files an export is, and their bytes: listed, unpacked, kept where they come by a pipe."""
