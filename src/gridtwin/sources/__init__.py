"""
Bring outside data in (floor 3, beside `store` and `analysis`, which it never imports).

What enters: files of layers, folders of tables, models of other programs, a wish for a made-up
territory. What leaves: one checked `Network`, or one error that names the file and the mend.
"""

from gridtwin.sources.network_reading import read

__all__ = ["read"]
