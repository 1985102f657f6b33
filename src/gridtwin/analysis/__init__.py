"""
Floor 3: the questions an operator asks.

Pure functions of a `Situation`, one network in one state: traces (`trace`, `upstream`,
`isolation`), what fails (`blast`, `sweep`), why (`explain`), where (`intersect`), and whether the
data can be trusted (`quality`). And of what happened: how often and how long customers had no
supply (`reliability`), and which devices operated, by what meters report (`inference`). Rows in,
rows out; names and shapes are put on above.
"""
