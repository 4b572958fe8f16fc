"""Clusters that speak Spark Connect: sessions of them, and the tables that they know."""
