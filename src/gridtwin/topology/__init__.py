"""
Floor 2: what is connected to what.

Arrays in, arrays out. `conduction` says what conducts in one state, `forest` and `blocks` find the
tree of single points of failure, `index` keeps it as intervals, `core` answers exactly where loops
and phases make an interval too little, `walk` floods, and `switching` follows one operation.
"""
