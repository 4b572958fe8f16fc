"""Plain data as pages for a reader. Nothing is computed here."""
