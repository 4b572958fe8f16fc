"""A result as plain data, and that data as a page."""
