"""Small networks by the name of their drawing."""

from __future__ import annotations

from typing import Any

import shapely

from gridtwin.model.network import Network


def network(
    rows: str, *, meters: str = "", sources: str = "S", heads: str = "", volts: str = ""
) -> Network:
    """
    Return a network from a few words.

    Parameters
    ----------
    rows
        One piece of equipment a line: ``mRID kind node_a node_b phases [open phases]``.
    meters
        ``mRID@node`` or ``mRID@node:phases*customers``, separated by blanks.
    sources, heads
        Nodes with a source; equipment that heads a feeder.
    volts
        ``node=volts``, separated by blanks.
    """
    lines = [line.split() for line in rows.strip().splitlines()]
    nodes = sorted({word for line in lines for word in line[2:4]} | set(sources.split()))
    nodes = sorted({*nodes, *(meter.split("@")[1].split(":")[0] for meter in meters.split())})
    level = dict(pair.split("=") for pair in volts.split())
    frame: dict[str, list[Any]] = {
        "mrid": [line[0] for line in lines],
        "kind": [line[1] for line in lines],
        "node_a": [line[2] for line in lines],
        "node_b": [line[3] for line in lines],
        "phases": [line[4] for line in lines],
        "normal_open": [line[5] if len(line) > 5 else "" for line in lines],
    }
    points = [meter.replace("*", ":").replace("@", ":").split(":") for meter in meters.split()]
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(at / 1000, 0) for at in range(len(nodes))],
            "nominal_v": [float(level.get(node, "nan")) for node in nodes],
        },
        equipment=frame,
        usage_points={
            "mrid": [point[0] for point in points],
            "node": [point[1] for point in points],
            "phases": [point[2] if len(point) > 2 else "ABC" for point in points],
            "customers": [int(point[3]) if len(point) > 3 else 1 for point in points],
        },
        sources={
            "mrid": [f"source-{node}" for node in sources.split()],
            "node": sources.split(),
        },
        feeders={"mrid": [f"feeder-{head}" for head in heads.split()], "head": heads.split()},
    )


def two_feeders_with_a_tie() -> Network:
    """
    Return two radial feeders joined by a normally open tie.

    ::

        S ─BKR1─ n1 ─L1─ n2 ─L2─ n4 ─TIE/ ─ n5 ─BKR2─ T
                          └─FUSE─ n3
    """
    return network(
        """
        BKR1 breaker S n1 ABC
        L1 ac_line_segment n1 n2 ABC
        FUSE fuse n2 n3 A
        L2 ac_line_segment n2 n4 ABC
        TIE load_break_switch n4 n5 ABC ABC
        BKR2 breaker n5 T ABC
        """,
        meters="M3@n3:A*3 M4@n4:ABC*5 M5@n5:ABC*7",
        sources="S T",
        heads="BKR1 BKR2",
    )
