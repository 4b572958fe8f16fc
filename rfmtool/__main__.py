"""`python -m rfmtool` is the command `rfmtool`."""

from rfmtool.cli import main

main()
