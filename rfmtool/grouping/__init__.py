"""Lines of an export and its evidence grouped by customer: everything before the first score."""
