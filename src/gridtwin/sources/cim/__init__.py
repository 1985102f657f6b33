"""
Read CIM (IEC 61970/61968): distribution feeders (CDPSM, CIM100, CIM16) and CGMES 2.4.15 and 3.0.

Files are parsed one object at a time, merged by id whatever their order, and turned into the six
frames: `cim_files`, `cim_parsing`, `cim_merging`, then `cim_terminals`, `cim_phases`,
`cim_transformers`, `cim_consumers`, `cim_containers`, `cim_places`, and `cim_frames` last.
"""

from gridtwin.sources.cim.cim_frames import read_cim
from gridtwin.sources.cim.cim_states import read_cim_states

__all__ = ["read_cim", "read_cim_states"]
