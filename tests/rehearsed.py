"""Make something happen on a twin that a browser looks at."""

from __future__ import annotations

import threading
from pathlib import Path

import gridtwin
from gridtwin.live.rehearsal import Rehearsal, write_script
from gridtwin.model.outage import Outage
from gridtwin.twin import Twin

GO = threading.Event()  # never set


def a_storm(home: Path, *, damages: int = 6, stop_at: int | None = None) -> list[Outage]:
    """Rehearse a storm, or its first acts, as fast as it goes; return its open outages."""
    twin = gridtwin.open(home)
    script = write_script(twin, seed=3, most=damages)
    for number, _ in enumerate(Rehearsal(twin, script, speed=1e6).run(GO), 1):
        if number == stop_at:
            break
    return twin.outages.all()


def largest_fuse(twin: Twin) -> str:
    """Return the fuse that most customers hang on."""
    sweep = twin.sweep().sort_values(["customers", "mrid"], ascending=[False, True])
    return str(sweep[sweep.kind == "fuse"].mrid.iloc[0])
