"""How hard tests try: a little of everything in the suite, all of it before a release."""

from hypothesis import settings

THOROUGH = settings.default.max_examples >= 1_000
SLOW = 1_000 if THOROUGH else 12
"""Examples of a property where each takes 20 milliseconds or more; of the others there are 30."""
