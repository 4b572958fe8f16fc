"""Text to rows of cells: where a table begins and ends, its dialect, and what cannot be trusted."""
