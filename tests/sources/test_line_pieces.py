"""Pieces of lines go on being the pieces they were, wherever taps come and go."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from gridtwin.model.network import Network
from gridtwin.sources.mapping.mapping_file import EndRules
from gridtwin.sources.mapping.mapping_findings import MappingFindings
from gridtwin.sources.mapping.mapping_named import MappingContext
from gridtwin.sources.mapping.mapping_pieces import name_pieces

LENGTH = 100
TAPS = st.lists(st.integers(1, LENGTH - 1), max_size=6).map(lambda taps: sorted(set(taps)))
Cut = tuple[list[str], list[tuple[int, int]]]  # names and ends of the pieces of both lines


def cut_both(taps: list[int], former: Network | None, *, is_turned: bool, north: float = 0) -> Cut:
    """Cut two lines, of which the second is never tapped, and name the pieces."""
    stops = [0, *taps, LENGTH]
    ends = list(pairwise(stops))
    if is_turned:
        ends = [(b, a) for a, b in reversed(ends)]
    ends.append((0, LENGTH))
    lines = ["L"] * (len(ends) - 1) + ["M"]
    shift = [north] * (len(ends) - 1) + [500]
    courses = np.array(
        [LineString([(a, y), (b, y)]) for (a, b), y in zip(ends, shift, strict=True)], dtype=object
    )
    context = MappingContext("m", EndRules(0.1), True, MappingFindings(), former)
    owners = np.array([0] * (len(ends) - 1) + [1], dtype=np.intp)
    return name_pieces(lines, owners, courses, context), ends


def build(cut: Cut) -> Network:
    names, ends = cut
    rows = [0] * (len(ends) - 1) + [500]
    places = {(x, y) for end, y in zip(ends, rows, strict=True) for x in end}
    return Network.from_frames(
        nodes={
            "mrid": [f"{x},{y}" for x, y in sorted(places)],
            "geometry": [Point(place) for place in sorted(places)],
        },
        equipment={
            "mrid": names,
            "kind": ["ac_line_segment"] * len(names),
            "node_a": [f"{a},{y}" for (a, _), y in zip(ends, rows, strict=True)],
            "node_b": [f"{b},{y}" for (_, b), y in zip(ends, rows, strict=True)],
        },
        crs="none",
    )


def by_name(cut: Cut) -> dict[str, tuple[int, ...]]:
    return {name: tuple(sorted(end)) for name, end in zip(*cut, strict=True)}


@given(st.lists(st.tuples(TAPS, st.booleans()), min_size=2, max_size=4))
def test_what_lies_between_the_same_places_keeps_its_name(
    editions: list[tuple[list[int], bool]],
) -> None:
    (taps, is_turned), *later = editions
    before = cut_both(taps, None, is_turned=is_turned)
    assert before[0] == ["L", *(f"L#{n}" for n in range(2, len(taps) + 2)), "M"]
    for now_taps, now_turned in later:
        now = cut_both(now_taps, build(before), is_turned=now_turned)
        was, names = by_name(before), by_name(now)
        assert len(names) == len(now[0]), "no two pieces have one name"
        assert names["M"] == was["M"] == (0, LENGTH)
        if now_taps:
            places = {end: name for name, end in was.items() if name != "M"}
            for name, end in names.items():
                assert name == "M" or places.get(end, name) == name
                if name in was:
                    assert set(end) & set(was[name]), "it begins or ends where it did"
        else:
            assert set(names) == {"L", "M"}
        before = now


@given(TAPS, st.booleans(), st.floats(1, 1e6))
def test_a_line_that_moved_keeps_the_order_of_its_pieces(
    taps: list[int], is_turned: bool, north: float
) -> None:
    before = cut_both(taps, None, is_turned=is_turned)
    moved = cut_both(taps, build(before), is_turned=is_turned, north=north)
    assert by_name(moved) == by_name(before)
