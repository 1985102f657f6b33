"""Who goes dark when something of a pandapower net is out equals pandapower's own topology."""

from __future__ import annotations

import pytest

pytest.importorskip("pandapower")

from pandapower_oracle import disagreements, makers, quiet

NETS = (
    "example_multivoltage",
    "example_simple",
    "simple_mv_open_ring_net",
    "create_cigre_network_mv",
    "create_cigre_network_lv",
    "panda_four_load_branch",
)


@pytest.mark.parametrize("name", NETS)
def test_one_thing_out_at_a_time(name: str) -> None:
    with quiet():
        net = makers()[name]()
    taken, wrong = disagreements(net, 20)
    assert taken >= 8
    assert wrong == []
