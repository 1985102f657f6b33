"""
Floor 1: what a grid is.

Words of the field (`cim`, `phases`), the network as columns (`tables`, `network`), its rules
(`validate`) and its switch states (`state`). Plain data in, plain data out, no I/O.
"""
