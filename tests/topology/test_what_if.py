"""A what-if tells of exactly those whom a flood before and after tells apart."""

from __future__ import annotations

import random

import pytest

from brute import usage_points_dark
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model import cim
from gridtwin.twin import open_twin
from networks import feeder_in_three_sections, random_network


@pytest.mark.parametrize("seed", range(80))
def test_out_and_back_are_what_floods_tell_apart(seed: int) -> None:
    twin = open_twin(random_network(seed))
    rng = random.Random(seed)
    data = twin.store.network.data
    table = data.equipment
    switches = {
        bytes(mrid).decode(): rng.random() < 0.5
        for mrid, kind, service in zip(table.mrid, table.kind, table.in_service, strict=True)
        if cim.IS_SWITCH[kind] and service and rng.random() < 0.6
    }
    found = twin.what_if(switches)
    before, after = (
        usage_points_dark(each.network, each.open_mask, each.rules)[0]
        for each in (found.before, found.after)
    )
    assert found.out.tolist() == sorted(after - before)
    assert found.back.tolist() == sorted(before - after)
    assert found.still_out == int(data.usage_points.customers[sorted(before & after)].sum())
    assert twin.version == 0
    assert twin.states() == ["normal", "current"]


def test_a_plan_can_be_tried_before_it_is_operated() -> None:
    twin = open_twin(feeder_in_three_sections())
    found = twin.what_if({"SW1": True, "SW2": True, "TIE": False})
    assert found.document()["out"] == {"customers": 20, "usage_points": ["Mb"]}
    assert found.document()["back"]["customers"] == 0
    assert not found.warnings
    twin.switch("B1", open=True)
    found = twin.what_if({"SW1": True, "TIE": False})
    assert found.document()["back"] == {"customers": 60, "usage_points": ["Mb", "Mc"]}
    assert found.still_out == 10


def test_a_loop_is_warned_of() -> None:
    twin = open_twin(feeder_in_three_sections())
    assert twin.what_if({"TIE": False}).warnings
    assert not twin.what_if({"TIE": False, "SW2": True}).warnings


def test_one_pole_makes_some_partial() -> None:
    twin = open_twin(feeder_in_three_sections())
    found = twin.what_if({"SW2": "B"}).document()
    assert found["partial"] == {"customers": 40, "usage_points": ["Mc"]}
    assert found["out"]["customers"] == 0


def test_what_cannot_be_switched_is_refused() -> None:
    twin = open_twin(feeder_in_three_sections())
    with pytest.raises(NotFoundError, match="SW1"):
        twin.what_if({"SW": True})
    with pytest.raises(InputError, match="cannot be switched"):
        twin.what_if({"L1": True})
    with pytest.raises(NotFoundError, match="no state"):
        twin.what_if({}, state="draft")
