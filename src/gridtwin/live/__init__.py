"""
Drive a twin by the events of the grid as they happen.

`event_batch` reads what comes, `grid_events` carries it out and follows the log of operations,
`meter_inference` infers outages from last gasps, `operations` joins them, `following` follows a
broker or a file, `event_replay` goes through events that are there already.
"""

from gridtwin.live.operations import LiveOperations

__all__ = ["LiveOperations"]
