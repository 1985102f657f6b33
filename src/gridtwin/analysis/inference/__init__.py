"""
Say which devices most likely operated, from what meters and customers report.

What was reported (`evidence`) is weighed (`likelihood`) on the tree of devices that could have
operated (`devices`). A search over that tree (`labels`, `search`) finds the most likely set of
devices and how sure that is; `streaming` keeps both up to date while events arrive. `rollup` is
the classical rule to compare with, and `simulate` makes events whose truth is known.
"""
