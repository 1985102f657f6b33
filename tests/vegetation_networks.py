"""Networks with protective devices, loops and several sources, and areas of risk along them."""

from __future__ import annotations

import random

import shapely

from gridtwin.model.network import Network

KINDS = ("ac_line_segment", "ac_line_segment", "ac_line_segment", "recloser", "fuse", "breaker")


def guarded_network(seed: int) -> Network:
    """Return a network of lines and devices on all phases, with some loops and open switches."""
    rng = random.Random(seed)
    nodes = [f"n{at}" for at in range(rng.randint(4, 16))]
    pairs = [(rng.randrange(at), at) for at in range(1, len(nodes))]
    pairs += [
        (rng.randrange(len(nodes)), rng.randrange(len(nodes))) for _ in range(rng.randint(0, 3))
    ]
    kinds = [rng.choice(KINDS) for _ in pairs]
    return Network.from_frames(
        nodes={
            "mrid": nodes,
            "geometry": [
                shapely.Point(-95 + rng.random() / 50, 29 + rng.random() / 50) for _ in nodes
            ],
        },
        equipment={
            "mrid": [f"e{at}" for at in range(len(pairs))],
            "kind": kinds,
            "node_a": [nodes[a] for a, _ in pairs],
            "node_b": [nodes[b] for _, b in pairs],
            "normal_open": [kind != "ac_line_segment" and rng.random() < 0.1 for kind in kinds],
        },
        usage_points={
            "mrid": [f"u{at}" for at in range(len(nodes))],
            "node": nodes,
            "customers": [at % 5 + 1 for at in range(len(nodes))],
            "priority": [rng.choice(("", "", "hospital")) for _ in nodes],
        },
        sources={"mrid": ["S0", "S1"], "node": [nodes[0], rng.choice(nodes)]},
        feeders={"mrid": ["f0"], "head": ["e0"]},
    )
