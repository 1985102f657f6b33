"""What lies in a polygon, and who loses supply there, is what the twin answers."""

from __future__ import annotations

from gridtwin.twin import Twin
from snowflake_day import AREAS
from snowflake_duckdb import Warehouse


def list_named(warehouse: Warehouse, body: str, column: str) -> dict[str, set[str]]:
    frame = warehouse.read("RESULTS", body)
    assert not frame.duplicated(["AREA", column]).any()
    return frame.groupby("AREA")[column].agg(set).to_dict()


def test_usage_points_in_a_polygon_are_those_of_the_twin(
    warehouse: Warehouse, mirrored: Twin
) -> None:
    want = {
        name: set(mirrored.intersect(area, layer="usage_points").mrid)
        for name, area in AREAS.items()
    }
    found = list_named(warehouse, "AREA_USAGE_POINTS", "USAGE_POINT")
    assert found == {name: points for name, points in want.items() if points}
    assert len(found["first transformer"]) == 3


def test_who_loses_supply_in_a_storm_is_the_blast_radius_of_what_it_touches(
    warehouse: Warehouse, mirrored: Twin
) -> None:
    touched = list_named(warehouse, "AREA_EQUIPMENT", "ELEMENT")
    found = list_named(warehouse, "AREA_CUSTOMERS", "USAGE_POINT")
    assert set(touched) == {"first transformer", "second feeder", "everywhere"}
    for name, elements in touched.items():
        same = set(mirrored.intersect(AREAS[name], layer="equipment").mrid)
        assert elements == same
        lost = mirrored.blast_radius(sorted(elements), state="normal").usage_points
        assert found[name] == set(lost)
    everywhere = warehouse.read("RESULTS", "AREA_CUSTOMERS").set_index("AREA").CUSTOMERS
    assert everywhere["everywhere"].sum() == mirrored.network.usage_points.customers.sum()


def test_the_closure_is_the_loss_set_of_every_element(warehouse: Warehouse, mirrored: Twin) -> None:
    closure = warehouse.read("NETWORK", "CLOSURE")
    for element in mirrored.network.equipment.mrid:
        lost = mirrored.blast_radius([element], state="current").usage_points
        assert set(closure[element == closure.ELEMENT].USAGE_POINT) == set(lost)
    assert len(closure) == 2 * 6 + 4 * 3


def test_every_usage_point_has_a_place_and_a_cell(warehouse: Warehouse) -> None:
    places = warehouse.ask(
        'SELECT ST_AsText(LOCATION) AS at, H3_8 FROM "NETWORK".USAGE_POINT_LOCATIONS'
    )
    assert len(places) == 12
    assert places["at"].str.startswith("POINT (-94.9").all()
    assert places.H3_8.notna().all()
