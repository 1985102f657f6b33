"""
Drive a twin by the events of the grid as they happen.

`messages` reads what comes, `switching` carries it out and follows the log of operations, `meters`
infers outages from last gasps, `operations` joins them, `run` follows a broker or a file.
"""

from gridtwin.live.operations import LiveOperations

__all__ = ["LiveOperations"]
