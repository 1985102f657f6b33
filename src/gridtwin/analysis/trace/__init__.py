"""Traces: what hangs on what, which devices isolate it, and why."""
