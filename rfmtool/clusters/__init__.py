"""Clusters that speak Spark Connect: sessions of them, and the tables that they know.

Whatever asks one raises UsageError where the URL or table is none, the client is not installed or
the login is refused, and SystemFailureError where it cannot be reached or fails.
"""
