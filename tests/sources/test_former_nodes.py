"""Nodes that are made of places go on being the nodes they were, whatever they are called now."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from gridtwin.model.network import Network
from gridtwin.sources.mapping.mapping_former import NodeEnds, keep_node_names

PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=14)


def make_network(pairs: list[tuple[int, int]]) -> Network:
    used = sorted({node for pair in pairs for node in pair})
    return Network.from_frames(
        nodes={
            "mrid": [f"N{node}" for node in used],
            "geometry": [Point(node / 100, 50) for node in used],
        },
        equipment={
            "mrid": [f"E{row}" for row in range(len(pairs))],
            "kind": ["ac_line_segment"] * len(pairs),
            "node_a": [f"N{a}" for a, _ in pairs],
            "node_b": [f"N{b}" for _, b in pairs],
        },
    )


def name_again(
    former: Network, pairs: list[tuple[int, int]], mrids: list[str], given: set[int]
) -> list[str]:
    """Return what nodes 0 to n are called, of which the source names some."""
    count = max(max(pair) for pair in pairs) + 1
    names = np.array([f"fresh {node}" for node in range(count)], dtype=object)
    ends = np.array(pairs, dtype=np.intp)
    every = [
        NodeEnds("equipment", np.array(mrids, dtype=object), ends[:, side], column)
        for side, column in enumerate(("node_a", "node_b"))
    ]
    is_given = np.isin(np.arange(count), list(given))
    return keep_node_names(names, is_given, every, former).tolist()


@given(PAIRS, st.permutations(range(8)), st.lists(st.booleans(), min_size=14, max_size=14), PAIRS)
def test_a_node_keeps_its_id_however_it_is_numbered_and_drawn(
    pairs: list[tuple[int, int]],
    order: list[int],
    is_turned: list[bool],
    added: list[tuple[int, int]],
) -> None:
    former = make_network([pair for pair in pairs if pair[0] != pair[1]] or [(0, 1)])
    kept = [pair for pair in pairs if pair[0] != pair[1]] or [(0, 1)]
    now = [(order[a], order[b]) for a, b in kept]
    mrids = [f"E{row}" for row in range(len(now))]
    new = [(a + 8, b + 8) for a, b in added]  # elsewhere
    names = name_again(former, now + new, mrids + [f"A{row}" for row in range(len(new))], set())
    assert len(set(names)) == len(names)
    assert {order[node]: names[order[node]] for pair in kept for node in pair} == {
        order[node]: f"N{node}" for pair in kept for node in pair
    }
    # Each of the lines that is drawn the other way says less, and what it says is still enough
    # where a line that was not turned ends as well.
    turned = [
        pair[::-1] if is_other else pair for pair, is_other in zip(now, is_turned, strict=False)
    ]
    ends: dict[int, list[bool]] = {}
    for pair, is_other in zip(now, is_turned, strict=False):
        for node in pair:
            ends.setdefault(node, []).append(is_other)
    again = name_again(former, turned, mrids, set())
    assert len(set(again)) == len(again)
    if not any(any(flags) and all(flags) for flags in ends.values()):
        settled = [node for node, flags in ends.items() if not any(flags)]
        assert all(again[node] == names[node] for node in settled)


@given(PAIRS, st.sets(st.integers(0, 7)))
def test_what_the_source_names_is_called_so(pairs: list[tuple[int, int]], named: set[int]) -> None:
    former = make_network(pairs)
    names = name_again(former, pairs, [f"E{row}" for row in range(len(pairs))], named)
    assert len(set(names)) == len(names)
    for node in {node for pair in pairs for node in pair}:
        assert names[node] == (f"fresh {node}" if node in named else f"N{node}")
