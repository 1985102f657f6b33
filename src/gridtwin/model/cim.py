"""
Name the kinds of conducting equipment and say what each can do.

The names are those of IEC 61970-301 (CIM) in snake case. This table is the only place that knows
which kinds switch, interrupt a fault, break load, or are usually operated from the control room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Kind(NamedTuple):
    """What one kind of equipment can do."""

    name: str
    switch: bool = False  # has an open and a closed position
    protects: bool = False  # interrupts fault current by itself
    breaks_load: bool = False  # may be opened while it carries load
    control: str = "none"  # how it is operated unless its own record says otherwise


KINDS: tuple[Kind, ...] = (
    Kind("ac_line_segment"),
    Kind("busbar"),
    Kind("breaker", switch=True, protects=True, breaks_load=True, control="remote"),
    Kind("recloser", switch=True, protects=True, breaks_load=True, control="remote"),
    Kind("fuse", switch=True, protects=True, control="manual"),
    Kind("sectionaliser", switch=True, control="manual"),
    Kind("load_break_switch", switch=True, breaks_load=True, control="manual"),
    Kind("disconnector", switch=True, control="manual"),
    Kind("jumper", switch=True, control="manual"),
    Kind("power_transformer"),
    Kind("voltage_regulator"),
    Kind("series_reactor"),
    Kind("service_drop"),
)
KIND_NAMES: tuple[str, ...] = tuple(kind.name for kind in KINDS)
KIND_CODE: dict[str, int] = {kind.name: code for code, kind in enumerate(KINDS)}

CONTROLS: tuple[str, ...] = ("none", "manual", "remote")
PLACEMENTS: tuple[str, ...] = ("", "overhead", "underground")
SOURCE_KINDS: tuple[str, ...] = ("substation", "feeder_head", "der")

TRANSFORMER = KIND_CODE["power_transformer"]
LINES = (KIND_CODE["ac_line_segment"], KIND_CODE["service_drop"])

# Below this nominal voltage a node is low voltage (IEC 60038: up to and including 1,000 V).
LOW_VOLTAGE_V = 1_000.0

IS_SWITCH: NDArray[np.bool_] = np.array([kind.switch for kind in KINDS])
PROTECTS: NDArray[np.bool_] = np.array([kind.protects for kind in KINDS])
BREAKS_LOAD: NDArray[np.bool_] = np.array([kind.breaks_load for kind in KINDS])
USUAL_CONTROL: NDArray[np.uint8] = np.array(
    [CONTROLS.index(kind.control) for kind in KINDS], dtype=np.uint8
)


def kind_code(name: str) -> int:
    """Return the code of a kind of equipment; InputError if there is no such kind."""
    if name not in KIND_CODE:
        msg = f"no kind of equipment is called {name!r}: use one of {', '.join(KIND_NAMES)}"
        raise InputError(msg)
    return KIND_CODE[name]
