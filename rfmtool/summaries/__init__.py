"""Results as plain data: what a page shows, and what is written as JSON."""
