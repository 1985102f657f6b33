"""
The data-quality rules, by what they look at.

`connectivity` asks what is joined to what, `electrical` what phases and voltages say, `records`
whether rows agree with each other and with the map. Each rule is one function that yields hits.
"""
