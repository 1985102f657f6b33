"""
Plan how to isolate a fault and bring customers back by switching.

`options` says what a planner may ask for; `area` cuts the affected part out of the network;
`blocks` parts it at its switches; `ledger` and `feed` keep count of the load on every element;
`search` finds the best set of switches to close; `times` puts the operations in order; `steps`
carries each out on the engine; `make` joins them into ranked plans.
"""
