"""Reliability: interruptions of customers and the indices of IEEE 1366."""
