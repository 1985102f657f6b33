"""Tests of the map's tiles."""
