"""
Say from which zoom each group of features is drawn: the zoom plan, in one table.

A gate moves up where a tile would be too large (`ZoomPlan.move_group`); no feature is ever dropped.
Below the zoom of the meters, the transformers carry the counts of what hangs on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ZOOM = 15
HIGHEST_ZOOM = 22  # of any tile that is served
EXTENT = 4096  # units along a tile's edge (Mapbox Vector Tile 2.1, section 4.1)
BUFFER = 64  # units drawn beyond the edge, so that symbols and lines meet across it
CAP_BYTES = 500_000  # compressed; what tippecanoe and MapLibre take for the largest good tile


class ZoomGroup(NamedTuple):
    """Features of one layer that appear at one zoom."""

    name: str
    layer: str
    gate: int  # first zoom; the highest zoom of the plan where it is that of MAX_ZOOM


ZOOM_GROUPS: tuple[ZoomGroup, ...] = (
    ZoomGroup("substations", "substations", 0),
    ZoomGroup("backbone", "lines", 7),
    ZoomGroup("lateral", "lines", 11),
    ZoomGroup("head_switches", "switches", 10),
    ZoomGroup("line_switches", "switches", 12),
    ZoomGroup("fuses", "switches", 13),
    ZoomGroup("substation_transformers", "transformers", 10),
    ZoomGroup("transformers", "transformers", 13),
    ZoomGroup("secondaries", "secondaries", MAX_ZOOM),
    ZoomGroup("usage_points", "usage_points", MAX_ZOOM),
)
GROUP_CODE: dict[str, int] = {group.name: code for code, group in enumerate(ZOOM_GROUPS)}
TILE_LAYERS: tuple[str, ...] = tuple(dict.fromkeys(group.layer for group in ZOOM_GROUPS))

GROUP_OF_SWITCH: dict[str, str] = {
    "breaker": "head_switches",
    "recloser": "head_switches",
    "load_break_switch": "line_switches",
    "sectionaliser": "line_switches",
    "disconnector": "line_switches",
    "fuse": "fuses",
    "jumper": "fuses",
}

# What each property of each layer means; a property that is not known is left out.
LAYER_FIELDS: dict[str, dict[str, str]] = {
    "substations": {
        "mrid": "Id",
        "name": "Name",
        "customers": "Customers of its feeders as designed",
    },
    "lines": {
        "mrid": "Id",
        "feeder": "Row + 1 of its feeder as designed; 0 = none",
        "class": "backbone (three phases) or lateral",
        "phases": "Phases, such as ABC",
        "v": "Nominal phase-to-phase volts",
        "ug": "1 = underground, 0 = overhead",
    },
    "secondaries": {
        "mrid": "Id",
        "feeder": "Row + 1 of its feeder as designed; 0 = none",
        "phases": "Phases, such as s1s2",
    },
    "switches": {
        "mrid": "Id",
        "kind": "Kind, such as recloser",
        "feeder": "Row + 1 of its feeder as designed; 0 = none",
        "phases": "Phases, such as ABC",
        "normal_open": "Phases that stand open as designed",
        "remote": "1 = operated from the control room, 0 = not",
    },
    "transformers": {
        "mrid": "Id",
        "kind": "power_transformer or voltage_regulator",
        "feeder": "Row + 1 of its feeder as designed; 0 = none",
        "phases": "Phases, such as As1s2",
        "usage_points": "Usage points it serves, as recorded",
        "customers": "Customers of those",
    },
    "usage_points": {
        "mrid": "Id",
        "feeder": "Row + 1 of its feeder as designed; 0 = none",
        "phases": "Phases it is served on",
        "class": "Service class, such as residential",
        "priority": "Why it goes first, such as hospital",
    },
}
LIVE_FIELDS: dict[str, str] = {
    "energized": "Number: 1 = with supply, 0 = without, 2 = without some of its phases",
    "open": "String: Phases that stand open in the state",
}
NUMBER_FIELDS = frozenset({"customers", "feeder", "v", "ug", "remote", "usage_points"})


@dataclass(frozen=True, slots=True)
class ZoomPlan:
    """The zoom plan of one archive: the gates of the table, some of them moved."""

    gates: dict[str, int] = field(
        default_factory=lambda: {group.name: group.gate for group in ZOOM_GROUPS}
    )
    max_zoom: int = MAX_ZOOM

    @classmethod
    def read_plan(cls, said: Mapping[str, Any]) -> ZoomPlan:
        """Return the plan that the description of an archive tells."""
        return cls(dict(said["gates"]), int(said["maxzoom"]))

    def list_codes(self, zoom: int) -> tuple[int, ...]:
        """Return the codes of the groups that are drawn at a zoom."""
        return tuple(GROUP_CODE[name] for name, gate in self.gates.items() if gate <= zoom)

    def move_group(self, group: str, gate: int) -> ZoomPlan:
        """Return the plan with a group from another zoom on."""
        return replace(self, gates=self.gates | {group: gate}, max_zoom=max(self.max_zoom, gate))

    def find_layer_zooms(self, layer: str) -> tuple[int, int]:
        """Return the first and the last zoom at which a layer has features."""
        first = min(self.gates[group.name] for group in ZOOM_GROUPS if group.layer == layer)
        return first, self.max_zoom
