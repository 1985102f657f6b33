"""
Plan how to isolate a fault and bring customers back by switching.

`options` says what a planner may ask for; `area` cuts the affected part out of the network;
`blocks` parts it at its switches; `feed`, `ledger` and `growth` keep count of the load on every
element as blocks are energized; `search` and `parts` find the best set of switches to close, as
`planner` calls them; `times` puts the operations in order; `steps` carries each out on the engine;
`make` joins them into ranked plans, and `stages` tells who comes back when.
"""
