"""A flood on random multigraphs, against one that goes from node to node."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import scale_examples
from gridtwin.topology.walk import Adjacency, Walk, flood_network


@st.composite
def floods(draw: st.DrawFn) -> tuple[Adjacency, np.ndarray, np.ndarray, np.ndarray | None]:
    count = draw(st.integers(1, 10))
    node = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(node, node), max_size=18))
    ends = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    adjacency = Adjacency.from_terminals(ends[:, 0].copy(), ends[:, 1].copy(), count)
    starts = np.array(draw(st.lists(node, max_size=3)), dtype=np.int32)
    mostly = st.sampled_from([True, True, True, False])
    passable = draw(st.lists(mostly, min_size=len(pairs), max_size=len(pairs)))
    within = draw(st.none() | st.lists(mostly, min_size=count, max_size=count))
    return (
        adjacency,
        starts,
        np.array(passable, dtype=bool),
        None if within is None else np.array(within, dtype=bool),
    )


def slow_flood(
    adjacency: Adjacency, starts: np.ndarray, passable: np.ndarray, within: np.ndarray | None
) -> dict[str, list[int]]:
    """Return the fields of a `Walk`, found one node and one piece of equipment at a time."""
    ends = list(zip(adjacency.node_a.tolist(), adjacency.node_b.tolist(), strict=True))
    depth_of = dict.fromkeys(sorted(set(starts.tolist())), 0)
    led: dict[int, int] = {}
    passed: list[tuple[int, int, int]] = []
    stopped: set[int] = set()
    met: set[int] = set()
    front = list(depth_of)
    while front:
        depth = depth_of[front[0]] + 1
        touched: dict[int, int] = {}
        for node in front:
            for row, pair in enumerate(ends):
                if node in pair and row not in met:
                    touched.setdefault(row, node)
        beyond: set[int] = set()
        for row, node in sorted(touched.items()):
            met.add(row)
            a, b = ends[row]
            other = b if node == a else a
            if not passable[row]:
                stopped.add(row)
            elif within is None or within[other]:
                passed.append((row, depth, led.get(node, -1)))
                if other not in depth_of:
                    beyond.add(other)
                    led.setdefault(other, row)
        front = sorted(beyond)
        depth_of |= dict.fromkeys(front, depth)
    rows, depths, parents = map(list, zip(*passed, strict=True)) if passed else ([], [], [])
    return {
        "nodes": list(depth_of),
        "node_depth": list(depth_of.values()),
        "equipment": rows,
        "depth": depths,
        "parent": parents,
        "stopped": sorted(stopped),
        "reached": [node in depth_of for node in range(len(adjacency.start) - 1)],
    }


@settings(max_examples=scale_examples(300), derandomize=True)
@given(asked=floods())
def test_a_flood_finds_the_same_in_the_same_order(
    asked: tuple[Adjacency, np.ndarray, np.ndarray, np.ndarray | None],
) -> None:
    adjacency, starts, passable, within = asked
    kept = within if within is None else within.copy()
    found = flood_network(adjacency, starts, passable, within=within)
    expected = slow_flood(adjacency, starts, passable, within)
    assert {name: getattr(found, name).tolist() for name in Walk.__slots__} == expected
    assert within is None or np.array_equal(within, kept)
