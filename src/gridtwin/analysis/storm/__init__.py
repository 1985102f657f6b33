"""
ERM in a storm: from damaged equipment to who is back when, with its uncertainty.

What enters is a situation, the damaged rows and a response (crews, shifts, aid); what leaves are
arrays: when each device is repaired and each customer group is back, in every draw. The way
through the room: `damage`, `jobs` (`repair`, `priority`), `districts`, `dispatch`, `simulate`,
`curves`.
"""
