"""
What meters measure in an imagined year: weather, prices, loads, voltages, and who is in the dark.

The figures are chosen for a first look at a warm coast in Texas, each with its source or its reason
beside it; they are no measurement of any utility.
"""
