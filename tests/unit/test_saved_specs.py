"""What a person says of a trace wins over the spec it is derived from."""

from __future__ import annotations

from typing import Any

import pytest

import gridtwin
from gridtwin.analysis.trace.spec import TraceSpec
from gridtwin.errors import InputError
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie

SAVED = TraceSpec(
    "downstream", phases="A", where="kind == 'fuse'", nearest=1, barriers=("L2",), islands=True
)


@pytest.fixture
def twin() -> Twin:
    opened = gridtwin.open(two_feeders_with_a_tie())
    opened.save_spec("mine", SAVED)
    return opened


def test_what_is_not_said_is_as_it_was_saved(twin: Twin) -> None:
    assert twin.spec("mine") == SAVED
    assert twin.trace("mine", "BKR1").elements.tolist() == ["FUSE"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("nearest", 0), ("where", ""), ("phases", ""), ("barriers", ()), ("islands", False)],
)
def test_what_is_said_wins_also_where_it_is_nothing(twin: Twin, field: str, value: Any) -> None:
    spec = twin.spec("mine", **{field: value})
    assert getattr(spec, field) == value
    assert twin.spec(spec, **{field: getattr(SAVED, field)}) == SAVED


def test_a_saved_limit_and_filter_can_be_taken_away(twin: Twin) -> None:
    found = twin.trace("mine", "BKR1", where="", nearest=0, barriers=(), phases="")
    assert sorted(found.elements.tolist()) == ["FUSE", "L1", "L2"]


def test_a_spec_derived_from_another_can_be_saved(twin: Twin) -> None:
    twin.save_spec("wider", twin.spec("mine", nearest=2, where=""))
    assert twin.spec("wider") == TraceSpec(
        "downstream", phases="A", nearest=2, barriers=("L2",), islands=True
    )


def test_a_field_that_is_none_is_refused(twin: Twin) -> None:
    with pytest.raises(InputError, match="no such option"):
        twin.spec("mine", farthest=1)
    with pytest.raises(InputError, match="wrong type"):
        TraceSpec.from_json('{"kind": "downstream", "nearest": "3"}')
