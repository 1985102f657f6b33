"""Ratios of gridtwin to other libraries on the same work, in one run, answers checked first."""
