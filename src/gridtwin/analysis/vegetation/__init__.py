"""Vegetation and lines: what of a span lies in areas of risk, and what a fault there takes out."""
