"""Text files to rows of cells: dialect, header, footer, blocks of records, malformed records."""
