"""
The town that ``sql/*.sql`` are asked in: two substations, a tie, a loop, and laterals of one phase.

::

    S ─BKR1─ n1 ─L1─ n2 ─SW1─ n3 ─L2─ n4 ─TIE/─ m3 ─L4─ m2 ─L3─ m1 ─BKR2─ T
                     ├─FA─ a1             (open)        ├─R1─ r1 ─R2─ r2 ─R3─ m2
                     MB                   M3 MC    MD   └ the loop; r1 ─FE─ e1
                         MA on A                             ME

Nodes stand on a grid of a hundredth of a degree: n1 to n4 from west to east, m1 to m3 north of
them, the loop farther north.
"""

from __future__ import annotations

import shapely

from gridtwin.model.network import Network

PLACES = {
    "S": (0, 0), "n1": (1, 0), "n2": (2, 0), "n3": (3, 0), "n4": (4, 0), "a1": (2, -1),
    "T": (0, 2), "m1": (1, 2), "m2": (2, 2), "m3": (4, 2), "r1": (2, 3), "r2": (3, 3), "e1": (1, 3),
}  # fmt: skip
LINES = """
    BKR1 breaker S n1 ABC
    L1 ac_line_segment n1 n2 ABC
    FA fuse n2 a1 A
    SW1 load_break_switch n2 n3 ABC
    L2 ac_line_segment n3 n4 ABC
    TIE load_break_switch n4 m3 ABC ABC
    BKR2 breaker T m1 ABC
    L3 ac_line_segment m1 m2 ABC
    R1 ac_line_segment m2 r1 ABC
    R2 recloser r1 r2 ABC
    R3 ac_line_segment r2 m2 ABC
    FE fuse r1 e1 ABC
    L4 ac_line_segment m2 m3 ABC
    """
METERS = """
    MA a1 A 3 residential
    MB n2 B 2 residential
    M3 n4 ABC 5 commercial hospital
    MC n4 C 4 residential
    ME e1 ABC 6 residential
    MD m3 ABC 7 residential
    """


def point(node: str) -> shapely.Point:
    east, north = PLACES[node]
    return shapely.Point(-95 + east / 100, 29 + north / 100)


def make_town() -> Network:
    equipment = [line.split() for line in LINES.strip().splitlines()]
    meters = [line.split() for line in METERS.strip().splitlines()]
    return Network.from_frames(
        nodes={
            "mrid": [*PLACES],
            "geometry": [point(node) for node in PLACES],
            "nominal_v": [12_470.0] * len(PLACES),
        },
        equipment={
            "mrid": [words[0] for words in equipment],
            "kind": [words[1] for words in equipment],
            "node_a": [words[2] for words in equipment],
            "node_b": [words[3] for words in equipment],
            "phases": [words[4] for words in equipment],
            "normal_open": ["".join(words[5:]) for words in equipment],
            "geometry": [
                shapely.LineString([point(words[2]), point(words[3])]) for words in equipment
            ],
        },
        usage_points={
            "mrid": [words[0] for words in meters],
            "node": [words[1] for words in meters],
            "phases": [words[2] for words in meters],
            "customers": [int(words[3]) for words in meters],
            "service_class": [words[4] for words in meters],
            "priority": ["".join(words[5:]) for words in meters],
            "geometry": [point(words[1]) for words in meters],
        },
        sources={
            "mrid": ["SRC1", "SRC2"],
            "node": ["S", "T"],
            "substation": ["SUB1", "SUB2"],
        },
        substations={
            "mrid": ["SUB1", "SUB2"],
            "name": ["Harbor", "Hill"],
            "geometry": [point("S"), point("T")],
        },
        feeders={
            "mrid": ["F1", "F2"],
            "name": ["Harbor 1", "Hill 1"],
            "substation": ["SUB1", "SUB2"],
            "head": ["BKR1", "BKR2"],
        },
    )
