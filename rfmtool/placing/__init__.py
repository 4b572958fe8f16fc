"""Scores to places: which segment and which rung of the ladder, and why."""
