"""What a reader passes over is told with the network, and a strict reading refuses it."""

import pytest

from gridtwin.errors import SourceError
from gridtwin.model.network import Network
from gridtwin.model.notices import TOLD_PER_RULE, Notice, refuse_notices, summarize_notices

UNUSED = [
    Notice("unused_node", f"nodes row {row}", "delete it") for row in range(TOLD_PER_RULE + 2)
]


def _network() -> Network:
    return Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": ["POINT (0 0)", "POINT (1 0)"]},
        equipment={"mrid": ["x"], "kind": ["jumper"], "node_a": ["a"], "node_b": ["b"]},
        crs="none",
    )


def test_the_first_of_a_rule_are_told_and_the_rest_counted() -> None:
    other = Notice("unknown_column", "equipment: NormalOpen", "call it normal_open")
    lines = summarize_notices([*UNUSED, other])
    assert lines[0] == "unused_node: nodes row 0 (delete it)"
    assert lines[TOLD_PER_RULE] == "unused_node: and 2 more"
    assert lines[TOLD_PER_RULE + 1] == str(other)


def test_notices_follow_a_network_that_is_seen_otherwise() -> None:
    network = _network().with_notices(UNUSED[:1]).with_notices(UNUSED[1:2])
    assert network.seen_as(lambda columns, _: columns).notices == tuple(UNUSED[:2])


def test_a_strict_reading_refuses_and_says_what() -> None:
    with pytest.raises(SourceError, match=r"x\.csv: 7 things .* unused_node: nodes row 0"):
        refuse_notices(UNUSED, "x.csv")
    refuse_notices([], "x.csv")
