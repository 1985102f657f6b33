"""
Say what readings of meters mean: load, loading, voltage, interval by interval.

Readings and a situation go in, loads and findings come out: arrays, without any I/O. What an
element carries is the sum of what hangs on it, taken from the intervals of the topology index.
"""
