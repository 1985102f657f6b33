"""
Rehearse a storm on a twin: damage, switching, repair and estimates, at a pace one can watch.

`script` says what will happen, from the network and a seed alone; `play` carries it out through the
ordinary operations of a twin, so that whoever watches the twin sees a storm.
"""

from gridtwin.live.rehearsal.play import Rehearsal
from gridtwin.live.rehearsal.storm_script import Act, Damage, StormScript, write_script

__all__ = ["Act", "Damage", "Rehearsal", "StormScript", "write_script"]
