"""Marks what came with a later release, so that the records of earlier ones are still executed bit for bit.

A field of metadata `{LATER: True}` is None in a session whose plan does not ask for what it holds: then it is not on
record either.
"""

from typing import Final

LATER: Final = "came with a later release"
