"""What a person says of a trace wins over the spec it is derived from."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.analysis.trace.spec import (
    MODES,
    PHASE_POLICIES,
    TRACE_KINDS,
    TRACE_OPTIONS,
    TraceSpec,
)
from gridtwin.errors import InputError, PolygonError
from gridtwin.topology.conduction import PhasePolicy
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
    with pytest.raises(InputError, match="is it max_depth"):
        twin.spec("downstream", max_deep=1)


SQUARE = "POLYGON ((0 0, 1 0, 1 1, 0 0))"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "phases": st.sampled_from(["", "A", "BC", "ABC"]),
    "phase_policy": st.sampled_from(PHASE_POLICIES),
    "mode": st.sampled_from(MODES),
    "barriers": st.lists(st.sampled_from(["L1", "L2", "TIE"]), max_size=2).map(tuple),
    "where": st.sampled_from(["", "kind == 'fuse'"]),
    "polygon": st.sampled_from(["", SQUARE]),
    "nearest": st.integers(0, 5),
    "max_depth": st.integers(0, 5),
    "include_indeterminate": st.booleans(),
    "all_sides": st.booleans(),
    "allow_lv_backfeed": st.booleans(),
    "islands": st.booleans(),
}


def options_of(kind: str) -> list[str]:
    return [name for name, option in TRACE_OPTIONS.items() if kind in option.kinds]


@st.composite
def derivations(draw: st.DrawFn) -> tuple[TraceSpec, dict[str, Any], dict[str, Any]]:
    """Return a spec, and what is said to it once and then again."""
    kind = draw(st.sampled_from(TRACE_KINDS))
    optional = {name: VALUES[name] for name in options_of(kind)}
    base = draw(st.fixed_dictionaries({}, optional=optional))
    said = {name: st.none() | value for name, value in optional.items()}
    first, then = (draw(st.fixed_dictionaries({}, optional=said)) for _ in range(2))
    return TraceSpec(kind, **base), first, then


@settings(max_examples=scale_examples(300), derandomize=True)
@given(asked=derivations())
def test_a_spec_is_derived_option_by_option(
    asked: tuple[TraceSpec, dict[str, Any], dict[str, Any]],
) -> None:
    base, said, then = asked
    derived = base.derive(said)
    for name in TRACE_OPTIONS:
        value = said.get(name)
        assert getattr(derived, name) == (getattr(base, name) if value is None else value)
    later = {name: value for name, value in then.items() if value is not None}
    assert derived.derive(then) == base.derive({**said, **later})
    assert derived.derive({}) == derived == TraceSpec.from_json(derived.to_json())


@settings(max_examples=scale_examples(200), derandomize=True)
@given(data=st.data())
def test_an_option_that_says_nothing_to_a_trace_is_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TRACE_KINDS))
    base = TraceSpec(kind)
    name = data.draw(st.sampled_from(sorted(TRACE_OPTIONS)))
    value = data.draw(VALUES[name])
    if kind in TRACE_OPTIONS[name].kinds or value == TRACE_OPTIONS[name].default:
        assert getattr(base.derive({name: value}), name) == value
    else:
        with pytest.raises(InputError, match=f"{name} says nothing to the trace {kind}"):
            base.derive({name: value})


def test_another_kind_takes_along_what_says_something_to_it(twin: Twin) -> None:
    twin.save_spec("both", TraceSpec("isolation", all_sides=True, nearest=3))
    assert twin.spec("both", kind="downstream") == TraceSpec("downstream", nearest=3)
    assert twin.spec("both", kind="isolation") == twin.spec("both")
    with pytest.raises(InputError, match="all_sides says nothing to the trace downstream"):
        twin.spec("both", kind="downstream", all_sides=True)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("nearest", -1, "nearest counts from 0"),
        ("nearest", 1.5, "nearest .* a whole number, not 1.5"),
        ("max_depth", True, "a whole number, not True"),
        ("islands", "yes", "islands .* true or false"),
        ("phases", 7, "phases .* a text"),
        ("phases", "Q", "Q"),
        ("mode", "longest", "no mode is called 'longest'"),
        ("phase_policy", "lax", "no phase policy is called 'lax'"),
        ("barriers", [1], "barriers .* a list of mRIDs"),
        ("kind", "sideways", "no trace is called 'sideways'"),
        ("polygon", 3, "a polygon cannot be read from int"),
    ],
)
def test_a_value_of_no_use_is_refused_by_name(
    twin: Twin, field: str, value: Any, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        twin.spec("upstream", **{field: value})
    text = json.dumps({"kind": "upstream", field: value})
    with pytest.raises(InputError, match=told):
        TraceSpec.from_json(text)


def test_numbers_and_lists_of_other_libraries_become_plain(twin: Twin) -> None:
    import numpy as np

    spec = twin.spec("downstream", nearest=np.int64(2), barriers=["L2", ""], where=np.str_("depth"))
    assert spec == TraceSpec("downstream", nearest=2, barriers=("L2",), where="depth")
    assert TraceSpec.from_json(spec.to_json()) == spec
    assert twin.spec("downstream", barriers="L2").barriers == ("L2",)


HALF = shapely.box(-0.0005, -1, 0.0025, 1)


@pytest.mark.parametrize(
    "form",
    [HALF, HALF.wkb, HALF.wkt, shapely.geometry.mapping(HALF), list(HALF.bounds)],
    ids=["geometry", "wkb", "wkt", "geojson", "bounds"],
)
def test_a_polygon_in_any_form_can_be_saved(twin: Twin, form: object) -> None:
    spec = twin.spec("connected", polygon=form)
    assert isinstance(spec.polygon, str)
    twin.save_spec("there", spec)
    inside = twin.trace("there", "BKR1").elements.tolist()
    assert inside == twin.trace("connected", "BKR1", polygon=form).elements.tolist()
    assert 0 < len(inside) < len(twin.trace("connected", "BKR1"))


def test_a_polygon_keeps_its_coordinate_system(twin: Twin) -> None:
    square = shapely.set_srid(shapely.box(-60, -1e5, 400, 1e5), 3857)
    spec = twin.spec("connected", polygon=square)
    assert "EPSG:3857" in spec.polygon
    with pytest.raises(PolygonError, match="cannot be written"):
        twin.spec("connected", polygon={"type": "Polygon", "coordinates": {1, 2}})


def test_the_words_of_a_phase_policy_are_those_supply_is_reckoned_by() -> None:
    assert get_args(PhasePolicy) == PHASE_POLICIES
    assert set(VALUES) == set(TRACE_OPTIONS)
