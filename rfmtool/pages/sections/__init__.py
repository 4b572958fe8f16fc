"""The story of a run in cards, from what to do first to how all was counted."""
