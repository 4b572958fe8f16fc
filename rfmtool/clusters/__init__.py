"""Clusters that speak Spark Connect: sessions, and tables of their catalogues.

Every function that contacts a cluster raises UsageError where the URL or table is wrong, the client
is not installed or the login is refused, and SystemFailureError where the cluster cannot be reached
or fails.
"""
