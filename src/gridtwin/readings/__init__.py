"""
What the meters of a twin measured: `Ami` asks of one interval or one meter, `History` of weeks.

Joins the readings a store keeps with the analyses of `gridtwin.analysis.ami`.
"""

from __future__ import annotations

from gridtwin.readings.ami import Ami

__all__ = ["Ami"]
