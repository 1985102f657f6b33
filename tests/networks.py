"""Small networks by the name of their drawing."""

from __future__ import annotations

import random
from typing import Any

import shapely

from gridtwin.model.network import Network

PHASES = ("ABC", "ABC", "ABC", "ABC", "A", "B", "AB", "", "C")


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


THREE_SECTIONS = """
    B1 breaker S a ABC
    L1 ac_line_segment a a1 ABC
    SW1 load_break_switch a1 b ABC
    L2 ac_line_segment b b1 ABC
    SW2 load_break_switch b1 c ABC
    L3 ac_line_segment c c1 ABC
    TIE load_break_switch c1 d ABC ABC
    B2 breaker T d ABC
    """


def feeder_in_three_sections() -> Network:
    """
    Return a feeder of three sections and a neighbor behind a tie.

    ::

        S ─B1─ a ─L1─ ─SW1─ b ─L2─ ─SW2─ c ─L3─ ─TIE/ ─ d ─B2─ T
               Ma            Mb           Mc            Md
    """
    return network(
        THREE_SECTIONS,
        meters="Ma@a:ABC*10 Mb@b:ABC*20 Mc@c:ABC*40 Md@d:ABC*7",
        sources="S T",
        heads="B1 B2",
        volts=" ".join(
            f"{node}=12470" for node in ("S", "a", "a1", "b", "b1", "c", "c1", "d", "T")
        ),
    )


def lateral_behind_three_fuses() -> Network:
    """Return a lateral behind three single-phase fuses, with meters on A, on B and on all three."""
    return network(
        """
        BKR breaker n0 n1 ABC
        FA  fuse    n1 n2 A
        FB  fuse    n1 n2 B
        FC  fuse    n1 n2 C
        L   ac_line_segment n2 n3 ABC
        """,
        meters="uA@n3:A uB@n3:B u3@n3:ABC",
        sources="n0",
    )


def random_network(seed: int) -> Network:
    """Return a small network: parallel and looped edges, several sources, islands, open poles."""
    rng = random.Random(seed)
    codes = PHASES if rng.random() < 0.6 else ("ABC",)
    low_voltage = rng.random() < 0.5
    nodes = [f"n{at}" for at in range(rng.randint(3, 14))]
    volts = [rng.choice((12470.0, 12470.0, 240.0)) if low_voltage else 1e4 for _ in nodes]
    rows = []
    for at in range(rng.randint(2, 24)):
        a, b = rng.randrange(len(nodes)), rng.randrange(len(nodes))
        kind = rng.choice(("ac_line_segment", "recloser", "power_transformer"))
        if low_voltage:
            same = volts[a] == volts[b]
            kind = rng.choice(("ac_line_segment", "fuse")) if same else "power_transformer"
        phases = rng.choice(codes)
        opened: bool | str = rng.random() < 1 / 6
        if phases == "ABC":
            opened = rng.choice(("", "", "", "A", "BC", "ABC", ""))
        group = rng.choice(("", "", "Dyn")) if kind == "power_transformer" else ""
        rows.append((f"e{at}", kind, nodes[a], nodes[b], phases, opened, group))
    names = ("mrid", "kind", "node_a", "node_b", "phases", "normal_open", "vector_group")
    sources = [rng.choice(nodes) for _ in range(rng.randint(1, 3))]
    points = [*nodes, *(rng.choice(nodes) for _ in range(4))]
    heads = [row[0] for row in rows if rng.random() < 0.2]
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [shapely.Point(at, 0) for at in range(len(nodes))],
            "nominal_v": volts,
        },
        equipment=dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)),
        usage_points={
            "mrid": [f"u{at}" for at in range(len(points))],
            "node": points,
            "phases": [rng.choice(codes) for _ in points],
            "customers": [at % 5 + 1 for at in range(len(points))],
        },
        sources={
            "mrid": [f"s{at}" for at in range(len(sources))],
            "node": sources,
            "phases": [rng.choice(codes) for _ in sources],
        },
        feeders={"mrid": [f"f-{head}" for head in heads], "head": heads},
    )


def square_mesh(side: int) -> Network:
    """
    Return streets in a square, all closed, with a source in one corner and a meter at each.

    ::

        S  0-0 ─L-0-0-E─ 0-1 ─ ...
            │             │
          L-0-0-S      L-0-1-S
            │             │
    """
    corners = [(row, column) for row in range(side) for column in range(side)]
    names = [f"{row}-{column}" for row, column in corners]
    streets = [
        (f"L-{row}-{column}-{way}", f"{row}-{column}", f"{row + south}-{column + (not south)}")
        for row, column in corners
        for way, south in (("E", 0), ("S", 1))
        if row + south < side and column + (not south) < side
    ]
    mrids, tails, heads = map(list, zip(*streets, strict=True))
    return Network.from_frames(
        nodes={
            "mrid": names,
            "geometry": [shapely.Point(column / 1e4, -row / 1e4) for row, column in corners],
        },
        equipment={
            "mrid": mrids,
            "kind": ["ac_line_segment"] * len(mrids),
            "node_a": tails,
            "node_b": heads,
            "phases": ["ABC"] * len(mrids),
            "normal_open": [""] * len(mrids),
        },
        usage_points={"mrid": [f"M-{name}" for name in names], "node": names},
        sources={"mrid": ["S"], "node": ["0-0"]},
    )
