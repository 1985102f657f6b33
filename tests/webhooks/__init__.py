"""Telling other systems: signed, in order, at least once, and nobody inside."""
