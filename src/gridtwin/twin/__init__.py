"""
Floor 7: the use cases. `Twin` joins what is kept and what is computed; read `twin` first.

`questions` answers about one state, `incidents` about what fails, `outages` about those on record,
`history` about what was, `ami` about what meters measured.
"""

from gridtwin.twin.twin import Twin, open_twin

__all__ = ["Twin", "open_twin"]
