"""Customers to scores: what the engine grouped, measured, and put on scales."""
