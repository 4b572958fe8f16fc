"""The sections of report.html: cards made of the summary of a run, and of answers."""
