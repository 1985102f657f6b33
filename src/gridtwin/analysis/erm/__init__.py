"""
ERM, estimated restoration for ordinary days: when an open outage will be over, as quantiles.

From an outage history to an answer: `landmarks` (when is asked), `features` (what was known then:
`asof`, `words`, `load`, `pace`, `groups`, `promises`), `model` (quantiles of the time left),
`calibration` (rolling conformal), `publish` (what a customer is shown), `scores` and `backtest`
(how good it was), `live` (outages open now). Pure functions: arrays in, arrays out.
"""
