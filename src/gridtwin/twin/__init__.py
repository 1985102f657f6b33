"""
Floor 7: the use cases. `Twin` joins what is kept and what is computed; read `twin` first.

`questions` answers about one state, `area_questions` about what lies inside a polygon, `incidents`
about what fails, `outage_operations` about the outages on record, `history` about what was,
`ami_questions` about what meters measured.
"""

from gridtwin.twin.twin import Twin, open_twin

__all__ = ["Twin", "open_twin"]
