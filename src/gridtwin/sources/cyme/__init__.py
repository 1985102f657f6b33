"""
Read CYME text: networks, equipment and loads as CYMDIST exports them.

Text becomes tables by its own ``FORMAT_`` lines (`cyme_files`, `cyme_tables`). A section is a chain
of devices between two nodes (`cyme_sections`, `cyme_devices`); then `cyme_loads`, `cyme_places`,
`cyme_voltages`, and `cyme_frames` last.
"""

from gridtwin.sources.cyme.cyme_frames import read_cyme

__all__ = ["read_cyme"]
